"""How many seeds a difference of a given size needs.

Source: Cohen (1988), Statistical Power Analysis for the Behavioral Sciences, 2nd edition, chapter
2: the power of the paired t test by the noncentral t distribution.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from relu_bench.stats.intervals import checked

MOST_SEEDS = 1_000_000


def power(
    difference: ArrayLike, sd: ArrayLike, n: ArrayLike, level: float = 0.05
) -> NDArray[np.float64]:
    """Chance that the two-sided paired t test at `level` finds a true mean difference.

    Args:
        difference: its size, in any unit.
        sd: standard deviation of the differences between paired runs, in the same unit, above 0.
        n: seeds, at least 2.
        level: of the test.

    Raises:
        ValueError: when `level` is not between 0 and 1.
    """
    checked(level)
    from scipy.special import nctdtr, stdtrit

    seeds = np.asarray(n, np.float64)
    shift = np.abs(np.asarray(difference, np.float64)) / np.asarray(sd, np.float64) * np.sqrt(seeds)
    critical = stdtrit(seeds - 1, 1 - level / 2)
    # SciPy gives NaN for some chances that are 0 to every digit.
    missed, beyond = (
        np.nan_to_num(nctdtr(seeds - 1, shift, end), nan=0.0) for end in (critical, -critical)
    )
    return np.asarray(1 - missed + beyond, np.float64)


def seeds_needed(
    difference: float, sd: ArrayLike, level: float = 0.05, target: float = 0.8
) -> NDArray[np.float64]:
    """The fewest seeds, at least 2, with which the paired t test has the power `target`.

    Args:
        difference: true mean difference to be found, in the unit of `sd`.
        sd: standard deviations of the differences between paired runs, of any shape.
        level: of the test; with Holm over m comparisons, 0.05 / m is the first step's.
        target: wanted power.

    Returns:
        In the shape of `sd`: whole numbers, 2 for an sd of 0, infinity beyond a million seeds or
        for a difference of 0, NaN for an sd of NaN.

    Raises:
        ValueError: when `level` or `target` is not between 0 and 1.
    """
    checked(target)
    checked(level)
    spread = np.asarray(sd, np.float64)
    if difference == 0:
        return np.where(np.isnan(spread), math.nan, math.inf)
    solvable = np.isfinite(spread) & (spread > 0)
    used = np.where(solvable, spread, 1.0)
    low = np.full(spread.shape, 1.0)
    high = np.full(spread.shape, float(MOST_SEEDS))
    beyond = power(difference, used, high, level) < target
    for _ in range(math.ceil(math.log2(MOST_SEEDS))):
        middle = np.maximum(np.floor((low + high) / 2), 2.0)
        enough = power(difference, used, middle, level) >= target
        high = np.where(enough, np.minimum(middle, high), high)
        low = np.where(enough, low, np.maximum(middle, low))
    found = np.where(beyond, math.inf, high)
    found = np.where(spread == 0, 2.0, found)
    return np.asarray(np.where(np.isnan(spread), math.nan, found), np.float64)
