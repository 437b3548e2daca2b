"""Learned slopes by epoch and layer: their mean, and the range over the units."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from relu_bench.plots import inside_words
from relu_bench.plots.comparison import WIDTH
from relu_bench.plots.grid import Cell
from relu_bench.plots.inside import Inside, drawn, inside
from relu_bench.plots.limits import Limits, level_limits
from relu_bench.plots.lines import few_ticks, lines, number_epochs, say_what_is_outside
from relu_bench.plots.pages import Page
from relu_bench.plots.style import BACKGROUND, QUIET, Look

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from pandas import DataFrame

TITLE = "learned slopes"
MEASURE = "slope_mean"


def learned_slopes(
    page: Page,
    layers: DataFrame,
    *,
    width: float = WIDTH,
    with_title: bool = True,
    where: Sequence[str] = (),
) -> Figure:
    """Draw one page: a panel for each layer, with the variants that learn slopes.

    Args:
        page: of `pages.pages`.
        layers: rows of layers.csv; those of other runs are ignored.
        width: in inches; the height follows.
        with_title: False leaves the title to a paper's caption.
        where: the conditions that narrowed the runs, for the title.
    """
    shown = inside(page, layers, "epoch", [MEASURE], width)
    table = _with_range(shown)
    limits = level_limits([*table["low"], *table["high"]])

    def draw(axes: Axes, cell: Cell) -> Axes:
        rows = shown.of(table, cell)
        if page.crowded:
            rows = _with_one_band(axes, rows)
        return slopes_by_epoch(
            axes,
            rows,
            look=shown.look,
            limits=limits,
            last=shown.last_epoch,
        )

    of_any = "unit, layer and seed" if page.crowded else "unit and seed"
    note = [
        f"Lines: means over the units and {inside_words.seeds(table)}; bands: from the smallest "
        f"slope of any {of_any} to the largest."
        if len(table)
        else "",
        *inside_words.missing(shown),
    ]
    return drawn(shown, draw, TITLE, note, width=width, with_title=with_title, where=where)


def slopes_by_epoch(
    axes: Axes, table: DataFrame, *, look: Mapping[str, Look], limits: Limits, last: int
) -> Axes:
    """Draw mean slopes by epoch, with their ranges, and a quiet line at 0, where ReLU is.

    Args:
        axes: to draw on.
        table: line, x, middle, low, high.
        look: by line.
        limits: of the y axis; what leaves it is said in words at the edge.
        last: the last epoch.

    Returns:
        `axes`.
    """
    lines(axes, table, look, marked=False)
    number_epochs(axes, last)
    axes.set_ylim(*limits)
    few_ticks(axes)
    axes.axhline(0, color=QUIET, linewidth=0.6, zorder=0.9)
    axes.set_ylabel("slope")
    say_what_is_outside(axes, table, limits)
    return axes


def _with_one_band(axes: Axes, rows: DataFrame) -> DataFrame:
    """Draw one range over all lines, and take theirs away, which would cover each other."""
    ends = rows.groupby("x").agg(low=("low", "min"), high=("high", "max")).reset_index()
    axes.fill_between(
        ends["x"], ends["low"], ends["high"], color=BACKGROUND, alpha=0.4, linewidth=0
    )
    return rows.assign(low=math.nan, high=math.nan)


def _with_range(shown: Inside) -> DataFrame:
    """The mean slopes over the runs, with the smallest and largest slope of any unit and run."""
    smallest, largest = (
        shown.spread(name)[[*shown.group, end]]
        for name, end in (("slope_min", "lowest"), ("slope_max", "highest"))
    )
    table = shown.table(MEASURE).drop(columns=["low", "high", "lowest", "highest"])
    return (
        table.merge(smallest, on=shown.group)
        .merge(largest, on=shown.group)
        .rename(columns={"lowest": "low", "highest": "high"})
    )
