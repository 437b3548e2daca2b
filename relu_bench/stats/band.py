"""How wide a band of settings is in which a curve stays above a level."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Band:
    """The band around the best setting.

    Attributes:
        low, high: its ends, in the unit of the settings; NaN when the curve nowhere reaches the
            level.
        decades: log10(high / low); 0.0 when the curve nowhere reaches the level.
        open_low, open_high: whether it runs to the edge of the settings that were tried, so that
            it may be wider.
    """

    low: float
    high: float
    decades: float
    open_low: bool
    open_high: bool


def band_above(settings: ArrayLike, scores: ArrayLike, level: float) -> Band:
    """Where the curve around its maximum stays at or above `level`.

    Between two settings the score is interpolated linearly in the logarithm of the setting.

    Args:
        settings: (n,), above 0, such as learning rates, in any order.
        scores: (n,), higher is better.
        level: in the unit of the scores.

    Raises:
        ValueError: when there is no setting, or one is not above 0.
    """
    places = np.asarray(settings, np.float64).ravel()
    values = np.asarray(scores, np.float64).ravel()
    if not places.size or places.size != values.size or (places <= 0).any():
        raise ValueError(f"expected settings above 0, a score each; got {places} and {values}")
    order = np.argsort(places)
    logs, values = np.log10(places[order]), values[order]
    best = int(values.argmax())
    if values[best] < level:
        return Band(math.nan, math.nan, 0.0, False, False)
    low, open_low = _end(logs[best::-1], values[best::-1], level)
    high, open_high = _end(logs[best:], values[best:], level)
    return Band(10**low, 10**high, high - low, open_low, open_high)


def _end(logs: Numbers, values: Numbers, level: float) -> tuple[float, bool]:
    """Where a curve that starts above the level first falls below it, or its last place."""
    below = np.flatnonzero(values < level)
    if not below.size:
        return float(logs[-1]), True
    after = int(below[0])
    share = (values[after - 1] - level) / (values[after - 1] - values[after])
    return float(logs[after - 1] + share * (logs[after] - logs[after - 1])), False
