"""What the runs of each group count as together: the numbers of figures that draw means."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from relu_bench import stats
from relu_bench.compare.robustness import AXIS as RATE
from relu_bench.compare.robustness import WITHIN
from relu_bench.compare.scores import completed, scale_of, score
from relu_bench.compare.variants import axes

if TYPE_CHECKING:
    from pandas import DataFrame, Series

LEAST_RATES = 3


def group_scores(runs: DataFrame, by: Sequence[str]) -> DataFrame:
    """What the runs of each group count as together, by test score.

    Args:
        runs: runs of any number of groups, of one metric.
        by: the columns that make a group.

    Returns:
        One row a group: `by`; runs, learned, at_chance, diverged: counts of completed runs; mean,
        low, high: the mean and its 95 % t interval in the unit of the metric, NaN in a group of
        one; guess: what diverged runs count as, NaN in a group without any.
    """
    done = completed(runs)
    outcomes, values = done["outcome"], score(done, "test")
    table = done[list(by)].assign(
        value=values,
        guess=values.where(outcomes == "diverged"),
        **{name: outcomes == name for name in ("learned", "at_chance", "diverged")},
    )
    groups = table.groupby(list(by), sort=False, dropna=False).agg(
        runs=("value", "size"),
        learned=("learned", "sum"),
        at_chance=("at_chance", "sum"),
        diverged=("diverged", "sum"),
        guess=("guess", "first"),
        mean=("value", "mean"),
        sd=("value", "std"),
    )
    low, high = np.full(len(groups), np.nan), np.full(len(groups), np.nan)
    for n in groups.loc[groups["runs"] > 1, "runs"].unique():
        those = (groups["runs"] == n).to_numpy()
        low[those], high[those] = stats.t_ends(
            groups.loc[those, "mean"], groups.loc[those, "sd"], int(n)
        )
    return groups.drop(columns="sd").assign(low=low, high=high).reset_index()


def good_enough(groups: DataFrame, metric: str, by: Sequence[str]) -> Series:
    """The least mean that lies within 1 point of the best of each part of `group_scores`.

    As `robustness` has it, whose band holds for accuracies only.

    Args:
        groups: of `group_scores`.
        metric: of the runs.
        by: the columns that make a part.

    Returns:
        By part, in the unit of the metric; nothing for a metric that is no share of right answers.
    """
    scale = scale_of(metric)
    best = groups.groupby(list(by))["mean"].max()
    if not (scale.higher_is_better and scale.unit == "%"):
        return best[:0]
    return best - WITHIN / scale.factor


def rates_vary(runs: DataFrame) -> bool:
    """Whether some setting of the other axes was trained with at least 3 learning rates."""
    done = completed(runs)
    others = [name for name in axes(done) if name != RATE]
    if not others:
        return bool(done[RATE].nunique() >= LEAST_RATES)
    return bool((done.groupby(others, dropna=False)[RATE].nunique() >= LEAST_RATES).any())
