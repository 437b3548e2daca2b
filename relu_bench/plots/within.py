"""What of a line lies within the limits of its panel: for panels that share one axes to clip at."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from relu_bench.plots.limits import Limits

Points = tuple[NDArray[np.float64], NDArray[np.float64]]


def within(x: NDArray[np.float64], y: NDArray[np.float64], limits: Limits) -> Points:
    """The line that ends where it crosses a limit of `y`, with a gap (NaN) wherever it is outside.

    Args:
        x: of the points of the line, shape (points,).
        y: of the same points; a gap in the line where one is not finite.
        limits: of y.
    """
    x, y = _with_crossings(x, y, limits)
    inside = (y >= limits[0]) & (y <= limits[1])
    return x, np.where(inside, y, np.nan)


def flattened(x: NDArray[np.float64], y: NDArray[np.float64], limits: Limits) -> Points:
    """The line that runs along the limit of `y` wherever it is outside: the edge of a band.

    Args:
        x: of the points of the line, shape (points,).
        y: of the same points, finite.
        limits: of y.
    """
    x, y = _with_crossings(x, y, limits)
    return x, np.clip(y, *limits)


def _with_crossings(x: NDArray[np.float64], y: NDArray[np.float64], limits: Limits) -> Points:
    """A further point wherever the line crosses a limit."""
    y = np.where(np.isfinite(y), y, np.nan)
    for limit in limits:
        before = np.flatnonzero((y[:-1] - limit) * (y[1:] - limit) < 0)
        share = (limit - y[before]) / (y[before + 1] - y[before])
        crossing = x[before] + share * (x[before + 1] - x[before])
        x = np.insert(x, before + 1, crossing)
        y = np.insert(y, before + 1, limit)
    return x, y
