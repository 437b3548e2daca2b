"""The words around a figure: its title, and the note that names every band, bar and mark."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from relu_bench import compare
from relu_bench.plots.pages import Page
from relu_bench.plots.style import number

if TYPE_CHECKING:
    from pandas import DataFrame

    from relu_bench.plots.limits import Limits

GOES_ON = "An interval that ends in an arrow goes on."

_SETTINGS = ("dataset", "model", "activation", "initializer", "learning_rate", "optimizer")


def title(page: Page, subject: str, where: Sequence[str] = ()) -> tuple[str, str]:
    """The experiment and what is shown of it, and the settings that all its runs have in common."""
    part = f", {page.part}" if page.part else ""
    fixed = []
    for name in _SETTINGS:
        values = list(compare.texts(page.runs[name]).values())
        if len(values) == 1:
            fixed.append(f"{name}={values[0]}" if name == "learning_rate" else values[0])
    only = f"; only {', '.join(where)}" if where else ""
    return f"{page.experiment}{part}: {subject}", ", ".join(fixed) + only


def hue_title(page: Page) -> str:
    """The name of the axis whose bare values are the levels; empty where these speak alone."""
    if len(page.hue) != 1 or page.hue[0] == "activation":
        return ""
    return page.hue[0].replace("_", " ")


def note(
    page: Page, scores: DataFrame, splits: Sequence[str], limits: Limits, *, thin_lines: bool
) -> str:
    """What lines, bands, dots, bars and marks mean, and which runs are missing.

    Args:
        page: what is drawn.
        scores: of `compare.final_scores`, by strip and level.
        splits: those whose curves are drawn.
        limits: of the axis of scores.
        thin_lines: whether some curves are drawn run by run.
    """
    sizes = scores.groupby(["strip", "level"]).size()
    lines = _repeats(int(sizes.min()), int(sizes.max()), splits)
    shown = scores[(scores["low"] < limits[1]) & (scores["high"] > limits[0])]
    if ((shown["low"] < limits[0]) | (shown["high"] > limits[1])).any():
        lines.append(GOES_ON)
    lines += [*_marks(page, scores, thin_lines=thin_lines), *missing(page), rows_by(page)]
    return " ".join(line for line in lines if line)


def rows_by(page: Page) -> str:
    """What orders the rows; nothing where their numbers do."""
    if not page.ordered_by:
        return ""
    title = compare.scale_of(page.metric).title
    return f"Rows are in the order of mean {page.ordered_by} {title}."


def _repeats(fewest: int, most: int, splits: Sequence[str]) -> list[str]:
    where = []
    if "train" in splits:
        where.append("the training mean of an epoch stands at its middle")
    if "val" in splits:
        where.append("validation at its end")
    placed = f"{', '.join(where)[:1].upper()}{', '.join(where)[1:]}." if where else ""
    if most == 1:
        return ["One seed: no bands, no intervals.", placed]
    seeds = f"{most} seeds" if fewest == most else f"{fewest} to {most} seeds"
    lines = [f"Lines: means over {seeds}; bands: ±\u00a01\u00a0sd.", placed] if splits else []
    lines.append("Dots: seeds; below them their mean with its 95\u00a0% t interval.")
    if fewest == 1:
        lines.append("Where there is one seed, there is no band and no interval.")
    return lines


def _marks(page: Page, scores: DataFrame, *, thin_lines: bool) -> list[str]:
    lines = []
    if thin_lines:
        lines.append(
            "Thin lines: single runs, in place of a band where some learned and some did not, or "
            "some end off the axis."
        )
    if (scores["outcome"] == "at_chance").any():
        lines.append("○: not better than the constant guess.")
    diverged = scores[scores["outcome"] == "diverged"]
    if len(diverged):
        scale = compare.scale_of(page.metric)
        guesses = sorted({number(value, scale) for value in diverged["guess"]})
        shown = guesses[0] if len(guesses) == 1 else f"{guesses[0]} to {guesses[-1]}"
        lines.append(f"×: diverged, counts as the constant guess ({shown}).")
    return lines


def missing(page: Page) -> list[str]:
    """How many failed runs of the page are not in the figure; nothing when there are none."""
    failed = page.runs[page.runs["status"] == "failed"]
    if not len(failed):
        return []
    done = set(compare.completed(page.runs)["level"])
    lost = [level for level in page.order if level not in done]
    count = "1 failed run is" if len(failed) == 1 else f"{len(failed)} failed runs are"
    all_of = f" (all of {', '.join(lost)})" if lost else ""
    return [f"{count} missing{all_of}."]
