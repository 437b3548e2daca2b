"""Inside the network: what the probes saw of each hidden layer, by run and over the seeds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from relu_bench.compare.scores import completed
from relu_bench.compare.variants import axes, with_variant

if TYPE_CHECKING:
    from pandas import DataFrame

# What is measured in hidden layers.
_SIGNALS = (
    "inactive_fraction",
    "dead_fraction",
    "sparsity",
    "gradient_rms",
    "slope_mean",
    "slope_min",
    "slope_max",
    "out_mean",
    "out_std",
)
_COUNTS = ("units", "died", "revived")
# What is measured in every kernel, that of the output layer included.
KERNEL_MEASURES = ("same_sign_fraction", "update_cosine")
# What is measured at the time steps of a recurrent layer, in rows of their own, which have none of
# the others.
STEP_MEASURE = "state_gradient_rms"
# The columns of layers.csv that figures and rules are made of.
MEASURES = (*_SIGNALS, *_COUNTS, *KERNEL_MEASURES)
_OUTPUT = "output"
_KEY = ["experiment", "run_id"]


def run_layers(runs: DataFrame, layers: DataFrame, by: Sequence[str]) -> DataFrame:
    """What was measured in the hidden layers of each run.

    Args:
        runs: rows of runs.csv; only completed ones count.
        layers: rows of layers.csv, those of one run and epoch in the order of the network; rows of
            other runs are ignored.
        by: further columns of `runs` to keep.

    Returns:
        One row for each run, epoch and hidden layer in which anything was measured: `by`, run_id,
        outcome, epoch, last (whether it is the last epoch that was asked for), layer, depth (1 for
        the first hidden layer), and `MEASURES`, NaN for what does not exist.
    """
    done = completed(runs)[[*_KEY, *by, "outcome", "epochs"]]
    hidden = layers[(layers["layer"] != _OUTPUT) & layers["run_id"].isin(done["run_id"])]
    depth = hidden.groupby([*_KEY, "epoch"], sort=False).cumcount() + 1
    measured = hidden.assign(depth=depth).dropna(subset=list(_SIGNALS), how="all")
    return _dated(measured.merge(done, on=_KEY))[
        [*by, "run_id", "outcome", "epoch", "last", "layer", "depth", *MEASURES]
    ]


def run_kernels(runs: DataFrame, layers: DataFrame, by: Sequence[str]) -> DataFrame:
    """What was measured in the kernels of each run, the output layer's included.

    Args:
        runs: rows of runs.csv; only completed ones count.
        layers: rows of layers.csv, as for `run_layers`.
        by: further columns of `runs` to keep.

    Returns:
        One row for each run, epoch and layer in which any of `KERNEL_MEASURES` exists: `by`,
        run_id, outcome, epoch, last, layer, depth (1 for the first hidden layer; the output layer
        has the largest), and `KERNEL_MEASURES`.
    """
    done = completed(runs)[[*_KEY, *by, "outcome", "epochs"]]
    own = layers[layers["run_id"].isin(done["run_id"])]
    depth = own.groupby([*_KEY, "epoch"], sort=False).cumcount() + 1
    measured = own.assign(depth=depth).dropna(subset=list(KERNEL_MEASURES), how="all")
    return _dated(measured.merge(done, on=_KEY))[
        [*by, "run_id", "outcome", "epoch", "last", "layer", "depth", *KERNEL_MEASURES]
    ]


def over_runs(single: DataFrame, by: Sequence[str], measure: str) -> DataFrame:
    """The values of one measure over the runs of each group.

    Args:
        single: of `run_layers`.
        by: the columns that make a group.
        measure: one of `MEASURES`; runs in which it does not exist are left out.

    Returns:
        One row a group: `by`, n, mean, sd (with n - 1, NaN for n = 1), median, lowest, highest.
    """
    return (
        single.dropna(subset=[measure])
        .groupby(list(by))[measure]
        .agg(n="size", mean="mean", sd="std", median="median", lowest="min", highest="max")
        .reset_index()
    )


def variant_layers(runs: DataFrame, layers: DataFrame) -> DataFrame:
    """The mean of every measure over the runs of each variant.

    Args:
        runs: rows of runs.csv of one experiment.
        layers: rows of layers.csv, as for `run_layers`.

    Returns:
        One row for each variant, epoch and hidden layer: variant, epoch, last, depth, `MEASURES`.
    """
    named = with_variant(runs, axes(runs))
    single = run_layers(named, layers, ["variant"])
    group = ["variant", "epoch", "last", "depth"]
    return single.groupby(group)[list(MEASURES)].mean().reset_index()


def without_probes(runs: DataFrame, layers: DataFrame) -> int:
    """How many completed runs were stored without any measurement inside the network.

    A run that says that it was probed counts as probed: nothing in it may have been finite.
    """
    done = completed(runs)
    empty = layers[list(_SIGNALS)].isna().all(axis=1)
    measured = done["run_id"].isin(layers.loc[~empty, "run_id"].unique())
    if "probes" in done:
        measured |= done["probes"].fillna(False).astype(bool)
    return int((~measured).sum())


def _dated(table: DataFrame) -> DataFrame:
    """The table with whole epochs, whether each is the last one asked for, and plain counts."""
    epoch = table["epoch"].astype("int64")
    counts = {name: table[name].astype("float64") for name in _COUNTS}
    return table.assign(epoch=epoch, last=epoch == table["epochs"].astype("int64"), **counts)
