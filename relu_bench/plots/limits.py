"""Where an axis ends: as far as its data, but for the few bad runs that would squash the rest."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

from relu_bench import stats

if TYPE_CHECKING:
    from pandas import DataFrame

    from relu_bench.compare import Scale

Limits = tuple[float, float]

_MARGIN = 0.05
_MOST_SQUASHED = 5.0
# A single value, or many equal ones, still need an axis: a thousandth of the value.
_NARROWEST = 1e-3


def score_limits(scores: DataFrame, scale: Scale, room: float = 0.35) -> Limits:
    """The axis of test scores: every run (`value`) but bad outliers; a good one is never cut.

    It goes on to the ends of the intervals (`low`, `high`) whose mean it holds, by at most half of
    its span on each side: with two or three seeds an interval is many times as wide as the runs.
    Nor does it go on to accuracies that cannot be.

    Args:
        scores: of `compare.final_scores`, of every panel that shares the axis.
        scale: of the metric.
        room: for the words that count outliers, on their side, as a share of what is shown.
    """
    low, high = stats.robust_range(scores["value"], [_bad_side(scale)])
    below, above = outside(scores["value"], (low, high))
    span = max(high - low, _narrowest(low, high))
    shown = scores[scores["mean"].between(low, high)].dropna(subset=["low", "high"])
    if len(shown):
        least, most = (0.0, 1.0) if scale.unit == "%" else (-math.inf, math.inf)
        low = max(min(low, float(shown["low"].min())), low - span / 2, least)
        high = min(max(high, float(shown["high"].max())), high + span / 2, most)
    words = room * (high - low or span)
    zone = words + _MARGIN * (high - low + words)
    values = sorted(float(value) for value in scores["value"])
    if below:
        low = _clear(low, zone, reversed(values))
    if above:
        high = -_clear(-high, zone, (-value for value in values))
    return with_margin(low - words * (below > 0), high + words * (above > 0))


def _clear(low: float, zone: float, falling: Iterable[float]) -> float:
    """The end of what is shown, moved down past values that would stand in the zone of words.

    By no more than two such zones: a long row of bad runs must not squash the good ones.
    """
    least = low - 2 * zone
    for value in falling:
        if max(low - zone, least) <= value < low:
            low = value
    return low


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
    return with_margin(min(low for low, _ in ranges), max(high for _, high in ranges))


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


def _narrowest(low: float, high: float) -> float:
    return max(_NARROWEST * max(abs(low), abs(high)), 1e-12)


def with_margin(low: float, high: float) -> Limits:
    """A little more on both sides, and an axis of some width even for a single value."""
    span = max(high - low, _narrowest(low, high))
    middle = (low + high) / 2
    half = span * (0.5 + _MARGIN)
    return middle - half, middle + half
