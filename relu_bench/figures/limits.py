"""Where an axis ends: as far as its data, but for the few bad runs that would squash the rest."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from relu_bench import stats

if TYPE_CHECKING:
    from pandas import DataFrame

    from relu_bench.compare import Scale

Limits = tuple[float, float]

_MARGIN = 0.05
# What a dot at the end of what can be needs beyond it, as a share of what is shown.
_DOT = 0.03
_MOST_SQUASHED = 5.0
# How much longer an axis is for a few wide intervals; for wider ones it is not.
_MOST_STRETCHED = 2.0
_LEAST_DEAD = 0.01
# Between the arrow of an interval and its mean, which would else look like one off the axis.
_CLEAR = 0.2
# A single value, or many equal ones, still need an axis: a thousandth of the value.
_NARROWEST = 1e-3


def score_limits(scores: DataFrame, scale: Scale) -> Limits:
    """The axis of test scores: every run (`value`) but bad outliers; a good one is never cut.

    It goes on to the ends of the intervals (`low`, `high`) whose mean it holds, by at most half of
    its span on each side: with two or three seeds an interval is many times as wide as the runs.
    Nor does it go on to scores that cannot be, farther than a dot at the last one needs.

    Args:
        scores: of `compare.final_scores`, of every panel that shares the axis.
        scale: of the metric.
    """
    low, high = stats.robust_range(scores["value"], [_bad_side(scale)])
    span = max(high - low, _narrowest(low, high))
    shown = scores[scores["mean"].between(low, high)].dropna(subset=["low", "high"])
    if len(shown):
        least, most = _possible(scale)
        low = max(min(low, float(shown["low"].min())), low - span / 2, least)
        high = min(max(high, float(shown["high"].max())), high + span / 2, most)
    return _within_reason(low, high, scale)


def mean_limits(means: DataFrame, scale: Scale) -> Limits:
    """The axis of means: every one but bad outliers, and the intervals of those.

    An interval many times as wide as the others would squash them: where the axis would be more
    than twice as long for such ones, they go on beyond it, as those do that go on to scores that
    cannot be.

    Args:
        means: `mean`, and `low` and `high`, the ends of its interval; NaN for none. Of every panel
            that shares the axis.
        scale: of the metric, or of a cost.
    """
    limits, held = stats.robust_range(means["mean"], [_bad_side(scale)]), 0
    while held < (there := means["mean"].between(*limits)).sum():
        held = there.sum()  # its intervals may reach to further means, which have some too
        limits = _around(means[there], scale)
    return limits


def _around(shown: DataFrame, scale: Scale) -> Limits:
    """An axis of all these means and of their intervals, but for wide ones."""
    low, high = float(shown["mean"].min()), float(shown["mean"].max())
    ends = shown[["mean", "low", "high"]].to_numpy(np.float64).clip(*_possible(scale))
    usual = stats.robust_range(ends)
    low, high = min(low, usual[0]), max(high, usual[1])
    least, most = float(np.nanmin(ends)), float(np.nanmax(ends))
    if most - least <= _MOST_STRETCHED * (high - low):
        return _within_reason(min(low, least), max(high, most), scale)
    room = _CLEAR * (high - low)
    if least < low:
        low = max(min(low, ends[ends[:, 1] < low, 0].min() - room), least)
    if most > high:
        high = min(max(high, ends[ends[:, 2] > high, 0].max() + room), most)
    return _within_reason(low, high, scale)


def dead_limits(costs: DataFrame) -> Limits:
    """The axis of mean shares of dead units, from none on, with their intervals.

    Where most means are 0, any other one seems far off, but is no outlier. At least one percent is
    shown, and every interval but those for which the axis would be more than twice as long.

    Args:
        costs: `dead`, and `dead_high`, the upper end of its interval.
    """
    some = costs[costs["dead"] > 0]
    if not len(some):
        return -_MARGIN * _LEAST_DEAD, _LEAST_DEAD
    high = max(stats.robust_range(some["dead"], ["high"])[1], _LEAST_DEAD)
    ends = some.loc[some["dead"] <= high, ["dead", "dead_high"]].to_numpy(np.float64)
    high = max(high, stats.robust_range(ends, ["high"])[1])
    widest = float(np.nanmax(ends))
    if high < widest <= _MOST_STRETCHED * high:
        high = widest
    return -_MARGIN * min(high, 1.0), (1 + _MARGIN) * min(high, 1.0)


def any_cut(means: DataFrame, limits: Limits) -> bool:
    """Whether an interval of a mean within the limits goes on beyond them.

    Args:
        means: `mean`, `low`, `high`.
        limits: of their axis.
    """
    shown = means[means["mean"].between(*limits)]
    return bool(((shown["low"] < limits[0]) | (shown["high"] > limits[1])).any())


def curve_limits(single: DataFrame, scale: Scale) -> Limits:
    """The axis of learning curves: at each epoch, every run but bad outliers among the runs.

    From three epochs on it leaves out x < 1: epoch 0 lies at the guess, and the training mean of
    the first epoch still holds its beginning; both would squash what follows.

    Args:
        single: of `compare.run_curves`, of every panel that shares the axis.
        scale: of the metric.
    """
    trained = single[single["x"] >= 1] if single["epoch"].max() > 2 else single
    ranges = [
        stats.robust_range(values, [_bad_side(scale)])
        for _, values in trained.groupby(["split", "epoch"])["value"]
    ]
    return _within_reason(min(low for low, _ in ranges), max(high for _, high in ranges), scale)


def level_limits(values: Iterable[float]) -> Limits:
    """An axis of values that may lie on both sides of 0, which it shows too.

    It holds every value; but where a few lie so far out that the axis would be more than five times
    as long as without them, it ends before these.
    """
    numbers = [value for value in values if math.isfinite(value)]
    if not numbers:
        return with_margin(0.0, 1.0)
    low, high = stats.robust_range([*numbers, 0.0])
    if max(*numbers, 0.0) - min(*numbers, 0.0) <= _MOST_SQUASHED * (high - low):
        low, high = min(numbers), max(numbers)
    return with_margin(min(low, 0.0), max(high, 0.0))


def outside(values: Iterable[float], limits: Limits) -> tuple[int, int]:
    """How many of `values` lie below and how many above `limits`."""
    numbers = list(values)
    return sum(value < limits[0] for value in numbers), sum(value > limits[1] for value in numbers)


def _bad_side(scale: Scale) -> stats.Side:
    return "low" if scale.higher_is_better else "high"


def _possible(scale: Scale) -> Limits:
    """The least and the greatest value there can be: of shares, errors and costs."""
    return 0.0, 1.0 if scale.higher_is_better or scale.unit == "%" else math.inf


def _narrowest(low: float, high: float) -> float:
    return max(_NARROWEST * max(abs(low), abs(high)), 1e-12)


def with_margin(low: float, high: float) -> Limits:
    """A little more on both sides, and an axis of some width even for a single value."""
    span = max(high - low, _narrowest(low, high))
    middle = (low + high) / 2
    half = span * (0.5 + _MARGIN)
    return middle - half, middle + half


def _within_reason(low: float, high: float, scale: Scale) -> Limits:
    """A little more on both sides, but beyond what can be only as much as shows a dot whole.

    No tick stands there: ticks are farther apart.
    """
    least, most = _possible(scale)
    dot = _DOT * max(high - low, _narrowest(low, high))
    start, end = with_margin(low, high)
    return max(start, min(low, least - dot)), min(end, max(high, most + dot))
