"""Does sparsity generalize? The share of active outputs against the gap and the test score."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from relu_bench import compare, stats
from relu_bench.compare import Scale
from relu_bench.compare.layers import generalization
from relu_bench.plots import inside_words, words
from relu_bench.plots.comparison import WIDTH
from relu_bench.plots.frame import Frame
from relu_bench.plots.grid import Cell, in_rows, panel_grid
from relu_bench.plots.inside import AT_END, AT_START, MANY_STRIPS, MOST_PANELS, PANEL_WIDTH
from relu_bench.plots.learning_curves import write_at_edge
from relu_bench.plots.legend import handle
from relu_bench.plots.limits import Limits, outside, with_margin
from relu_bench.plots.lines import say_nothing_is_there
from relu_bench.plots.pages import Page
from relu_bench.plots.sparsity_rows import Shown, sparsity_rows
from relu_bench.plots.style import Look, pairs, show_in

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import PathCollection
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D
    from pandas import DataFrame

TITLE = "active outputs against generalization"
MEASURE = "sparsity"
_BY = ("strip", "level")
_SHARES = {AT_START: "active_before", AT_END: "active_after"}
_MEANING = (
    "Active: outputs that are not exactly 0, mean over the hidden layers weighted by their units. "
    "Gap: {metric} in training (mean over the last epoch's batches as trained) {less} that on the "
    "test part."
)
_MOST_NAMED = 4
_TICKS = 6
_MARK = 6.0


@dataclass(frozen=True, eq=False)
class _Shown:
    """The runs of one page that learned something, and the ends of the axes."""

    page: Page
    every: DataFrame

    @cached_property
    def points(self) -> DataFrame:
        return self.every[self.every["outcome"] == "learned"]

    @cached_property
    def look(self) -> Mapping[str, Look]:
        return pairs(list(self.page.look)) if self.page.crowded else self.page.look

    @property
    def scale(self) -> Scale:
        return compare.scale_of(self.page.metric)

    def scale_of(self, measure: str) -> Scale:
        """As people read a measure: of a fraction, the gap is a difference in points."""
        of_test = self.scale
        if measure == "test":
            return of_test
        unit = "points" if of_test.unit == "%" else of_test.unit
        return Scale("gap", higher_is_better=False, factor=of_test.factor, unit=unit)

    def limits(self, measure: str) -> Limits:
        values = self.points[measure].dropna()
        if not len(values):
            return 0.0, 1.0
        better_high = self.scale_of(measure).higher_is_better
        return with_margin(*stats.robust_range(values, ["low" if better_high else "high"]))

    def measures(self, limits: Mapping[str, Limits]) -> dict[str, Shown]:
        """How gap and test score are shown in rows."""
        return {
            "gap": Shown("", self.scale_of("gap"), limits["gap"]),
            "test": Shown("test", self.scale_of("test"), limits["test"]),
        }

    def handles(self) -> list[Line2D]:
        there = set(self.points["level"])
        levels = [level for level in self.page.order if level in there]
        if len(self.page.order) == 1:
            return []
        return [handle(level, self.look[level], lined=False) for level in levels]


def sparsity(
    page: Page,
    layers: DataFrame,
    *,
    width: float = WIDTH,
    with_title: bool = True,
    where: Sequence[str] = (),
) -> Figure:
    """Draw one page: gap and test score over the active share, before and after training.

    Many strips become rows, one for each variant.

    Args:
        page: of `pages.pages`.
        layers: rows of layers.csv; those of other runs are ignored.
        width: in inches; the height follows.
        with_title: False leaves the title to a paper's caption.
        where: the conditions that narrowed the runs, for the title.
    """
    shown = _Shown(page, generalization(page.runs, layers, _BY))
    limits = {measure: shown.limits(measure) for measure in ("gap", "test")}
    title, details = words.title(page, TITLE, where) if with_title else ("", "")
    missing = [
        *_left_out(shown),
        *inside_words.unprobed(compare.without_probes(page.runs, layers)),
        *words.missing(page),
    ]
    rows = _rows(page, width)
    if sum(map(len, rows)) > MOST_PANELS:
        frame = Frame(" ".join([_meaning(shown.scale), *missing]), title, details)
        return sparsity_rows(page, shown.points, shown.measures(limits), frame, width)

    def draw(axes: Axes, cell: Cell) -> Axes:
        points = shown.points[shown.points["strip"] == cell.strip]
        scale = shown.scale_of(cell.measure)
        scattered(
            axes,
            points.assign(x=points[_SHARES[cell.panel]], y=points[cell.measure]),
            look=shown.look,
            limits=limits[cell.measure],
        )
        show_in(axes.yaxis, scale, "test" if cell.measure == "test" else "")
        return axes

    frame = Frame(
        note=" ".join([_meaning(shown.scale), *_marks_in_words(shown), *missing]),
        title=title,
        details=details,
        handles=shown.handles(),
        legend_title=words.hue_title(page),
    )
    return panel_grid(rows, draw, frame, width, "active outputs (%)")


def scattered(axes: Axes, points: DataFrame, *, look: Mapping[str, Look], limits: Limits) -> Axes:
    """Draw every run a dot, and the mean of each level with its 95 % t intervals.

    Args:
        axes: to draw on.
        points: level, x (the share of active outputs, a fraction) and y of each run.
        look: by level.
        limits: of the y axis; runs outside are counted in words at the edge.

    Returns:
        `axes`.
    """
    from matplotlib.ticker import MaxNLocator

    there = points.dropna(subset=["x", "y"])
    if not len(there):
        say_nothing_is_there(axes)
    else:
        _dots(axes, there, look)
        _means(axes, there, look)
    axes.set_xlim(-0.03, 1.03)
    show_in(axes.xaxis, Scale("", higher_is_better=True, factor=100.0, unit="%"), "")
    axes.set_xlabel("")
    axes.set_ylim(*limits)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=_TICKS))
    _say_what_is_outside(axes, there, limits)
    return axes


def _dots(axes: Axes, points: DataFrame, look: Mapping[str, Look]) -> None:
    colours = [look[level].colour for level in points["level"]]
    axes.scatter(points["x"], points["y"], s=7, c=colours, alpha=0.45, linewidths=0, zorder=2)


def _means(axes: Axes, points: DataFrame, look: Mapping[str, Look]) -> None:
    """The means of all levels with their intervals, in one go: most of the time is the artists'."""
    from matplotlib.collections import LineCollection

    level, x, y = (points[name].to_numpy() for name in ("level", "x", "y"))
    those = list(dict.fromkeys(level))
    means, bars, colours = [], [], []
    for name in those:
        across, up = x[level == name], y[level == name]
        middle = float(across.mean()), float(up.mean())
        means.append(middle)
        if len(across) > 1:
            left, right = stats.t_interval(across)
            low, high = stats.t_interval(up)
            bars += [
                [(left, middle[1]), (right, middle[1])],
                [(middle[0], low), (middle[0], high)],
            ]
            colours += [look[name].colour] * 2
    lines = LineCollection(bars, colors=colours, linewidths=1.2, zorder=3)
    axes.add_collection(lines, autolim=False)
    axes.add_collection(_marks(axes, means, [look[name] for name in those]), autolim=False)


def _marks(
    axes: Axes, places: Sequence[tuple[float, float]], look: Sequence[Look]
) -> PathCollection:
    """Marks of several shapes."""
    from matplotlib.collections import PathCollection
    from matplotlib.markers import MarkerStyle
    from matplotlib.transforms import IdentityTransform

    styles = [MarkerStyle(each.marker) for each in look]
    drawn = PathCollection(
        [style.get_path().transformed(style.get_transform()) for style in styles],
        sizes=[_MARK**2],
        facecolors=[each.colour for each in look],
        edgecolors="white",
        linewidths=0.6,
        offsets=places,
        offset_transform=axes.transData,
        zorder=3.5,
    )
    drawn.set_transform(IdentityTransform())
    return drawn


def _say_what_is_outside(axes: Axes, points: DataFrame, limits: Limits) -> None:
    for count, side in zip(outside(points["y"], limits), ("below", "above"), strict=True):
        runs = "1 run" if count == 1 else f"{count} runs"
        write_at_edge(axes, [f"{runs} {side}"] if count else [], top=side == "above")


def _rows(page: Page, width: float) -> list[list[Cell]]:
    columns = max(2, int(width / PANEL_WIDTH))
    beside = columns >= 2 * len(_SHARES) and len(page.strips) >= MANY_STRIPS
    rows = []
    for strip in page.strips:
        cells = [Cell(strip, measure, name) for measure in ("gap", "test") for name in _SHARES]
        rows += in_rows(cells, len(cells) if beside else len(_SHARES))
    return rows


def _meaning(scale: Scale) -> str:
    return _MEANING.format(
        metric=scale.title, less="less" if scale.higher_is_better else "taken from"
    )


def _marks_in_words(shown: _Shown) -> Iterator[str]:
    if len(shown.points):
        several = shown.points.groupby(list(_BY)).size().max() > 1
        dots = "Dots: seeds; large marks: their means"
        yield f"{dots}, with 95\u00a0% t intervals." if several else "Marks: one seed."


def _left_out(shown: _Shown) -> Iterator[str]:
    """Runs that learned nothing: they have no gap, and say nothing of sparse networks."""
    done = compare.completed(shown.page.runs)
    lost = done.loc[done["outcome"] != "learned", "level"].value_counts()
    if not len(lost):
        return
    sizes = done["level"].value_counts()
    named = [f"{level}: {lost[level]} of {sizes[level]}" for level in lost.index[:_MOST_NAMED]]
    more = ", …" if len(lost) > _MOST_NAMED else ""
    count = int(lost.sum())
    runs = "1 run that was" if count == 1 else f"{count} runs that were"
    are = "is" if count == 1 else "are"
    yield (
        f"{runs} not better than the constant guess, or diverged, {are} left out "
        f"({'; '.join(named)}{more})."
    )
