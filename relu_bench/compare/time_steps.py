"""How the gradient fares from the last step of a sequence to the first, in recurrent networks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from relu_bench.compare.layers import STEP_MEASURE
from relu_bench.compare.scores import completed
from relu_bench.compare.variants import axes, with_variant

if TYPE_CHECKING:
    from pandas import DataFrame, Series

    from relu_bench.compare.selection import Selection

LEAST_FACTOR = 10.0
_KEY = ["experiment", "run_id"]


def run_steps(runs: DataFrame, layers: DataFrame, by: Sequence[str]) -> DataFrame:
    """The gradients by the state at each time step, of each run.

    Args:
        runs: rows of runs.csv; only completed ones count.
        layers: rows of layers.csv; those of other runs are ignored.
        by: further columns of `runs` to keep.

    Returns:
        One row for each run, time step, and epoch 0 or the last one that was asked for: `by`,
        run_id, outcome, epoch, last, step, state_gradient_rms.
    """
    done = completed(runs)[[*_KEY, *by, "outcome", "epochs"]]
    # The few rows that have any come first: most networks have no time steps.
    there = layers["time_step"].notna() & layers[STEP_MEASURE].notna()
    rows = layers.loc[there, [*_KEY, "epoch", "time_step", STEP_MEASURE]]
    merged = rows[rows["run_id"].isin(done["run_id"])].merge(done, on=_KEY)
    epoch, step = (merged[name].astype("int64") for name in ("epoch", "time_step"))
    dated = merged.assign(epoch=epoch, step=step, last=epoch == merged["epochs"].astype("int64"))
    ends = dated[(dated["epoch"] == 0) | dated["last"]]
    return ends[[*by, "run_id", "outcome", "epoch", "last", "step", STEP_MEASURE]]


def variant_steps(selection: Selection, runs: DataFrame) -> DataFrame:
    """Of each variant of one experiment, as `run_steps` by `variant`."""
    named = with_variant(runs, axes(runs))
    layers = selection.experiments[str(runs["experiment"].iloc[0])].layers
    return run_steps(named, layers, ["variant"])


def fades_or_grows(steps: DataFrame) -> bool:
    """In some variant, first and last step differ by more than a factor of 10, at either end.

    Their ratio is the median over the runs.

    Args:
        steps: of `variant_steps`.
    """
    for _, rows in steps.groupby("epoch"):
        ratios = first_by_last(rows, ["variant"])
        if bool(((ratios < 1 / LEAST_FACTOR) | (ratios > LEAST_FACTOR)).any()):
            return True
    return False


def first_by_last(steps: DataFrame, by: Sequence[str]) -> Series:
    """The gradient by the first step's state over that by the last one's, median over the runs.

    Args:
        steps: of `run_steps`, at one epoch.
        by: the columns that make a group.

    Returns:
        By group; runs without a gradient at the last step are left out.
    """
    ordered = steps.sort_values("step", kind="stable")
    ends = ordered.groupby([*by, "run_id"])[STEP_MEASURE].agg(["first", "last"])
    ratios = (ends["first"] / ends["last"].where(ends["last"] > 0)).dropna()
    return ratios.groupby(level=list(by)).median()
