"""How steady training is, and whether sparse networks generalize."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from relu_bench import compare, stats
from relu_bench.compare import Scale, Selection
from relu_bench.compare.anytime import group_intervals
from relu_bench.compare.layers import generalization, run_kernels
from relu_bench.compare.measures import seeds_added
from relu_bench.errors import ReluBenchError
from relu_bench.figures import marks, notes
from relu_bench.figures.canvas import Grid, Panel, Picture, flowing
from relu_bench.figures.layers import (
    AT_END,
    AT_START,
    BY,
    Layers,
    band_in_words,
    depth_axis,
    lowest_and_highest,
)
from relu_bench.figures.limits import Limits, with_margin
from relu_bench.figures.pages import Page
from relu_bench.figures.style import QUIET, Sheet, numbered, whole_numbers
from relu_bench.figures.targets import Arriving, arrival_rows, arriving
from relu_bench.wording import plural

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame

SPARSITY_TITLE = "active outputs against generalization"
STEADINESS_TITLE = "steadiness of training"
_SHARES = {AT_START: "active_before", AT_END: "active_after"}
_PERCENT = Scale("", higher_is_better=True, factor=100.0, unit="%")
_PLAIN = Scale("", higher_is_better=True, factor=1.0, unit="")
_MOST_NAMED = 4
# Inches.
_HEIGHT, _LONE_HEIGHT = 1.4, 1.9


def sparsity(page: Page, results: Selection, sheet: Sheet) -> Picture:
    """Gap and test score over the share of active outputs, before and after training."""
    shown = Layers(page, results, sheet, ["sparsity"])
    every = generalization(page.runs, results.layers, BY)
    points = every[every["outcome"] == "learned"]
    scale = compare.scale_of(page.metric)
    unit = "points" if scale.unit == "%" else scale.unit
    gap = Scale("gap", higher_is_better=False, factor=scale.factor, unit=unit)
    measures = {
        "gap": (gap, f"gap{gap.suffix}"),
        "test": (scale, f"test {scale.title}{scale.suffix}"),
    }
    limits = {
        name: _run_limits(points[name], "low" if how.higher_is_better else "high")
        for name, (how, _) in measures.items()
    }
    panels = [
        [
            _scatter_panel(shown, points, (strip, moment, name), limits[name], measures[name])
            for name in measures
            for moment in _SHARES
        ]
        for strip in page.strips
    ]
    columns = 4 if shown.columns >= 4 and len(page.strips) > 1 else 2
    less = "less" if scale.higher_is_better else "taken from"
    several = len(points) and points.groupby(list(BY)).size().max() > 1
    note = [
        "Active: outputs that are not exactly 0, mean over the hidden layers weighted by their "
        f"units. Gap: {scale.title} in training (mean over the last epoch's batches as trained) "
        f"{less} that on the test part.",
        f"Dots: seeds; large marks: their means, with {notes.interval(page.runs)}."
        if several
        else "Marks: one seed.",
        *_left_out(page),
    ]
    return shown.picture(SPARSITY_TITLE, [Grid(flowing(panels, columns))], note)


def _run_limits(values: object, bad: stats.Side) -> Limits:
    import pandas as pd

    there = pd.Series(values).dropna()
    return with_margin(*stats.robust_range(there, [bad])) if len(there) else (0.0, 1.0)


def _scatter_panel(
    shown: Layers,
    points: DataFrame,
    place: tuple[str, str, str],
    limits: Limits,
    measure: tuple[Scale, str],
) -> Panel:
    strip, moment, name = place
    scale, label = measure
    its = points[points["strip"] == strip].dropna(subset=[name, _SHARES[moment]])
    table = _means(shown.page, its, _SHARES[moment], name)
    dots = its.assign(x=its[_SHARES[moment]], value=its[name])
    across = (-0.03, 1.03)

    def draw(axes: Axes) -> None:
        axes.set_xlim(*across)
        axes.set_ylim(*limits)
        numbered(axes.xaxis, _PERCENT, 4)
        numbered(axes.yaxis, scale, 4)
        if not len(table):
            marks.say_nothing_is_there(axes)
        marks.scatter(axes, table, shown.page.look, (across, limits), dots=dots)

    begins = strip and name == "gap" and moment == AT_START
    return Panel(
        draw=draw,
        heading=f"{strip}\n{moment}" if begins else moment,
        height=_LONE_HEIGHT if len(shown.page.strips) == 1 else _HEIGHT,
        x="active outputs (%)",
        y=label,
    )


def _means(page: Page, points: DataFrame, across: str, up: str) -> DataFrame:
    """The means of each level with their 95 % intervals, as `marks.scatter` takes them."""
    groups = points.groupby("level", sort=False)
    numbers, added = groups.ngroup().to_numpy(), np.full(len(points), seeds_added(page.runs).any())
    table = groups[[across, up]].mean().reset_index().assign(hollow=False)
    for name, low, high in ((across, "x_low", "x_high"), (up, "low", "high")):
        found = group_intervals(points[name], numbers, added)
        table = table.assign(**{low: found.low, high: found.high})
    return table.rename(columns={across: "x", up: "value"})


def _left_out(page: Page) -> Iterator[str]:
    """Runs that learned nothing: they have no gap, and say nothing of sparse networks."""
    done = compare.completed(page.runs)
    lost = done.loc[done["outcome"] != "learned", "level"].value_counts()
    if not len(lost):
        return
    sizes = done["level"].value_counts()
    named = [f"{level}: {lost[level]} of {sizes[level]}" for level in lost.index[:_MOST_NAMED]]
    more = ", …" if len(lost) > _MOST_NAMED else ""
    count = int(lost.sum())
    runs = plural(count, "run that was", "runs that were")
    are = plural(count, "is", "are")
    yield (
        f"{count} {runs} not better than the constant guess, or diverged, {are} left out "
        f"({'; '.join(named)}{more})."
    )


def steadiness(page: Page, results: Selection, sheet: Sheet) -> Picture:
    """Gradients of one sign by layer, successive updates by epoch, and epochs to the target."""
    import pandas as pd

    shown = Layers(page, results, sheet, ["same_sign_fraction"])
    kernels = run_kernels(page.runs, results.layers, BY)
    ends = {AT_START: kernels[kernels["epoch"] == 0], AT_END: kernels[kernels["last"]]}
    single = pd.concat([rows.assign(moment=name) for name, rows in ends.items()])
    signs = shown.over_runs(single, ["moment", "depth"], "same_sign_fraction", "mean")
    by_run = kernels.groupby([*BY, "run_id", "epoch"])["update_cosine"].mean().reset_index()
    cosines = shown.over_runs(by_run, ["epoch"], "update_cosine", "mean")
    target = _target(page, results)
    panels = [
        [
            *(_signs_panel(shown, signs, strip, moment) for moment in ends),
            _cosines_panel(shown, cosines, strip),
        ]
        for strip in page.strips
    ]
    grids = [Grid(flowing(panels, shown.columns))]
    if target is not None:
        last = float(compare.completed(page.runs)["epochs"].max())
        columns = 2 if sheet.wide and len(page.strips) > 1 else 1
        rows = [[arrival_rows(target, last, sheet.width / columns, strip)] for strip in page.strips]
        grids.append(Grid(flowing(rows, columns)))
    note = [
        "Same sign: of the units that get any gradient, those whose incoming weights' mean "
        "gradients all have one sign, by layer (the last is the output layer). Updates: cosine "
        "between the kernel's changes over two successive epochs, mean over the layers.",
        band_in_words(signs, "means", "±\u00a01\u00a0sd"),
        f"{target.target_in_words()} Below: a dot a run, and below the dots their median."
        if target is not None
        else "There is no target: nothing was held out, or the baseline has no validation score.",
    ]
    words = lowest_and_highest(ends[AT_END], "same_sign_fraction")
    return shown.picture(STEADINESS_TITLE, grids, note, words)


def _target(page: Page, results: Selection) -> Arriving | None:
    """When the runs of the page reach the target of `relu-bench compare`; None without one."""
    shown = arriving(page, results.epochs)
    try:
        return shown if shown is not None and shown.arrived.target else None
    except ReluBenchError:
        return None


def _signs_panel(shown: Layers, signs: DataFrame, strip: str, moment: str) -> Panel:
    rows = signs[(signs["strip"] == strip) & (signs["moment"] == moment)]
    deepest = int(signs["depth"].max()) if len(signs) else 1
    table = rows.assign(x=rows["depth"], low=rows["low"].clip(0), high=rows["high"].clip(upper=1))

    def draw(axes: Axes) -> None:
        if not len(table):
            marks.say_nothing_is_there(axes)
        marks.lines(axes, table, shown.page.look, marked=True)
        depth_axis(axes, deepest)
        axes.set_ylim(-0.04, 1.04)
        numbered(axes.yaxis, _PERCENT, 4)

    heading = f"same sign, {moment}"
    return Panel(
        draw=draw,
        heading=f"{strip}\n{heading}" if strip and moment == AT_START else heading,
        height=_LONE_HEIGHT if len(shown.page.strips) == 1 else _HEIGHT,
        x="layer",
        y="units (%)",
    )


def _cosines_panel(shown: Layers, cosines: DataFrame, strip: str) -> Panel:
    rows = cosines[cosines["strip"] == strip]
    table = rows.assign(x=rows["epoch"])
    lowest = min([0.0, *cosines["value"].dropna(), *cosines["low"].dropna()])
    limits = with_margin(max(-1.0, lowest), 1.0)

    def draw(axes: Axes) -> None:
        if not len(table):
            marks.say_nothing_is_there(axes)
        marks.lines(axes, table, shown.page.look)
        axes.set_xlim(0, shown.last_epoch)
        axes.set_ylim(*limits)
        whole_numbers(axes.xaxis)
        numbered(axes.yaxis, _PLAIN, 4)
        axes.axhline(0, color=QUIET, lw=0.6, zorder=0.9)

    return Panel(
        draw=draw,
        heading="successive updates",
        height=_LONE_HEIGHT if len(shown.page.strips) == 1 else _HEIGHT,
        x="epoch",
        y="cosine",
    )
