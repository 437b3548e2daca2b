"""What the numbers mean: one word, its reason, and the rule that gave it.

The limits are conventions, justified in docs/diagnose.md; none is a law of nature.
"""

import math
from dataclasses import dataclass
from typing import Literal

Verdict = Literal["healthy", "vanishing", "exploding", "dying"]

DEAD_LAYER_LIMIT = 0.05
"""Share of initializations with a layer born dead, above which a combination is dying."""
DEAD_UNITS_LIMIT = 0.5
"""Share of units born dead, above which it is dying."""
RATIO_LIMIT = 2.0
"""Decades that gradients, or signals, may change by through the layers: a factor of 100."""

OVERFLOW_LIMIT = 0.5
"""Share of initializations in which float32 overflows, above which signals or gradients explode."""

_FACTOR = f"{10**RATIO_LIMIT:.0f}"
RULE = (
    f"dying: a whole layer is born dead in more than {100 * DEAD_LAYER_LIMIT:.0f} % of the "
    f"initializations, or more than {100 * DEAD_UNITS_LIMIT:.0f} % of the units are; "
    f"else exploding: the median gradient or signal grows more than {_FACTOR}-fold, or float32 "
    f"overflows in more than half; else vanishing: one of them shrinks to less than 1/{_FACTOR}; "
    "else healthy."
)


@dataclass(frozen=True)
class Judged:
    """The verdict and the number that decided it, in words."""

    verdict: Verdict
    reason: str


def judge(
    *,
    dead_layer: float,
    dead_units: float,
    gradient_ratio: float,
    signal_ratio: float,
    overflow: float,
) -> Judged:
    """Apply `RULE`.

    Args:
        dead_layer: share of initializations in which a whole hidden layer is born dead.
        dead_units: share of hidden units born dead.
        gradient_ratio: median over initializations of log10 of the root mean square gradient of
            the first hidden layer over that of the last. -inf: nothing arrives. NaN: it exists in
            no initialization, because float32 overflows.
        signal_ratio: median of log10 of the root mean square pre-activation of the last hidden
            layer over that of the first.
        overflow: share of initializations in which float32 overflows.
    """
    if dead_layer > DEAD_LAYER_LIMIT:
        return Judged("dying", f"a layer is born dead in {_percent(dead_layer)} of initializations")
    if dead_units > DEAD_UNITS_LIMIT:
        return Judged("dying", f"{_percent(dead_units)} of the units are born dead")
    if overflow > OVERFLOW_LIMIT:
        return Judged("exploding", f"float32 overflows in {_percent(overflow)} of initializations")
    ratios = {"gradients": gradient_ratio, "signals": signal_ratio}
    for what, ratio in ratios.items():
        if ratio > RATIO_LIMIT:
            return Judged("exploding", f"{what} grow {_factor(ratio)}")
    for what, ratio in ratios.items():
        if ratio < -RATIO_LIMIT:
            return Judged("vanishing", f"{what} shrink {_factor(ratio)}")
    return Judged("healthy", "gradients and signals stay within a factor of 100")


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _factor(ratio: float) -> str:
    if math.isinf(ratio):
        return "beyond what float32 holds" if ratio > 0 else "to exactly 0"
    return f"by a factor of 10^{abs(ratio):.1f}"
