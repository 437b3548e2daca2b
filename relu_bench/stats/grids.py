"""What the average over a grid of settings hides: which of them say the opposite, and which decide.

Source: the variance of a sum is the sum of each part's covariance with it, by which a part's share
is defined as in portfolios: Euler's theorem on homogeneous functions, Tasche (1999), Risk
contributions and performance measurement. Shares of parts that do not correlate are those of their
own variances.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from relu_bench.stats.differences import DIGITS

# A setting with more than this share of the variance decides how sure the average is.
MOST_OF_VARIANCE = 0.5
Numbers = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class OverSettings:
    """An average difference over settings, taken apart.

    Attributes:
        seeds: those that have every setting; only they count.
        difference: the mean over settings and seeds; NaN without such a seed.
        of_each: (settings,), the mean of each over the seeds.
        opposite: (settings,), whether its sign is the other way than that of `difference`.
        shares: (settings,), of the variance over the seeds of the average that each holds: its
            covariance with the average, by that variance and the number of settings. They add up
            to 1, and one is below 0 where a setting balances others; NaN for fewer than two seeds,
            and where the average does not vary.
    """

    seeds: int
    difference: float
    of_each: Numbers
    opposite: NDArray[np.bool_]
    shares: Numbers

    @property
    def deciding(self) -> int | None:
        """The setting that holds more than half of the variance, where there are three or more."""
        if len(self.shares) < 3 or np.isnan(self.shares).any():
            return None
        largest = int(self.shares.argmax())
        return largest if self.shares[largest] > MOST_OF_VARIANCE else None


def over_settings(differences: ArrayLike) -> OverSettings:
    """Take the average difference over settings apart.

    Args:
        differences: (settings, seeds), variant less baseline at the same setting and seed; NaN
            where a run is missing, so that its seed does not count. A setting may be a value of one
            axis, averaged over the others: what one learning rate decides, none of its cells may.

    Raises:
        ValueError: when there is no setting, or the shape is another.
    """
    table = np.asarray(differences, np.float64)
    if table.ndim != 2 or not len(table):
        raise ValueError(f"differences have shape {table.shape}; expected (settings, seeds)")
    table = table[:, ~np.logical_or.reduce(np.isnan(table), axis=0)]
    settings, seeds = table.shape
    unknown = np.full(settings, math.nan)
    if not seeds:
        return OverSettings(0, math.nan, unknown, np.zeros(settings, np.bool_), unknown)
    average, of_each = table.mean(axis=0), table.mean(axis=1)
    difference = float(average.mean())
    opposite = np.round(of_each, DIGITS) * np.sign(round(difference, DIGITS)) < 0
    shares = unknown
    if seeds > 1 and np.ptp(np.round(average, DIGITS)) > 0:
        centred = average - difference
        shares = (table @ centred) / (settings * float(centred @ centred))
    return OverSettings(seeds, difference, of_each, opposite, shares)
