"""How the gradient fares from the last hidden layer to the first, on a log axis."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from relu_bench.plots import inside_words
from relu_bench.plots.comparison import WIDTH
from relu_bench.plots.grid import Cell
from relu_bench.plots.inside import drawn, inside
from relu_bench.plots.limits import Limits
from relu_bench.plots.lines import background, lines, number_layers
from relu_bench.plots.pages import Page
from relu_bench.plots.style import Look

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from pandas import DataFrame

TITLE = "gradient by depth"
MEASURE = "gradient_rms"
# Up to this many decades, the axis ends at powers of ten.
_FEW_DECADES = 3.0
_MARGIN = 0.05
# Of the axis, between marks of several lines at one layer.
_BESIDE = 0.015
# Points between such a mark's middle and the edge.
_ABOVE = 4.0


def gradient_by_depth(
    page: Page,
    layers: DataFrame,
    *,
    width: float = WIDTH,
    with_title: bool = True,
    where: Sequence[str] = (),
) -> Figure:
    """Draw one page: a panel at initialization and one after training.

    Args:
        page: of `pages.pages`.
        layers: rows of layers.csv; those of other runs are ignored.
        width: in inches; the height follows.
        with_title: False leaves the title to a paper's caption.
        where: the conditions that narrowed the runs, for the title.
    """
    shown = inside(page, layers, "depth", [MEASURE], width)
    table = shown.median_table(MEASURE)
    limits = log_limits(table)

    def draw(axes: Axes, cell: Cell) -> Axes:
        background(axes, _positive(shown.others(table, cell)))
        return gradients(
            axes,
            shown.of(table, cell),
            look=shown.look,
            limits=limits,
            deepest=shown.deepest(cell.strip),
        )

    zeros = bool((table["middle"] <= 0).any())
    note = [
        "Gradient: root mean square, over images and units, of the derivative of one image's loss"
        " by the pre-activation.",
        inside_words.repeats(table, "medians", "smallest to largest"),
        "▾ at the lower edge: a median of exactly 0, without a band." if zeros else "",
        *inside_words.missing(shown),
    ]
    return drawn(shown, draw, TITLE, note, width=width, with_title=with_title, where=where)


def gradients(
    axes: Axes, table: DataFrame, *, look: Mapping[str, Look], limits: Limits, deepest: int
) -> Axes:
    """Draw gradients by layer; what is exactly 0 breaks its line and stands at the lower edge.

    Args:
        axes: to draw on.
        table: line, x (1 for the first hidden layer), middle, low, high.
        look: by line.
        limits: of the y axis, above 0.
        deepest: the last hidden layer.

    Returns:
        `axes`.
    """
    from matplotlib.ticker import LogLocator

    axes.set_yscale("log")
    axes.set_ylim(*limits)
    lines(axes, _positive(table, limits[0]), look, marked=True)
    axes.yaxis.set_major_locator(LogLocator(numticks=6))
    number_layers(axes, deepest)
    _mark_zeros(axes, table[table["middle"] <= 0], look)
    axes.set_ylabel("gradient (nats)")
    return axes


def _mark_zeros(axes: Axes, zeros: DataFrame, look: Mapping[str, Look]) -> None:
    """Marks at the lower edge, those of several lines side by side."""
    from matplotlib.transforms import ScaledTranslation

    above = ScaledTranslation(0, _ABOVE / 72, axes.figure.dpi_scale_trans)
    names = list(dict.fromkeys(zeros["line"]))
    left, right = axes.get_xlim()
    for number, name in enumerate(names):
        aside = _BESIDE * (right - left) * (number - (len(names) - 1) / 2)
        layers = zeros.loc[zeros["line"] == name, "x"] + aside
        axes.plot(
            layers,
            [0.0] * len(layers),
            linestyle="none",
            marker="v",
            markersize=6,
            color=look[name].colour,
            transform=axes.get_xaxis_transform() + above,
            zorder=4,
        )


def log_limits(table: DataFrame) -> Limits:
    """The ends of a log axis that holds every positive value and spans a decade at least.

    Where the middle is 0 its band is not held: it would squash what does train.
    """
    held = table[table["middle"] > 0]
    rows = held if len(held) else table
    values = [
        float(value) for name in ("middle", "low", "high") for value in rows[name] if value > 0
    ]
    if not values:
        return 0.1, 1.0
    low, high = math.log10(min(values)), math.log10(max(values))
    if high - low <= _FEW_DECADES:
        low, high = math.floor(low), math.ceil(high)
        high += high == low
    margin = _MARGIN * (high - low)
    return 10 ** (low - margin), 10 ** (high + margin)


def _positive(table: DataFrame, floor: float = math.nan) -> DataFrame:
    """The table with gaps where the middle is 0; a band that reaches 0 ends at the floor."""
    there = table["middle"] > 0
    return table.assign(
        middle=table["middle"].where(there),
        low=table["low"].mask(table["low"] <= 0, floor).where(there),
        high=table["high"].where(there),
    )
