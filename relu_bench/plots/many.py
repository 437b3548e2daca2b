"""More variants than colours: a small panel of curves for each, and one row of scores for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from relu_bench.compare import scale_of
from relu_bench.plots.content import Content
from relu_bench.plots.frame import Frame, framed
from relu_bench.plots.highlighted_curves import curve_lattice, highlighted_curves
from relu_bench.plots.lattice import Lattice
from relu_bench.plots.learning_curves import start_outside
from relu_bench.plots.scores_by_variant import LABEL_WIDTH
from relu_bench.plots.strips import rows_height
from relu_bench.plots.words import hue_title

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

# In inches.
_PANEL_WIDTH = 1.75
_AXIS_LABEL = 0.45
# Characters of a variant's name for each inch of the figure, which leaves the scores two thirds.
_LABEL_CHARACTERS = 4.5


def many(content: Content, frame: Frame, width: float) -> Figure:
    """A small panel for each variant, above one panel with the test scores of all."""
    page = content.page
    levels = content.levels(page.strips[0])
    columns = max(2, int(width / _PANEL_WIDTH))
    panels = curve_lattice(content.curves, levels, columns, content.curve_limits)
    above = panels.height + _AXIS_LABEL if content.splits else 0.0
    label_width = max(LABEL_WIDTH, int(_LABEL_CHARACTERS * width))
    below = rows_height(content, page.strips[0], label_width) + _AXIS_LABEL
    figure, body = framed(frame, width, above + below)
    scores_in: SubFigure = body
    if content.splits:
        places = body.subfigures(2, 1, squeeze=False, height_ratios=[above, below])
        curves_in, scores_in = places[:, 0]
        _draw_curves(content, panels, curves_in.add_subplot())
    panel = scores_in.add_subplot()
    content.draw_scores(page.strips[0], panel, label_width)
    panel.set_ylabel(hue_title(page))
    return figure


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
    start = start_outside(content.curves, content.curve_limits, scale)
    axes.set_xlabel(f"epoch (0, off the axis: {start})" if start else "epoch")
    axes.set_ylabel(f"{scale.title}{scale.suffix}")
