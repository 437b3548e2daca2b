"""The Pareto front: what a better score costs in seconds per epoch and in dead units."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from relu_bench import compare
from relu_bench.compare import Scale
from relu_bench.compare.time_to_accuracy import circumstances
from relu_bench.compare.views import is_a_choice, trade_offs
from relu_bench.errors import ReluBenchError
from relu_bench.plots import words
from relu_bench.plots.comparison import SIDE_BY_SIDE, WIDTH
from relu_bench.plots.frame import Frame, framed
from relu_bench.plots.front import (
    Panel,
    draw_front,
    interval_is_cut,
    means_of,
    names_of,
    places_and_lines,
    points_of,
)
from relu_bench.plots.legend import handle
from relu_bench.plots.limits import Limits, dead_limits, mean_limits
from relu_bench.plots.pages import Page, pages
from relu_bench.plots.placed_names import Name, place_names, say_how_many_are_lost
from relu_bench.plots.strips import LABEL_LINE, heading
from relu_bench.plots.style import number
from relu_bench.plots.wanted import Wanted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D
    from pandas import DataFrame

TITLE = "Pareto front of score, cost and dead units"
_BY = ("strip", "level")
_SCALES = {
    "seconds": Scale("seconds per epoch", higher_is_better=False, factor=1.0, unit="s"),
    "dead": Scale("dead units", higher_is_better=False, factor=100.0, unit="%"),
}
_FRONTS = {"seconds": "cheap", "dead": "alive"}
_LABELS = {"seconds": "seconds per epoch", "dead": "dead units after training (%)"}
# In inches.
_LONE_ROW = 2.7
_ROW = 1.5
_CROWDED_ROW = 4.8
_AXIS_LABEL = 0.25
_TICKS = 0.25
# How the panels grow until every name has found its place.
_GROWTH = 1.35
_ATTEMPTS = 3
_MOST_NAMED = 6


@dataclass(frozen=True, eq=False)
class _Shown:
    """What one page draws."""

    page: Page

    @cached_property
    def trades(self) -> DataFrame:
        return trade_offs(self.page.runs, _BY, ("strip",))

    @property
    def scale(self) -> Scale:
        return compare.scale_of(self.page.metric)

    @property
    def costs(self) -> list[str]:
        """Seconds, and dead units where there are any."""
        return ["seconds", *(["dead"] if (self.trades["dead"] > 0).any() else [])]

    def of(self, strip: str) -> DataFrame:
        return self.trades[self.trades["strip"] == strip]

    def panel(self, strip: str, cost: str) -> Panel:
        """What is drawn of a strip against one cost."""
        return Panel(
            cost=cost,
            front=_FRONTS[cost],
            label=_LABELS[cost],
            score_scale=self.scale,
            cost_scale=_SCALES[cost],
            across=self._limits(strip, cost, _SCALES[cost]),
            up=self._limits(strip, "score", self.scale),
            look=self.page.look,
            plain=self.page.crowded,
        )

    def _limits(self, strip: str, name: str, scale: Scale) -> Limits:
        """Every mean and its interval, but for a few bad or wide ones."""
        rows = self.of(strip).dropna(subset=["score", "seconds"])
        if not len(rows):
            return 0.0, 1.0
        if name == "dead":
            return dead_limits(rows)
        return mean_limits(means_of(rows, name), scale)

    @property
    def cuts(self) -> bool:
        """Whether an interval of a variant within its panel goes on beyond that."""
        return any(
            interval_is_cut(self.of(strip), self.panel(strip, cost))
            for strip in self.page.strips
            for cost in self.costs
        )


def by_machine(runs: DataFrame, wanted: Wanted) -> list[Page]:
    """The pages of one experiment, those of each machine and number of jobs apart.

    Raises:
        ReluBenchError: when no two variants can be compared.
    """
    found = pages(runs, wanted.most_strips)
    under = circumstances(runs)
    if under.nunique() > 1:
        look = found[0].look if found else {}
        found = [
            replace(page, look=look, part=", ".join(text for text in (page.part, name) if text))
            for name, those in runs.groupby(under, sort=True)
            for page in pages(those, wanted.most_strips)
        ]
    several = [page for page in found if len(page.order) > 1]
    if not several:
        alike = " that were timed on one machine, beside as many others" * (under.nunique() > 1)
        raise ReluBenchError(f"there are no two variants{alike} that could be compared")
    return several


def pareto(
    page: Page,
    *,
    width: float = WIDTH,
    with_title: bool = True,
    where: Sequence[str] = (),
) -> Figure:
    """Draw one page: score against seconds per epoch, and against dead units where there are any.

    Args:
        page: of `by_machine`.
        width: in inches; the height follows, until all names have a place.
        with_title: False leaves the title to a paper's caption.
        where: the conditions that narrowed the runs, for the title.
    """
    shown = _Shown(page)
    several = len(shown.costs) > 1
    against = "cost per epoch and dead units" if several else "cost per epoch"
    subject = f"Pareto front{'s' * several}, test {shown.scale.title} against {against}"
    title, details = words.title(page, subject, where) if with_title else ("", "")
    handles = [] if page.crowded else _handles(shown)
    frame = Frame(
        note=" ".join(_note(shown)),
        title=title,
        details=details,
        handles=handles,
        legend_title="" if page.crowded else words.hue_title(page),
    )
    for attempt in range(_ATTEMPTS):
        figure, lost = _drawn(shown, frame, width, _GROWTH**attempt)
        if not any(lost.values()):
            break
    for axes, names in lost.items():
        if names:
            say_how_many_are_lost(axes, len(names))
    return figure


def tells(runs: DataFrame) -> bool:
    """At some setting, the better variant costs more by more than noise: see `is_a_choice`."""
    try:
        found = by_machine(runs, Wanted())
    except ReluBenchError:
        return False
    return any(
        is_a_choice(trades, page.metric)
        for page in found
        for _, trades in _Shown(page).trades.groupby("strip")
    )


def numbers(page: Page) -> str:
    """The front in words, for who sees no figure."""
    shown = _Shown(page)
    front = shown.trades[shown.trades["front"]]
    said = []
    for row in front.head(_MOST_NAMED).to_dict("records"):
        place = ", ".join(part for part in (row["level"], row["strip"]) if part)
        costs = [number(row[name], _SCALES[name]) for name in shown.costs]
        costs[0] += " an epoch"
        if len(costs) > 1:
            costs[1] += " dead units"
        said.append(f"{place} with {number(row['score'], shown.scale)} at {' and '.join(costs)}")
    more = f"; and {len(front) - _MOST_NAMED} more" if len(front) > _MOST_NAMED else ""
    return f"On the Pareto front, by the means: {'; '.join(said)}{more}."


def _handles(shown: _Shown) -> list[Line2D]:
    there = set(shown.trades["level"])
    return [
        handle(level, shown.page.look[level], lined=False)
        for level in shown.page.order
        if level in there
    ]


def _drawn(
    shown: _Shown, frame: Frame, width: float, growth: float
) -> tuple[Figure, dict[Axes, list[Name]]]:
    """The figure with its names, and by panel the names that found no place."""
    costs, strips = shown.costs, shown.page.strips
    columns = len(costs) if width >= SIDE_BY_SIDE else 1
    cells = [(strip, cost) for strip in strips for cost in costs]
    rows = len(cells) // columns
    headings = LABEL_LINE * sum(len(heading(strip, width)) for strip in strips)
    labels = _AXIS_LABEL * (rows if columns == 1 else 1) + _TICKS * rows
    height = growth * _row_height(shown) * rows + labels + headings
    figure, body = framed(frame, width, height)
    grid = body.subplots(rows, columns, squeeze=False)
    drawn = []
    for axes, (strip, cost) in zip(grid.ravel(), cells, strict=True):
        panel = shown.panel(strip, cost)
        points = points_of(shown.of(strip), panel)
        draw_front(axes, points, panel)
        if cost == costs[0] and strip:
            axes.set_title("\n".join(heading(strip, width)), loc="left", fontweight="bold")
        elif columns > 1 and cost != costs[0]:
            axes.tick_params(labelleft=False)
            axes.set_ylabel("")
        if columns > 1 and strip != strips[-1]:
            axes.set_xlabel("")
        drawn.append((axes, points, panel))
    figure.draw_without_rendering()
    return figure, {
        axes: place_names(axes, names_of(points, panel), *places_and_lines(points, panel))
        for axes, points, panel in drawn
    }


def _row_height(shown: _Shown) -> float:
    if shown.page.crowded:
        return _CROWDED_ROW
    return _LONE_ROW if len(shown.page.strips) == 1 else _ROW


def _note(shown: _Shown) -> Iterator[str]:
    trades, several = shown.trades, len(shown.costs) > 1
    yield "Points: means"
    yield "with 95\u00a0% t intervals." if trades["n"].max() > 1 else "of one seed."
    if shown.cuts:
        yield words.GOES_ON
    of_all = "score, seconds and dead units" if several else "both"
    yield f"Filled: on the front, that is, no other variant is better in {of_all}, by the means."
    yield f"Lines: the front of {'each panel' if several else 'these two'}."
    if not several:
        yield "No unit died." if trades["dead"].notna().any() else "Dead units were not measured."
    else:
        yield "Variants without a dead unit are named in the panel of seconds."
    if shown.page.crowded and (hue := words.hue_title(shown.page)):
        yield f"Names: {hue}."
    yield from _left_out(shown)
    yield from words.missing(shown.page)


def _left_out(shown: _Shown) -> Iterator[str]:
    """Diverged runs have no seconds, and what has no number has no point."""
    done = compare.completed(shown.page.runs)
    diverged = int((done["outcome"] == "diverged").sum())
    if diverged:
        one = diverged == 1
        those = "1 diverged run counts" if one else f"{diverged} diverged runs count"
        they = "it" if one else "they"
        yield f"{those} as the constant guess, and not in the seconds, as {they} stopped early."
    lost = shown.trades[shown.trades["seconds"].isna()]
    names = [
        ", ".join(text for text in key if text)
        for key in zip(lost["level"], lost["strip"], strict=True)
    ]
    if names:
        more = ", …" if len(names) > _MOST_NAMED else ""
        yield f"Without seconds, and not shown: {'; '.join(names[:_MOST_NAMED])}{more}."
