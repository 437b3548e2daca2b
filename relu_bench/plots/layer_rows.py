"""A figure of one measure of the layers, in rows: before and after training, layer by layer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from relu_bench import compare
from relu_bench.plots import words
from relu_bench.plots.inside_rows import (
    BY,
    MOST_LAYERS,
    Marks,
    beyond_in_words,
    by_layer,
    keys_of,
    layers_in_words,
    marks_in_words,
    missing,
    panel,
    panels,
    row_frame,
)
from relu_bench.plots.layer_columns import layer_columns
from relu_bench.plots.limits import Limits
from relu_bench.plots.pages import Page
from relu_bench.plots.row_figure import columns_that_fit, row_figure
from relu_bench.plots.row_places import places

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from pandas import DataFrame


@dataclass(frozen=True, kw_only=True)
class LayerMeasure:
    """What a figure of rows shows of the layers.

    Attributes:
        subject: of the title.
        name: the column of layers.csv.
        middle: what marks are, over the seeds.
        bars: what bars are, in words.
        label: of the x axes, with the unit.
        meaning: what is measured, for the note.
        limits: of the x axes, of all marks.
        shown: writes a value that lies off the axis.
        scale: sets the scale and the ticks of an x axis.
    """

    subject: str
    name: str
    middle: Literal["mean", "median"]
    bars: str
    label: str
    meaning: str
    limits: Callable[[DataFrame], Limits]
    shown: Callable[[float], str]
    scale: Callable[[Axes], object]


def layer_rows(
    page: Page,
    layers: DataFrame,
    what: LayerMeasure,
    *,
    width: float,
    with_title: bool,
    where: Sequence[str],
) -> Figure:
    """Draw one page: a row for each variant, a column for each of a few layers.

    Args:
        page: of `pages.pages`.
        layers: rows of layers.csv; those of other runs are ignored.
        what: is drawn.
        width: in inches; the height follows.
        with_title: False leaves the title to a paper's caption.
        where: the conditions that narrowed the runs, for the title.
    """
    single = compare.run_layers(page.runs, layers, BY)
    those = places(page, keys_of(single.dropna(subset=[what.name])), width)
    most = min(MOST_LAYERS, columns_that_fit(those, width))
    titles, chosen = layer_columns(single, most)
    table = by_layer(single, chosen, what.name, what.middle)
    marks = Marks(table, what.limits(table), what.label, what.shown, what.scale)
    note = [
        what.meaning,
        marks_in_words(table, f"{what.middle}s", what.bars),
        beyond_in_words(marks),
        layers_in_words(single, titles),
        *missing(page, layers),
    ]
    frame = row_frame(page, what.subject, note, where, with_title=with_title)
    columns = panels(titles, marks, those, page) or [panel("", marks, those, page)]
    return row_figure(those, columns, frame, width, words.hue_title(page))
