"""Which share of a group's runs is at least so good, or so quick: distributions, not means."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from relu_bench import stats
from relu_bench.compare.scores import Scale, scale_of, score

if TYPE_CHECKING:
    from pandas import DataFrame, Series

Numbers = NDArray[np.float64]

# More steps than this cannot be told apart on a page.
_MOST_STEPS = 256
LEAST_DIFFERENCE = 0.1
LEAST_FACTOR = 1.5


def score_profiles(runs: DataFrame, group: str) -> DataFrame:
    """The share of each group's runs whose test score is at least as good as each score.

    A diverged run counts as the constant guess. The band is pointwise and of the bootstrap over the
    seeds; see `stats.profile`.

    Args:
        runs: completed runs with one metric in common.
        group: the column that names a run's group.

    Returns:
        One row for each group and score: group, score (in the unit of the metric, those that any
        run has, at most 256 of them evenly spaced in rank, the worst first), share, low, high (NaN
        for one seed).
    """
    scores = score(runs, "test")
    higher = scale_of(str(runs["metric"].iloc[0])).higher_is_better
    table = runs.assign(quality=scores if higher else -scores)
    found = _profiles(table, group, "quality", _steps(table["quality"]))
    return found.assign(score=found["x"] if higher else -found["x"]).drop(columns="x")


def time_profiles(arrived: DataFrame, group: str, column: str) -> DataFrame:
    """The share of each group's runs that have arrived by each time.

    Args:
        arrived: a row a run: `group`, seed, and `column`, its time; infinity for never.
        group: the column that names a run's group.
        column: such as `epoch` or `seconds`.

    Returns:
        One row for each group and time: group, x (times at which any run arrives, at most 256),
        share, low, high, as of `score_profiles`; no row where no run ever arrives.
    """
    times = arrived[column].astype("float64")
    steps = _steps(-times[np.isfinite(times)])
    found = _profiles(arrived.assign(quickness=-times), group, "quickness", steps)
    return found.assign(x=-found["x"]).sort_values([group, "x"], kind="stable")


def distance_from_best(scores: Series | Numbers, scale: Scale) -> Numbers | None:
    """How far scores are from the best that can be, for a logarithmic axis.

    The error rate of a share of right answers; the value itself of what is best at 0. None for a
    metric of which no best is known.
    """
    numbers = np.asarray(scores, np.float64)
    if not scale.higher_is_better:
        return numbers
    return 1.0 - numbers if scale.unit == "%" else None


def profiles_differ(table: DataFrame, group: str) -> bool:
    """Whether the shares of two groups are at least 10 percentage points apart at any score."""
    shares = table.groupby("score")["share"]
    several = table[group].nunique() > 1
    return several and bool((shares.max() - shares.min()).max() >= LEAST_DIFFERENCE - 1e-9)


def arrivals_differ(arrived: DataFrame, group: str) -> bool:
    """Whether groups differ in when their runs arrive.

    That is: the median epochs of two differ by a factor of 1.5, or the shares of their runs that
    ever arrive by 10 percentage points.
    """
    groups = arrived.groupby(group)["epoch"]
    medians, shares = groups.median(), groups.agg(lambda times: np.isfinite(times).mean())
    if len(shares) < 2:
        return False
    if float(shares.max() - shares.min()) >= LEAST_DIFFERENCE - 1e-9:
        return True
    first, last = float(medians.min()), float(medians.max())
    return math.isfinite(first) and last >= LEAST_FACTOR * max(first, 1.0)


def _profiles(table: DataFrame, group: str, column: str, steps: Numbers) -> DataFrame:
    import pandas as pd

    parts = []
    for name, rows in table.groupby(group, sort=False):
        found = stats.profile(rows[column], rows["seed"], steps)
        columns = {"x": steps, "share": found.shares, "low": found.low, "high": found.high}
        parts.append(pd.DataFrame(columns).assign(**{group: name}))
    return pd.concat(parts, ignore_index=True)


def _steps(values: Series) -> Numbers:
    """Distinct values in rising order, at most `_MOST_STEPS`, both ends among them."""
    distinct: Numbers = np.unique(values.to_numpy(np.float64))
    if distinct.size <= _MOST_STEPS:
        return distinct
    places = np.linspace(0, distinct.size - 1, _MOST_STEPS).round().astype(np.intp)
    return np.asarray(distinct[places])
