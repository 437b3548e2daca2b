"""The final test score against the learning rate, by variant: small multiples over other axes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from relu_bench import compare
from relu_bench.compare.views import RATE, WITHIN, good_enough, group_scores
from relu_bench.errors import ReluBenchError
from relu_bench.plots import words
from relu_bench.plots.comparison import WIDTH
from relu_bench.plots.frame import Frame
from relu_bench.plots.grid import Cell, in_rows, panel_grid
from relu_bench.plots.inside import evenly
from relu_bench.plots.legend import level_handles
from relu_bench.plots.limits import Limits, mean_limits
from relu_bench.plots.means import behind, marks_in_words, means
from relu_bench.plots.pages import Page, pages
from relu_bench.plots.style import number, show_in
from relu_bench.plots.wanted import Wanted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from pandas import DataFrame

TITLE = "test score by learning rate"
# Inches.
_PANEL_WIDTH = 2.4
_SMALL_PANEL_WIDTH = 1.75
_ROW = 1.7
_TICK = 0.5
_MOST_TOLD = 8
# What surrounds the places on a logarithmic axis, in decades.
_BESIDE = 0.35


@dataclass(frozen=True, eq=False)
class ByRate:
    """What the panels of a page draw.

    Attributes:
        page: the page.
        groups: of `compare.group_scores` by strip, level and learning rate, with x, its logarithm.
        enough: by strip, the least mean within 1 point of the best; empty where there is no band.
        limits: of the y axis.
        rates: all learning rates, in order.
    """

    page: Page
    groups: DataFrame
    enough: Mapping[str, float]
    limits: Limits
    rates: tuple[float, ...]


def pages_by_rate(runs: DataFrame, wanted: Wanted) -> list[Page]:
    """The pages of one experiment, whose learning rates lie along the x axis.

    Raises:
        ReluBenchError: when there is one learning rate only, or one without a logarithm.
    """
    rates = compare.completed(runs)[RATE]
    if rates.nunique() < 2:
        raise ReluBenchError(f"{RATE} has one value in these runs")
    if not (rates > 0).all():
        raise ReluBenchError(f"{RATE} {rates.min():g} has no place on a logarithmic axis")
    alike = runs.assign(**{RATE: 1.0})
    found = pages(alike, wanted.most_strips)
    return [
        replace(page, runs=page.runs.assign(**{RATE: runs.loc[page.runs.index, RATE]}))
        for page in found
    ]


def by_rate(page: Page) -> ByRate:
    """Compute what a page shows."""
    groups = group_scores(page.runs, ("strip", "level", RATE))
    groups = groups.assign(x=[math.log10(rate) for rate in groups[RATE]])
    scale = compare.scale_of(page.metric)
    enough = good_enough(groups, page.metric, ["strip"])
    return ByRate(
        page,
        groups,
        {str(strip): float(level) for strip, level in enough.items()},
        mean_limits(groups, scale),
        tuple(sorted(float(rate) for rate in groups[RATE].unique())),
    )


def score_by_rate(
    page: Page,
    *,
    width: float = WIDTH,
    with_title: bool = True,
    where: Sequence[str] = (),
) -> Figure:
    """Draw one page.

    Args:
        page: of `pages_by_rate`.
        width: in inches; the height follows.
        with_title: False leaves the title to a paper's caption.
        where: the conditions that narrowed the runs, for the title.
    """
    shown = by_rate(page)
    names = _panels(shown)
    least = _SMALL_PANEL_WIDTH if page.crowded else _PANEL_WIDTH
    columns = min(max(1, int(width / least)), len(names))
    scale = compare.scale_of(page.metric)
    subject = f"test {scale.title} by learning rate"
    title, details = words.title(page, subject, where) if with_title else ("", "")
    frame = Frame(
        note=_note(shown),
        title=title,
        details=details,
        handles=[] if page.crowded else level_handles(page, set(shown.groups["level"])),
        legend_title="" if page.crowded else words.hue_title(page),
    )
    most_ticks = max(2, int((width / columns - 0.5) / _TICK))

    def draw(axes: Axes, cell: Cell) -> Axes:
        _panel(axes, shown, cell.panel)
        _number_rates(axes, shown.rates, most_ticks)
        show_in(axes.yaxis, scale, "test")
        return axes

    cells = [Cell("", "score", name) for name in names]
    return panel_grid(in_rows(cells, columns), draw, frame, width, "learning rate", row_height=_ROW)


def numbers(page: Page) -> str:
    """The best mean of each level and its learning rate; of many levels the best and the worst."""
    groups = group_scores(page.runs, ("strip", "level", RATE))
    scale = compare.scale_of(page.metric)
    better = scale.higher_is_better
    ordered = groups.sort_values("mean", ascending=not better, kind="stable")
    best = ordered.drop_duplicates(["strip", "level"]).to_dict("records")
    told = best if len(best) <= _MOST_TOLD else [best[0], best[-1]]
    parts = [
        f"{' at '.join(text for text in (row['level'], row['strip']) if text)}: "
        f"{number(row['mean'], scale)} at {row[RATE]:g}"
        for row in told
    ]
    return f"Best mean test {scale.title} and its learning rate: {'; '.join(parts)}."


def _panels(shown: ByRate) -> list[str]:
    """The strips; where there are more levels than looks, the levels of the one strip."""
    if not shown.page.crowded:
        return list(shown.page.strips)
    there = set(shown.groups["level"])
    return [level for level in shown.page.order if level in there]


def _panel(axes: Axes, shown: ByRate, panel: str) -> None:
    page, groups = shown.page, shown.groups
    strip, order = (page.strips[0], [panel]) if page.crowded else (panel, list(page.order))
    rows = groups[groups["strip"] == strip]
    if strip in shown.enough:
        axes.axhspan(shown.enough[strip], 1.0, color="#efefef", linewidth=0, zorder=0)
    if page.crowded:
        behind(axes, rows[rows["level"] != panel])
        rows = rows[rows["level"] == panel]
    places = sorted(math.log10(rate) for rate in shown.rates)
    gap = min(after - before for before, after in pairwise(places))
    means(axes, rows, look=page.look, order=order, limits=shown.limits, gap=gap)


def _number_rates(axes: Axes, rates: Sequence[float], most: int) -> None:
    """Ticks at learning rates that were tried, on an axis of their logarithms."""
    logs = [math.log10(rate) for rate in rates]
    axes.set_xlim(logs[0] - _BESIDE, logs[-1] + _BESIDE)
    labels = evenly([f"{rate:g}" for rate in rates], most)
    axes.set_xticks([math.log10(float(label)) for label in labels], labels)
    axes.set_xticks(logs, minor=True)


def _note(shown: ByRate) -> str:
    page = shown.page
    lines = marks_in_words(shown.groups, shown.limits, page.metric)
    if shown.enough:
        parts = " in its panel" if len(page.strips) > 1 else ""
        lines.append(f"Shaded: within {WITHIN:g}\u00a0point of the best mean{parts}.")
    if page.crowded:
        lines.append("Grey lines: the others.")
    elif len(page.order) > 1:
        lines.append("Marks at one learning rate stand side by side.")
    return " ".join([*lines, *words.missing(page)])
