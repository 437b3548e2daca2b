"""Medians, ranges and intervals of what may be infinite, and of shares.

Sources:
    interval of a share: Wilson 1927, Probable inference, the law of succession, and statistical
        inference, Journal of the American Statistical Association 22(158), 209-212; preferred to
        the exact one by Brown, Cai, DasGupta 2001, Interval estimation for a binomial proportion,
        Statistical Science 16(2), 101-133.
    interval of a median: order statistics with normal approximation of their ranks, Conover 1999,
        Practical Nonparametric Statistics, 3rd edition, section 3.2.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

_FEWEST_FOR_INTERVAL = 6


@dataclass(frozen=True)
class Share:
    """`count` of `of`, as a share in [0, 1], with its 95 % Wilson interval."""

    count: int
    of: int
    share: float
    low: float
    high: float


@dataclass(frozen=True)
class Spread:
    """How a quantity is spread over the trials.

    Attributes:
        median: half of the trials lie on each side; NaN when it exists in no trial.
        median_low, median_high: 95 % interval of the median; NaN for fewer than six trials.
        low, high: 90 % of the trials lie between (5 % and 95 % quantile).

    All are values of trials (order statistics), never between two: infinite ones do no harm.
    """

    median: float
    median_low: float
    median_high: float
    low: float
    high: float


def share_of(count: int, of: int, level: float = 0.95) -> Share:
    """The share `count / of` with its two-sided Wilson interval."""
    z = NormalDist().inv_cdf((1 + level) / 2)
    share = count / of
    centre = (share + z * z / (2 * of)) / (1 + z * z / of)
    half = z / (1 + z * z / of) * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    low = 0.0 if count == 0 else max(0.0, centre - half)
    high = 1.0 if count == of else min(1.0, centre + half)
    return Share(count, of, share, low, high)


def spread(values: NDArray[Any]) -> Spread:
    """The spread over the trials for which the value exists: NaN is left out, ±∞ is not."""
    ordered = np.sort(np.asarray(values, np.float64)[~np.isnan(values)])
    count = len(ordered)
    if not count:
        return Spread(math.nan, math.nan, math.nan, math.nan, math.nan)
    low, median, high = (_quantile(ordered, level) for level in (0.05, 0.5, 0.95))
    if count < _FEWEST_FOR_INTERVAL:
        return Spread(median, math.nan, math.nan, low, high)
    # Ranks from 1 of the values between which the median lies.
    half = NormalDist().inv_cdf(0.975) * math.sqrt(count) / 2
    first = max(1, math.floor(count / 2 - half))
    last = min(count, math.ceil(count / 2 + half) + 1)
    return Spread(median, float(ordered[first - 1]), float(ordered[last - 1]), low, high)


def _quantile(ordered: NDArray[np.float64], level: float) -> float:
    """The smallest value that at least a share `level` of the values does not exceed."""
    rank = max(1, math.ceil(level * len(ordered) - 1e-9))
    return float(ordered[rank - 1])
