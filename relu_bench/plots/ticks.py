"""The labels of an axis whose data stay in the metric's own unit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axis import Axis
    from matplotlib.ticker import Formatter
    from numpy.typing import ArrayLike

    from relu_bench.compare import Scale


def scaled(axis: Axis, scale: Scale) -> Formatter:
    """Labels with as many decimals as tell all ticks of the axis apart, and no more."""
    from matplotlib.ticker import Formatter

    class Scaled(Formatter):
        def __call__(self, value: float, pos: int | None = None) -> str:
            return self._label(value, self._decimals(axis.get_majorticklocs()))

        def format_ticks(self, values: ArrayLike) -> list[str]:
            # All at once: an axis is asked for them many times.
            ticks = np.asarray(values, np.float64)
            decimals = self._decimals(ticks)
            return [self._label(tick, decimals) for tick in ticks.tolist()]

        def _decimals(self, ticks: ArrayLike) -> int:
            shown = [scale.factor * tick for tick in np.asarray(ticks, np.float64).tolist()]
            return next(
                (n for n in range(6) if all(abs(round(tick, n) - tick) < 1e-7 for tick in shown)), 6
            )

        def _label(self, value: float, decimals: int) -> str:
            return f"{scale.factor * value:.{decimals}f}"

    return Scaled()
