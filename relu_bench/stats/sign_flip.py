"""The sign-flip test: without an effect, each difference could as well have the other sign.

Source: Fisher (1935), The Design of Experiments, section 21; with random flips, Dwass (1957),
Modified randomization tests for nonparametric hypotheses, Annals of Mathematical Statistics 28(1),
181-187. The 1 that is added to both counts: Phipson and Smyth (2010), Permutation p-values should
never be zero, Statistical Applications in Genetics and Molecular Biology 9(1), article 39.
"""

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

EXACT_TO = 15
FLIPS = 100_000
_SEED = 5
_FLIPS_AT_ONCE = 8_192
_ROWS_AT_ONCE = 256
# Sums of the same numbers in another order differ by rounding; a tie must count as one.
_ROUNDING = 1e-9


def sign_flip(differences: ArrayLike) -> NDArray[np.float64]:
    """Two-sided p of the mean difference under flips of the signs, along the last axis.

    Exact, over all 2^n flips, to n = 15; then by 100,000 random flips with a fixed seed, and not
    below 2 / 2^n, which no p over all flips falls below either.

    Args:
        differences: (..., n), one for each seed, in any unit.

    Returns:
        (...,); NaN for n = 0, 1.0 for n = 1.
    """
    numbers = np.atleast_1d(np.asarray(differences, np.float64))
    shape, n = numbers.shape[:-1], numbers.shape[-1]
    if n == 0:
        return np.full(shape, math.nan)
    rows = numbers.reshape(-1, n)
    reached = np.abs(rows.sum(axis=1)) - _ROUNDING * np.abs(rows).sum(axis=1)
    counts = np.zeros(len(rows))
    for signs in _all_signs(n) if n <= EXACT_TO else _random_signs(n):
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            part = slice(start, start + _ROWS_AT_ONCE)
            counts[part] += (np.abs(signs @ rows[part].T) >= reached[part]).sum(axis=0)
    exact = n <= EXACT_TO
    p = counts / 2 ** (n - 1) if exact else (counts + 1) / (FLIPS + 1)
    return np.asarray(np.maximum(p, smallest_p(n)).reshape(shape), np.float64)


def smallest_p(n: int) -> float:
    """The smallest p that `sign_flip` can give with n differences: 2 / 2^n, or 1 / (flips + 1).

    The larger of the two where flips are random.
    """
    if n < 1:
        return 1.0
    return max(2.0 ** (1 - n), 1 / (FLIPS + 1) if n > EXACT_TO else 0.0)


def deciding_seeds(comparisons: int, level: float = 0.05) -> int | None:
    """How few seeds let the smallest p, times the number of comparisons (Holm), reach `level`.

    None when no number of seeds does, as random flips have a smallest p too.

    Raises:
        ValueError: when there is no comparison.
    """
    if comparisons < 1:
        raise ValueError(f"{comparisons} comparisons; expected at least 1")
    most = EXACT_TO + math.ceil(math.log2(FLIPS))
    for n in range(1, most + 1):
        if comparisons * smallest_p(n) <= level:
            return n
    return None


def _all_signs(n: int) -> Iterator[NDArray[np.float64]]:
    """All flips but for the mirror images, which have the same absolute sum: (2^(n - 1), n)."""
    bits = np.arange(2 ** (n - 1))[:, np.newaxis] >> np.arange(n)
    yield (1 - 2 * (bits & 1)).astype(np.float64)


def _random_signs(n: int) -> Iterator[NDArray[np.float64]]:
    random = np.random.default_rng(_SEED)
    for start in range(0, FLIPS, _FLIPS_AT_ONCE):
        size = (min(_FLIPS_AT_ONCE, FLIPS - start), n)
        yield (1 - 2 * random.integers(0, 2, size=size, dtype=np.int8)).astype(np.float64)
