"""A constrained layout that gives the same places each time, to the last digit.

Its solver takes what it solves in the order in which memory was handed out, which differs from
process to process, and so do the last digits of what it finds: enough for other bytes in a file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.figure import Figure, FigureBase
    from matplotlib.layout_engine import LayoutEngine

# Of a share of the figure: less than a hundredth of a pixel.
_DECIMALS = 6


def rounded_layout() -> LayoutEngine:
    """For `matplotlib.figure.Figure(layout=...)`."""
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    class RoundedLayout(ConstrainedLayoutEngine):
        def execute(self, fig: Figure) -> None:
            super().execute(fig)
            _round_parts(fig)
            for axes in fig.axes:
                place, in_layout = axes.get_position(original=True), axes.get_in_layout()
                axes.set_position(np.round(place.bounds, _DECIMALS), which="original")
                axes.set_in_layout(in_layout)  # a place that is set takes them out of it

    return RoundedLayout()


def _round_parts(figure: FigureBase) -> None:
    for part in figure.subfigs:
        part.bbox_relative.set_points(np.round(part.bbox_relative.get_points(), _DECIMALS))
        _round_parts(part)
