"""From results to figures: which kinds for each experiment, and each of them page by page."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from relu_bench.compare import Results, axes
from relu_bench.errors import ReluBenchError
from relu_bench.plots.comparison import SIDE_BY_SIDE, WIDTH
from relu_bench.plots.kinds import KINDS, chosen
from relu_bench.plots.pages import MOST_STRIPS, Page, pages
from relu_bench.plots.style import styled
from relu_bench.plots.worth import Worth

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_PAGES = 24
_MOST_STRIPS_IN_A_COLUMN = 3
_NAME_LENGTH = 150


@dataclass(frozen=True, eq=False)
class Figures:
    """The figures of some results; each is drawn when an iteration comes to it.

    Iterating gives a name, unique among these and safe in a file system, and the figure, to be
    saved inside `style.styled`, as `saving.save` does.

    Attributes:
        results: what is drawn.
        drawings: name, kind and page of each figure.
        notices: what is not drawn, and why: one line each.
        width: in inches; the height follows.
        with_title: whether each figure has its title.
    """

    results: Results
    drawings: tuple[tuple[str, str, Page], ...]
    notices: tuple[str, ...]
    width: float
    with_title: bool

    def __len__(self) -> int:
        return len(self.drawings)

    def __iter__(self) -> Iterator[tuple[str, Figure]]:
        return ((name, self._figure(kind, page)) for name, kind, page in self.drawings)

    def _figure(self, kind: str, page: Page) -> Figure:
        rows = KINDS[kind].rows(self.results)
        rows = rows[rows["run_id"].isin(page.runs["run_id"])]
        with styled():
            return KINDS[kind].draw(
                page,
                rows,
                width=self.width,
                with_title=self.with_title,
                where=self.results.where,
            )


def draw(
    results: Results,
    kinds: Sequence[str] = (),
    *,
    width: float = WIDTH,
    with_title: bool = True,
) -> Figures:
    """Plan the figures of every experiment in `results`.

    Args:
        results: of `compare.load`.
        kinds: names in `kinds.KINDS`, or `all`. Left out: those that tell something of the
            experiment, by the rule of each kind.
        width: in inches; the height follows.
        with_title: whether each figure has its title.

    Raises:
        ReluBenchError: for an unknown kind, or when there is nothing to draw in any experiment.
    """
    asked = chosen(kinds)
    planned: list[tuple[str, Page]] = []
    notices: list[str] = []
    for experiment in sorted(results.runs["experiment"].unique()):
        drawable, said = _of_experiment(results, str(experiment), asked, width)
        planned += drawable
        notices += (f"{experiment}: {line}" for line in said)
    if not planned:
        raise ReluBenchError("\n".join(["There is nothing to draw.", *notices]))
    names: set[str] = set()
    drawings = tuple(
        (_unique(_file_name(page, kind, results.where), names), kind, page)
        for kind, page in planned
    )
    return Figures(results, drawings, tuple(notices), width, with_title)


def _of_experiment(
    results: Results, experiment: str, asked: Collection[str], width: float
) -> tuple[list[tuple[str, Page]], list[str]]:
    """The figures of one experiment, kind by kind, and what is not drawn."""
    runs = results.runs[results.runs["experiment"] == experiment]
    most_strips = MOST_STRIPS if width >= SIDE_BY_SIDE else _MOST_STRIPS_IN_A_COLUMN
    found = pages(runs, most_strips)
    if len(found) > MOST_PAGES:
        varying = ", ".join(axes(runs))
        return [], [
            f"more than {MOST_PAGES} figures would be needed for its axes ({varying}), so it is "
            "not drawn; narrow it with --where KEY=VALUE"
        ]
    if not found:
        return [], ["no completed run, so there is nothing to draw"]
    worth = Worth(results, runs)
    planned = [
        (kind, page)
        for kind in (asked or [kind for kind in KINDS if worth.tells(kind)])
        for page in found
        if worth.has(kind, page.runs)
    ]
    return planned, worth.notices(asked, {kind for kind, _ in planned})


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
