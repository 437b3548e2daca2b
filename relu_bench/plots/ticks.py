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
# Where the largest tick is less, or as much, all are written like 1.2e-06, as numbers beside are.
_SMALL, _LARGE = 1e-4, 1e6
_MINUS = "\u2212"


def labels_of(ticks: ArrayLike, scale: Scale) -> list[str]:
    """Labels with as many decimals as tell all of these ticks apart, and no more.

    Very small and very large ones are written with a power of ten.
    """
    return _written(_shown(ticks, scale), _form(_shown(ticks, scale)))


def scaled(axis: Axis, scale: Scale) -> Formatter:
    """Labels as `labels_of` writes them for all ticks of the axis together."""
    from matplotlib.ticker import Formatter

    class Scaled(Formatter):
        def __call__(self, value: float, pos: int | None = None) -> str:
            form = _form(_shown(axis.get_majorticklocs(), scale))
            return _written(_shown([value], scale), form)[0]

        def format_ticks(self, values: ArrayLike) -> list[str]:
            # All at once: an axis is asked for them many times.
            return labels_of(values, scale)

    return Scaled()


def _written(ticks: Sequence[float], form: str) -> list[str]:
    return [_signed(format(tick, form) if tick or "e" not in form else "0") for tick in ticks]


def _signed(label: str) -> str:
    """With the sign that is as long as a plus."""
    return _MINUS + label[1:] if label.startswith("-") else label


def _form(ticks: Sequence[float]) -> str:
    """The format of all of these numbers: `.2f`, or `.1e` for very small and very large ones."""
    largest = max(map(abs, ticks), default=0.0)
    kind = "f" if not largest or _SMALL <= largest < _LARGE else "e"
    least = _TOLERANCE * largest
    decimals = next(
        (
            count
            for count in range(_MOST_DECIMALS + 1)
            if all(abs(_rounded(tick, count, kind) - tick) <= least for tick in ticks)
        ),
        _OF_ODD_TICKS,
    )
    return f".{decimals}{kind}"


def _rounded(tick: float, decimals: int, kind: str) -> float:
    return round(tick, decimals) if kind == "f" else float(f"{tick:.{decimals}e}")


def _shown(ticks: ArrayLike, scale: Scale) -> Sequence[float]:
    return [scale.factor * tick for tick in np.asarray(ticks, np.float64).tolist()]
