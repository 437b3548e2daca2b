"""Panels in rows: for each strip its heading, and below it panels that share their axes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from relu_bench.compare import broken
from relu_bench.plots.frame import Frame, framed
from relu_bench.plots.strips import LABEL_LINE, heading
from relu_bench.plots.style import SMALL

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# In inches.
_ROW = 1.25
_LONE_ROW = 2.2
_NAME = 0.2
_HEADING = 0.12
_AXIS_LABEL = 0.5
_SMALL_CHARACTER = 0.07
# Lines of small text that make room for one of a heading.
_HEADING_LINES = 1.5
_TICKS = 5


@dataclass(frozen=True)
class Cell:
    """One panel: what it measures, of which strip, and what it is called.

    `down` and `across` are how many rows and columns it takes; the rows below leave it room.
    """

    strip: str
    measure: str
    panel: str
    down: int = 1
    across: int = 1


Rows = Sequence[Sequence[Cell]]


def in_rows(cells: Sequence[Cell], columns: int) -> list[list[Cell]]:
    """The cells in rows of at most `columns`."""
    return [list(cells[start : start + columns]) for start in range(0, len(cells), columns)]


def panel_grid(
    rows: Rows,
    draw: Callable[[Axes, Cell], Axes],
    frame: Frame,
    width: float,
    across: str,
    *,
    row_height: float = _ROW,
) -> Figure:
    """Draw each cell into its place.

    The heading of a strip stands above its first row, and a panel's name above it where the panel
    above has another one.

    Args:
        rows: at least one, of at least one cell each.
        draw: draws one cell, labels its y axis, and sets the limits.
        frame: what surrounds the panels.
        width: in inches; the height follows.
        across: what the x axes show that have no label of their own; empty where all have one.
        row_height: of each row of several, in inches.
    """
    columns = max(sum(cell.across for cell in row) for row in rows)
    panel_width = width / columns - 0.35
    names = [_names(rows, number, panel_width) for number in range(len(rows))]
    headings = [_heading(rows, number, width) for number in range(len(rows))]
    heights = [
        (max(_LONE_ROW, row_height) if len(rows) == 1 else row_height)
        + _NAME * max((name.count("\n") + 1 for name in above if name), default=0)
        + (_HEADING + LABEL_LINE * len(lines) if lines else 0.0)
        for above, lines in zip(names, headings, strict=True)
    ]
    figure, body = framed(frame, width, sum(heights) + _AXIS_LABEL)
    grid = body.add_gridspec(len(rows), columns, height_ratios=heights)
    panels: list[list[Axes]] = []
    for number, row in enumerate(rows):
        panels.append([body.add_subplot(grid[place]) for place in _places(number, row)])
        for axes, cell, name in zip(panels[-1], row, names[number], strict=True):
            draw(axes, cell)
            _settle_ticks(axes)
            _write_above(axes, name, headings[number])
        _write_heading(panels[-1][0], headings[number], names[number])
    lowest = _share_axes(rows, panels)
    if any(axes.get_xlabel() for axes in lowest):
        for axes in lowest:
            axes.set_xlabel(axes.get_xlabel() or across)
    elif across:
        body.supxlabel(across, fontsize="medium")
    return figure


def _settle_ticks(axes: Axes) -> None:
    """As many ticks at any height: room for their labels is made before the height is known."""
    from matplotlib.ticker import AutoLocator, MaxNLocator

    if type(axes.yaxis.get_major_locator()) is AutoLocator:
        axes.yaxis.set_major_locator(MaxNLocator(nbins=_TICKS))


def _places(number: int, row: Sequence[Cell]) -> Iterator[tuple[slice, slice]]:
    """Which rows and columns of the grid each cell takes."""
    left = 0
    for cell in row:
        yield slice(number, number + cell.down), slice(left, left + cell.across)
        left += cell.across


def _names(rows: Rows, number: int, panel_width: float) -> list[str]:
    row = rows[number]
    above = [cell.panel for cell in rows[number - 1]] if number else []
    characters = max(12, int(panel_width / _SMALL_CHARACTER))
    return [
        "" if [cell.panel] == above[column : column + 1] else broken(cell.panel, characters)
        for column, cell in enumerate(row)
    ]


def _heading(rows: Rows, number: int, width: float) -> list[str]:
    strip = rows[number][0].strip
    repeated = number > 0 and rows[number - 1][0].strip == strip
    return [] if repeated else heading(strip, width)


def _write_above(axes: Axes, name: str, heading_lines: Sequence[str]) -> None:
    """A panel's name; above it, empty lines leave room for the heading of the whole row."""
    room = math.ceil(_HEADING_LINES * len(heading_lines))
    axes.set_title("\n" * room + name, fontsize=SMALL, linespacing=1.0, pad=3)


def _write_heading(axes: Axes, lines: Sequence[str], names: Sequence[str]) -> None:
    if not lines:
        return
    name_lines = max(name.count("\n") + bool(name) for name in names)
    text = axes.annotate(
        "\n".join(lines),
        (0, 1),
        (0, 4 + 1.05 * SMALL * name_lines),
        xycoords="axes fraction",
        textcoords="offset points",
        ha="left",
        va="bottom",
        fontweight="bold",
    )
    text.set_in_layout(False)  # it is wider than its panel, and must not push the next one away


def _share_axes(rows: Rows, panels: Sequence[Sequence[Axes]]) -> list[Axes]:
    """Label each axis where a reader looks for it: at the left of a measure, and below a column.

    Returns:
        the panels whose x axis is labelled.
    """
    labelled = []
    for number, (row, its_panels) in enumerate(zip(rows, panels, strict=True)):
        below = panels[number + 1] if number + 1 < len(panels) else ()
        for column, axes in enumerate(its_panels):
            if column and row[column].measure == row[column - 1].measure:
                axes.tick_params(labelleft=False, which="both")
                axes.set_ylabel("")
            if column < len(below) and below[column].get_xlim() == axes.get_xlim():
                axes.tick_params(labelbottom=False)
                axes.set_xlabel("")
            else:
                labelled.append(axes)
    return labelled
