"""Score, cost and dead units of each variant, and which variants no other one beats in all three.

Source of the front: Pareto (1906), Manuale di economia politica; see `stats.non_dominated`.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from relu_bench import stats
from relu_bench.compare.scores import completed, scale_of, score

if TYPE_CHECKING:
    from pandas import DataFrame, Series

# What a better score may cost.
COSTS = ("seconds", "dead")
CRITERIA = ("score", *COSTS)


def trade_offs(runs: DataFrame, by: Sequence[str], within: Sequence[str] = ()) -> DataFrame:
    """Means of test score, seconds per epoch and share of dead units, and the Pareto fronts.

    The score counts every completed run, a diverged one as the constant guess. Seconds are those of
    training and validation by the epochs asked for, compiling aside; a diverged run stopped early
    and has none. Dead units are those of all hidden layers after training, where they were
    measured. Fronts are of the means; a group without a number of one kind is on no front that
    takes it into account. A kind of number that no group within one setting has is left aside.

    Args:
        runs: runs with one metric in common, whose seconds can be compared.
        by: the columns that make a group.
        within: those of `by` within which groups are compared; none: all are compared.

    Returns:
        One row a group: `by`, n (completed runs), and for each of `CRITERIA` its mean, low and high
        (`score`, `score_low`, `score_high`, ...; 95 % t intervals, NaN in a group of one; score and
        dead in the unit of the metric and as a fraction, seconds in s), and whether the group is on
        the front of score and cost (`cheap`), of score and dead units (`alive`), of all (`front`).
    """
    import pandas as pd

    done = completed(runs)
    table = done[list(by)].assign(
        score=score(done, "test"),
        seconds=seconds_per_epoch(done),
        dead=done["final_dead_fraction"].astype("float64"),
    )
    rows = []
    for group, its_runs in table.groupby(list(by), sort=False):
        found = dict(zip(by, group, strict=True)) | {"n": len(its_runs)}
        for name in CRITERIA:
            values = its_runs[name].dropna().to_numpy()
            low, high = stats.t_interval(values)
            found |= {name: stats.mean(values), f"{name}_low": low, f"{name}_high": high}
        rows.append(found)
    means = pd.DataFrame(rows)
    metrics = done["metric"].dropna().unique()
    higher = scale_of(str(metrics[0])).higher_is_better
    parts = [part for _, part in means.groupby(list(within))] if within else [means]
    return pd.concat([_with_fronts(part, higher) for part in parts]).sort_index()


def seconds_per_epoch(runs: DataFrame) -> Series:
    """Training and validation of one epoch, mean over a run; NaN for runs that stopped early."""
    seconds = runs["train_seconds"].astype("float64") / runs["epochs"].astype("float64")
    return seconds.mask(runs["outcome"] == "diverged")


def is_a_choice(table: DataFrame, metric: str) -> bool:
    """Whether the better variant costs more, by more than noise: of groups that are compared.

    That is: of two on the front, one has the better score, and the other fewer seconds or dead
    units, the 95 % t intervals being apart in both.

    Args:
        table: of `trade_offs`, of groups that are compared with each other.
        metric: whose score it is.
    """
    direction = 1.0 if scale_of(metric).higher_is_better else -1.0
    ordered = table[table["front"]].sort_values("score", ascending=direction < 0)
    rows = ordered.to_dict("records")
    return any(
        _apart(better, worse, "score")
        and any(_apart(better, worse, name) and better[name] > worse[name] for name in COSTS)
        for better, worse in combinations(rows, 2)
    )


def _with_fronts(means: DataFrame, higher_is_better: bool) -> DataFrame:
    costs = means[list(CRITERIA)].assign(score=means["score"] * (-1.0 if higher_is_better else 1.0))

    def front(*names: str) -> NDArray[np.bool_]:
        there = [name for name in names if means[name].notna().any()]
        whole = means[there].notna().all(axis=1).to_numpy()
        return stats.non_dominated(costs[there].to_numpy()) & whole

    return means.assign(
        cheap=front("score", "seconds"), alive=front("score", "dead"), front=front(*CRITERIA)
    )


def _apart(one: Mapping[Hashable, Any], other: Mapping[Hashable, Any], name: str) -> bool:
    """Whether two intervals are known and have nothing in common."""
    return bool(
        one[f"{name}_low"] > other[f"{name}_high"] or other[f"{name}_low"] > one[f"{name}_high"]
    )
