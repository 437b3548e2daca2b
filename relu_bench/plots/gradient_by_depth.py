"""How the gradient fares from the last hidden layer to the first, on a log axis."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from relu_bench import stats
from relu_bench.compare.measures import measure_of
from relu_bench.plots import inside_words
from relu_bench.plots.comparison import WIDTH
from relu_bench.plots.grid import Cell
from relu_bench.plots.inside import drawn, inside
from relu_bench.plots.layer_rows import LayerMeasure, layer_rows
from relu_bench.plots.limits import Limits
from relu_bench.plots.lines import lines, number_layers
from relu_bench.plots.pages import Page
from relu_bench.plots.style import QUIET, SMALL, Look, power_of_ten, show_powers

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from pandas import DataFrame

TITLE = "gradient by depth"
MEASURE = "gradient_rms"
# Up to this many decades, the axis ends at powers of ten; from so many on, far fewer lines than
# half must not squash the others.
_FEW_DECADES = 3.0
_MANY_DECADES = 8.0
_MARGIN = 0.05
# Of the axis, between marks of several lines at one layer.
_BESIDE = 0.015
# Points between such a mark's middle and the edge.
_ABOVE = 4.0
# Of the points of one line beyond an edge.
_MOST_HOLLOW = 6
_MEANING = (
    "Gradient: root mean square, over samples and units, of the derivative of one sample's loss by "
    "the pre-activation."
)


def gradient_by_depth(
    page: Page,
    layers: DataFrame,
    *,
    width: float = WIDTH,
    with_title: bool = True,
    where: Sequence[str] = (),
) -> Figure:
    """Draw one page: a panel at initialization and one after training, or rows for many variants.

    Args:
        page: of `pages.pages`.
        layers: rows of layers.csv; those of other runs are ignored.
        width: in inches; the height follows.
        with_title: False leaves the title to a paper's caption.
        where: the conditions that narrowed the runs, for the title.
    """
    shown = inside(page, layers, "depth", [MEASURE], width)
    metric = str(page.runs["metric"].dropna().iloc[0])
    unit = measure_of(metric, "test_loss").scale.unit
    if shown.in_rows:
        what = _in_rows(unit)
        return layer_rows(page, layers, what, width=width, with_title=with_title, where=where)
    table = shown.median_table(MEASURE)
    limits = log_limits(table)

    def draw(axes: Axes, cell: Cell) -> Axes:
        return gradients(
            axes,
            shown.of(table, cell),
            look=shown.look,
            limits=limits,
            deepest=shown.deepest(cell.strip),
            unit=unit,
        )

    zeros = bool((table["middle"] <= 0).any())
    note = [
        _MEANING,
        inside_words.repeats(table, "medians", "smallest to largest"),
        "▾ at the lower edge: a median of exactly 0, without a band." if zeros else "",
        "▿ or ▵ at an edge: a median beyond it." if _beyond(table, limits) else "",
        *inside_words.missing(shown),
    ]
    return drawn(shown, draw, TITLE, note, width=width, with_title=with_title, where=where)


def _in_rows(unit: str) -> LayerMeasure:
    return LayerMeasure(
        subject=TITLE,
        name=MEASURE,
        middle="median",
        bars="smallest to largest",
        label=f"gradient ({unit})",
        meaning=_MEANING,
        limits=log_limits,
        shown=_written,
        scale=_log_scale,
    )


def _log_scale(axes: Axes) -> None:
    axes.set_xscale("log")
    show_powers(axes.xaxis)


def _written(gradient: float) -> str:
    return power_of_ten(10.0 ** round(math.log10(gradient))) if gradient > 0 else "0"


def gradients(
    axes: Axes,
    table: DataFrame,
    *,
    look: Mapping[str, Look],
    limits: Limits,
    deepest: int,
    unit: str = "nats",
) -> Axes:
    """Draw gradients by layer; what is exactly 0 breaks its line and stands at the lower edge.

    What lies beyond an edge has a hollow mark there, and words say how far it goes.

    Args:
        axes: to draw on.
        table: line, x (1 for the first hidden layer), middle, low, high.
        look: by line.
        limits: of the y axis, above 0.
        deepest: the last hidden layer.
        unit: of the loss.

    Returns:
        `axes`.
    """
    from matplotlib.ticker import LogLocator

    axes.set_yscale("log")
    axes.set_ylim(*limits)
    lines(axes, _positive(table, limits[0]), look, marked=True)
    axes.yaxis.set_major_locator(LogLocator(numticks=6))
    show_powers(axes.yaxis)
    number_layers(axes, deepest)
    _mark_at_edge(axes, table[table["middle"] <= 0], look, "v")
    below, above = _outside(table, limits)
    for points, marker in ((below, "v"), (above, "^")):
        _mark_at_edge(axes, points, look, marker, hollow=True)
        _say_how_far(axes, points, top=marker == "^")
    axes.set_ylabel(f"gradient\n({unit})")
    return axes


def _mark_at_edge(
    axes: Axes, points: DataFrame, look: Mapping[str, Look], marker: str, *, hollow: bool = False
) -> None:
    """Marks at the lower or upper edge, those of several lines side by side."""
    from matplotlib.transforms import ScaledTranslation

    inwards = -_ABOVE if marker == "^" else _ABOVE
    aside = ScaledTranslation(0, inwards / 72, axes.figure.dpi_scale_trans)
    names = list(dict.fromkeys(points["line"]))
    left, right = axes.get_xlim()
    for number, name in enumerate(names):
        beside = _BESIDE * (right - left) * (number - (len(names) - 1) / 2)
        layers = sorted(points.loc[points["line"] == name, "x"] + beside)
        if hollow:
            layers = layers[:: math.ceil(len(layers) / _MOST_HOLLOW)]
        axes.plot(
            layers,
            [float(marker == "^")] * len(layers),
            linestyle="none",
            marker=marker,
            markersize=5 if hollow else 6,
            color=look[name].colour,
            markerfacecolor="white" if hollow else look[name].colour,
            transform=axes.get_xaxis_transform() + aside,
            zorder=4,
        )


def _outside(table: DataFrame, limits: Limits) -> tuple[DataFrame, DataFrame]:
    """The points below and above the axis; those of exactly 0 have marks of their own."""
    middle = table["middle"]
    return table[(middle > 0) & (middle < limits[0])], table[middle > limits[1]]


def _beyond(table: DataFrame, limits: Limits) -> bool:
    return any(len(points) for points in _outside(table, limits))


def _say_how_far(axes: Axes, points: DataFrame, *, top: bool) -> None:
    """How many lines leave the axis and how far the farthest goes, where they are gone."""
    if not len(points):
        return
    count = points["line"].nunique()
    farthest = points["middle"].max() if top else points["middle"].min()
    left, right = axes.get_xlim()
    at_left = points["x"].mean() < (left + right) / 2
    axes.annotate(
        f"{count} line{'' if count == 1 else 's'} to {_written(farthest)}",
        xy=(0 if at_left else 1, 1 if top else 0),
        xycoords="axes fraction",
        xytext=(3 if at_left else -3, -2.4 * _ABOVE if top else 2.4 * _ABOVE),
        textcoords="offset points",
        ha="left" if at_left else "right",
        va="top" if top else "bottom",
        fontsize=SMALL - 0.5,
        color=QUIET,
        bbox={"facecolor": "white", "alpha": 0.75, "edgecolor": "none", "pad": 1.0},
        zorder=5,
    )


def log_limits(table: DataFrame) -> Limits:
    """The ends of a log axis that holds every positive value and spans a decade at least.

    Where the middle is 0 its band is not held: it would squash what does train. From eight decades
    on, medians that are outliers among the logarithms of all are not held either: eight decades
    stay, or as many as the others need.
    """
    held = table[table["middle"] > 0]
    rows = held if len(held) else table
    values = [
        math.log10(value)
        for name in ("middle", "low", "high")
        for value in rows[name]
        if 0 < value < math.inf
    ]
    if not values:
        return 0.1, 1.0
    low, high = min(values), max(values)
    if high - low > _MANY_DECADES and len(held):
        low, high = _without_outliers([math.log10(value) for value in held["middle"]], low, high)
    if high - low <= _FEW_DECADES:
        low, high = math.floor(low), math.ceil(high)
        high += high == low
    margin = _MARGIN * (high - low)
    return 10 ** (low - margin), 10 ** (high + margin)


def _without_outliers(medians: Sequence[float], low: float, high: float) -> Limits:
    """The decades that the medians need but for outliers, or at least eight of them."""
    lowest, highest = stats.robust_range(medians)
    lacking = max(0.0, _MANY_DECADES - (highest - lowest))
    # What is lacking goes to the side that has something to show there, below first.
    end = max(low, lowest - lacking)
    return end, min(high, max(highest, end + _MANY_DECADES))


def _positive(table: DataFrame, floor: float = math.nan) -> DataFrame:
    """The table with gaps where the middle is 0; a band that reaches 0 ends at the floor."""
    there = table["middle"] > 0
    return table.assign(
        middle=table["middle"].where(there),
        low=table["low"].mask(table["low"] <= 0, floor).where(there),
        high=table["high"].where(there),
    )
