"""Learning curves, epoch by epoch: of each run, and mean and spread over the runs of a group."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from relu_bench.compare.scores import completed

if TYPE_CHECKING:
    from pandas import DataFrame, Series

_KEY = ["experiment", "run_id"]


def run_curves(runs: DataFrame, epochs: DataFrame, by: Sequence[str]) -> DataFrame:
    """The metric of each run by split and epoch.

    The training metric of an epoch is a mean over the batches as the weights moved through it, so
    it belongs at the epoch's middle, x = epoch - 0.5; the validation metric belongs at its end,
    x = epoch. Epoch 0 is evaluated before training, on both.

    A diverged run counts as the constant guess from the epoch on at which its metric stops: the
    guess on validation, or on test where nothing was held out. In training too: the commonest class
    is that of the training part.

    Args:
        runs: runs with one metric in common; only completed ones count.
        epochs: rows of epochs.csv; those of other runs are ignored.
        by: further columns of `runs` to keep.

    Returns:
        One row for each run, split (`train`, `val`) and epoch: `by`, run_id, outcome, split, epoch,
        x, value. No row for `val` where nothing was held out.

    Raises:
        ValueError: when the runs have several metrics.
    """
    import pandas as pd

    done = completed(runs)
    metrics = list(done["metric"].unique())
    if len(metrics) != 1:
        raise ValueError(f"curves of runs with metrics {metrics}; expected one in common")
    values = _values(done, epochs, metrics[0], [*by, "outcome"])
    tables = []
    for split in ("train", "val"):
        table = values.dropna(subset=[split]).assign(split=split)
        middle = table["epoch"] - (0.5 if split == "train" else 0.0)
        tables.append(table.assign(x=middle.where(table["epoch"] > 0, 0.0), value=table[split]))
    return pd.concat(tables, ignore_index=True)[
        [*by, "run_id", "outcome", "split", "epoch", "x", "value"]
    ]


def curves(single: DataFrame, by: Sequence[str]) -> DataFrame:
    """Mean and standard deviation over the runs of each group, by split and epoch.

    Args:
        single: of `run_curves`.
        by: the columns that make a group.

    Returns:
        One row for each group, split and epoch: `by`, split, epoch, x, n, mean, sd (with n - 1,
        NaN for n = 1).
    """
    return (
        single.groupby([*by, "split", "epoch", "x"])["value"]
        .agg(n="size", mean="mean", sd="std")
        .reset_index()
    )


def _values(done: DataFrame, epochs: DataFrame, metric: str, by: Sequence[str]) -> DataFrame:
    """One row for each run and epoch: `by`, epoch, train, val."""
    import pandas as pd

    measured = epochs[[*_KEY, "epoch"]].assign(
        train=epochs[f"train_{metric}"].astype("float64"),
        val=epochs[f"val_{metric}"].astype("float64"),
    )
    measured["epoch"] = measured["epoch"].astype("int64")
    diverged = done["outcome"] == "diverged"
    parts = [done.loc[~diverged, [*_KEY, *by]].merge(measured, on=_KEY)]
    if diverged.any():
        parts.append(_diverged(done[diverged], measured, metric, by))
    return pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)


def _diverged(runs: DataFrame, measured: DataFrame, metric: str, by: Sequence[str]) -> DataFrame:
    """The curves of diverged runs, at the guess from where they stop to the last epoch asked."""
    import pandas as pd

    asked = runs["epochs"].astype("int64")
    held_out = runs[f"guess_val_{metric}"].notna()
    guesses = runs[[*_KEY, *by]].assign(
        val=runs[f"guess_val_{metric}"].astype("float64"),
        train=_guess(runs, metric),
        asked=asked,
        held_out=held_out,
    )
    grid = guesses.merge(pd.DataFrame({"epoch": range(int(asked.max()) + 1)}), how="cross")
    grid = grid[grid["epoch"] <= grid["asked"]]
    table = grid.merge(measured, on=[*_KEY, "epoch"], how="left", suffixes=("_guess", ""))
    return table.assign(
        train=table["train"].fillna(table["train_guess"]),
        val=table["val"].fillna(table["val_guess"]).where(table["held_out"]),
    )[[*_KEY, *by, "epoch", "train", "val"]]


def _guess(runs: DataFrame, metric: str) -> Series:
    on_test = runs[f"guess_test_{metric}"].astype("float64")
    return runs[f"guess_val_{metric}"].astype("float64").fillna(on_test)
