"""An axis of scores spaced by the logarithm of their distance from the best that can be.

Between 98 and 99 % of right answers lies as much as between 80 and 90 %: half of the errors.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from relu_bench.compare import Scale
from relu_bench.compare.views import distance_from_best
from relu_bench.plots.limits import Limits

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import Series

# Below this distance, nothing can be told apart: 1 of 100,000 samples.
_LEAST = 1e-5
_LEAST_TICKS = 4
# First digits of ticks, the coarsest first.
_DIGITS: tuple[tuple[float, ...], ...] = (
    (1,),
    (1, 3),
    (1, 2, 5),
    (1, 1.5, 2, 3, 4, 5, 7),
    (1, 1.2, 1.4, 1.6, 1.8, 2, 2.2, 2.4, 2.6, 2.8, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9),
)


def place_of(scores: Series, scale: Scale) -> NDArray[np.float64]:
    """Where scores stand on the axis, the better the farther right.

    Minus the decimal logarithm of the distance from the best, or the score itself where no best is
    known. A distance below 0.00001 counts as that.
    """
    distances = distance_from_best(scores, scale)
    if distances is None:
        return np.asarray(scores, np.float64)
    return -np.log10(np.maximum(distances, _LEAST))


def show_distances(axes: Axes, limits: Limits, scale: Scale, most: int) -> None:
    """Set the x axis to `limits` in places, and write scores at round distances beside it.

    Args:
        axes: to draw on.
        limits: of places.
        scale: of the metric.
        most: how many ticks there is room for.
    """
    axes.set_xlim(*limits)
    if distance_from_best(np.zeros(1), scale) is None:
        from matplotlib.ticker import MaxNLocator

        axes.xaxis.set_major_locator(MaxNLocator(nbins=most))
        return
    distances = _round_distances(limits, most)
    shown = [1.0 - each if scale.higher_is_better else each for each in distances]
    axes.set_xticks(
        [-math.log10(each) for each in distances],
        [f"{scale.factor * each:.6g}" for each in shown],
    )


def axis_label(scale: Scale) -> str:
    """The metric, its unit, and how the axis is spaced."""
    named = f"test {scale.title}{scale.suffix}"
    if distance_from_best(np.zeros(1), scale) is None:
        return named
    how = "error on a log scale" if scale.higher_is_better else "log scale, better to the right"
    return f"{named}, {how}"


def _round_distances(limits: Limits, most: int) -> Sequence[float]:
    """Round numbers within the limits, falling: the finest ones for which there is room."""
    best: list[float] = []
    low, high = 10 ** -limits[1], 10 ** -limits[0]
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for digits in _DIGITS:
        there = [
            digit * 10.0**power
            for power in powers
            for digit in digits
            if low <= digit * 10.0**power <= high
        ]
        if len(there) > most and len(best) >= 2:
            break
        best = there
        if len(best) >= max(_LEAST_TICKS, most // 2):
            break
    return sorted(best, reverse=True)
