"""Means, standard deviations, and their intervals.

Sources: the interquartile mean, Agarwal et al. (2021), Deep Reinforcement Learning at the Edge of
the Statistical Precipice, NeurIPS 34; the t interval, Student (1908), The probable error of a mean,
Biometrika 6(1), 1-25; that of the standard deviation, Snedecor and Cochran (1989), Statistical
Methods, 8th edition, section 5; the bias-corrected and accelerated bootstrap, Efron (1987), Better
bootstrap confidence intervals, Journal of the American Statistical Association 82(397), 171-185,
computed by scipy.stats.bootstrap.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

RESAMPLES = 9_999
_SEED = 5
# Resampled numbers in memory at once: 32 MB.
_AT_ONCE = 4_000_000


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


def t_interval(values: ArrayLike, level: float = 0.95) -> tuple[float, float]:
    """Two-sided interval of the mean: mean ± t(n - 1) · sd / √n (Student 1908).

    Returns:
        Its ends in the unit of `values`; (NaN, NaN) for fewer than two values.

    Raises:
        ValueError: when `level` is not between 0 and 1.
    """
    checked(level)
    numbers = flat(values)
    if numbers.size < 2:
        return math.nan, math.nan
    low, high = t_ends(mean(numbers), sd(numbers), numbers.size, level)
    return float(low), float(high)


def t_ends(
    means: ArrayLike, sds: ArrayLike, n: int, level: float = 0.95
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The ends of the t intervals of many means over `n` values each, in the shape of `means`.

    Raises:
        ValueError: when `level` is not between 0 and 1, or `n` is below 2.
    """
    checked(level)
    if n < 2:
        raise ValueError(f"n is {n}; an interval takes at least two values")
    # scipy.special has the same quantile as scipy.stats and starts half a second faster.
    from scipy.special import stdtrit

    half = float(stdtrit(n - 1, (1 + level) / 2)) * np.asarray(sds, np.float64) / math.sqrt(n)
    centre = np.asarray(means, np.float64)
    return centre - half, centre + half


@dataclass(frozen=True, eq=False)
class GroupIntervals:
    """The mean of each group, and the ends of its t interval; NaN for what does not exist."""

    mean: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


def group_intervals(
    values: ArrayLike,
    groups: ArrayLike,
    count: int | None = None,
    level: float = 0.95,
    ends: Callable[..., tuple[NDArray[np.float64], NDArray[np.float64]]] = t_ends,
) -> GroupIntervals:
    """`mean` and `t_interval` of every group at once, to the last bit.

    Args:
        values: (n,).
        groups: (n,), the number of each value's group, from 0 on.
        count: how many groups there are; None: up to the largest number.
        level: of each interval.
        ends: of the intervals, from means, their sds, n and `level`.

    Returns:
        Arrays of shape (count,).

    Raises:
        ValueError: when `level` is not between 0 and 1.
    """
    checked(level)
    numbers = np.asarray(groups, np.intp)
    ordered = flat(values)[np.argsort(numbers, kind="stable")]
    sizes = np.bincount(numbers, minlength=count or 0)
    starts = np.cumsum(sizes) - sizes
    means, low, high = (np.full(len(sizes), math.nan) for _ in range(3))
    for size in map(int, np.unique(sizes[sizes > 0])):
        those = np.flatnonzero(sizes == size)
        rows = ordered[starts[those, np.newaxis] + np.arange(size)]
        means[those] = rows.mean(axis=1)
        if size > 1:
            low[those], high[those] = ends(means[those], rows.std(axis=1, ddof=1), size, level)
    return GroupIntervals(means, low, high)


def sd_interval(sd: ArrayLike, n: int, level: float = 0.95) -> tuple[ArrayLike, ArrayLike]:
    """Interval of the true standard deviation: sd · √((n - 1) / χ²(n - 1)).

    Args:
        sd: sample standard deviations, with n - 1.
        n: values that each is of.
        level: of the interval.

    Returns:
        Its ends, in the shape of `sd`; it is right for normal data only.

    Raises:
        ValueError: when `level` is not between 0 and 1, or `n` is below 2.
    """
    checked(level)
    if n < 2:
        raise ValueError(f"n is {n}; a standard deviation takes at least two values")
    from scipy.special import chdtri

    tail = (1 - level) / 2
    known = np.asarray(sd, np.float64)
    low, high = (math.sqrt((n - 1) / float(chdtri(n - 1, p))) for p in (tail, 1 - tail))
    return known * low, known * high


def checked(level: float) -> float:
    """`level` when it is a probability that an interval can have.

    Raises:
        ValueError: when it is not between 0 and 1.
    """
    if not 0 < level < 1:
        raise ValueError(f"level is {level}; it must lie between 0 and 1")
    return level


def bca_interval(
    values: ArrayLike, level: float = 0.95, resamples: int = RESAMPLES
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """BCa intervals of means along the last axis, with a fixed seed: the same every time.

    Args:
        values: (..., n).
        level: of the intervals.
        resamples: how many are drawn.

    Returns:
        Their ends, (...,), in the unit of `values`; both the value itself where all n are equal,
        NaN for fewer than two values.

    Raises:
        ValueError: when `level` is not between 0 and 1.
    """
    checked(level)
    numbers = np.atleast_1d(np.asarray(values, np.float64))
    shape, n = numbers.shape[:-1], numbers.shape[-1]
    if n < 2:
        return np.full(shape, np.nan), np.full(shape, np.nan)
    rows = numbers.reshape(-1, n)
    low, high = rows[:, 0].copy(), rows[:, 0].copy()
    varied = np.ptp(rows, axis=1) > 0
    if varied.any():
        from scipy.stats import bootstrap

        found = bootstrap(
            (rows[varied],),
            np.mean,
            axis=-1,
            n_resamples=resamples,
            batch=max(_AT_ONCE // rows[varied].size, 1),
            confidence_level=level,
            method="BCa",
            rng=np.random.default_rng(_SEED),
        ).confidence_interval
        low[varied], high[varied] = found.low, found.high
    return low.reshape(shape), high.reshape(shape)
