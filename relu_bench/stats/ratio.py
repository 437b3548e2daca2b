"""The ratio of two paired means, such as of two error rates.

Source: Fieller (1954), Some problems in interval estimation, Journal of the Royal Statistical
Society B 16(2), 175-185.
"""

import math

import numpy as np
from numpy.typing import ArrayLike

from relu_bench.stats.intervals import checked


def ratio_of_means(
    numerators: ArrayLike, denominators: ArrayLike, level: float = 0.95
) -> tuple[float, float, float]:
    """Mean of the numerators by mean of the denominators, and the interval of that ratio.

    The interval holds each ratio ρ for which a paired t test does not reject that the mean of
    numerator - ρ · denominator is 0 (Fieller 1954).

    Args:
        numerators: (n,), one for each seed.
        denominators: (n,), of the same seeds.
        level: of the interval.

    Returns:
        Ratio, low, high. The ratio is NaN when the denominators' mean is 0 or there is no pair; the
        ends are NaN for fewer than two pairs, and where the denominators' mean is not told apart
        from 0, so that the interval has no end.

    Raises:
        ValueError: when `level` is not between 0 and 1.
    """
    checked(level)
    above, below = (np.asarray(side, np.float64).ravel() for side in (numerators, denominators))
    n = above.size
    if n == 0 or below.mean() == 0:
        return math.nan, math.nan, math.nan
    a, b = float(above.mean()), float(below.mean())
    if n < 2:
        return a / b, math.nan, math.nan
    from scipy.special import stdtrit

    covariance = np.cov(above, below) * (float(stdtrit(n - 1, (1 + level) / 2)) ** 2 / n)
    square = b * b - covariance[1, 1]
    if square <= 0:
        return a / b, math.nan, math.nan
    middle = a * b - covariance[0, 1]
    root = math.sqrt(max(middle**2 - square * (a * a - covariance[0, 0]), 0.0))
    return a / b, float((middle - root) / square), float((middle + root) / square)
