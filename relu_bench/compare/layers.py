"""Inside the network: what the probes saw of each hidden layer, by run and over the seeds.

Layers of a run; what became of its units; its sparsity beside how it generalizes; gradients over
the steps of a sequence; and whether any of it is worth a look.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from relu_bench.compare.measures import KEY, completed, scale_of, score
from relu_bench.compare.variants import axes, with_variant

if TYPE_CHECKING:
    from pandas import DataFrame, Series

    from relu_bench.compare.selection import Selection


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
# What makes a figure of layers worth drawing unasked.
LEAST_INACTIVE = 0.01
LEAST_SPARSITY_DIFFERENCE = 0.05
LEAST_LAYERS = 3
GRADIENT_FACTOR = 3.0
LEAST_OFFSET_DIFFERENCE = 0.25
LEAST_ACTIVE_SHARES = 6
LEAST_SIGN_DIFFERENCE = 0.25
STEP_FACTOR = 10.0


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
    return _measured(runs, layers, layers["layer"] != _OUTPUT, by, _SIGNALS)[
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
    return _measured(runs, layers, True, by, KERNEL_MEASURES)[
        [*by, "run_id", "outcome", "epoch", "last", "layer", "depth", *KERNEL_MEASURES]
    ]


def _measured(
    runs: DataFrame,
    layers: DataFrame,
    mask: Series | bool,
    by: Sequence[str],
    any_of: Sequence[str],
) -> DataFrame:
    """The rows that a mask has, of completed runs and with any of these measures, by depth.

    With whole epochs, whether each is the last one asked for, and plain counts.
    """
    done = completed(runs)[[*KEY, *by, "outcome", "epochs"]]
    own = layers[layers["run_id"].isin(done["run_id"]) & mask]
    depth = own.groupby([*KEY, "epoch"], sort=False).cumcount() + 1
    measured = own.assign(depth=depth).dropna(subset=list(any_of), how="all")
    table = measured.merge(done, on=KEY)
    epoch = table["epoch"].astype("int64")
    counts = {name: table[name].astype("float64") for name in _COUNTS}
    return table.assign(epoch=epoch, last=epoch == table["epochs"].astype("int64"), **counts)


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


def fates(runs: DataFrame, layers: DataFrame, by: Sequence[str]) -> DataFrame:
    """The units of all hidden layers of each run together.

    Args:
        runs: rows of runs.csv; only completed ones count.
        layers: rows of layers.csv, as for `run_layers`.
        by: further columns of `runs` to keep.

    Returns:
        One row for each probed run: `by`, run_id, outcome, units, dead_before and dead_after
        (shares of dead units at initialization and after training, counted on the whole training
        part; NaN where they do not exist), died and revived (how often a unit fell silent on the
        probe set from one epoch to the next, and how often one came back; one unit may do both more
        than once; NaN where neither was counted).
    """
    single = run_layers(runs, layers, by)
    single = single.assign(dead=single["dead_fraction"] * single["units"])
    key = ["run_id"]
    start, end = single[single["epoch"] == 0], single[single["last"]]
    runs_of = single[[*by, *key, "outcome"]].drop_duplicates(key).set_index(key)
    sums = single.groupby(key)[["died", "revived"]].sum(min_count=1)
    return (
        runs_of.assign(
            units=start.groupby(key)["units"].sum(),
            dead_before=_share(start),
            dead_after=_share(end),
        )
        .join(sums)
        .reset_index()
    )


def _share(rows: DataFrame) -> Series:
    """Dead units by units, of each run; NaN where a layer has no number."""
    of_run = rows.groupby("run_id")
    dead = of_run["dead"].sum(min_count=1).where(of_run["dead"].count() == of_run["layer"].count())
    return dead / of_run["units"].sum()


def generalization(runs: DataFrame, layers: DataFrame, by: Sequence[str]) -> DataFrame:
    """How active each run's hidden units are, and how well it does on what it has not seen.

    Args:
        runs: runs with one metric in common; only completed ones count.
        layers: rows of layers.csv, as for `run_layers`.
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
        "active_before": active_share(single[single["epoch"] == 0], ["run_id"]),
        "active_after": active_share(single[single["last"]], ["run_id"]),
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


def units_fall_silent(means: DataFrame) -> bool:
    """Some variant has at least 1 % inactive units in some layer, or sparsity differs.

    It differs where the shares of zeros in the same layer at the same epoch lie at least 5
    percentage points apart.
    """
    inactive = bool((means["inactive_fraction"] >= LEAST_INACTIVE).any())
    return inactive or bool((_range(means, "sparsity") >= LEAST_SPARSITY_DIFFERENCE).any())


def gradients_fade(means: DataFrame) -> bool:
    """There are at least 3 hidden layers, or variants differ in how the gradient fades.

    They differ where the ratio of the first hidden layer's gradient to that of the last, at
    initialization, is more than 3 times as large in one variant as in another.
    """
    start = means[(means["epoch"] == 0)].dropna(subset=["gradient_rms"])
    if not len(start):
        return False
    if int(start["depth"].max()) >= LEAST_LAYERS:
        return True
    ends = start.sort_values("depth").groupby("variant")["gradient_rms"].agg(["first", "last"])
    ratios = (ends["first"] / ends["last"].where(ends["last"] > 0)).dropna()
    return len(ratios) > 1 and bool(ratios.max() > GRADIENT_FACTOR * ratios.min())


def slopes_are_learned(means: DataFrame) -> bool:
    """Some variant has learned slopes."""
    return bool(means["slope_mean"].notna().any())


def outputs_are_off_centre(means: DataFrame) -> bool:
    """Variants differ in the mean output of a layer, at initialization or at the end.

    They differ where the means lie at least a quarter of the layer's standard deviation apart, that
    being the mean over the variants.
    """
    ends = means[(means["epoch"] == 0) | means["last"]]
    apart = _range(ends, "out_mean")
    spread = ends.groupby(["epoch", "depth"])["out_std"].mean()
    return bool(((apart > 0) & (apart >= LEAST_OFFSET_DIFFERENCE * spread)).any())


def active_shares_differ(means: DataFrame) -> bool:
    """The variants have at least 6 different shares of active outputs, at either end.

    Shares are means over the hidden layers, weighted by their units. Sorted, they differ where one
    lies at least 5 percentage points above the one before.
    """
    ends = means[(means["epoch"] == 0) | means["last"]]
    shares = active_share(ends.dropna(subset=["sparsity"]), ["variant", "epoch"])
    for _, of_epoch in shares.dropna().groupby("epoch"):
        steps = of_epoch.sort_values().diff().dropna()
        if int((steps >= LEAST_SPARSITY_DIFFERENCE).sum()) + 1 >= LEAST_ACTIVE_SHARES:
            return True
    return False


def gradients_share_signs(means: DataFrame) -> bool:
    """Variants differ in how many units have incoming gradients of one sign, at either end.

    They differ where the shares in the same hidden layer lie at least 25 percentage points apart.
    """
    ends = means[(means["epoch"] == 0) | means["last"]]
    return bool((_range(ends, "same_sign_fraction") >= LEAST_SIGN_DIFFERENCE).any())


def _range(means: DataFrame, measure: str) -> Series:
    """Largest less smallest value over the variants, by epoch and layer."""
    values = means.groupby(["epoch", "depth"])[measure]
    return values.max() - values.min()


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
    done = completed(runs)[[*KEY, *by, "outcome", "epochs"]]
    # The few rows that have any come first: most networks have no time steps.
    there = layers["time_step"].notna() & layers[STEP_MEASURE].notna()
    rows = layers.loc[there, [*KEY, "epoch", "time_step", STEP_MEASURE]]
    merged = rows[rows["run_id"].isin(done["run_id"])].merge(done, on=KEY)
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
        if bool(((ratios < 1 / STEP_FACTOR) | (ratios > STEP_FACTOR)).any()):
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
