"""Score, cost and dead units of each variant, and which variants no other one beats in all three.

Source of the front: Pareto (1906), Manuale di economia politica; see `stats.non_dominated`.
"""

from __future__ import annotations

from collections.abc import Sequence
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
    done = completed(runs)
    table = done[list(by)].assign(
        score=score(done, "test"),
        seconds=seconds_per_epoch(done),
        dead=done["final_dead_fraction"].astype("float64"),
    )
    means = _means(table, by)
    metrics = done["metric"].dropna().unique()
    higher = scale_of(str(metrics[0])).higher_is_better
    parts = means.groupby(list(within)).ngroup().to_numpy() if within else np.zeros(len(means))
    return means.assign(**_fronts(means, parts, higher))


def _means(table: DataFrame, by: Sequence[str]) -> DataFrame:
    """One row a group, in the order in which they come up."""
    groups = table.groupby(list(by), sort=False)
    numbers = groups.ngroup().to_numpy()
    found = groups.size().rename("n").reset_index()
    for name in CRITERIA:
        values = table[name].to_numpy(np.float64)
        there = ~np.isnan(values)
        each = stats.group_intervals(values[there], numbers[there], len(found))
        found = found.assign(
            **{name: each.mean, f"{name}_low": each.low, f"{name}_high": each.high}
        )
    return found


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
    rows = table[table["front"]]
    scores = direction * _numbers(rows, "score")
    better = scores[:, np.newaxis] > scores
    dearer = np.zeros_like(better)
    for name in COSTS:
        costs = _numbers(rows, name)
        dearer |= _apart(rows, name) & (costs[:, np.newaxis] > costs)
    return bool((better & _apart(rows, "score") & dearer).any())


def _fronts(
    means: DataFrame, parts: NDArray[Any], higher_is_better: bool
) -> dict[str, NDArray[np.bool_]]:
    """Which groups are on each front, of those that have the same number in `parts`."""
    costs = np.column_stack([_numbers(means, name) for name in CRITERIA])
    if higher_is_better:
        costs[:, 0] *= -1.0
    there = ~np.isnan(costs)

    def front(*places: int) -> NDArray[np.bool_]:
        found = np.zeros(len(costs), np.bool_)
        for part in np.unique(parts):
            rows = np.flatnonzero(parts == part)
            known = [place for place in places if there[rows, place].any()]
            cells = np.ix_(rows, np.array(known, np.intp))
            found[rows] = stats.non_dominated(costs[cells]) & there[cells].all(axis=1)
        return found

    return {"cheap": front(0, 1), "alive": front(0, 2), "front": front(0, 1, 2)}


def _apart(rows: DataFrame, name: str) -> NDArray[np.bool_]:
    """(n, n), whether the intervals of two rows are known and have nothing in common."""
    above = _numbers(rows, f"{name}_low")[:, np.newaxis] > _numbers(rows, f"{name}_high")
    return above | above.T


def _numbers(rows: DataFrame, name: str) -> NDArray[np.float64]:
    return rows[name].to_numpy(np.float64)
