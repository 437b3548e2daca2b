"""What else a comparison shows: robustness, time to accuracy, effects of the axes, as tables."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from relu_bench.compare import numbers
from relu_bench.compare.comparison import Comparison
from relu_bench.compare.effects import Effects, Panel
from relu_bench.compare.robustness import WITHIN, Robustness
from relu_bench.compare.sections import Mark, Section
from relu_bench.compare.time_to_accuracy import SHARE, Times

_UNMARKED: Mark = ""
_MOST_EFFECTS = 10


@dataclass(frozen=True)
class Further:
    """The views beside a comparison; empty or None where not asked for, or where there is none."""

    robustness: tuple[Robustness, ...] = ()
    times: Times | None = None
    effects: Effects | None = None


def further_sections(comparison: Comparison, further: Further) -> list[tuple[Section, list[str]]]:
    """Each view as a table, with the sentences that explain it."""
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


def _section(title: str, heads: Sequence[str], rows: Sequence[tuple[str, ...]]) -> Section:
    return Section(title, tuple(heads), tuple(rows), (_UNMARKED,) * len(rows))


def _robustness(comparison: Comparison, rows: Sequence[Robustness]) -> tuple[Section, list[str]]:
    cells = []
    for each in rows:
        band = each.band
        runs_on = "≥ " if band.open_low or band.open_high else ""
        between = "" if math.isnan(band.low) else f"{band.low:.2g} to {band.high:.2g}"
        cells.append((each.variant, f"{runs_on}{band.decades:.2f}", between, f"{each.best_rate:g}"))
    heads = (", ".join(comparison.question.by), "decades", "learning rates", "best")
    note = (
        f"Decades of learning rate within {WITHIN:g}\u00a0point of the best of all variants, "
        "interpolated in the logarithm; ≥: the band runs to the edge of the grid."
    )
    return _section("Robustness to the learning rate", heads, cells), [note]


def _times(comparison: Comparison, times: Times) -> tuple[Section, list[str]]:
    def shown(value: float, digits: int) -> str:
        return "never" if math.isinf(value) else numbers.plain(value, digits)

    heads = [", ".join(comparison.question.by), "reached", "epochs"]
    rows = []
    for row in times.rows:
        seconds = (shown(row.seconds, 2),) if times.timed else ()
        rows.append((row.variant, f"{row.reached}/{row.runs}", shown(row.epochs, 1), *seconds))
    scale = times.measure.scale
    target = f"{numbers.plain(times.target, numbers.decimals(scale))}\u00a0{scale.unit}".strip()
    near = scale.near(SHARE)
    of_what = "" if times.given else f", {near} the final one of {comparison.baseline}"
    notes = [f"Medians over the runs; a run that never reaches {target} counts as infinity."]
    if times.timed:
        heads.append("seconds")
    else:
        notes.append("No seconds: the runs were made on several hosts or processors.")
    title = f"Time to a {times.measure.title} of {target}{of_what}"
    return _section(title, heads, rows), notes


def _effects(comparison: Comparison, effects: Effects) -> list[tuple[Section, list[str]]]:
    ranges = f"Ranges: {'; '.join(effects.ranges)}."
    titles = (
        "Effects on whether a run learns",
        f"Effects on the log of the {comparison.measure.error}, where it learned",
    )
    found = []
    for title, panel in zip(titles, (effects.learned, effects.error), strict=True):
        notes = [] if panel.effects else [f"All {panel.runs} runs are alike: no effects."]
        if panel.refused:
            names = ", ".join(" × ".join(pair) for pair in panel.refused)
            notes.append(f"Refused, as not all combinations have several runs: {names}.")
        found.append((_panel(title, panel), [*notes, *([ranges] if panel.effects else [])]))
    found[-1][1].append(
        "Share: of the variation of the runs (Type II). A wider range makes a larger share; p "
        "takes runs as independent, which those of one seed are not."
    )
    return found


def _panel(title: str, panel: Panel) -> Section:
    rows = [
        (
            " × ".join(effect.axes),
            f"{100 * effect.share:.1f} %",
            str(effect.degrees),
            "" if math.isnan(effect.f) else f"{effect.f:.1f}",
            numbers.probability(effect.p),
        )
        for effect in panel.effects[:_MOST_EFFECTS]
    ]
    return _section(title, ("effect", "share", "df", "F", "p"), rows)
