"""From results to figures: which kinds for each experiment, and each of them page by page."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from relu_bench.compare import Selection, axes, completed
from relu_bench.errors import ReluBenchError
from relu_bench.plots.comparison import WIDTH
from relu_bench.plots.crossed import CrossedPage
from relu_bench.plots.kinds import KINDS, chosen
from relu_bench.plots.narrowing import narrowing
from relu_bench.plots.pages import Page
from relu_bench.plots.style import styled
from relu_bench.plots.wanted import Wanted
from relu_bench.plots.worth import Worth

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from pandas import DataFrame

MOST_PAGES = 24
# Of one kind that nobody has asked for: as many as a reader looks at, and a command draws at once.
MOST_UNASKED = 8
_NAME_LENGTH = 150
_DIGEST_LENGTH = 8


@dataclass(frozen=True, eq=False)
class Figures(Sequence[tuple[str, "Figure"]]):
    """The figures of some results; each is drawn when an iteration comes to it.

    Each is a name, unique among these and safe in a file system, and the figure, to be saved inside
    `style.styled`, as `saving.save` does.

    Attributes:
        results: what is drawn.
        drawings: name, kind and page of each figure.
        notices: what is not drawn, and why: one line each.
        width: in inches; the height follows.
        with_title: whether each figure has its title.
    """

    results: Selection
    drawings: tuple[tuple[str, str, Page], ...]
    notices: tuple[str, ...]
    width: float
    with_title: bool

    def __len__(self) -> int:
        return len(self.drawings)

    def __getitem__(self, number: Any) -> Any:
        if isinstance(number, slice):
            raise TypeError("figures are drawn one by one: ask for each by its number")
        name, kind, page = self.drawings[number]
        return name, self._figure(kind, page)

    def prepare(self) -> None:
        """Load all that the figures need, so that no process that draws some has to by itself."""
        import matplotlib.backends.backend_agg
        import matplotlib.figure
        import matplotlib.style  # noqa: F401

        for rows in {KINDS[kind].rows for _, kind, _ in self.drawings}:
            if rows is not None:
                rows(self.results)

    def _figure(self, kind: str, page: Page) -> Figure:
        with styled():
            return KINDS[kind].draw(
                page,
                *KINDS[kind].tables(self.results, page),
                width=self.width,
                with_title=self.with_title,
                where=self.results.where,
            )


def draw(
    results: Selection,
    kinds: Sequence[str] = (),
    *,
    width: float = WIDTH,
    with_title: bool = True,
    over: Sequence[str] = (),
) -> Figures:
    """Plan the figures of every experiment in `results`.

    Args:
        results: of `compare.load`; shown with their display names.
        kinds: names in `kinds.KINDS`, or `all`. Left out: those that tell something of the
            experiment, by the rule of each kind.
        width: in inches; the height follows.
        with_title: whether each figure has its title.
        over: the two axes that figures over two axes show; left out: their own choice.

    Raises:
        ReluBenchError: for an unknown kind, for `over` without a kind that takes it, or when there
            is nothing to draw in any experiment.
    """
    asked = chosen(kinds)
    results = results.displayed()
    if over and not any(KINDS[kind].over_two_axes for kind in asked):
        those = " or ".join(f"--kind {name}" for name, kind in KINDS.items() if kind.over_two_axes)
        raise ReluBenchError(f"--axes {','.join(over)} says what {those} shows: ask for one too.")
    wanted = Wanted(width, tuple(over))
    planned: list[tuple[str, Page]] = []
    notices: list[str] = []
    for experiment, runs in results.experiments.items():
        drawable, said = _of_experiment(results, runs, asked, wanted)
        planned += drawable
        notices += (f"{experiment}: {line}" for line in said)
    if not planned:
        raise ReluBenchError("\n".join(["There is nothing to draw.", *notices]))
    names: set[str] = set()
    drawings = tuple(
        (_unique(_file_name(page, kind, results.where), names), kind, page)
        for kind, page in planned
    )
    figures = Figures(results, drawings, tuple(notices), width, with_title)
    figures.prepare()
    return figures


def _of_experiment(
    results: Selection, experiment: Selection, asked: Collection[str], wanted: Wanted
) -> tuple[list[tuple[str, Page]], list[str]]:
    """The figures of one experiment, kind by kind, and what is not drawn."""
    runs = experiment.runs
    if not len(completed(runs)):
        return [], ["no completed run, so there is nothing to draw"]
    worth = Worth(results, experiment)
    found = _Pages(results, runs, wanted, unasked=not asked)
    kinds = asked or [kind for kind in KINDS if found.refuses(kind) or worth.tells(kind)]
    planned = [
        (kind, page) for kind in kinds for page in found.of(kind) if worth.has(kind, page.runs)
    ]
    drawn = {kind for kind, _ in planned}
    return planned, [*found.notices, *worth.notices(asked, drawn, found.refused)]


class _Pages:
    """The pages of each kind, made once for all kinds that divide the runs alike."""

    def __init__(
        self, results: Selection, runs: DataFrame, wanted: Wanted, *, unasked: bool
    ) -> None:
        self._results = results
        self._runs = runs
        self._wanted = wanted
        self._unasked = unasked
        self._too_many: set[object] = set()
        self._made: dict[object, Sequence[Page] | str] = {}
        self._without: dict[str, list[str]] = {}

    @property
    def refused(self) -> set[str]:
        """The kinds of which these runs allow no page."""
        return {kind for kinds in self._without.values() for kind in kinds}

    @property
    def notices(self) -> list[str]:
        """Why there are none of them."""
        return [f"no {', '.join(kinds)} figure: {why}" for why, kinds in self._without.items()]

    def refuses(self, kind: str) -> bool:
        """Whether there would be too many, so that layers.csv need not be asked what it tells."""
        if not KINDS[kind].measure:
            return False
        self._pages(kind)
        return KINDS[kind].pages in self._too_many

    def of(self, kind: str) -> Sequence[Page]:
        """The pages of one kind; none, and a notice, where these runs allow none."""
        made = self._pages(kind)
        if isinstance(made, str):
            self._without.setdefault(made, []).append(kind)
            return []
        return made

    def _pages(self, kind: str) -> Sequence[Page] | str:
        make = KINDS[kind].pages
        if make not in self._made:
            self._made[make] = self._make(make)
        return self._made[make]

    def _make(self, make: Callable[[DataFrame, Wanted], Sequence[Page]]) -> Sequence[Page] | str:
        try:
            made = make(self._runs, self._wanted)
        except ReluBenchError as error:
            return str(error)
        if len(made) <= (MOST_UNASKED if self._unasked else MOST_PAGES):
            return made
        self._too_many.add(make)
        count = f"more than {MOST_PAGES}" if len(made) > MOST_PAGES else str(len(made))
        whole = "" if len(made) > MOST_PAGES else "; --kind draws them all"
        return (
            f"{count} would be needed for its axes ({', '.join(axes(self._runs))}){whole}; narrow "
            f"it with {narrowing(self._results, self._runs, self._wanted.most_strips)}"
        )


def _file_name(page: Page, kind: str, where: Sequence[str]) -> str:
    over = [page.across, page.down] if isinstance(page, CrossedPage) else []
    parts = [page.experiment, kind, *over, *where, page.part]
    safe = (re.sub(r"[^A-Za-z0-9._-]+", "-", part).strip("-") for part in parts if part)
    name = "-".join(safe)
    if len(name) <= _NAME_LENGTH:
        return name
    # What is cut off may be all that tells it from the figure of another call.
    digest = hashlib.sha256(name.encode()).hexdigest()[:_DIGEST_LENGTH]
    return f"{name[: _NAME_LENGTH - _DIGEST_LENGTH - 1]}-{digest}"


def _unique(name: str, taken: set[str]) -> str:
    """The name, or with a number behind it; capitals make no difference on some systems."""
    candidate, number = name, 1
    while candidate.casefold() in taken:
        number += 1
        candidate = f"{name}-{number}"
    taken.add(candidate.casefold())
    return candidate
