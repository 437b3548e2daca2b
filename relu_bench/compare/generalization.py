"""Sparse outputs beside how well a run generalizes: its active share, its gap, its test score."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from relu_bench.compare.layers import run_layers
from relu_bench.compare.scores import completed, scale_of, score

if TYPE_CHECKING:
    from pandas import DataFrame, Series


def generalization(runs: DataFrame, layers: DataFrame, by: Sequence[str]) -> DataFrame:
    """How active each run's hidden units are, and how well it does on what it has not seen.

    Args:
        runs: runs with one metric in common; only completed ones count.
        layers: rows of layers.csv, as for `layers.run_layers`.
        by: further columns of `runs` to keep.

    Returns:
        One row for each probed run that did not diverge: `by`, run_id, outcome, active_before and
        active_after (share of outputs that are not exactly 0 at initialization and after training:
        the mean over the hidden layers, weighted by their units), gap (how much better the training
        metric is than that on the test part; the former is the mean over the last epoch's batches
        as trained) and test.

    Raises:
        ValueError: when the runs have several metrics.
    """
    done = completed(runs)
    metrics = list(done["metric"].unique())
    if len(metrics) != 1:
        raise ValueError(f"gaps of runs with metrics {metrics}; expected one in common")
    single = run_layers(runs, layers, by)
    train, test = done[f"train_{metrics[0]}"].astype("float64"), score(done, "test")
    better = 1.0 if scale_of(metrics[0]).higher_is_better else -1.0
    table = done[[*by, "run_id", "outcome"]].assign(gap=better * (train - test), test=test)
    shares = {
        "active_before": _active(single[single["epoch"] == 0]),
        "active_after": _active(single[single["last"]]),
    }
    table = table.assign(**{name: table["run_id"].map(share) for name, share in shares.items()})
    kept = table[(table["outcome"] != "diverged") & table[list(shares)].notna().any(axis=1)]
    return kept[[*by, "run_id", "outcome", *shares, "gap", "test"]]


def active_share(means: DataFrame, by: Sequence[str]) -> Series:
    """1 less the mean sparsity over the layers of each group, weighted by their units.

    Args:
        means: with columns `by`, sparsity and units, one row a layer.
        by: the columns that make a group.

    Returns:
        The shares, by group.
    """
    weighted = means.assign(zeros=means["sparsity"] * means["units"])
    sums = weighted.groupby(list(by))[["zeros", "units"]].sum(min_count=1)
    return 1 - sums["zeros"] / sums["units"]


def _active(rows: DataFrame) -> Series:
    return active_share(rows, ["run_id"])
