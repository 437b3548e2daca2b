"""How steady training is: when each run comes near to the best that its experiment reached."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from relu_bench.compare.scores import completed, scale_of, score

if TYPE_CHECKING:
    from pandas import DataFrame

NEARNESS = 0.99


@dataclass(frozen=True)
class Target:
    """A validation score that a run may reach.

    Attributes:
        value: the score, in the unit of the metric.
        group: the values of the group whose score it was made of.
    """

    value: float
    group: tuple[str, ...]


def target(runs: DataFrame, by: Sequence[str]) -> Target | None:
    """99 % of the validation score of the best group, after its last epoch.

    The score of a group is the mean over its runs, a diverged one counting as the constant guess.
    Where a small value of the metric is good, the target is that value divided by 0.99.

    Args:
        runs: runs with one metric in common; only completed ones count.
        by: the columns that make a group.

    Returns:
        The target; None where nothing was held out.
    """
    done = completed(runs)
    means = score(done, "val").groupby([done[name] for name in by]).mean().dropna()
    if not len(means):
        return None
    higher = scale_of(str(done["metric"].iloc[0])).higher_is_better
    value = float(means.max() if higher else means.min())
    best = means.index[means == value][0]
    group = best if isinstance(best, tuple) else (best,)
    return Target(value * NEARNESS if higher else value / NEARNESS, tuple(map(str, group)))


def epochs_to_target(
    runs: DataFrame, scores: DataFrame, by: Sequence[str], wanted: float
) -> DataFrame:
    """The first epoch after which each run is as good as wanted on validation.

    Args:
        runs: runs with one metric in common; only completed ones count.
        scores: rows with run_id, epoch and the columns `val_...` of epochs.csv; those of other runs
            are ignored.
        by: further columns of `runs` to keep.
        wanted: the validation score.

    Returns:
        One row for each completed run: `by`, run_id, seed, epoch (NaN for a run that never got
        there, whatever it did later for one that did).
    """
    done = completed(runs)
    metric = str(done["metric"].iloc[0])
    values = scores[f"val_{metric}"].astype("float64")
    there = values >= wanted if scale_of(metric).higher_is_better else values <= wanted
    first = scores[there].groupby("run_id")["epoch"].min().astype("float64")
    return done[[*by, "run_id", "seed"]].assign(epoch=done["run_id"].map(first))
