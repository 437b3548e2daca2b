"""From results to figures: each kind, for each experiment, page by page."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Literal

from relu_bench.compare import Results, axes, completed
from relu_bench.errors import ReluBenchError
from relu_bench.plots.comparison import SIDE_BY_SIDE, WIDTH, comparison
from relu_bench.plots.pages import MOST_STRIPS, Page, pages
from relu_bench.plots.style import styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from pandas import DataFrame

Kind = Literal["comparison"]
# Every kind of figure: (page, epochs, width=, with_title=, where=) -> Figure.
KINDS: dict[Kind, Callable[..., Figure]] = {"comparison": comparison}

MOST_PAGES = 24
_MOST_STRIPS_IN_A_COLUMN = 3
_NAME_LENGTH = 150


def draw(
    results: Results,
    kinds: Sequence[Kind] = ("comparison",),
    *,
    width: float = WIDTH,
    with_title: bool = True,
) -> Iterator[tuple[str, Figure]]:
    """Draw the figures of every experiment in `results`, one after the other.

    Args:
        results: of `compare.load`.
        kinds: names in `KINDS`.
        width: in inches; the height follows.
        with_title: whether each figure has its title.

    Returns:
        An iterator that draws when asked for the next: a name, unique in these results and safe in
        a file system, and the figure, to be saved inside `style.styled`, as `saving.save` does.

    Raises:
        ReluBenchError: when there is nothing to draw in any experiment.
    """
    planned = [page for _, part in _planned(results, width) for page in part or ()]
    if not planned:
        raise ReluBenchError("\n".join(["There is nothing to draw.", *notices(results, width)]))
    names: set[str] = set()
    drawings = [
        (kind, page, _unique(_file_name(page, kind, results.where), names))
        for page in planned
        for kind in kinds
    ]
    return (
        (name, _figure(results, kind, page, width=width, with_title=with_title))
        for kind, page, name in drawings
    )


def _figure(results: Results, kind: Kind, page: Page, *, width: float, with_title: bool) -> Figure:
    epochs = results.epochs
    epochs = epochs[epochs["run_id"].isin(page.runs["run_id"])]
    with styled():
        return KINDS[kind](page, epochs, width=width, with_title=with_title, where=results.where)


def notices(results: Results, width: float = WIDTH) -> list[str]:
    """What is not drawn, and why: one line each."""
    lines = []
    for experiment, drawable in _planned(results, width):
        if drawable is None:
            varying = ", ".join(axes(_of(results, experiment)))
            lines.append(
                f"{experiment}: more than {MOST_PAGES} figures would be needed for its axes "
                f"({varying}), so it is not drawn; narrow it with --where KEY=VALUE"
            )
        elif not drawable:
            lines.append(f"{experiment}: no completed run, so there is nothing to draw")
        elif without := _without_epochs(results, experiment):
            runs = "1 run has" if without == 1 else f"{without} runs have"
            lines.append(f"{experiment}: {runs} no rows in epochs.csv and so no learning curve")
    return lines


def _without_epochs(results: Results, experiment: str) -> int:
    done = completed(_of(results, experiment))
    epochs = results.epochs
    stored = epochs.loc[epochs["experiment"] == experiment, "run_id"]
    return int((~done["run_id"].isin(stored.unique())).sum())


def _planned(results: Results, width: float) -> Iterator[tuple[str, list[Page] | None]]:
    """Each experiment with its pages; None where they would be too many to look at."""
    most_strips = MOST_STRIPS if width >= SIDE_BY_SIDE else _MOST_STRIPS_IN_A_COLUMN
    for experiment in sorted(results.runs["experiment"].unique()):
        found = pages(_of(results, experiment), most_strips)
        yield str(experiment), found if len(found) <= MOST_PAGES else None


def _of(results: Results, experiment: str) -> DataFrame:
    return results.runs[results.runs["experiment"] == experiment]


def _file_name(page: Page, kind: str, where: Sequence[str]) -> str:
    parts = [page.experiment, kind, *where, page.part]
    safe = (re.sub(r"[^A-Za-z0-9._-]+", "-", part).strip("-") for part in parts if part)
    return "-".join(safe)[:_NAME_LENGTH]


def _unique(name: str, taken: set[str]) -> str:
    """The name, or with a number behind it; capitals make no difference on some systems."""
    candidate, number = name, 1
    while candidate.casefold() in taken:
        number += 1
        candidate = f"{name}-{number}"
    taken.add(candidate.casefold())
    return candidate
