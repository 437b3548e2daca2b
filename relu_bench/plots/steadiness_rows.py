"""How steady training is, in rows: signs by layer, the first and last updates, the target."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from relu_bench.plots import words
from relu_bench.plots.dead_rows import share_marks
from relu_bench.plots.epochs_to_target import median_epoch
from relu_bench.plots.frame import Frame
from relu_bench.plots.from_to import holding_bars, moment_handles
from relu_bench.plots.inside import AT_END, AT_START
from relu_bench.plots.inside_rows import (
    BY,
    MOST_LAYERS,
    Marks,
    beyond_in_words,
    by_layer,
    keys_of,
    layers_in_words,
    marks_in_words,
    over_seeds,
    panel,
    panels,
)
from relu_bench.plots.layer_columns import layer_columns
from relu_bench.plots.limits import level_limits
from relu_bench.plots.row_figure import ZERO, Column, columns_that_fit, row_figure
from relu_bench.plots.row_places import Key, Places, places
from relu_bench.plots.steady_runs import SteadyRuns
from relu_bench.plots.style import QUIET

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from pandas import DataFrame

_MEANING = (
    "Same sign: of the units that get any gradient, those whose incoming weights' mean gradients "
    "all have one sign (the last layer is the output layer). Updates: cosine between the kernel's "
    "changes over two successive epochs, mean over the layers; hollow: the first two epochs, "
    "filled: the last two."
)
_AT_THE_RIGHT = (
    "At the right: the median epoch, and how many of the runs get there where some do not."
)


def steadiness_rows(steady: SteadyRuns, frame: Frame, width: float) -> Figure:
    """Draw one page: a row for each variant.

    Args:
        steady: what is drawn.
        frame: with the title, and a note of what is missing.
        width: in inches; the height follows.
    """
    page, kernels = steady.page, steady.kernels
    those = places(page, keys_of(kernels, steady.reached), width)
    most = min(MOST_LAYERS, max(2, columns_that_fit(those, width) - 1))
    titles, chosen = layer_columns(kernels, most)
    signs = share_marks(by_layer(kernels, chosen, "same_sign_fraction"), "units")
    updates = _updates(steady.cosines)
    note = [
        _MEANING,
        marks_in_words(signs.table, "means", "±\u00a01\u00a0sd"),
        beyond_in_words(signs, updates),
        layers_in_words(kernels, titles, kind=""),
        *steady.without_gradient(),
        *steady.target_in_words(_AT_THE_RIGHT),
        frame.note,
        words.rows_by(page),
    ]
    whole = replace(frame, note=" ".join(text for text in note if text), handles=moment_handles())
    columns = _columns(titles, signs, updates, steady, those)
    return row_figure(those, columns, whole, width, words.hue_title(page))


def _columns(
    titles: Sequence[str], signs: Marks, updates: Marks, steady: SteadyRuns, those: Places
) -> list[Column]:
    names = [f"same sign\n{title}" for title in titles]
    columns = panels(names, signs, those, steady.page)
    if len(updates.table) or not columns:
        columns.append(panel("successive\nupdates", updates, those, steady.page))
    texts = dict(_epochs(steady, those))
    columns[-1] = replace(columns[-1], texts=texts, texts_title="target:\nepoch" if texts else "")
    return columns


def _epochs(steady: SteadyRuns, those: Places) -> Iterator[tuple[Key, str]]:
    for (strip, level), runs in steady.reached.groupby(list(BY)):
        if (strip, level) in those.rows:
            yield (str(strip), str(level)), median_epoch(runs)


def _updates(cosines: DataFrame) -> Marks:
    """The first and the last cosine of each run, as marks before and after."""
    import pandas as pd

    there = cosines.dropna(subset=["update_cosine"])
    first = there[(there["epoch"] == there["epoch"].min()) & ~there["last"]]
    ends = pd.concat([first.assign(moment=AT_START), there[there["last"]].assign(moment=AT_END)])
    table = over_seeds(ends, "update_cosine", ["moment"], "mean")
    limits = holding_bars(table, level_limits(table["middle"]))
    return Marks(table, limits, "cosine", lambda value: f"{value:.2f}", _cosine_scale)


def _cosine_scale(axes: Axes) -> None:
    axes.axvline(0, color=QUIET, linewidth=0.6, zorder=ZERO)
