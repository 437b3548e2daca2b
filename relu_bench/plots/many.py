"""More variants than colours: a small panel of curves for each, and one row of scores for each."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from relu_bench.compare import scale_of
from relu_bench.plots.content import Content
from relu_bench.plots.frame import Frame, framed
from relu_bench.plots.highlighted_curve import highlighted_curve
from relu_bench.plots.learning_curves import start_outside
from relu_bench.plots.scores_by_variant import LABEL_WIDTH
from relu_bench.plots.strips import rows_height
from relu_bench.plots.words import hue_title

if TYPE_CHECKING:
    from matplotlib.figure import Figure, SubFigure

# In inches.
_PANEL_WIDTH = 1.75
_PANEL_HEIGHT = 1.3
_AXIS_LABEL = 0.45
# Characters of a variant's name for each inch of the figure, which leaves the scores two thirds.
_LABEL_CHARACTERS = 4.5


def many(content: Content, frame: Frame, width: float) -> Figure:
    """Small multiples over the variants, above one panel with the test scores of all."""
    strip = content.page.strips[0]
    levels = content.levels(strip)
    columns = max(2, int(width / _PANEL_WIDTH))
    rows = math.ceil(len(levels) / columns)
    above = rows * _PANEL_HEIGHT + _AXIS_LABEL if content.splits else 0.0
    label_width = max(LABEL_WIDTH, int(_LABEL_CHARACTERS * width))
    below = rows_height(content, strip, label_width) + _AXIS_LABEL
    figure, body = framed(frame, width, above + below)
    scores_in: SubFigure = body
    if content.splits:
        places = body.subfigures(2, 1, squeeze=False, height_ratios=[above, below])
        curves_in, scores_in = places[:, 0]
        _small_multiples(content, curves_in, rows, columns)
    panel = scores_in.add_subplot()
    content.draw_scores(strip, panel, label_width)
    panel.set_ylabel(hue_title(content.page))
    return figure


def _small_multiples(content: Content, place: SubFigure, rows: int, columns: int) -> None:
    levels = content.levels(content.page.strips[0])
    grid = place.add_gridspec(rows, columns)
    for position, level in enumerate(levels):
        row, column = divmod(position, columns)
        panel = place.add_subplot(grid[row, column])
        highlighted_curve(
            panel,
            content.curves,
            level=level,
            single=content.single,
            metric=content.page.metric,
            look=content.page.look[level],
            limits=content.curve_limits,
        )
        lowest = position + columns >= len(levels)
        panel.tick_params(labelleft=column == 0, labelbottom=lowest)
    scale = scale_of(content.page.metric)
    start = start_outside(content.curves, content.curve_limits, scale)
    place.supxlabel(f"epoch (0, off the axis: {start})" if start else "epoch", fontsize="medium")
    place.supylabel(f"{scale.title}{scale.suffix}", fontsize="medium")
