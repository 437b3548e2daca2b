"""Means over the values of settings: learning rates, interactions, main effects."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from relu_bench import compare
from relu_bench.compare import Selection
from relu_bench.compare.effects import (
    Effect,
    MainEffects,
    TwoAxes,
    interacting_pair,
    largest_interaction,
    main_effect_means,
)
from relu_bench.compare.effects import Panel as PanelOfEffects
from relu_bench.compare.measures import measure_of
from relu_bench.compare.views import RATE, WITHIN, good_enough, group_scores
from relu_bench.errors import ReluBenchError
from relu_bench.figures import marks, notes
from relu_bench.figures.canvas import Grid, Panel, Picture, PlaceNames, evenly, flowing
from relu_bench.figures.limits import Limits, any_cut, mean_limits, with_margin
from relu_bench.figures.pages import (
    CrossedPage,
    Page,
    crossed_pages,
    ends_in_words,
    numbers_across,
    pages,
)
from relu_bench.figures.style import MOST_LOOKS, Sheet, looks, number, numbered

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame

RATE_TITLE = "test score by learning rate"
INTERACTION_TITLE = "interaction of two axes"
EFFECTS_TITLE = "main effects of the axes"
MOST_VALUES = 100
# Inches.
_PANEL = 2.4
_TICK = 0.55
_HEIGHT = 1.9
_AXIS = 0.55
_PLACE = 0.55
_VALUE_ROW = 0.215
_WIDE_PANEL = 10.0
# Decades: on a shorter logarithmic axis there is no room for powers of ten.
_SHORT = 0.5
# Below this many, 1 and 3 leave it bare.
_FEW = 1.2
_SUBS = (1.0, 1.5, 2.0, 3.0, 5.0, 7.0)
_NARROWEST = 0.02
_MOST_TOLD = 8
# Beside the outer learning rates, as a factor.
_BESIDE = 2.2


def pages_by_rate(runs: DataFrame, sheet: Sheet) -> list[Page]:
    """The pages of one experiment, whose learning rates lie along the x axis.

    Raises:
        ReluBenchError: when there is one learning rate only, or one without a logarithm.
    """
    rates = compare.completed(runs)[RATE]
    if rates.nunique() < 2:
        raise ReluBenchError(f"{RATE} has one value in these runs")
    if not (rates > 0).all():
        raise ReluBenchError(f"{RATE} {rates.min():g} has no place on a logarithmic axis")
    found = pages(runs.assign(**{RATE: 1.0}), sheet.most_strips)
    return [
        replace(page, runs=page.runs.assign(**{RATE: runs.loc[page.runs.index, RATE]}))
        for page in found
    ]


def by_rate(page: Page, results: Selection, sheet: Sheet) -> Picture:
    """The mean score of each variant by learning rate, a panel for each strip."""
    del results  # the page has all that it takes
    scale = compare.scale_of(page.metric)
    groups = group_scores(page.runs, ("strip", "level", RATE))
    table = marked(groups.assign(x=groups[RATE]))
    limits = mean_limits(groups, scale)
    enough = good_enough(groups, page.metric, ["strip"]).to_dict()
    rates = sorted(float(rate) for rate in groups[RATE].unique())
    columns = min(max(1, int(sheet.width / _PANEL)), len(page.strips))
    most_ticks = max(2, int((sheet.width / columns - 0.6) / _TICK))

    def panel(strip: str) -> Panel:
        def draw(axes: Axes) -> None:
            axes.set_xscale("log")
            axes.set_xlim(rates[0] / _BESIDE, rates[-1] * _BESIDE)
            axes.set_ylim(*limits)
            labels = evenly(rates, most_ticks)
            axes.set_xticks(labels, [f"{rate:g}" for rate in labels])
            axes.set_xticks(rates, [""] * len(rates), minor=True)
            numbered(axes.yaxis, scale)
            if strip in enough:
                axes.axhspan(enough[strip], max(1.0, limits[1]), color="#f0f0f0", lw=0, zorder=0)
            marks.means(axes, table[table["strip"] == strip], page.look, limits)

        return Panel(
            draw=draw,
            heading=strip,
            height=_HEIGHT,
            x="learning rate",
            y=f"test {scale.title}{scale.suffix}",
        )

    title, details = notes.title(page, f"test {scale.title} by learning rate", sheet.where)
    note = [*means_note(groups, limits, page)]
    if enough:
        parts = " in its panel" if len(page.strips) > 1 else ""
        note.append(f"Shaded: within {WITHIN:g}\u00a0point of the best mean{parts}.")
    note += [*notes.missing(page), notes.crowd(page)]
    return Picture(
        title=title,
        details=details,
        grids=[Grid(flowing([[panel(strip)] for strip in page.strips], columns))],
        legend=notes.legend_of(page, set(groups["level"])),
        legend_title=notes.hue_title(page),
        note=" ".join(text for text in note if text),
        words=_best_rates(groups, page),
    )


def _best_rates(groups: DataFrame, page: Page) -> str:
    """The best mean of each level and its learning rate; of many levels the best and the worst."""
    scale = compare.scale_of(page.metric)
    ordered = groups.sort_values("mean", ascending=not scale.higher_is_better, kind="stable")
    best = ordered.drop_duplicates(["strip", "level"]).to_dict("records")
    told = best if len(best) <= _MOST_TOLD else [best[0], best[-1]]
    parts = [
        f"{' at '.join(text for text in (row['level'], row['strip']) if text)}: "
        f"{number(row['mean'], scale)} at {row[RATE]:g}"
        for row in told
    ]
    return f"Best mean test {scale.title} and its learning rate: {'; '.join(parts)}."


def marked(groups: DataFrame) -> DataFrame:
    """`compare.group_scores` as `marks.means` takes them."""
    return groups.assign(
        value=groups["mean"],
        hollow=groups["learned"] < groups["runs"],
        crossed=groups["diverged"] > 0,
    )


def means_note(groups: DataFrame, limits: Limits, page: Page) -> Iterator[str]:
    """What marks and bars of `group_scores` mean, as far as they are there."""
    scale = compare.scale_of(page.metric)
    sizes = groups["runs"]
    if sizes.max() == 1:
        yield "Marks: one seed each, no intervals."
    else:
        yield f"Marks: means over {notes.seeds(sizes)}; bars: {notes.interval(page.runs)}."
    yield from notes.off_axis(groups["mean"], limits, "mean", scale)
    if any_cut(groups, limits) or not groups["mean"].between(*limits).all():
        yield "A triangle at the edge: a mean or an interval goes on there."
    if (groups["learned"] < groups["runs"]).any():
        yield "Open marks: not all runs learned."
    diverged = groups[groups["diverged"] > 0]
    if len(diverged):
        yield f"×: with a diverged run, which {notes.guesses(diverged, scale)}."


@dataclass(frozen=True, eq=False)
class InteractionPage(CrossedPage):
    """A page with the interaction of its two axes, None where it cannot be told.

    It is that of all runs on the page's data set, on whichever page they are.
    """

    effect: Effect | None


def pages_of_interaction(runs: DataFrame, sheet: Sheet) -> list[InteractionPage]:
    """The pages of one experiment over two axes, by default the pair that explains most.

    Raises:
        ReluBenchError: when the axes that were asked for are not there, none can be crossed, or
            both have more values than lines can be told apart.
    """
    most = max(2, int((sheet.width - _AXIS) / _PLACE))
    found = crossed_pages(runs, sheet, _pair_across, lambda _: most)
    for page in found:
        if page.crowded:
            raise ReluBenchError(
                f"{page.down} has {len(page.look)} values, and more than {MOST_LOOKS} lines cannot "
                f"be told apart. Narrow it with --where {page.down}=VALUE, or draw a heatmap."
            )
    return [InteractionPage(**vars(page), effect=_effect(runs, page)) for page in found]


def _pair_across(runs: DataFrame) -> TwoAxes:
    """The axis along x: that of numbers, or one that has more values than there are looks."""
    across, down = numbers_across(runs, interacting_pair(runs))
    return (down, across) if runs[down].nunique(dropna=False) > MOST_LOOKS else (across, down)


def _effect(runs: DataFrame, page: CrossedPage) -> Effect | None:
    there = runs["dataset"].isin(page.runs["dataset"].unique())
    rows = runs if there.all() else runs[there]
    if len(page.hue) > 1 or rows["model"].nunique() > 1:
        return None
    return largest_interaction(rows, (page.across, page.down))


def interaction(page: InteractionPage, results: Selection, sheet: Sheet) -> Picture:
    """Lines of means over the values of one axis, parallel where the other changes nothing."""
    del results  # the page has all that it takes
    scale = compare.scale_of(page.metric)
    groups = group_scores(page.runs, ("strip", "level", "place"))
    places = {text: number for number, text in enumerate(page.places)}
    table = marked(groups.assign(x=groups["place"].map(places)))
    limits = mean_limits(groups, scale)
    least = max(_PANEL, _AXIS + _PLACE * len(places))
    columns = min(max(1, int(sheet.width / least)), len(page.strips))
    names = PlaceNames(page.places, (sheet.width / columns - _AXIS) / len(places))

    def panel(strip: str) -> Panel:
        def draw(axes: Axes) -> None:
            axes.set_xlim(-0.5, len(places) - 0.5)
            axes.set_ylim(*limits)
            names.write(axes)
            axes.grid(visible=False, axis="x")
            numbered(axes.yaxis, scale)
            marks.means(axes, table[table["strip"] == strip], page.look, limits)

        return Panel(
            draw=draw,
            heading=strip,
            height=_HEIGHT + names.further,
            x=page.across.replace("_", " "),
            y=f"test {scale.title}{scale.suffix}",
        )

    subject = f"test {scale.title}, interaction of {page.title}"
    title, details = notes.title(page, subject, sheet.where)
    explained = _explained(page)
    return Picture(
        title=title,
        details=details,
        grids=[Grid(flowing([[panel(strip)] for strip in page.strips], columns))],
        legend=notes.legend_of(page, set(groups["level"])),
        legend_title=notes.hue_title(page),
        note=" ".join([*means_note(groups, limits, page), explained, *notes.missing(page)]),
        words=f"{ends_in_words(groups, page)} {explained}",
    )


def _explained(page: InteractionPage) -> str:
    """What parallel lines mean, and how much of the error the interaction explains."""
    if page.effect is None:
        return "Parallel lines: no interaction."
    share = f"{100 * page.effect.share:.1f}\u00a0%"
    over = "Over all settings, the" if len(page.strips) > 1 or page.part else "The"
    return (
        f"Parallel lines: no interaction. {over} interaction explains {share} of the variation of "
        f"the log of the {measure_of(page.metric).error} of the runs that learned."
    )


@dataclass(frozen=True, eq=False)
class EffectsPage(Page):
    """A page with the main effects of its runs, which have one data set and model."""

    found: MainEffects


def pages_of_effects(runs: DataFrame, sheet: Sheet) -> list[EffectsPage]:
    """A page for each data set and model of an experiment, whatever its width.

    Raises:
        ReluBenchError: when the effects of none can be told, with the first reason; when there are
            more values than rows that a reader looks at.
    """
    del sheet  # rows of values fit any width
    named = runs.assign(level="", strip="")
    done = compare.completed(named)
    parts = [name for name in ("dataset", "model") if done[name].nunique() > 1]
    found, reasons = [], []
    for _, part in named.groupby(["dataset", "model"], sort=True):
        try:
            effects = main_effect_means(part)
        except ReluBenchError as error:
            reasons.append(error)
            continue
        if len(effects.learned) > MOST_VALUES:
            raise ReluBenchError(
                f"{', '.join(effects.axes)} have {len(effects.learned)} values, more than "
                f"{MOST_VALUES}; narrow it with --where KEY=VALUE"
            )
        title = ", ".join(str(part[name].iloc[0]) for name in parts)
        experiment = str(part["experiment"].iloc[0])
        found.append(
            EffectsPage(
                experiment, title, (), ("",), "", ("",), part, looks([""]), "", found=effects
            )
        )
    if not found and reasons:
        raise reasons[0]
    return found


def main_effects(page: EffectsPage, results: Selection, sheet: Sheet) -> Picture:
    """A row for each value of each axis: who learned, unless all did, and the error of these."""
    del results  # the page has all that it takes
    found = page.found
    shown = [found.effects.learned] if found.effects.learned.effects else []
    width = sheet.width / (len(shown) + 1)
    of_these = " of these" if shown else ""
    error_name = f"{_error_title(page)}{of_these}, geometric mean"
    panels = [
        _effects_panel(found, panel, error_name, width, named=number == 0)
        for number, panel in enumerate((*shown, found.effects.error))
    ]
    subject = f"main effects of {', '.join(name.replace('_', ' ') for name in found.axes)}"
    title, details = notes.title(page, subject, sheet.where)
    return Picture(
        title=title,
        details=details,
        grids=[Grid([panels] if sheet.wide else [[panel] for panel in panels])],
        note=" ".join([*_effects_note(page), *notes.missing(page)]),
        words=_effects_in_words(page),
    )


def _effects_panel(
    found: MainEffects, panel: PanelOfEffects, error_name: str, width: float, *, named: bool
) -> Panel:
    of_errors = panel is found.effects.error
    table = found.error if of_errors else found.learned
    shares = {each.axes[0]: each.share for each in panel.effects if len(each.axes) == 1}
    by_axis = found.learned.groupby("axis", sort=False)["value"]
    names: dict[str, str] = {}
    texts: dict[str, str] = {}
    for axis in found.axes:
        names[axis] = axis.replace("_", " ")
        if axis in shares:
            texts[axis] = f"explains {100 * shares[axis]:.1f}\u00a0%"
        known = set(table.loc[table["axis"] == axis, "value"])
        for value in by_axis.get_group(axis):
            names[f"{axis}={value}"] = str(value)
            if value not in known:
                texts[f"{axis}={value}"] = "no run learned"
    places = marks.row_places(list(names), width, names=names, texts=texts, least=_VALUE_ROW)
    rows = table.assign(
        level=table["axis"] + "=" + table["value"].astype(str), x=1, value=table["mean"]
    )
    look = dict.fromkeys(names, looks([""])[""])
    limits = _error_limits(table) if of_errors else with_margin(0.0, 100.0)

    def draw(axes: Axes) -> None:
        if of_errors:
            _error_axis(axes, limits, wide=width > 3.0)
        marks.rows(axes, rows, look, places, limits)
        for label, level in zip(axes.get_yticklabels(), places.levels, strict=True):
            label.set_fontweight("bold" if level in found.axes else "normal")
        axes.tick_params(axis="y", labelleft=named or width > _WIDE_PANEL)

    return Panel(
        draw=draw,
        height=places.height,
        x=error_name if of_errors else "runs that learned (%)",
    )


def _error_title(page: Page) -> str:
    """How far from perfect: `test error (%)`, `1 − test AUC`, `test RMSE`."""
    measure = measure_of(page.metric)
    return f"{measure.error}{measure.scale.suffix}"


def _error_axis(axes: Axes, limits: Limits, *, wide: bool) -> None:
    """A logarithmic axis, its numbers written out."""
    from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

    axes.set_xscale("log")
    decades = math.log10(limits[1] / limits[0])
    axes.xaxis.set_major_locator(
        MaxNLocator(nbins=5 if wide else 3)
        if decades < _SHORT
        else LogLocator(subs=_SUBS if wide and decades < _FEW else (1.0, 3.0), numticks=12)
    )
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())


def _error_limits(means: DataFrame) -> Limits:
    """All means, and their intervals as far as these go on by half of the means' span, on a log."""
    low, high = (math.log10(end) for end in (means["mean"].min(), means["mean"].max()))
    further = max(high - low, _NARROWEST) / 2
    ends = means.dropna(subset=["low", "high"])
    if len(ends):
        low = max(min(low, math.log10(ends["low"].min())), low - further)
        high = min(max(high, math.log10(ends["high"].max())), high + further)
    low, high = with_margin(low, high)
    return 10.0**low, 10.0**high


def _effects_note(page: EffectsPage) -> Iterator[str]:
    effects = page.found.effects
    yield f"Ranges: {'; '.join(effects.ranges)}."
    if not effects.learned.effects:
        yield f"{'All' if len(page.found.error) else 'No'} {effects.learned.runs} runs learned."
    yield (
        "Marks: means over all runs, errors with the other axes held alike; bars: 95\u00a0% "
        "intervals over the seeds."
    )
    yield "Explains: share of the variation of the runs; a wider range makes a larger one."
    parts = []
    for panel, what in ((effects.learned, "of who learns"), (effects.error, "of the error")):
        largest = next((each for each in panel.effects if len(each.axes) == 2), None)
        if largest is not None:
            names = " × ".join(name.replace("_", " ") for name in largest.axes)
            parts.append(f"{names} {100 * largest.share:.1f}\u00a0% {what}")
    if parts:
        yield f"Largest interaction: {', '.join(parts)}."
    if effects.error.refused:
        pairs = ", ".join(" × ".join(pair) for pair in effects.error.refused)
        yield f"Refused, as not all combinations have several runs: {pairs}."


def _effects_in_words(page: EffectsPage) -> str:
    """What each axis explains, and the value with the least error."""
    effects = page.found.effects
    told = []
    for panel, what in (
        (effects.learned, "whether a run learns"),
        (effects.error, f"the log of the {_error_title(page).partition(' (')[0]}"),
    ):
        parts = [
            f"{each.axes[0]} {100 * each.share:.1f}\u00a0%"
            for each in panel.effects
            if len(each.axes) == 1
        ]
        if parts:
            told.append(f"Share of the variation of {what}: {', '.join(parts)}.")
    errors = page.found.error
    least = errors.loc[errors.groupby("axis", sort=False)["mean"].idxmin()]
    best = [
        compare.label({str(row["axis"]): str(row["value"])}) for row in least.to_dict("records")
    ]
    return " ".join([*told, f"Least error of each: {', '.join(best)}."])
