"""More variants than colours: a small panel of curves for each, and one row of scores for each."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from relu_bench.compare import scale_of
from relu_bench.plots.content import Content
from relu_bench.plots.frame import Frame, framed
from relu_bench.plots.highlighted_curves import highlighted_curves
from relu_bench.plots.lattice import Lattice
from relu_bench.plots.learning_curves import start_outside
from relu_bench.plots.scores_by_variant import LABEL_WIDTH
from relu_bench.plots.strips import ROW, rows_height
from relu_bench.plots.words import hue_title

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

NARROW = 5.0
"""Inches: panels and rows are lower in a figure that is not so wide."""
MOST_NARROW_PANELS = 12
"""In a narrow figure, curves of more variants would need more than a page."""

# In inches.
_PANEL_WIDTH = 1.75
_NARROW_PANEL_WIDTH = 1.0
_PANEL_HEIGHT = 1.0
_NARROW_PANEL_HEIGHT = 0.65
_NARROW_ROW = 0.2
_BESIDE_PANELS = 0.55
_AXIS_LABEL = 0.45
_CHARACTER = 0.075
_LINE = 0.17
# Characters of a variant's name for each inch of the figure, which leaves the scores two thirds.
_LABEL_CHARACTERS = 4.5


def many(content: Content, frame: Frame, width: float) -> Figure:
    """A small panel for each variant, above one panel with the test scores of all."""
    page = content.page
    strip = page.strips[0]
    panels = _panels(content, width)
    label = textwrap.wrap(_epochs(content), max(8, int((width - _BESIDE_PANELS) / _CHARACTER)))
    above = panels.height + _AXIS_LABEL + _LINE * (len(label) - 1) if content.splits else 0.0
    label_width = max(LABEL_WIDTH, int(_LABEL_CHARACTERS * width))
    row = _NARROW_ROW if width < NARROW else ROW
    below = rows_height(content, strip, label_width, row) + _AXIS_LABEL
    figure, body = framed(frame, width, above + below)
    scores_in: SubFigure = body
    if content.splits:
        places = body.subfigures(2, 1, squeeze=False, height_ratios=[above, below])
        curves_in, scores_in = places[:, 0]
        axes = curves_in.add_subplot()
        _draw_curves(content, panels, axes)
        axes.set_xlabel("\n".join(label))
    panel = scores_in.add_subplot()
    content.draw_scores(strip, panel, label_width)
    panel.set_ylabel(hue_title(page))
    return figure


def _panels(content: Content, width: float) -> Lattice:
    """A panel for each variant, over all epochs."""
    levels = content.levels(content.page.strips[0])
    narrow = width < NARROW
    fitting = int(width / (_NARROW_PANEL_WIDTH if narrow else _PANEL_WIDTH))
    columns = min(max(2, fitting), len(levels))
    last = float(content.curves["epoch"].max()) if content.splits else 1.0
    return Lattice(
        levels,
        columns,
        (width - _BESIDE_PANELS) / columns,
        (0.0, last or 1.0),
        content.curve_limits,
        _NARROW_PANEL_HEIGHT if narrow else _PANEL_HEIGHT,
    )


def _epochs(content: Content) -> str:
    """The label of the x axis."""
    scale = scale_of(content.page.metric)
    start = start_outside(content.curves, content.curve_limits, scale)
    return f"epoch (0, off the axis: {start})" if start else "epoch"


def _draw_curves(content: Content, panels: Lattice, axes: Axes) -> None:
    page = content.page
    highlighted_curves(
        axes,
        panels,
        content.curves,
        content.single,
        metric=page.metric,
        colour=page.look[page.order[0]].colour,
    )
    scale = scale_of(page.metric)
    axes.set_ylabel(f"{scale.title}{scale.suffix}")
