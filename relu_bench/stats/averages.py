"""Mean, standard deviation and interquartile mean.

Source of the interquartile mean: Agarwal et al. (2021), Deep Reinforcement Learning at the Edge of
the Statistical Precipice, NeurIPS 34.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray


def mean(values: ArrayLike) -> float:
    """Arithmetic mean; NaN when there is no value."""
    numbers = flat(values)
    return float(numbers.mean()) if numbers.size else math.nan


def sd(values: ArrayLike) -> float:
    """Sample standard deviation, with n - 1; NaN for fewer than two values, never 0."""
    numbers = flat(values)
    return float(numbers.std(ddof=1)) if numbers.size > 1 else math.nan


def interquartile_mean(values: ArrayLike) -> float:
    """Mean of what is left when a quarter of the values, rounded down, is cut off at each end.

    NaN when there is no value.
    """
    numbers = np.sort(flat(values))
    cut = numbers.size // 4
    return mean(numbers[cut : numbers.size - cut])


def flat(values: ArrayLike) -> NDArray[np.float64]:
    """The values as a vector of floats."""
    return np.asarray(values, dtype=np.float64).ravel()
