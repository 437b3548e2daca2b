"""Many small panels drawn on one axes: one of its own for each costs ten times what it shows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from relu_bench.compare import broken
from relu_bench.plots.band import stretches
from relu_bench.plots.limits import Limits
from relu_bench.plots.strips import LABEL_LINE
from relu_bench.plots.style import SMALL_CHARACTER
from relu_bench.plots.within import flattened, within

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Line = tuple[int, NDArray[np.float64], NDArray[np.float64]]
"""The number of a panel, and x and y of the points of a line in it."""
Band = tuple[int, NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]
"""The number of a panel, and x, the lower and the upper edge of a band in it."""

# In inches.
_ABOVE = 0.15
_LABELS = 0.2
_GAP = 0.16


@dataclass(frozen=True, eq=False)
class Lattice:
    """Panels of one size with the same two axes, row by row.

    On the axes that it is drawn on, x counts columns and y is in inches from the top.

    Attributes:
        titles: of the panels.
        columns: how many stand side by side.
        column_width: about how wide each is, its gap included, in inches.
        x_limits: of each panel.
        y_limits: of each panel. What lies outside is not drawn.
        panel_height: in inches.
    """

    titles: Sequence[str]
    columns: int
    column_width: float
    x_limits: Limits
    y_limits: Limits
    panel_height: float = 1.0

    @property
    def height(self) -> float:
        """Of all panels, their titles and the labels of their ticks, in inches."""
        return float(self._bottoms[-1]) + _LABELS

    def lines(self, axes: Axes, lines: Iterable[Line], **look: Any) -> None:
        """Draw lines, each within its panel.

        Args:
            axes: to draw on.
            lines: with a gap wherever they are NaN.
            look: as `matplotlib.collections.LineCollection` takes it.
        """
        from matplotlib.collections import LineCollection

        paths = [
            self.places(number, *within(x, y, self.y_limits)) for number, x, y in lines if len(x)
        ]
        axes.add_collection(LineCollection(paths, **look), autolim=False)

    def bands(self, axes: Axes, bands: Iterable[Band], **look: Any) -> None:
        """Fill bands, each within its panel and where both of its edges are finite.

        A gap in an edge is one in the band.

        Args:
            axes: to draw on.
            bands: x rising.
            look: as `matplotlib.collections.PolyCollection` takes it.
        """
        from matplotlib.collections import PolyCollection

        outlines = []
        for number, x, low, high in bands:
            for there in stretches(low, high):
                below, above = (
                    self.places(number, *flattened(x[there], edge[there], self.y_limits))
                    for edge in (low, high)
                )
                outlines.append(np.concatenate([below, above[::-1]]))
        axes.add_collection(PolyCollection(outlines, **look), autolim=False)

    @property
    def across(self) -> Limits:
        """Where the first column begins and the last one ends."""
        return 0.0, self.columns - 1 + self._share

    @cached_property
    def names(self) -> list[str]:
        """The titles, long ones over several lines, none of which is wider than its panel."""
        most = max(1, int(self._share * self.column_width / SMALL_CHARACTER))
        return [
            "\n".join(part for line in broken(title, most).split("\n") for part in wrap(line, most))
            for title in self.titles
        ]

    @cached_property
    def _share(self) -> float:
        """Of a column that its panel takes; the gap is beside it."""
        return max(0.5, 1 - _GAP / self.column_width)

    @cached_property
    def _bottoms(self) -> NDArray[np.float64]:
        """Of the panels of each row, in inches from the top."""
        rows = [
            self.names[start : start + self.columns]
            for start in range(0, len(self.names), self.columns)
        ]
        lines = [max(name.count("\n") + 1 for name in row) for row in rows]
        heights = [_ABOVE + LABEL_LINE * count + self.panel_height for count in lines]
        return np.cumsum(heights) - _ABOVE

    def places(
        self, number: int, x: NDArray[np.float64], y: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Where points of a panel lie, shape (points, 2)."""
        row, column = divmod(number, self.columns)
        right, up = (
            (values - low) / (high - low)
            for values, (low, high) in ((x, self.x_limits), (y, self.y_limits))
        )
        return np.column_stack(
            [column + self._share * right, self._bottoms[row] - self.panel_height * up]
        )

    def corner(self, number: int, *, right: float = 0.0, up: float = 0.0) -> tuple[float, float]:
        """A place in a panel, as shares of its width and height."""
        row, column = divmod(number, self.columns)
        return column + self._share * right, float(self._bottoms[row]) - self.panel_height * up
