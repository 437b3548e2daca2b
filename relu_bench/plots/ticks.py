"""The labels of ticks on an axis whose data stay in the metric's own unit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axis import Axis
    from matplotlib.ticker import Formatter
    from numpy.typing import ArrayLike

    from relu_bench.compare import Scale

_MOST_DECIMALS = 12
_OF_ODD_TICKS = 6
# Beside the largest tick: what arithmetic leaves of a round number.
_TOLERANCE = 1e-9


def labels_of(ticks: ArrayLike, scale: Scale) -> list[str]:
    """Labels with as many decimals as tell all of these ticks apart, and no more."""
    return _written(ticks, _decimals(ticks, scale), scale)


def scaled(axis: Axis, scale: Scale) -> Formatter:
    """Labels with as many decimals as tell all ticks of the axis apart, and no more."""
    from matplotlib.ticker import Formatter

    class Scaled(Formatter):
        def __call__(self, value: float, pos: int | None = None) -> str:
            return _written([value], _decimals(axis.get_majorticklocs(), scale), scale)[0]

        def format_ticks(self, values: ArrayLike) -> list[str]:
            # All at once: an axis is asked for them many times.
            return labels_of(values, scale)

    return Scaled()


def _written(ticks: ArrayLike, decimals: int, scale: Scale) -> list[str]:
    return [f"{tick:.{decimals}f}" for tick in _shown(ticks, scale)]


def _decimals(ticks: ArrayLike, scale: Scale) -> int:
    shown = _shown(ticks, scale)
    least = _TOLERANCE * max(map(abs, shown), default=0.0)
    return next(
        (
            count
            for count in range(_MOST_DECIMALS + 1)
            if all(abs(round(tick, count) - tick) <= least for tick in shown)
        ),
        _OF_ODD_TICKS,
    )


def _shown(ticks: ArrayLike, scale: Scale) -> Sequence[float]:
    return [scale.factor * tick for tick in np.asarray(ticks, np.float64).tolist()]
