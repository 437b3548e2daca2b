"""Learning curves and test scores, the first figure of an experiment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from relu_bench import compare
from relu_bench.compare import Scale, Selection
from relu_bench.figures import marks, notes
from relu_bench.figures.canvas import Grid, Panel, Picture
from relu_bench.figures.limits import Limits, curve_limits, outside, score_limits
from relu_bench.figures.marks import RowPlaces, row_places
from relu_bench.figures.pages import Page
from relu_bench.figures.style import Sheet, number, numbered, whole_numbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame

TITLE = "learning curves and test scores"
SPLITS = {"train": "training", "val": "validation"}
_BY = ["strip", "level"]
# Inches.
_LONE_CURVES = 2.3
_CURVES = 1.3
_ROW = 0.3
_TICK = 0.55


def comparison(page: Page, results: Selection, sheet: Sheet) -> Picture:
    """Curves of each split beside the test scores of every run, strip by strip."""
    scale = compare.scale_of(page.metric)
    scores = compare.final_scores(page.runs, _BY)
    single = compare.run_curves(page.runs, results.epochs, _BY)
    curves = compare.curves(single, _BY)
    curves = curves.assign(
        value=curves["mean"], low=curves["mean"] - curves["sd"], high=curves["mean"] + curves["sd"]
    )
    splits = [split for split in SPLITS if (curves["split"] == split).any()]
    curve_ends = curve_limits(single, scale) if len(single) else (0.0, 1.0)
    score_ends = score_limits(scores, scale)
    beside = sheet.wide and not page.crowded
    grids: list[Grid] = []
    rows: list[list[Panel]] = []
    for strip in page.strips:
        its_scores = scores[scores["strip"] == strip]
        levels = [level for level in page.order if level in set(its_scores["level"])]
        between = "\n" if beside or not sheet.wide else ", "
        texts = {
            level: _text(its_scores[its_scores["level"] == level], scale, between)
            for level in levels
        }
        width = sheet.width / 3 if beside else sheet.width
        places = row_places(levels, width, texts=texts, least=_ROW if beside else 0.26)
        least = _LONE_CURVES if len(page.strips) == 1 else _CURVES
        height = max(least, places.height) if beside else least
        its_curves = [
            _curves_panel(
                page, split, strip, tables=(curves, single), limits=curve_ends, height=height
            )
            for split in splits
        ]
        most_ticks = int(width / 2 / _TICK)
        its_rows = _rows_panel(
            page,
            strip,
            shown=(its_scores, places),
            limits=score_ends,
            most_ticks=most_ticks,
            height=height if beside else places.height,
        )
        if beside:
            rows.append([*its_curves, its_rows])
        else:
            grids += [Grid([its_curves])] if its_curves else []
            grids.append(Grid([[its_rows]]))
    if beside:
        grids = [Grid(rows, widths=[1.0] * len(splits) + [1.3])]
    title, details = notes.title(page, f"learning curves and test {scale.title}", sheet.where)
    note = [
        *_curves_note(curves, single, curve_ends, scale, splits),
        *_scores_note(page, scores, score_ends, scale),
        *notes.missing(page),
        notes.crowd(page),
        notes.rows_by(page),
    ]
    means = scores.groupby(["level", "strip"])["value"].mean()
    return Picture(
        title=title,
        details=details,
        grids=grids,
        legend=notes.legend_of(page, set(scores["level"])),
        legend_title=notes.hue_title(page),
        note=" ".join(text for text in note if text),
        words=f"Mean test {scale.title} after training: "
        f"{notes.ends(means, lambda value: number(value, scale))}.",
    )


def _curves_panel(
    page: Page,
    split: str,
    strip: str,
    *,
    tables: tuple[DataFrame, DataFrame],
    limits: Limits,
    height: float,
) -> Panel:
    curves, single = (
        table[(table["strip"] == strip) & (table["split"] == split)] for table in tables
    )
    scale = compare.scale_of(page.metric)
    mixed = mixed_levels(single, limits) if len(single) else frozenset()
    means = curves.assign(
        **{end: curves[end].where(~curves["level"].isin(mixed)) for end in ("low", "high")}
    )
    last = float(tables[0]["epoch"].max()) or 1.0

    def draw(axes: Axes) -> None:
        if not len(curves):
            marks.say_nothing_is_there(axes)
        loud = [level for level in mixed if not page.look[level].quiet]
        marks.single_runs(axes, single[single["level"].isin(loud)], page.look)
        marks.lines(axes, means, page.look)
        axes.set_xlim(0.0, last)
        axes.set_ylim(*limits)
        whole_numbers(axes.xaxis)
        numbered(axes.yaxis, scale)

    heading = [strip] if strip and split == next(iter(SPLITS)) else []
    return Panel(
        draw=draw,
        heading="\n".join([*heading, SPLITS[split]]),
        height=height,
        x="epoch",
        y=f"{scale.title}{scale.suffix}",
    )


def _rows_panel(
    page: Page,
    strip: str,
    *,
    shown: tuple[DataFrame, RowPlaces],
    limits: Limits,
    most_ticks: int,
    height: float,
) -> Panel:
    scores, places = shown
    scale = compare.scale_of(page.metric)
    means = scores.drop_duplicates("level")[["level", "mean", "low", "high"]]
    means = means.assign(x=1, value=means["mean"])

    def draw(axes: Axes) -> None:
        marks.rows(axes, means, page.look, places, limits, dots=scores)
        numbered(axes.xaxis, scale, min(6, max(2, most_ticks)))

    return Panel(
        draw=draw,
        heading="test",
        height=height,
        x=f"test {scale.title}{scale.suffix}",
    )


def mixed_levels(single: DataFrame, limits: Limits) -> frozenset[str]:
    """The levels whose runs differ in kind: no mean and no sd describes them.

    Some learned and some did not; or some end within `limits` and some outside.

    Args:
        single: of `compare.run_curves`, of one strip and split.
        limits: of the axis.
    """
    last = single[single["epoch"] == single["epoch"].max()]
    inside = last["value"].between(*limits).to_numpy()
    learned = (last["outcome"] == "learned").to_numpy()
    levels = last["level"].to_numpy()
    return frozenset({*_of_two_kinds(levels, inside), *_of_two_kinds(levels, learned)})


def _of_two_kinds(levels: NDArray[np.object_], good: NDArray[np.bool_]) -> set[str]:
    return {*map(str, levels[good])} & {*map(str, levels[~good])}


def _text(runs: DataFrame, scale: Scale, between: str) -> str:
    """The mean, and how many learned, where not all did."""
    text = number(float(runs["mean"].iloc[0]), scale)
    learned = int((runs["outcome"] == "learned").sum())
    if learned == len(runs):
        return text
    outcome = str(runs["outcome"].iloc[0]).replace("_", " ")
    return text + between + (outcome if len(runs) == 1 else f"{learned}/{len(runs)} learned")


def _curves_note(
    curves: DataFrame, single: DataFrame, limits: Limits, scale: Scale, splits: Sequence[str]
) -> Iterator[str]:
    if not len(curves):
        return
    sizes = curves["n"]
    band = "one seed, no bands" if sizes.max() == 1 else "bands: ±\u00a01\u00a0sd"
    yield f"Lines: means over {notes.seeds(sizes)}; {band}."
    places = {"train": "training means of an epoch at its middle", "val": "validation at its end"}
    yield f"{', '.join(places[split] for split in splits).capitalize()}."
    parts = single.groupby(["strip", "split"])
    if any(mixed_levels(part, limits) for _, part in parts):
        yield (
            "Thin lines: single runs, in place of a band where some learned and some did not, or "
            "some end off the axis."
        )
    start = curves.loc[curves["epoch"] == 0, "mean"]
    if len(start) and sum(outside(start, limits)) == len(start):
        yield f"Epoch 0 is off the axis ({notes.span(start, scale)})."
    last = curves.sort_values("x").groupby(["strip", "level", "split"])["mean"].last()
    yield from (
        line.replace("mean lies", "mean ends").replace("means lie", "means end")
        for line in notes.off_axis(last, limits, "mean", scale)
    )


def _scores_note(page: Page, scores: DataFrame, limits: Limits, scale: Scale) -> Iterator[str]:
    sizes = scores.groupby(_BY).size()
    if sizes.max() == 1:
        yield "Test: one seed, no intervals."
    else:
        yield (
            "Test: dots are seeds; below them their mean with its "
            f"{notes.interval(page.runs, several=False)}."
        )
    yield from notes.off_axis(scores["value"], limits, "run", scale)
    shown = scores[scores["mean"].between(*limits)]
    if ((shown["low"] < limits[0]) | (shown["high"] > limits[1])).any() or any(
        outside(scores["mean"], limits)
    ):
        yield "A triangle at the edge: a mean or an interval goes on there."
    if (scores["outcome"] == "at_chance").any():
        yield "Open dots: not better than the constant guess."
    diverged = scores[scores["outcome"] == "diverged"]
    if len(diverged):
        yield f"×: diverged, {notes.guesses(diverged, scale)}."
