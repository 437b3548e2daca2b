"""Whether one axis changes what another does: lines of means, parallel where it does not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from relu_bench import compare
from relu_bench.compare import broken
from relu_bench.compare.effects import Effect, Pair, interacting_pair, largest_interaction
from relu_bench.compare.measures import measure_of
from relu_bench.compare.views import group_scores
from relu_bench.errors import ReluBenchError
from relu_bench.plots import words
from relu_bench.plots.comparison import WIDTH
from relu_bench.plots.crossed import CrossedPage, crossed_pages, ends_in_words
from relu_bench.plots.frame import Frame
from relu_bench.plots.grid import Cell, in_rows, panel_grid
from relu_bench.plots.legend import level_handles
from relu_bench.plots.limits import mean_limits
from relu_bench.plots.means import marks_in_words, means
from relu_bench.plots.strips import LABEL_LINE
from relu_bench.plots.style import MOST_LOOKS, show_in
from relu_bench.plots.wanted import Wanted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from pandas import DataFrame

TITLE = "interaction of two axes"
# In inches.
_LEAST_PLACE = 0.55
_LEAST_PANEL = 1.7
_ROW = 1.7
_LETTER = 0.07
_PANEL_AXIS = 0.55


@dataclass(frozen=True, eq=False)
class InteractionPage(CrossedPage):
    """A page with the interaction of its two axes, None where it cannot be told.

    It is that of all runs on the page's data set, on whichever page they are.
    """

    effect: Effect | None


def pages_of_interaction(runs: DataFrame, wanted: Wanted) -> list[InteractionPage]:
    """The pages of one experiment over two axes, by default those that people ask about.

    Raises:
        ReluBenchError: when the axes that were asked for are not there, none can be crossed, or
            both have more values than lines can be told apart.
    """
    most = max(2, int((wanted.width - _PANEL_AXIS) / _LEAST_PLACE))
    found = crossed_pages(runs, wanted, _default, lambda _: most)
    for page in found:
        if page.crowded:
            raise ReluBenchError(
                f"{page.down} has {len(page.look)} values, and more than {MOST_LOOKS} lines cannot "
                f"be told apart. Narrow it with --where {page.down}=VALUE, or draw a heatmap."
            )
    return [InteractionPage(**vars(page), effect=_effect(runs, page)) for page in found]


def interaction(
    page: InteractionPage,
    *,
    width: float = WIDTH,
    with_title: bool = True,
    where: Sequence[str] = (),
) -> Figure:
    """Draw one page.

    Args:
        page: of `pages_of_interaction`.
        width: in inches; the height follows.
        with_title: False leaves the title to a paper's caption.
        where: the conditions that narrowed the runs, for the title.
    """
    groups = means_by_place(page)
    scale = compare.scale_of(page.metric)
    limits = mean_limits(groups, scale)
    subject = f"test {scale.title}, interaction of {page.title}"
    title, details = words.title(page, subject, where) if with_title else ("", "")
    lines = [
        *marks_in_words(groups, limits, page.metric),
        in_words(page),
        *words.missing(page),
    ]
    frame = Frame(
        note=" ".join(lines),
        title=title,
        details=details,
        handles=level_handles(page, set(groups["level"])),
        legend_title=words.hue_title(page),
    )
    least = max(_LEAST_PANEL, _PANEL_AXIS + _LEAST_PLACE * len(page.places))
    columns = min(max(1, int(width / least)), len(page.strips))
    names = _Names(page.places, (width / columns - _PANEL_AXIS) / len(page.places))

    def draw(axes: Axes, cell: Cell) -> Axes:
        rows = groups[groups["strip"] == cell.panel]
        means(axes, rows, look=page.look, order=page.order, limits=limits, gap=1.0)
        names.write(axes)
        show_in(axes.yaxis, scale, "test")
        return axes

    cells = in_rows([Cell("", "score", strip) for strip in page.strips], columns)
    return panel_grid(
        cells,
        draw,
        frame,
        width,
        page.across.replace("_", " "),
        row_height=_ROW + names.further / len(cells),
    )


def means_by_place(page: CrossedPage) -> DataFrame:
    """`compare.group_scores` by strip, level and place, with x, the number of the place."""
    groups = group_scores(page.runs, ("strip", "level", "place"))
    return groups.assign(x=groups["place"].map({text: n for n, text in enumerate(page.places)}))


def in_words(page: InteractionPage) -> str:
    """What parallel lines mean, and how much of the error the interaction explains."""
    if page.effect is None:
        return "Parallel lines: no interaction."
    share = f"{100 * page.effect.share:.1f}\u00a0%"
    over = "Over all settings, the" if len(page.strips) > 1 or page.part else "The"
    return (
        f"Parallel lines: no interaction. {over} interaction explains {share} of the variation of "
        f"the log of the {measure_of(page.metric).error} of the runs that learned."
    )


def numbers(page: InteractionPage) -> str:
    """The lowest and the highest mean, and what the interaction explains."""
    return f"{ends_in_words(means_by_place(page), page)} {in_words(page)}"


def _effect(runs: DataFrame, page: CrossedPage) -> Effect | None:
    there = runs["dataset"].isin(page.runs["dataset"].unique())
    rows = runs if there.all() else runs[there]
    if len(page.hue) > 1 or rows["model"].nunique() > 1:
        return None
    return largest_interaction(rows, (page.across, page.down))


def _default(runs: DataFrame) -> Pair:
    """The axis along x, and the one whose values are lines: the first, while it has few values."""
    first, second = interacting_pair(runs)
    if runs[first].nunique(dropna=False) > MOST_LOOKS:
        return first, second
    return second, first


class _Names:
    """The names of the places: in lines below each other, or upright where these are too wide."""

    def __init__(self, places: Sequence[str], room: float) -> None:
        """Set the names into `room` inches each."""
        lines = [broken(place, max(6, int(room / _LETTER))) for place in places]
        self._upright = _widest(lines) * _LETTER > room
        self._names = [broken(place) for place in places] if self._upright else lines

    @property
    def further(self) -> float:
        """How much higher than one line of text they are, in inches."""
        if self._upright:
            return _LETTER * _widest(self._names)
        return LABEL_LINE * max(name.count("\n") for name in self._names)

    def write(self, axes: Axes) -> None:
        """Number the places from 0 on, and write their names."""
        axes.set_xlim(-0.5, len(self._names) - 0.5)
        rotation = 90 if self._upright else 0
        axes.set_xticks(range(len(self._names)), self._names, rotation=rotation)
        axes.grid(visible=False, axis="x")


def _widest(names: Sequence[str]) -> int:
    return max(len(line) for name in names for line in name.splitlines())
