"""A strip for each combination of the other axes: its curves, and its scores beside or below."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

from relu_bench.compare import broken
from relu_bench.plots.content import Content
from relu_bench.plots.frame import Frame, framed
from relu_bench.plots.scores_by_variant import LABEL_WIDTH

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# In inches.
ROW = 0.3
"""The least height of a row of test scores in a wide figure."""
_TALLEST_ROW = 0.6
_ROWS_BASE = 0.4
LABEL_LINE = 0.15
_CURVES = 1.3
_LONE_CURVES = 2.4
_STACKED_CURVES = 1.7
_AXIS_LABEL = 0.5
# Characters of a bold heading in an inch.
_HEADING_CHARACTERS = 11.5


def side_by_side(content: Content, frame: Frame, width: float) -> Figure:
    """One row of panels for each strip: training, validation, test."""
    strips, splits = content.page.strips, content.splits
    least = _LONE_CURVES if len(strips) == 1 else _CURVES
    heights = [max(least, rows_height(content, strip)) for strip in strips]
    figure, body = framed(frame, width, sum(heights) + _AXIS_LABEL + _headings(strips, width))
    columns = len(splits) + 1
    grid = body.add_gridspec(
        len(strips), columns, height_ratios=heights, width_ratios=[1.0] * len(splits) + [1.3]
    )
    for row, strip in enumerate(strips):
        panels = [body.add_subplot(grid[row, column]) for column in range(columns)]
        _draw(content, strip, panels, width)
        _keep_rows_together(panels[-1], len(content.levels(strip)), heights[row])
        if len(strips) > 1:
            lines = len(heading(strip, width))
            _share_words(panels, lines, first=row == 0, last=row == len(strips) - 1)
    return figure


def stacked(content: Content, frame: Frame, width: float) -> Figure:
    """For each strip a row of curves, and the test scores under them: for a narrow column."""
    strips, splits = content.page.strips, content.splits
    above = _STACKED_CURVES if splits else 0.0
    heights = [
        above + rows_height(content, strip) + _AXIS_LABEL + _headings([strip], width)
        for strip in strips
    ]
    figure, body = framed(frame, width, sum(heights))
    places = body.subfigures(len(strips), 1, squeeze=False, height_ratios=heights)[:, 0]
    for strip, place, height in zip(strips, places, heights, strict=True):
        panels = []
        scores_in = place
        if splits:  # of their own, so that long labels of the scores do not narrow the curves
            ratios = [above, height - above]
            curves_in, scores_in = place.subfigures(2, 1, squeeze=False, height_ratios=ratios)[:, 0]
            panels = list(curves_in.subplots(1, len(splits), squeeze=False)[0])
        _draw(content, strip, [*panels, scores_in.add_subplot()], width)
        for panel in panels:
            _name_column(panel, panel.get_ylabel(), len(heading(strip, width)))
        _shorten_label(panels)
    return figure


def rows_height(
    content: Content, strip: str, label_width: int = LABEL_WIDTH, row: float = ROW
) -> float:
    """What the rows of test scores need, in inches, names broken at `label_width` characters."""
    levels = content.levels(strip)
    most_lines = max((broken(level, label_width).count("\n") + 1 for level in levels), default=1)
    return _ROWS_BASE + max(row, LABEL_LINE * most_lines) * len(levels)


def heading(strip: str, width: float) -> list[str]:
    """The lines of a strip's bold heading; none for no heading."""
    return textwrap.wrap(strip, int(_HEADING_CHARACTERS * width))


def _headings(strips: Sequence[str], width: float) -> float:
    """What the further lines of long headings need, in inches."""
    return sum(LABEL_LINE * max(0, len(heading(strip, width)) - 1) for strip in strips)


def _draw(content: Content, strip: str, panels: Sequence[Axes], width: float) -> None:
    for panel, split in zip(panels, content.splits, strict=False):
        content.draw_curves(strip, split, panel)
    content.draw_scores(strip, panels[-1])
    for panel in panels[1:-1]:
        panel.tick_params(labelleft=False)
    if strip:
        panels[0].set_title("\n".join(heading(strip, width)), loc="left", fontweight="bold")


def _keep_rows_together(panel: Axes, rows: int, height: float) -> None:
    """Leave room above and below a few rows rather than pull them apart."""
    spare = max(0.0, height / _TALLEST_ROW - rows) / 2
    bottom, top = panel.get_ylim()
    panel.set_ylim(bottom + spare, top - spare)


def _share_words(panels: Sequence[Axes], heading_lines: int, *, first: bool, last: bool) -> None:
    """Name each column once, on top, and its axis once, at the bottom."""
    *curves, scores = panels
    if first:
        for panel in curves:
            _name_column(panel, panel.get_ylabel(), heading_lines)
        _name_column(scores, scores.get_xlabel(), heading_lines)
    _shorten_label(curves)
    if not last:
        for panel in panels:
            panel.tick_params(labelbottom=False)
            panel.set_xlabel("")


def _name_column(panel: Axes, label: str, heading_lines: int) -> None:
    """Write the split, the first word of its label, above a panel and its heading."""
    panel.annotate(
        label.partition(" ")[0],
        (0.5, 1),
        (0, 4 + 13 * heading_lines),
        xycoords="axes fraction",
        textcoords="offset points",
        ha="center",
        va="bottom",
    )


def _shorten_label(curves: Sequence[Axes]) -> None:
    for column, panel in enumerate(curves):
        panel.set_ylabel("" if column else panel.get_ylabel().partition(" ")[2])
