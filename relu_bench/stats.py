"""Numbers in, intervals and tests out. Imports nothing of ours.

Sources:
    t interval of a mean: Student (1908), The probable error of a mean, Biometrika 6(1), 1-25.
    binomial test: Conover (1999), Practical Nonparametric Statistics, 3rd edition, section 3.1.
    robust range: Hampel (1974), The influence curve and its role in robust estimation, Journal of
        the American Statistical Association 69(346), 383-393: median and median absolute
        deviation; the factor 3 from Leys et al. (2013), Detecting outliers, Journal of Experimental
        Social Psychology 49(4), 764-766; where the deviation is 0, the quartile fences of Tukey
        (1977), Exploratory Data Analysis.
"""

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

# Makes the median absolute deviation of a normal distribution its standard deviation.
_NORMAL_CONSISTENCY = 1.4826022185056018

Side = Literal["low", "high"]


def mean(values: ArrayLike) -> float:
    """Arithmetic mean; NaN when there is no value."""
    numbers = _flat(values)
    return float(numbers.mean()) if numbers.size else math.nan


def sd(values: ArrayLike) -> float:
    """Sample standard deviation, with n - 1; NaN for fewer than two values, never 0."""
    numbers = _flat(values)
    return float(numbers.std(ddof=1)) if numbers.size > 1 else math.nan


def t_interval(values: ArrayLike, level: float = 0.95) -> tuple[float, float]:
    """Two-sided interval of the mean: mean ± t(n - 1) · sd / √n (Student 1908).

    Returns:
        Its ends in the unit of `values`; (NaN, NaN) for fewer than two values.

    Raises:
        ValueError: when `level` is not between 0 and 1.
    """
    if not 0 < level < 1:
        raise ValueError(f"level is {level}; it must lie between 0 and 1")
    numbers = _flat(values)
    if numbers.size < 2:
        return math.nan, math.nan
    # scipy.special has the same quantile as scipy.stats and starts half a second faster.
    from scipy.special import stdtrit

    quantile = float(stdtrit(numbers.size - 1, (1 + level) / 2))
    half = quantile * sd(numbers) / math.sqrt(numbers.size)
    centre = mean(numbers)
    return centre - half, centre + half


def better_than_guess(correct: int, n: int, guess: float, level: float = 0.01) -> bool:
    """Whether `correct` of `n` answers beat guessing, by a one-sided exact binomial test.

    Args:
        correct: right answers, 0 to `n`.
        n: questions asked, at least 1.
        guess: probability that the constant guess is right, in [0, 1].
        level: the test says yes when p = P(X >= correct) < level for X ~ Binomial(n, guess).

    Raises:
        ValueError: when an argument is out of its range.
    """
    if n < 1 or not 0 <= correct <= n:
        raise ValueError(f"{correct} of {n} correct; expected n >= 1 and 0 <= correct <= n")
    if not 0 <= guess <= 1:
        raise ValueError(f"guess is {guess}; a probability lies in [0, 1]")
    if correct == 0:
        return False
    from scipy.special import bdtrc

    return bool(bdtrc(correct - 1, n, guess) < level)


def robust_range(values: ArrayLike, sides: Sequence[Side] = ("low", "high")) -> tuple[float, float]:
    """The range that an axis should show: the values, but for outliers on the given sides.

    A side ends at the outermost value within 3 scaled median absolute deviations of the median
    (Hampel 1974; Leys et al. 2013). When more than half of the values are equal, so that this
    deviation is 0, it ends within 1.5 interquartile ranges of the quartiles (Tukey 1977); when
    these are equal too, at the outermost value. Values no farther beyond that than the range is
    wide are shown as well: they do not squash the rest. Bad values are cut off while they are
    fewer than half: a majority is no outlier.

    Raises:
        ValueError: when no value is finite.
    """
    numbers = _flat(values)
    numbers = numbers[np.isfinite(numbers)]
    if not numbers.size:
        raise ValueError("robust_range needs at least one finite value")
    core = _within(numbers, *_fences(numbers), ("low", "high"))
    span = core.max() - core.min()
    near = _within(numbers, core.min() - span, core.max() + span, sides)
    return float(near.min()), float(near.max())


def _within(
    numbers: NDArray[np.float64], low: float, high: float, sides: Sequence[Side]
) -> NDArray[np.float64]:
    above = numbers >= (low if "low" in sides else -math.inf)
    below = numbers <= (high if "high" in sides else math.inf)
    return numbers[above & below]


def _fences(numbers: NDArray[np.float64]) -> tuple[float, float]:
    median = float(np.median(numbers))
    deviation = _NORMAL_CONSISTENCY * float(np.median(np.abs(numbers - median)))
    if deviation > 0:
        return median - 3 * deviation, median + 3 * deviation
    lower, upper = (float(quartile) for quartile in np.quantile(numbers, [0.25, 0.75]))
    if upper > lower:
        return lower - 1.5 * (upper - lower), upper + 1.5 * (upper - lower)
    return -math.inf, math.inf


def _flat(values: ArrayLike) -> NDArray[np.float64]:
    return np.asarray(values, dtype=np.float64).ravel()
