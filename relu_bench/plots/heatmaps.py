"""The heatmap figure: a panel for each combination of the further axes, all in the same shades."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from relu_bench.compare import broken
from relu_bench.compare.effects import Pair, widest_pair
from relu_bench.compare.views import group_scores
from relu_bench.plots import words
from relu_bench.plots.comparison import SIDE_BY_SIDE, WIDTH
from relu_bench.plots.crossed import CrossedPage, crossed_pages, ends_in_words
from relu_bench.plots.frame import Frame, framed
from relu_bench.plots.heatmap import Shades, colour_bar, heatmap, shades_of
from relu_bench.plots.means import span_in_words
from relu_bench.plots.strips import LABEL_LINE
from relu_bench.plots.style import SMALL
from relu_bench.plots.wanted import Wanted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure
    from pandas import DataFrame

TITLE = "test score over two axes"
# In inches.
_LEAST_CELL, _LEAST_CELL_IN_A_COLUMN = 0.42, 0.26
# Below this width, a figure stands in the column of a paper.
_COLUMN = 4.5
_WIDEST_CELL = 1.2
_ROW = 0.27
_LOWEST = 1.0
_AXIS = 0.45
_BAR = 0.95
_LETTER = 0.066
_BETWEEN = 0.15
_AXIS_NAME = 0.3
_HEADING = 0.2
# Characters of a line of a level's name, in figures from so many inches on.
_LABEL_WIDTHS = ((SIDE_BY_SIDE, 24), (_COLUMN, 20), (0.0, 14))


@dataclass(frozen=True)
class _Layout:
    """Of the panels in a figure, lengths in inches."""

    columns: int
    cell_width: float
    used: float
    label_width: int
    places: tuple[str, ...]

    @property
    def upright(self) -> bool:
        """Whether the names of the places are too wide for their cells, and so stand upright."""
        return max(map(len, self._lines(self._across))) * _LETTER > self.cell_width

    @property
    def place_width(self) -> int:
        """How many characters of a place's name stand in a line: as few as fit, if upright."""
        if not self.upright:
            return self._across
        most = max(1, int(self.cell_width / LABEL_LINE))
        fits = (
            characters
            for characters in range(self.label_width, max(map(len, self.places)) + 1)
            if all(broken(place, characters).count("\n") < most for place in self.places)
        )
        return next(fits, max(map(len, self.places)))

    @property
    def below(self) -> float:
        """How high the names of the places are."""
        if self.upright:
            return _LETTER * max(map(len, self._lines(self.place_width)))
        lines = max(broken(place, self._across).count("\n") + 1 for place in self.places)
        return LABEL_LINE * lines

    @property
    def _across(self) -> int:
        return max(6, int(self.cell_width / _LETTER))

    def _lines(self, characters: int) -> list[str]:
        return [line for place in self.places for line in broken(place, characters).splitlines()]


def pages_of_cells(runs: DataFrame, wanted: Wanted) -> list[CrossedPage]:
    """The pages of one experiment over two axes, by default those with the most combinations.

    Raises:
        ReluBenchError: when the axes that were asked for are not there, or none can be crossed.
    """

    def most_places(order: Sequence[str]) -> int:
        room = wanted.width - _around(order, wanted.width) - _BETWEEN
        return max(2, int(room / _least_cell(wanted.width)))

    return crossed_pages(runs, wanted, _default, most_places)


def heatmaps(
    page: CrossedPage,
    *,
    width: float = WIDTH,
    with_title: bool = True,
    where: Sequence[str] = (),
) -> Figure:
    """Draw one page.

    Args:
        page: of `pages_of_cells`.
        width: in inches; the height follows.
        with_title: False leaves the title to a paper's caption.
        where: the conditions that narrowed the runs, for the title.
    """
    groups = cell_means(page)
    shades = shades_of(groups, page.metric)
    subject = f"test {shades.scale.title} by {page.title}"
    title, details = words.title(page, subject, where) if with_title else ("", "")
    frame = Frame(note=_note(page, groups, shades), title=title, details=details)
    layout = _layout(page, width)
    count = -(-len(page.strips) // layout.columns)
    height = max(count * _panel_height(page, groups, layout), _LOWEST) + _AXIS
    figure, body = framed(frame, width, height)
    place = _left_part(body, layout.used, width)
    panels = _panels(page, groups, shades, layout, place)
    place.supxlabel(page.across.replace("_", " "), fontsize="medium")
    place.supylabel(", ".join(page.hue).replace("_", " "), fontsize="medium")
    colour_bar(place, panels, shades)
    return figure


def cell_means(page: CrossedPage) -> DataFrame:
    """`compare.group_scores` of each cell: by strip, level and place."""
    return group_scores(page.runs, ("strip", "level", "place"))


def numbers(page: CrossedPage) -> str:
    """The lowest and the highest cell."""
    return ends_in_words(cell_means(page), page)


def _default(runs: DataFrame) -> Pair:
    """The widest pair: numbers along x, where one of the two axes has them."""
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    first, second = widest_pair(runs)
    numeric = [
        is_numeric_dtype(runs[name].dtype) and not is_bool_dtype(runs[name].dtype)
        for name in (first, second)
    ]
    if numeric[0] != numeric[1]:
        return (first, second) if numeric[0] else (second, first)
    fewer = runs[first].nunique(dropna=False) < runs[second].nunique(dropna=False)
    return (first, second) if fewer else (second, first)


def _label_width(width: float) -> int:
    return next(characters for least, characters in _LABEL_WIDTHS if width >= least)


def _least_cell(width: float) -> float:
    return _LEAST_CELL if width >= _COLUMN else _LEAST_CELL_IN_A_COLUMN


def _around(order: Sequence[str], width: float) -> float:
    """What stands beside the cells: the levels, the name of their axis, the colour bar."""
    lines = [line for level in order for line in broken(level, _label_width(width)).splitlines()]
    return _BAR + _AXIS_NAME + _LETTER * max(map(len, lines))


def _layout(page: CrossedPage, width: float) -> _Layout:
    """As many panels in a row as leave the cells wide enough for their values."""
    around = _around(page.order, width)
    room, places = width - around, len(page.places)
    columns = int(room / (_least_cell(width) * places + _BETWEEN))
    columns = min(max(columns, 1), len(page.strips))
    cell_width = min((room / columns - _BETWEEN) / places, _WIDEST_CELL)
    used = around + columns * (places * cell_width + _BETWEEN)
    return _Layout(columns, cell_width, min(used, width), _label_width(width), page.places)


def _panel_height(page: CrossedPage, groups: DataFrame, layout: _Layout) -> float:
    """Rows high enough for the names and the values, below a heading and above names of places."""
    lines = max(broken(level, layout.label_width).count("\n") + 1 for level in page.order)
    lines = max(lines, 2 if (groups["learned"] < groups["runs"]).any() else 1)
    headed = _HEADING * max(_heading(strip, page, layout).count("\n") + 1 for strip in page.strips)
    row = max(_ROW, LABEL_LINE * lines + 0.05)
    return row * len(page.order) + layout.below + headed * any(page.strips) + _BETWEEN


def _heading(strip: str, page: CrossedPage, layout: _Layout) -> str:
    return broken(strip, max(16, int(layout.cell_width * len(page.places) / _LETTER)))


def _left_part(body: SubFigure, used: float, width: float) -> SubFigure:
    """Few cells do not fill the figure."""
    if used >= 0.95 * width:
        return body
    left: SubFigure = body.subfigures(1, 2, squeeze=False, width_ratios=[used, width - used])[0, 0]
    return left


def _panels(
    page: CrossedPage, groups: DataFrame, shades: Shades, layout: _Layout, place: SubFigure
) -> list[Axes]:
    rows = -(-len(page.strips) // layout.columns)
    grid = place.add_gridspec(rows, layout.columns)
    panels = []
    for position, strip in enumerate(page.strips):
        row, column = divmod(position, layout.columns)
        panel = place.add_subplot(grid[row, column])
        heatmap(
            panel,
            groups[groups["strip"] == strip],
            across=page.places,
            down=page.order,
            shades=shades,
            cell_width=layout.cell_width,
            label_width=layout.label_width,
            place_width=layout.place_width,
            upright=layout.upright,
        )
        panel.set_title(_heading(strip, page, layout), fontsize=SMALL, pad=3, linespacing=1.0)
        lowest = position + layout.columns >= len(page.strips)
        panel.tick_params(labelleft=column == 0, labelbottom=lowest)
        panels.append(panel)
    return panels


def _note(page: CrossedPage, groups: DataFrame, shades: Shades) -> str:
    fewest, most = int(groups["runs"].min()), int(groups["runs"].max())
    seeds = f"{most} seeds" if fewest == most else f"{fewest} to {most} seeds"
    lines = ["Cells: one run each." if most == 1 else f"Cells: means over {seeds}."]
    if (groups["learned"] < groups["runs"]).any():
        lines.append("Below them, where not all learned: how many of the runs did.")
    diverged = groups[groups["diverged"] > 0]
    if len(diverged):
        shown = span_in_words(diverged["guess"], page.metric)
        lines.append(f"Diverged runs count as the constant guess ({shown}).")
    if shades.cut:
        side = "below" if shades.scale.higher_is_better else "above"
        lines.append(f"Black: worse than the colour bar shows, {side} its end.")
    if len(groups) < len(page.strips) * len(page.order) * len(page.places):
        lines.append("Empty: no run.")
    return " ".join([*lines, *words.missing(page)])
