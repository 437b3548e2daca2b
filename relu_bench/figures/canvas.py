"""A figure from its parts: title, legend, grids of panels, note; laid out by matplotlib, once."""

from __future__ import annotations

import functools
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np

from relu_bench.errors import ReluBenchError
from relu_bench.figures.style import LABEL_SIZE, QUIET, SIZE, SMALL, Look, Sheet, handle, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.backends.backend_agg import RendererAgg
    from matplotlib.figure import Figure, FigureBase
    from matplotlib.layout_engine import ConstrainedLayoutEngine

Value = TypeVar("Value")

TITLE_SIZE = 11.0
"""Points."""
ROUNDING = 6
"""Decimals of a share of the figure: less than a hundredth of a pixel.

The solver of the layout takes what it solves in the order in which memory was handed out, which
differs from process to process, and so do the last digits of what it finds: enough for other bytes
in a file.
"""

# In inches.
_EDGE = 0.1
_LINE = 1.35 / 72  # for each point of the size of letters
_HANDLE = 0.62  # of an entry of the legend, before its name
_TICKS = 0.22  # below a panel
_BESIDE = 0.45  # a panel, for the numbers of its y axis, at least
_GAP = 0.1
# A figure that its panels do not fit is made so much higher, once.
_LARGER = 4 / 3
_WORDS = re.compile(r"(?<= )|(?=\()")
_MISSING = r"Glyph .* missing from font"
_NOT_APPLIED = "constrained_layout not applied"


@dataclass(frozen=True, eq=False, kw_only=True)
class Panel:
    """One pair of axes.

    Attributes:
        draw: sets limits and ticks and draws into the axes. What depends on distances in points is
            given to `after_layout`.
        heading: above it, at the left.
        height: of the axes, in inches.
        x, y: labels of the axes. Panels of one column with the same `x`, and of one row with the
            same `y`, have the same limits, and ticks only at the outer one.
    """

    draw: Callable[[Axes], object]
    heading: str = ""
    height: float = 1.6
    x: str = ""
    y: str = ""


@dataclass(frozen=True, eq=False)
class Grid:
    """Rows of panels whose axes stand in line; a row may be shorter than others.

    Attributes:
        rows: from the top.
        widths: of the columns, as ratios; empty for equal ones.
        share: of the figure's width that they take.
        bar: draws a colour bar beside all axes, given them.
    """

    rows: Sequence[Sequence[Panel]]
    widths: Sequence[float] = ()
    share: float = 1.0
    bar: Callable[[FigureBase, Sequence[Axes]], object] | None = None

    @property
    def columns(self) -> int:
        """Of the longest row."""
        return max(map(len, self.rows))


@dataclass(frozen=True, eq=False, kw_only=True)
class Picture:
    """What a figure shows, before it is drawn.

    Attributes:
        title: what it is.
        details: what all of it has in common.
        grids: of panels, below each other.
        legend: names and looks; empty for none.
        legend_title: what the names are values of.
        note: what marks mean, what is not shown.
        words: the main numbers, for who cannot see it.
    """

    title: str
    details: str = ""
    grids: Sequence[Grid]
    legend: Sequence[tuple[str, Look]] = ()
    legend_title: str = ""
    note: str
    words: str = ""


def flowing(groups: Sequence[Sequence[Panel]], most: int) -> list[list[Panel]]:
    """Panels in rows of at most `most`; a group, such as one strip, is not mixed with another.

    As many groups stand in a row as fit; one that is too long takes several rows.
    """
    longest = max(map(len, groups))
    if longest > most:
        return [list(each[at : at + most]) for each in groups for at in range(0, len(each), most)]
    beside = most // longest
    return [
        [panel for each in groups[at : at + beside] for panel in each]
        for at in range(0, len(groups), beside)
    ]


def evenly(values: Sequence[Value], most: int) -> list[Value]:
    """At most `most` of the values, evenly spaced, the first and the last among them."""
    if len(values) <= most:
        return list(values)
    if most == 1:
        return [values[-1]]
    return [values[round(n * (len(values) - 1) / (most - 1))] for n in range(most)]


@functools.lru_cache(maxsize=4096)
def inches(text: str, size: float) -> float:
    """How wide the longest line of a text is, in letters of `size` points."""
    from matplotlib.font_manager import FontProperties

    letters = FontProperties(size=size)
    measure: Callable[..., tuple[float, float, float]] = _renderer().get_text_width_height_descent
    with without_missing_letters():
        return max(measure(line, letters, ismath=False)[0] for line in text.split("\n")) / 72


@contextmanager
def without_missing_letters() -> Iterator[None]:
    """No warning of letters that the font lacks: `missing_letters` says it once for all figures."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=_MISSING, category=UserWarning)
        yield


@functools.cache
def _renderer() -> RendererAgg:
    """Of a canvas on which nothing is drawn."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with styled():
        canvas: Any = FigureCanvasAgg(Figure(dpi=72))
        return cast("RendererAgg", canvas.get_renderer())


def wrapped(text: str, width: float, size: float) -> str:
    """A text in lines of at most `width` inches.

    Broken at spaces, before brackets, behind `=` and commas; a longer word anywhere.
    """
    lines = []
    for paragraph in text.split("\n"):
        line, used = "", 0.0
        for piece in _pieces(paragraph, width, size):
            if line and used + inches(piece.rstrip(), size) > width:
                lines.append(line.rstrip())
                line, used = "", 0.0
            line += piece
            used += inches(piece, size)
        lines.append(line.rstrip())
    return "\n".join(lines)


def fits(text: str, width: float, size: float) -> bool:
    """Whether `wrapped` has to break no word of it."""
    return all(inches(word.rstrip(), size) <= width for word in _WORDS.split(text))


def _pieces(text: str, width: float, size: float) -> Iterator[str]:
    """What is not broken: words, brackets; of longer ones their parts, at worst letters."""
    for word in _WORDS.split(text):
        parts = re.split(r"(?<=[=,/_-])", word) if inches(word.rstrip(), size) > width else [word]
        for part in parts:
            yield from part if inches(part.rstrip(), size) > width else [part]


@dataclass(frozen=True)
class PlaceNames:
    """The names of places along x: in lines below each other, or upright where these are too wide.

    Attributes:
        names: of the places, from the left.
        room: for each, in inches.
    """

    names: Sequence[str]
    room: float

    @property
    def _upright(self) -> bool:
        return not all(fits(name, self.room, SIZE) for name in self.names)

    @property
    def further(self) -> float:
        """How much higher than one line of text they are, in inches."""
        if self._upright:
            return inches("\n".join(self.names), SIZE)
        lines = max(wrapped(name, self.room, SIZE).count("\n") for name in self.names)
        return lines * SIZE * _LINE

    def write(self, axes: Axes) -> None:
        """Number the places from 0 on, and write their names."""
        upright = self._upright
        names = [name if upright else wrapped(name, self.room, SIZE) for name in self.names]
        axes.set_xticks(range(len(names)), names, rotation=90 if upright else 0)


def after_layout(axes: Axes, draw: Callable[[], object]) -> None:
    """Draw when the axes have their place in the figure, and distances in points are known."""
    figure = axes.get_figure(root=True)
    engine = figure.get_layout_engine() if figure is not None else None
    waiting = getattr(engine, "waiting", None)
    if waiting is None:
        draw()
    else:
        waiting.append(draw)


def rendered(picture: Picture, sheet: Sheet) -> Figure:
    """Put a figure together and find its layout; it is drawn when it is saved, as it is.

    Raises:
        ReluBenchError: when its texts leave no room for what it shows.
    """
    with styled(), without_missing_letters():
        for larger in (1.0, _LARGER):
            figure = _composed(picture, sheet, larger)
            engine = cast("ConstrainedLayoutEngine", figure.get_layout_engine())
            with warnings.catch_warnings():
                warnings.filterwarnings("error", message=_NOT_APPLIED)
                try:
                    engine.execute(figure)
                except UserWarning:
                    continue
            figure.set_layout_engine("none")
            for draw in getattr(engine, "waiting"):  # noqa: B009 - of the class in `_layout`
                draw()
            return figure
    raise ReluBenchError(
        f"The figure {picture.title!r} has longer names than fit {sheet.width:g} inches: give it "
        "more with --width."
    )


def _composed(picture: Picture, sheet: Sheet, larger: float) -> Figure:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    room = sheet.width - 2 * _EDGE
    title = wrapped(picture.title, room, TITLE_SIZE) if sheet.with_title else ""
    details = wrapped(picture.details, room, SMALL) if title else ""
    note = wrapped(picture.note, room, SMALL)
    columns, names = _legend_columns(picture, room)
    grids = [_with_lines(grid, sheet.width) for grid in picture.grids]
    heights = [
        _text_height(title, TITLE_SIZE),
        _text_height(details, SMALL) + (_GAP if title else 0.0),
        _legend_height(picture, columns, names),
        larger * sum(map(_grid_height, grids)),
        _text_height(note, SMALL) + (_GAP if note else 0.0),
    ]
    height = sum(heights) + 2 * _EDGE
    below = heights[4] + _EDGE
    rect = (0.0, below / height, 1.0, heights[3] / height)
    figure = Figure((sheet.width, height), layout=_layout(rect))
    FigureCanvasAgg(figure)
    left, line = _EDGE / sheet.width, height - _EDGE
    figure.text(left, line / height, title, va="top", size=TITLE_SIZE)
    line -= heights[0]
    figure.text(left, line / height, details, va="top", size=SMALL, color=QUIET)
    if picture.legend:
        legend = figure.legend(
            [handle(look) for _, look in picture.legend],
            names,
            loc="upper left",
            bbox_to_anchor=(left, (line - heights[1]) / height),
            ncols=columns,
            title=picture.legend_title or None,
            alignment="left",
            borderaxespad=0,
            borderpad=0,
            columnspacing=1.5,
            handlelength=3.0,
            title_fontsize=SIZE,
        )
        legend.set_in_layout(False)
    figure.text(left, _EDGE / height, note, va="bottom", size=SMALL, color=QUIET, linespacing=1.25)
    _fill(figure, grids)
    return figure


def _with_lines(grid: Grid, width: float) -> Grid:
    """The grid with its headings and labels in lines that fit the columns of a figure."""
    of_columns = grid.widths or [1.0] * grid.columns
    widths = [width * grid.share * each / sum(of_columns) - _BESIDE for each in of_columns]
    rows = [
        [
            replace(
                panel,
                heading=wrapped(panel.heading, widths[column], SMALL),
                x=wrapped(panel.x, widths[column], LABEL_SIZE),
            )
            for column, panel in enumerate(row)
        ]
        for row in grid.rows
    ]
    return replace(grid, rows=rows)


def _layout(rect: tuple[float, float, float, float]) -> ConstrainedLayoutEngine:
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    class RoundedLayout(ConstrainedLayoutEngine):
        """The same places each time, to the last digit; then what waits for them is drawn."""

        waiting: list[Callable[[], object]]

        def execute(self, fig: Figure) -> None:
            super().execute(fig)
            _round_parts(fig)
            for axes in fig.axes:
                place, in_layout = axes.get_position(original=True), axes.get_in_layout()
                axes.set_position(np.round(place.bounds, ROUNDING), which="original")
                axes.set_in_layout(in_layout)  # a place that is set takes them out of it

    engine = RoundedLayout(rect=rect)
    engine.waiting = []
    return engine


def _round_parts(figure: FigureBase) -> None:
    for part in figure.subfigs:
        part.bbox_relative.set_points(np.round(part.bbox_relative.get_points(), ROUNDING))
        _round_parts(part)


def _fill(figure: Figure, grids: Sequence[Grid]) -> None:
    if len(grids) == 1 and grids[0].share == 1.0:
        parts: list[FigureBase] = [figure]
    else:
        split = figure.subfigures(
            len(grids), 1, squeeze=False, height_ratios=list(map(_grid_height, grids))
        )
        parts = list(split[:, 0])
    for place, grid in zip(parts, grids, strict=True):
        part = place
        if grid.share < 1.0:
            part = place.subfigures(1, 2, squeeze=False, width_ratios=[grid.share, 1 - grid.share])[
                0, 0
            ]
        _fill_grid(part, grid)


def _fill_grid(part: FigureBase, grid: Grid) -> None:
    places = part.add_gridspec(
        len(grid.rows),
        grid.columns,
        height_ratios=[_row_height(row, _labelled(grid, n)) for n, row in enumerate(grid.rows)],
        width_ratios=list(grid.widths) or None,
    )
    everything = []
    for n, row in enumerate(grid.rows):
        axes_of_row = []
        labelled = _labelled(grid, n)
        for column, panel in enumerate(row):
            axes = part.add_subplot(places[n, column])
            panel.draw(axes)
            if panel.heading:
                axes.set_title(panel.heading, loc="left", fontsize=SMALL, pad=4)
            if labelled[column]:
                axes.set_xlabel(panel.x)
            else:
                axes.tick_params(axis="x", labelbottom=False)
            if column and panel.y and panel.y == row[column - 1].y:
                axes.tick_params(axis="y", labelleft=False)
            else:
                axes.set_ylabel(panel.y)
            axes_of_row.append(axes)
        everything += axes_of_row
    if len(everything) > grid.columns:
        part.align_ylabels([axes for axes in everything if axes.get_subplotspec().is_first_col()])  # type: ignore[union-attr]
    if grid.bar is not None:
        grid.bar(part, everything)


def _labelled(grid: Grid, number: int) -> list[bool]:
    """Which panels of a row show the numbers of their x axis: those below are not the same."""
    row = grid.rows[number]
    below = grid.rows[number + 1] if number + 1 < len(grid.rows) else ()
    if len(below) < len(row):
        return [True] * len(row)
    return [not panel.x or other.x != panel.x for panel, other in zip(row, below, strict=False)]


def _row_height(row: Sequence[Panel], labelled: Sequence[bool]) -> float:
    """Of the axes with their headings above and their numbers and labels below."""
    headings = max(_text_height(panel.heading, SMALL) for panel in row)
    labels = max(_text_height(panel.x, LABEL_SIZE) for panel in row)
    below = any(labelled) * (_TICKS + labels)
    return max(panel.height for panel in row) + headings + below + _GAP


def _grid_height(grid: Grid) -> float:
    return sum(_row_height(row, _labelled(grid, n)) for n, row in enumerate(grid.rows))


def _text_height(text: str, size: float) -> float:
    return (text.count("\n") + 1) * size * _LINE if text else 0.0


def _legend_columns(picture: Picture, room: float) -> tuple[int, list[str]]:
    """As many columns as fit, each as wide as its widest name; and the names in lines."""
    names = [wrapped(name, room - _HANDLE, SIZE) for name, _ in picture.legend]
    for count in range(len(names), 1, -1):
        columns = np.array_split(np.array(names, object), count)
        if sum(max(inches(name, SIZE) for name in each) + _HANDLE for each in columns) <= room:
            return count, names
    return 1, names


def _legend_height(picture: Picture, columns: int, names: Sequence[str]) -> float:
    if not names:
        return 0.0
    split = np.array_split(np.array(names, object), columns)
    lines = [
        max(str(each[row]).count("\n") + 1 for each in split if row < len(each))
        for row in range(len(split[0]))
    ]
    whole = sum(lines) + 0.3 * len(lines) + 1.3 * bool(picture.legend_title)
    return whole * SIZE * _LINE + _GAP
