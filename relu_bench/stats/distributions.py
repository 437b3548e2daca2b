"""Distributions of scores: the share of runs that reach each, and the range that they lie in.

Sources: performance profiles, Dolan and Moré (2002), Benchmarking optimization software with
performance profiles, Mathematical Programming 91(2), 201-213; as a distribution of scores, Agarwal
et al. (2021), Deep Reinforcement Learning at the Edge of the Statistical Precipice, NeurIPS 34,
section 4.2. The band is the percentile bootstrap of Efron and Tibshirani (1993), An Introduction to
the Bootstrap, chapter 13, that resamples clusters: Field and Welsh (2007), Bootstrapping clustered
data, Journal of the Royal Statistical Society B 69(3), 369-390. The range: Hampel (1974), The
influence curve and its role in robust estimation, Journal of the American Statistical Association
69(346), 383-393: median and median absolute deviation; the factor 3 from Leys et al. (2013),
Detecting outliers, Journal of Experimental Social Psychology 49(4), 764-766; where the deviation is
0, the quartile fences of Tukey (1977), Exploratory Data Analysis.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from relu_bench.stats.intervals import checked

RESAMPLES = 2_000
_SEED = 7

Numbers = NDArray[np.float64]
# Makes the median absolute deviation of a normal distribution its standard deviation.
_NORMAL_CONSISTENCY = 1.4826022185056018
Side = Literal["low", "high"]


@dataclass(frozen=True, eq=False)
class Profile:
    """The share of values that reach each threshold.

    Attributes:
        shares: (t,), in [0, 1].
        low, high: (t,), the ends of a pointwise interval; NaN for a single cluster.
    """

    shares: Numbers
    low: Numbers
    high: Numbers


def profile(
    values: ArrayLike,
    clusters: ArrayLike,
    thresholds: ArrayLike,
    level: float = 0.95,
    resamples: int = RESAMPLES,
) -> Profile:
    """The share of `values` at or above each threshold, with a pointwise bootstrap interval.

    Whole clusters are drawn with replacement: runs of one seed share data order and split, and are
    no independent observations. The seed of the draws is fixed, so the same values give the same
    interval. Where all clusters have the same share, such as 0 or 1, the interval has no width:
    the bootstrap knows nothing of values that were not seen.

    Args:
        values: (n,), higher is better; -inf never reaches a threshold.
        clusters: (n,), what each value belongs to, such as its seed.
        thresholds: (t,), in any order.
        level: of each interval.
        resamples: how many are drawn.

    Raises:
        ValueError: when there is no value, a value is NaN, the lengths differ, or `level` is not
            between 0 and 1.
    """
    checked(level)
    numbers = np.asarray(values, np.float64).ravel()
    names = np.asarray(clusters).ravel()
    marks = np.asarray(thresholds, np.float64).ravel()
    if not numbers.size or numbers.size != names.size or np.isnan(numbers).any():
        raise ValueError(
            f"expected numbers, each with its cluster; got {numbers.size} values "
            f"({int(np.isnan(numbers).sum())} of them NaN) and {names.size} clusters"
        )
    _, place = np.unique(names, return_inverse=True)
    sizes = np.bincount(place).astype(np.float64)
    counts = _counts(numbers, place, marks, sizes.size)
    shares = counts.sum(axis=0) / numbers.size
    if sizes.size < 2:
        nothing = np.full(marks.shape, np.nan)
        return Profile(shares, nothing, nothing)
    weights = np.random.default_rng(_SEED).multinomial(
        sizes.size, np.full(sizes.size, 1 / sizes.size), size=resamples
    )
    drawn = (weights @ counts) / (weights @ sizes)[:, np.newaxis]
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return Profile(shares, low, high)


def _counts(numbers: Numbers, place: NDArray[np.intp], marks: Numbers, clusters: int) -> Numbers:
    """How many values of each cluster reach each threshold: (clusters, t)."""
    order = np.argsort(marks)
    passed = np.searchsorted(marks[order], numbers, side="right")
    width = marks.size + 1
    table = np.bincount(place * width + passed, minlength=clusters * width)
    # Who passes more thresholds passes the lower ones too.
    reached = table.reshape(clusters, width)[:, ::-1].cumsum(axis=1)[:, ::-1][:, 1:]
    found = np.empty(reached.shape)
    found[:, order] = reached
    return found


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
