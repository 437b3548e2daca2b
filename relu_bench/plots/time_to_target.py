"""Time to a target: how many runs have reached it by each epoch, and when half of them have.

It is that of `relu-bench compare`: 99 % of the baseline's final validation score, or that divided
by 0.99 where lower is better.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from relu_bench import compare, stats
from relu_bench.compare.time_to_accuracy import SHARE
from relu_bench.plots import words
from relu_bench.plots.arrival_table import MOST_NUMBERED, arrival_table
from relu_bench.plots.arriving import Arriving, arriving, median_in_words, target_of
from relu_bench.plots.comparison import SIDE_BY_SIDE, WIDTH
from relu_bench.plots.epochs_to_target import epochs_by_variant
from relu_bench.plots.frame import Frame, framed
from relu_bench.plots.learning_curves import write_at_edge
from relu_bench.plots.legend import level_handles
from relu_bench.plots.lines import number_epochs, say_nothing_is_there
from relu_bench.plots.pages import Page
from relu_bench.plots.pooled import pooling_in_words
from relu_bench.plots.share_curves import (
    bands_in_words,
    share_axis,
    share_curves,
)
from relu_bench.plots.strips import LABEL_LINE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from pandas import DataFrame

TITLE = "time to the target"
# In inches.
_CURVES = 2.6
_ROW = 0.3
_ROWS_BASE = 0.6
_TABLE_ROW = 0.2
# Characters of a variant's name for each inch of the figure.
_LABEL_CHARACTERS = 4.5
_NARROW_LABEL = 26
# Room behind the last arrival, so that its step can be seen.
_BEYOND = 1.04
_MOST_SQUASHED = 1.5


def time_to_target(
    page: Page,
    epochs: DataFrame,
    *,
    width: float = WIDTH,
    with_title: bool = True,
    where: Sequence[str] = (),
) -> Figure:
    """Draw one page: shares that have arrived by epoch and by seconds, and each variant's median.

    Args:
        page: of `pages_with_validation`.
        epochs: of `Selection.epochs_in_plan_order`; rows of other runs are ignored.
        width: in inches; the height follows.
        with_title: False leaves the title to a paper's caption.
        where: the conditions that narrowed the runs, for the title.
    """
    shown = arriving(page, epochs)
    if not shown.anything:
        return _nothing(page, width)
    title, details = "", ""
    if with_title:
        subject = f"time to a {shown.arrived.measure.title} of {target_of(shown)}"
        title, details = words.title(page, subject, where)
    frame = Frame(
        note=" ".join(_note(shown, width)),
        title=title,
        details=details,
        handles=[] if page.crowded else level_handles(page, shown.look),
        legend_title="" if page.crowded else words.hue_title(page),
    )
    if page.crowded:
        return _table(shown, frame, width)
    return (_beside if width >= SIDE_BY_SIDE else _below)(shown, frame, width)


def _nothing(page: Page, width: float) -> Figure:
    """For runs of which epochs.csv has no rows."""
    note = "No run has rows in epochs.csv."
    figure, body = framed(Frame(note=note, title=words.title(page, TITLE)[0]), width, _CURVES)
    say_nothing_is_there(body.add_subplot())
    return figure


def _beside(shown: Arriving, frame: Frame, width: float) -> Figure:
    columns = ["epoch", *(["seconds"] if shown.arrived.timed else [])]
    figure, body = framed(frame, width, max(_CURVES, _rows_height(shown)))
    panels = body.subplots(1, len(columns) + 1, width_ratios=[1.0] * len(columns) + [0.9])
    for axes, column in zip(panels, columns, strict=False):
        _curves(shown, axes, column)
    for axes in panels[1:-1]:
        axes.tick_params(labelleft=False)
        axes.set_ylabel("")
    _medians(shown, panels[-1])
    return figure


def _below(shown: Arriving, frame: Frame, width: float) -> Figure:
    columns = ["epoch", *(["seconds"] if shown.arrived.timed else [])]
    heights = [_CURVES, _rows_height(shown)]
    figure, body = framed(frame, width, sum(heights))
    above, below = body.subfigures(2, 1, squeeze=False, height_ratios=heights)[:, 0]
    panels = above.subplots(1, len(columns), squeeze=False)[0]
    for number_, (axes, column) in enumerate(zip(panels, columns, strict=True)):
        _curves(shown, axes, column)
        if number_:
            axes.tick_params(labelleft=False)
            axes.set_ylabel("")
    rows = below.add_subplot()
    _medians(shown, rows)
    rows.get_xticklabels()[-1].set_horizontalalignment("left")  # clear of the last epoch's
    return figure


def _table(shown: Arriving, frame: Frame, width: float) -> Figure:
    """A row for each variant, the fastest on top, the median in words."""
    from matplotlib.ticker import MaxNLocator

    wide = width >= SIDE_BY_SIDE
    order = [row.variant for row in shown.medians]
    said = {row.variant: median_in_words(row, "epoch " if wide else "") for row in shown.medians}
    label_width = int(_LABEL_CHARACTERS * width) if wide else _NARROW_LABEL
    lines = max(compare.broken(level, label_width).count("\n") + 1 for level in order)
    height = _ROWS_BASE + max(_TABLE_ROW, LABEL_LINE * lines) * len(order)
    figure, body = framed(frame, width, height)
    axes = body.add_subplot()
    arrival_table(
        axes,
        shown.profiles("epoch"),
        order=order,
        words=said,
        last=shown.last,
        numbered=_numbered(shown, width),
        label_width=label_width,
    )
    axes.xaxis.set_major_locator(
        MaxNLocator(nbins=8 if wide else 3, integer=True, min_n_ticks=1, steps=[1, 2, 5, 10])
    )
    axes.set_xlabel("epoch")
    return figure


def _numbered(shown: Arriving, width: float) -> bool:
    """Whether the cells of a table have room for numbers."""
    return width >= SIDE_BY_SIDE and shown.last <= MOST_NUMBERED


def _curves(shown: Arriving, axes: Axes, column: str) -> None:
    share_curves(axes, shown.profiles(column), shown.look, "post")
    share_axis(axes)
    if column == "epoch":
        number_epochs(axes, shown.last)
        axes.set_xlim(0, _BEYOND * shown.last)
        axes.set_xlabel("epoch")
    else:
        _show_seconds(shown, axes)


def _show_seconds(shown: Arriving, axes: Axes) -> None:
    """An axis from 0 to the last run that arrives, but for a few very slow ones."""
    times = shown.arrived.runs["seconds"].to_numpy(np.float64)
    finite = times[np.isfinite(times)]
    last = _last(finite)
    axes.set_xlim(0, _BEYOND * last or 1.0)
    axes.set_xlabel("seconds")
    late = int((finite > last).sum())
    if late:
        write_at_edge(axes, [f"{'1 run' if late == 1 else f'{late} runs'} later →"])


def _last(times: NDArray[np.float64]) -> float:
    """The last time, or where a few later ones would squash the axis, the last of the others."""
    if not times.size:
        return 1.0
    usual = stats.robust_range(times, ["high"])[1]
    return float(times.max()) if times.max() <= _MOST_SQUASHED * usual else usual


def _medians(shown: Arriving, axes: Axes) -> None:
    reached = shown.arrived.runs.assign(level=shown.arrived.runs["variant"])
    epochs_by_variant(
        axes,
        reached.assign(epoch=reached["epoch"].replace(math.inf, math.nan)),
        order=list(shown.look),
        look=shown.look,
        last=shown.last,
        named=True,
    )
    axes.set_xlabel("epoch of arrival")


def _rows_height(shown: Arriving) -> float:
    lines = max((compare.broken(level).count("\n") + 1 for level in shown.look), default=1)
    return _ROWS_BASE + max(_ROW, LABEL_LINE * lines) * len(shown.look)


def _note(shown: Arriving, width: float) -> Iterator[str]:
    found = shown.arrived
    near = found.measure.scale.near(SHARE)
    yield (
        f"Target: {near} the final {found.measure.title} of {found.baseline}, the baseline"
        f"{', at its best setting' if shown.shared.settings > 1 else ''}."
    )
    if (found.runs["epoch"] <= 0).any():
        yield "Some runs reach it before training: the baseline learned little."
    if shown.page.crowded:
        yield "Shade, from white to dark: share of a variant's runs that have reached it so far."
        if _numbered(shown, width):
            yield "Numbers: the same in percent, where it rises."
        yield "Right: the median epoch over the runs; never is later than any."
    else:
        yield "Lines: share of a variant's runs that have reached it so far."
        yield bands_in_words(int(found.runs.groupby("variant")["seed"].nunique().max()))
        place = "Right" if width >= SIDE_BY_SIDE else "Below"
        yield f"{place}: runs, and their median; never is later than any epoch."
    if found.timed and not shown.page.crowded:
        yield "Seconds: of training and validation, compiling aside."
    if not found.timed:
        yield "No seconds: the runs were made on several hosts, or with several numbers of jobs."
    yield from pooling_in_words(shown.shared)
    yield from words.missing(shown.page)
