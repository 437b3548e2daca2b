"""Practically equal: two one-sided tests at 5 %, as one interval.

Source: Schuirmann (1987), A comparison of the two one-sided tests procedure and the power approach,
Journal of Pharmacokinetics and Biopharmaceutics 15(6), 657-680.
"""

import math

# Two one-sided tests at 5 % are a 90 % interval.
LEVEL = 0.90


def within_margin(interval: tuple[float, float], margin: float) -> bool:
    """Whether a 90 % interval of the difference lies within ± margin; False for NaN.

    Raises:
        ValueError: when the margin is negative or not finite.
    """
    if not (margin >= 0 and math.isfinite(margin)):
        raise ValueError(f"margin is {margin}; expected a number that is not negative")
    low, high = interval
    return -margin <= low and high <= margin
