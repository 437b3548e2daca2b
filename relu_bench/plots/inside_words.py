"""The notes below figures of layers: what lines and bands are, and what is missing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from relu_bench import compare
from relu_bench.plots import words
from relu_bench.plots.inside import Inside
from relu_bench.plots.pages import Page

if TYPE_CHECKING:
    from pandas import DataFrame

_MOST_NAMED = 4


def repeats(table: DataFrame, middle: str, band: str) -> str:
    """What the lines and bands of a table are.

    Args:
        table: of `Inside`, with a row and `n` for each point.
        middle: what a line shows, as `means`.
        band: what a band shows, as `± 1 sd`.
    """
    if not len(table):
        return ""
    fewest, most = _fewest_and_most(table)
    if most == 1:
        return "One seed: no bands."
    lone = " Where there is one seed, there is no band." if fewest == 1 else ""
    return f"Lines: {middle} over {seeds(table)}; bands: {band}.{lone}"


def seeds(table: DataFrame) -> str:
    """How many seeds the lines of a table stand for: `10 seeds`, `1 to 10 seeds`."""
    fewest, most = _fewest_and_most(table)
    if most == 1:
        return "1 seed"
    return f"{most} seeds" if fewest == most else f"{fewest} to {most} seeds"


def _fewest_and_most(table: DataFrame) -> tuple[int, int]:
    sizes = table.groupby(["strip", "level"])["n"].max()
    return int(sizes.min()), int(sizes.max())


def missing(shown: Inside) -> Iterator[str]:
    """Which layers and runs the figure does not show, and why."""
    if shown.across == "epoch":
        yield from _layers(shown)
    yield from diverged(shown.page)
    yield from unprobed(shown.unprobed)
    yield from words.missing(shown.page)


def unprobed(count: int) -> Iterator[str]:
    """How many runs have no measurement of their layers; nothing when there are none."""
    if count:
        runs = "1 run was" if count == 1 else f"{count} runs were"
        are = "is" if count == 1 else "are"
        yield f"{runs} stored without probes and {are} missing."


def _layers(shown: Inside) -> Iterator[str]:
    strips = [shown.page.strips] if shown.page.crowded else [[name] for name in shown.page.strips]
    there = max(len(shown.layers(names)) for names in strips)
    if there > shown.most_layers:
        yield f"Of {there} hidden layers, {shown.most_layers} are shown, evenly spaced."


def diverged(page: Page) -> Iterator[str]:
    """How many runs diverged, and of which variants; nothing when there are none."""
    done = compare.completed(page.runs)
    key = ["level", "strip"]
    runs = done[key].value_counts().to_dict()
    lost = done.loc[done["outcome"] == "diverged", key].value_counts().to_dict()
    if not lost:
        return
    count = sum(lost.values())
    named = [
        f"{', '.join(name for name in (level, strip) if name)}: "
        f"{lost[level, strip]} of {runs[level, strip]}"
        for strip in page.strips
        for level in page.order
        if (level, strip) in lost
    ]
    more = ", …" if len(named) > _MOST_NAMED else ""
    those = "1 run diverged" if count == 1 else f"{count} runs diverged"
    yield (
        f"{those} ({'; '.join(named[:_MOST_NAMED])}{more}): shown as far as the numbers are "
        "finite, so later points are of the other runs."
    )
