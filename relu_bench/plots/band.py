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

    Points where one of them is missing are left out; nothing is drawn where all are.

    Args:
        axes: to draw on.
        x: rising.
        low: the lower edge at each x.
        high: the upper edge.
        colour: of the line that runs in the band.
    """
    from matplotlib.collections import PolyCollection

    there = np.isfinite(low) & np.isfinite(high)
    if not there.any():
        return
    below, above = (np.column_stack([x, edge])[there] for edge in (low, high))
    outline = np.concatenate([below, above[::-1]])
    axes.add_collection(
        PolyCollection([outline], facecolors=colour, edgecolors="none", alpha=ALPHA)
    )
