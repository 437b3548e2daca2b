"""What a comparison says in two words."""

import math
from typing import Literal

from relu_bench import stats

Verdict = Literal["better", "worse", "practically equal", "undecided"]
LEVEL = 0.05


def verdict(difference: float, narrow: tuple[float, float], p: float, margin: float) -> Verdict:
    """The verdict on a variant against another.

    A difference that is real but surely smaller than the margin is called practically equal: the
    margin says what matters.

    Args:
        difference: the mean, above 0 when the variant is the better one.
        narrow: the 90 % interval of it; NaN when there is none.
        p: of the paired t test, corrected for the number of comparisons; NaN when there is none.
        margin: in the same unit.
    """
    if stats.within_margin(narrow, margin):
        return "practically equal"
    if math.isnan(p) or p >= LEVEL:
        return "undecided"
    return "better" if difference > 0 else "worse"
