"""A band around a line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ALPHA = 0.16


def band(
    axes: Axes,
    x: NDArray[np.float64],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    colour: str,
) -> None:
    """Fill what lies between `low` and `high` in a light shade of `colour`.

    Where one of them is missing there is a gap.

    Args:
        axes: to draw on.
        x: rising.
        low: the lower edge at each x.
        high: the upper edge.
        colour: of the line that runs in the band.
    """
    from matplotlib.collections import PolyCollection

    below, above = (np.column_stack([x, edge]) for edge in (low, high))
    outlines = [
        np.concatenate([below[there], above[there][::-1]]) for there in stretches(low, high)
    ]
    if outlines:
        axes.add_collection(
            PolyCollection(outlines, facecolors=colour, edgecolors="none", alpha=ALPHA)
        )


def stretches(low: NDArray[np.float64], high: NDArray[np.float64]) -> list[slice]:
    """Where both edges of a band are finite at two points or more in a row."""
    there = np.isfinite(low) & np.isfinite(high)
    turns = np.flatnonzero(np.diff(there, prepend=False, append=False))
    pairs = zip(turns[::2].tolist(), turns[1::2].tolist(), strict=True)
    return [slice(first, end) for first, end in pairs if end - first > 1]
