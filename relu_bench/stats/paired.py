"""The paired t test, on differences between runs of the same seed, and how far pairs agree.

Source: Student (1908), The probable error of a mean, Biometrika 6(1), 1-25.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from relu_bench.stats.sign_flip import sign_flip

# A spread below this share of the numbers is rounding: the mean of equal ones is not quite them.
_ROUNDING = 1e-9


def paired_t(differences: ArrayLike) -> NDArray[np.float64]:
    """Two-sided p of the hypothesis that the mean difference is 0, along the last axis.

    Where all n differences are equal, t has no spread to go by: p is then that of the sign-flip
    test, 1 for differences of 0 and else 2^(1 - n), instead of the 0 that a division gives.

    Args:
        differences: (..., n), one for each seed, in any unit.

    Returns:
        (...,); NaN for n < 2.
    """
    numbers = np.atleast_1d(np.asarray(differences, np.float64))
    n = numbers.shape[-1]
    if n < 2:
        return np.full(numbers.shape[:-1], math.nan)
    from scipy.special import stdtr

    spread = numbers.std(axis=-1, ddof=1)
    constant = _is_rounding(spread, numbers)
    t = numbers.mean(axis=-1) * math.sqrt(n) / np.where(constant, 1.0, spread)
    p = 2 * np.asarray(stdtr(n - 1, -np.abs(t)))
    if np.any(constant):
        p = np.where(constant, sign_flip(numbers), p)
    return np.asarray(p, np.float64)


def correlation(first: ArrayLike, second: ArrayLike) -> float:
    """Pearson's correlation between paired values: how much the pairing takes out of the noise.

    NaN for fewer than three pairs, or when one side is constant.
    """
    a, b = (np.asarray(side, np.float64).ravel() for side in (first, second))
    if a.size < 3:
        return math.nan
    if any(_is_rounding(side.std(ddof=1), side) for side in (a, b)):
        return math.nan
    a, b = a - a.mean(), b - b.mean()
    return float(a @ b) / math.sqrt(float(a @ a) * float(b @ b))


def _is_rounding(spread: ArrayLike, numbers: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether the standard deviation along the last axis is 0 but for rounding."""
    largest = np.abs(numbers).max(axis=-1)
    return np.asarray(np.asarray(spread) <= _ROUNDING * largest, np.bool_)
