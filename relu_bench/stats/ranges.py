"""The range of an axis that one bad run must not squash.

Source: Hampel (1974), The influence curve and its role in robust estimation, Journal of the
American Statistical Association 69(346), 383-393: median and median absolute deviation; the factor
3 from Leys et al. (2013), Detecting outliers, Journal of Experimental Social Psychology 49(4),
764-766; where the deviation is 0, the quartile fences of Tukey (1977), Exploratory Data Analysis.
"""

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

# Makes the median absolute deviation of a normal distribution its standard deviation.
_NORMAL_CONSISTENCY = 1.4826022185056018

Side = Literal["low", "high"]


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
    numbers = np.asarray(values, dtype=np.float64).ravel()
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
