"""How far from zero-centred a layer's outputs are: their mean, by layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from relu_bench.plots import inside_words
from relu_bench.plots.comparison import WIDTH
from relu_bench.plots.from_to import holding_bars
from relu_bench.plots.grid import Cell
from relu_bench.plots.inside import drawn, inside
from relu_bench.plots.layer_rows import LayerMeasure, layer_rows
from relu_bench.plots.limits import Limits, level_limits
from relu_bench.plots.lines import few_ticks, lines, number_layers, say_what_is_outside
from relu_bench.plots.pages import Page
from relu_bench.plots.row_figure import ZERO
from relu_bench.plots.style import QUIET, Look

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from pandas import DataFrame

TITLE = "mean output by layer"
MEASURE = "out_mean"
_MEANING = "Mean output: over the units and the samples of the probe set; 0 is zero-centred."


def output_mean(
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
    if shown.in_rows:
        return layer_rows(page, layers, _IN_ROWS, width=width, with_title=with_title, where=where)
    table = shown.table(MEASURE)
    limits = level_limits(table["middle"])

    def draw(axes: Axes, cell: Cell) -> Axes:
        return output_means(
            axes,
            shown.of(table, cell),
            look=shown.look,
            limits=limits,
            deepest=shown.deepest(cell.strip),
        )

    note = [
        _MEANING,
        inside_words.repeats(table, "means", "±\u00a01\u00a0sd"),
        *inside_words.missing(shown),
    ]
    return drawn(shown, draw, TITLE, note, width=width, with_title=with_title, where=where)


def output_means(
    axes: Axes, table: DataFrame, *, look: Mapping[str, Look], limits: Limits, deepest: int
) -> Axes:
    """Draw mean outputs by layer, and a quiet line at 0.

    Args:
        axes: to draw on.
        table: line, x (1 for the first hidden layer), middle, low, high.
        look: by line.
        limits: of the y axis; what leaves it is said in words at the edge.
        deepest: the last hidden layer.

    Returns:
        `axes`.
    """
    lines(axes, table, look, marked=True)
    number_layers(axes, deepest)
    axes.set_ylim(*limits)
    few_ticks(axes)
    axes.axhline(0, color=QUIET, linewidth=0.6, zorder=0.9)
    axes.set_ylabel("mean output")
    say_what_is_outside(axes, table, limits)
    return axes


def _zero_in_sight(axes: Axes) -> None:
    axes.axvline(0, color=QUIET, linewidth=0.6, zorder=ZERO)


_IN_ROWS = LayerMeasure(
    subject=TITLE,
    name=MEASURE,
    middle="mean",
    bars="±\u00a01\u00a0sd",
    label="mean output",
    meaning=_MEANING,
    limits=lambda table: holding_bars(table, level_limits(table["middle"])),
    shown=lambda mean: f"{mean:.2g}",
    scale=_zero_in_sight,
)
