"""What else a comparison shows: robustness, time to accuracy, effects of the axes, as tables."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from relu_bench.compare.comparison import Comparison
from relu_bench.compare.effects import LEAST_SHARE, Effects, Panel, effect_axes, effects_of
from relu_bench.compare.tables import UNMARKED
from relu_bench.compare.time_to_accuracy import SHARE, Times
from relu_bench.compare.views import WITHIN, Robustness, further_axes
from relu_bench.errors import ReluBenchError
from relu_bench.tables import Table, table
from relu_bench.wording import decimals, percent, probability, rounded

_MOST_EFFECTS = 10
_MOST_IN_WORDS = 3
# Of views that pool settings: these are not chosen, even where those of the scores are.
_OVER_ALL = ", over all settings that all variants have"


@dataclass(frozen=True)
class Further:
    """The views beside a comparison; empty or None where not asked for, or where there is none.

    Attributes:
        robustness: to the learning rate.
        times: the time to accuracy.
        effects: of the axes.
        matters: the largest of these in one sentence, also where the rest is not asked for.
    """

    robustness: tuple[Robustness, ...] = ()
    times: Times | None = None
    effects: Effects | None = None
    matters: str = ""


def further_tables(comparison: Comparison, further: Further) -> list[Table]:
    """Each view as a table, with the sentences that explain it as its notes."""
    found = []
    if further.robustness:
        found.append(_robustness(comparison, further.robustness))
    if further.times is not None:
        found.append(_times(comparison, further.times))
    if further.effects is not None:
        found += _effects(comparison, further.effects)
    return found


def further_record(further: Further) -> dict[str, Any]:
    """The views as data."""
    times = further.times
    return {
        "robustness": [
            {"variant": each.variant, "best_rate": each.best_rate, **asdict(each.band)}
            for each in further.robustness
        ],
        "time_to_accuracy": None
        if times is None
        else {
            "target": times.target,
            "metric": times.measure.column,
            "unit": times.measure.scale.unit,
            "variants": [asdict(row) for row in times.rows],
        },
        "effects": None
        if further.effects is None
        else {
            "ranges": list(further.effects.ranges),
            "learned": asdict(further.effects.learned),
            "log_error": asdict(further.effects.error),
        },
    }


def matters_most(comparison: Comparison) -> str:
    """Which axes explain most of the error, in one sentence; empty where that cannot be told."""
    runs = comparison.question.runs
    try:
        effects = effects_of(runs, effect_axes(runs), comparison.measure).error.effects
    except ReluBenchError:
        return ""
    shown = [each for each in effects[:_MOST_IN_WORDS] if each.share >= LEAST_SHARE]
    if not shown:
        return ""
    listed = ", ".join(f"{' × '.join(each.axes)} {percent(each.share)}\u00a0%" for each in shown)
    return f"What matters most, by its share of the variation of the log error: {listed}."


def _table(
    title: str, heads: Sequence[str], rows: Sequence[tuple[str, ...]], notes: Sequence[str]
) -> Table:
    return table(title, heads, rows, UNMARKED * len(rows), notes)


def _robustness(comparison: Comparison, rows: Sequence[Robustness]) -> Table:
    cells = []
    for each in rows:
        band = each.band
        runs_on = "≥ " if band.open_low or band.open_high else ""
        between = "" if math.isnan(band.low) else f"{band.low:.2g} to {band.high:.2g}"
        cells.append((each.variant, f"{runs_on}{band.decades:.2f}", between, f"{each.best_rate:g}"))
    heads = (", ".join(comparison.question.by), "decades", "learning rates", "best")
    notes = [
        f"Decades of learning rate within {WITHIN:g}\u00a0point of the best of all variants, "
        "interpolated in the logarithm; ≥: the band runs to the edge of the learning rates that "
        "the variant was given."
    ]
    pooled = further_axes(comparison.question)
    if pooled:
        notes.append(
            f"Each score is the mean over the settings of {', '.join(pooled)} that every variant "
            f"has at each of its learning rates{_not_chosen(comparison)}."
        )
    title = f"Robustness to the learning rate{_OVER_ALL if pooled else ''}"
    return _table(title, heads, cells, notes)


def _not_chosen(comparison: Comparison) -> str:
    """That a view is over all settings even where the scores above it are at the best ones."""
    return ", not of the best alone" if comparison.mode == "tuned" else ""


def _times(comparison: Comparison, times: Times) -> Table:
    def shown(value: float, digits: int) -> str:
        return "never" if math.isinf(value) else rounded(value, digits)

    heads = [", ".join(comparison.question.by), "reached", "epochs"]
    rows = []
    for row in times.rows:
        seconds = (shown(row.seconds, 2),) if times.timed else ()
        rows.append((row.variant, f"{row.reached}/{row.runs}", shown(row.epochs, 1), *seconds))
    scale = times.measure.scale
    target = f"{rounded(times.target, decimals(scale.unit))}\u00a0{scale.unit}".strip()
    near = scale.near(SHARE)
    of_what = f"{near} the final one of {comparison.baseline}"
    pooled = comparison.question.others
    over = ""
    if pooled:
        of_what = f"{of_what} at its best setting"
        over = (
            f" at the settings of {', '.join(pooled)} that all variants have"
            f"{_not_chosen(comparison)}"
        )
    never = f"a run that never reaches {target} counts as infinity."
    notes = [f"Medians over the runs{over}; {never}"]
    if times.timed:
        heads.append("seconds")
    else:
        notes.append(f"No seconds: the runs differ in {', '.join(times.differing)}.")
    title = f"Time to a {times.measure.title} of {target}"
    if not times.given:
        title += f" ({of_what})" if pooled else f", {of_what}"
    return _table(f"{title}{_OVER_ALL if pooled else ''}", heads, rows, notes)


def _effects(comparison: Comparison, effects: Effects) -> list[Table]:
    ranges = f" (ranges: {'; '.join(effects.ranges)})"
    titles = (
        "Effects on whether a run learns",
        f"Effects on the log of the {comparison.measure.error}, where it learned",
    )
    panels = (effects.learned, effects.error)
    found = []
    for title, panel in zip(titles, panels, strict=True):
        notes = [] if panel.effects else [f"All {panel.runs} runs are alike: no effects."]
        more = len(panel.effects) - _MOST_EFFECTS
        if more > 0:
            notes.append(f"Smaller effects that are not shown: {more}; --format json has all.")
        if panel.refused:
            names = ", ".join(" × ".join(pair) for pair in panel.refused)
            notes.append(f"Refused, as not all combinations have several runs: {names}.")
        if panel is panels[-1] and comparison.mode == "tuned":
            notes.append("The effects are over all runs, not over the best settings alone.")
        if panel is panels[-1]:
            notes.append(
                "Share: of the variation of the runs (Type II). A wider range makes a larger "
                "share. F and p: each seed is one observation of an effect, over the settings that "
                "all seeds have (Greenhouse and Geisser)."
            )
        found.append(_panel(f"{title}{ranges if panel.effects else ''}", panel, notes))
    return found


def _panel(title: str, panel: Panel, notes: Sequence[str]) -> Table:
    rows = [
        (
            " × ".join(effect.axes),
            f"{100 * effect.share:.1f} %",
            str(effect.degrees),
            "" if math.isnan(effect.f) else f"{effect.f:.1f}",
            probability(effect.p),
        )
        for effect in panel.effects[:_MOST_EFFECTS]
    ]
    return _table(title, ("effect", "share", "df", "F", "p"), rows, notes)
