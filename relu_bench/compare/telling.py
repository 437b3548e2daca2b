"""Whether the probes of an experiment tell anything: what is drawn without being asked for.

Each rule takes the means over the runs of each variant, as `layers.variant_layers` gives them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from relu_bench.compare.generalization import active_share

if TYPE_CHECKING:
    from pandas import DataFrame, Series

LEAST_INACTIVE = 0.01
LEAST_SPARSITY_DIFFERENCE = 0.05
LEAST_LAYERS = 3
GRADIENT_FACTOR = 3.0
LEAST_OFFSET_DIFFERENCE = 0.25
LEAST_ACTIVE_SHARES = 6
LEAST_SIGN_DIFFERENCE = 0.25


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
