"""What each value of each axis does by itself: to the share of runs that learned, to the error."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from relu_bench import compare
from relu_bench.compare.effects import MainEffects, Panel, main_effect_means
from relu_bench.compare.measures import measure_of
from relu_bench.errors import ReluBenchError
from relu_bench.plots import words
from relu_bench.plots.comparison import SIDE_BY_SIDE, WIDTH
from relu_bench.plots.effects_by_value import effects_by_value, rows_of
from relu_bench.plots.frame import Frame, framed
from relu_bench.plots.limits import Limits, with_margin
from relu_bench.plots.pages import Page
from relu_bench.plots.strips import LABEL_LINE
from relu_bench.plots.style import looks
from relu_bench.plots.wanted import Wanted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from pandas import DataFrame

TITLE = "main effects of the axes"
MOST_VALUES = 100
# In inches.
_ROW = 0.215
_AXIS = 0.5
_NAMES = 1.6
_WIDE = 1.3
# Of an axis' title in an inch.
_CHARACTERS = 14
_LABEL_WIDTH, _NARROW_LABEL_WIDTH = 30, 20
# Below this many decades, a logarithmic axis has no room for powers of ten.
_SHORT = 0.5
_NARROWEST = 0.02
# Below this many, 1, 2 and 5 leave it bare.
_FEW = 1.2
_SUBS = (1.0, 1.5, 2.0, 3.0, 5.0, 7.0)


@dataclass(frozen=True, eq=False)
class EffectsPage(Page):
    """A page with the main effects of its runs, which have one data set and model."""

    found: MainEffects


def pages_of_effects(runs: DataFrame, wanted: Wanted) -> list[EffectsPage]:
    """A page for each data set and model of an experiment, whatever its width.

    Raises:
        ReluBenchError: when the effects of none can be told, with the first reason; when there are
            more values than rows that a reader looks at.
    """
    del wanted  # rows of values fit any width
    named = runs.assign(level="", strip="")
    done = compare.completed(named)
    parts = [name for name in ("dataset", "model") if done[name].nunique() > 1]
    found, reasons = [], []
    for _, part in named.groupby(["dataset", "model"], sort=True):
        try:
            means = main_effect_means(part)
        except ReluBenchError as error:
            reasons.append(error)
            continue
        if len(means.learned) > MOST_VALUES:
            raise ReluBenchError(
                f"{', '.join(means.axes)} have {len(means.learned)} values, more than "
                f"{MOST_VALUES}; narrow it with --where KEY=VALUE"
            )
        title = ", ".join(str(part[name].iloc[0]) for name in parts)
        experiment = str(part["experiment"].iloc[0])
        look = looks([""])
        found.append(EffectsPage(experiment, title, (), ("",), "", ("",), part, look, found=means))
    if not found and reasons:
        raise reasons[0]
    return found


def main_effects(
    page: EffectsPage,
    *,
    width: float = WIDTH,
    with_title: bool = True,
    where: Sequence[str] = (),
) -> Figure:
    """Draw one page: who learned on the left, unless all did, and the error of these on the right.

    Args:
        page: of `pages_of_effects`.
        width: in inches; the height follows.
        with_title: False leaves the title to a paper's caption.
        where: the conditions that narrowed the runs, for the title.
    """
    found = page.found
    by_axis = found.learned.groupby("axis", sort=False)["value"]
    subject = f"main effects of {', '.join(name.replace('_', ' ') for name in found.axes)}"
    title, details = words.title(page, subject, where) if with_title else ("", "")
    frame = Frame(note=_note(page), title=title, details=details)
    label_width = _LABEL_WIDTH if width >= SIDE_BY_SIDE else _NARROW_LABEL_WIDTH
    rows = rows_of({axis: list(by_axis.get_group(axis)) for axis in found.axes}, label_width)
    panels = [found.effects.learned] if found.effects.learned.effects else []
    panel_width = (width - _NAMES) / (len(panels) + 1)
    wide = panel_width >= _WIDE
    of_these = " of these" if panels else ""
    titles = [
        textwrap.fill(text, max(10, int(panel_width * _CHARACTERS)))
        for text in ("runs that learned (%)", f"{error_title(page)}{of_these}, geometric mean")
    ]
    below = _AXIS + LABEL_LINE * max(text.count("\n") for text in titles)
    figure, body = framed(frame, width, _ROW * (rows[-1].end + 1.0) + below)
    places = body.subplots(1, len(panels) + 1, squeeze=False)[0]
    for axes, panel in zip(places, [*panels, found.effects.error], strict=True):
        of_errors = panel is found.effects.error
        if of_errors:
            _error_axis(axes, found.error, wide=wide)
        else:
            _share_axis(axes, wide=wide)
        axes.set_xlabel(titles[of_errors])
        effects_by_value(
            axes,
            found.error if of_errors else found.learned,
            rows=rows,
            look=page.look[""],
            shares=_shares(panel),
        )
    for axes in places[1:]:
        axes.tick_params(labelleft=False)
    return figure


def _shares(panel: Panel) -> dict[str, float]:
    return {each.axes[0]: each.share for each in panel.effects if len(each.axes) == 1}


def _share_axis(axes: Axes, *, wide: bool) -> None:
    from matplotlib.ticker import MultipleLocator

    axes.set_xlim(*with_margin(0.0, 100.0))
    axes.xaxis.set_major_locator(MultipleLocator(25 if wide else 50))


def error_title(page: Page) -> str:
    """How far from perfect: `test error (%)`, `1 − test AUC`, `test RMSE`."""
    measure = measure_of(page.metric)
    return f"{measure.error}{measure.scale.suffix}"


def _error_axis(axes: Axes, means: DataFrame, *, wide: bool) -> None:
    from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

    low, high = _log_limits(means)
    axes.set_xscale("log")
    axes.set_xlim(10**low, 10**high)
    axes.xaxis.set_major_locator(
        MaxNLocator(nbins=5 if wide else 2)
        if high - low < _SHORT or not wide
        else LogLocator(subs=_SUBS if high - low < _FEW else (1.0, 2.0, 5.0), numticks=12)
    )
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())


def _log_limits(means: DataFrame) -> Limits:
    """All means, and their intervals as far as these go on by half of the means' span."""
    low, high = (math.log10(end) for end in (means["mean"].min(), means["mean"].max()))
    further = max(high - low, _NARROWEST) / 2
    ends = means.dropna(subset=["low", "high"])
    if len(ends):
        low = max(min(low, math.log10(ends["low"].min())), low - further)
        high = min(max(high, math.log10(ends["high"].max())), high + further)
    return with_margin(low, high)


def _note(page: EffectsPage) -> str:
    found = page.found
    effects = found.effects
    lines = [f"Ranges: {'; '.join(effects.ranges)}."]
    if not effects.learned.effects:
        alike = "All" if len(found.error) else "No"
        lines.append(f"{alike} {effects.learned.runs} runs learned.")
    lines.append(
        "Marks: means over all runs, errors with the other axes held alike; bars: 95\u00a0% "
        "intervals over the seeds."
    )
    lines.append("Explains: share of the variation of the runs; a wider range makes a larger one.")
    lines += _interactions(found)
    refused = effects.error.refused
    if refused:
        pairs = ", ".join(" × ".join(pair) for pair in refused)
        lines.append(f"Refused, as not all combinations have several runs: {pairs}.")
    return " ".join([*lines, *words.missing(page)])


def _interactions(found: MainEffects) -> list[str]:
    """The largest two-way interaction of each panel: main effects alone may mislead."""
    parts = []
    for panel, where in ((found.effects.learned, "left"), (found.effects.error, "right")):
        largest = next((each for each in panel.effects if len(each.axes) == 2), None)
        if largest is not None:
            side = f" ({where})" if found.effects.learned.effects else ""
            names = " × ".join(name.replace("_", " ") for name in largest.axes)
            parts.append(f"{names} {100 * largest.share:.1f}\u00a0%{side}")
    return [f"Largest interaction: {', '.join(parts)}."] if parts else []


def numbers(page: EffectsPage) -> str:
    """What each axis explains, and the value with the least error."""
    effects = page.found.effects
    told = []
    for panel, what in (
        (effects.learned, "whether a run learns"),
        (effects.error, f"the log of the {error_title(page).partition(' (')[0]}"),
    ):
        shares = _shares(panel)
        if shares:
            parts = [f"{axis} {100 * share:.1f}\u00a0%" for axis, share in shares.items()]
            told.append(f"Share of the variation of {what}: {', '.join(parts)}.")
    errors = page.found.error
    least = errors.loc[errors.groupby("axis", sort=False)["mean"].idxmin()]
    best = [
        compare.label({str(row["axis"]): str(row["value"])}) for row in least.to_dict("records")
    ]
    return " ".join([*told, f"Least error of each: {', '.join(best)}."])
