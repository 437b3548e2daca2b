"""How large the test set is, and what that alone makes uncertain."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pandas import Series

_MOST = 1_000_000
_ROUNDING = 1e-9
# Two-sided 95 % of a normal distribution.
_QUANTILE = 1.959963984540054


def sample_size(accuracies: Series) -> int | None:
    """The number of samples that these accuracies are shares of; None when none is found.

    An accuracy is a whole number of samples by their count, so the least common denominator of
    several is the count, or a divisor of it (of 10,000, when every accuracy happens to be even).
    """
    least = 1
    for value in accuracies.dropna().unique().tolist():
        share = Fraction(value).limit_denominator(_MOST)
        if abs(float(share) - value) > _ROUNDING:
            return None
        least = math.lcm(least, share.denominator)
        if least > _MOST:
            return None
    return least if least > 1 else None


def sampling_error(accuracy: float, samples: int) -> float:
    """Half the 95 % interval of an accuracy over other test sets of this size, as a fraction.

    1.96 · √(p (1 - p) / n): the normal approximation of the binomial distribution.
    """
    return _QUANTILE * math.sqrt(max(accuracy * (1 - accuracy), 0.0) / samples)
