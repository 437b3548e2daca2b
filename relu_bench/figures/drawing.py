"""From results to figures: which kinds for each experiment, and each of them page by page."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from relu_bench.compare import Selection, axes, completed, without_probes
from relu_bench.errors import ReluBenchError
from relu_bench.figures.canvas import Picture, rendered
from relu_bench.figures.kinds import KINDS, QUESTIONS, chosen
from relu_bench.figures.pages import PLANNED, CrossedPage, Page
from relu_bench.figures.style import SHEETS, Sheet
from relu_bench.wording import plural

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
        further: likewise those that nobody asked for and that would tell something beside them.
        notices: what is not drawn, and why: one line each.
        sheet: what they are made for.
    """

    results: Selection
    drawings: tuple[tuple[str, str, Page], ...]
    further: tuple[tuple[str, str, Page], ...]
    notices: tuple[str, ...]
    sheet: Sheet

    def __len__(self) -> int:
        return len(self.drawings)

    def __getitem__(self, number: Any) -> Any:
        if isinstance(number, slice):
            raise TypeError("figures are drawn one by one: ask for each by its number")
        return self.drawings[number][0], self.rendered(self.picture(number))

    @property
    def further_kinds(self) -> tuple[str, ...]:
        """The kinds of `further`, in the order of the table."""
        there = {kind for _, kind, _ in self.further}
        return tuple(kind for kind in KINDS if kind in there)

    def with_further(self) -> Figures:
        """All that tell something: the figures, then those beside them."""
        figures = replace(self, drawings=(*self.drawings, *self.further), further=())
        figures.prepare()
        return figures

    def prepare(self) -> None:
        """Load all that the figures need, so that no process that draws some has to by itself."""
        import matplotlib.backends.backend_agg
        import matplotlib.figure
        import matplotlib.style  # noqa: F401

        kinds = {kind for _, kind, _ in self.drawings}
        if kinds & {"comparison", "time"}:
            _ = self.results.epochs
        if any(KINDS[kind].measure for kind in kinds):
            _ = self.results.layers

    def rendered(self, picture: Picture) -> Figure:
        """A figure laid out on the sheet, to be saved as it is."""
        return rendered(picture, self.sheet)

    def picture(self, number: int) -> Picture:
        """What a figure shows, before it is drawn."""
        _, kind, page = self.drawings[number]
        return KINDS[kind].draw(page, self.results, self.sheet)


def draw(
    results: Selection,
    kinds: Sequence[str] = (),
    sheet: Sheet = SHEETS["screen"],
) -> Figures:
    """Plan the figures of every experiment in `results`.

    Args:
        results: of `compare.load`; shown with their display names.
        kinds: names in `kinds.KINDS`, or `all`. Left out: for each of `kinds.QUESTIONS`, the first
            kind that tells something of the experiment.
        sheet: what they are made for.

    Raises:
        ReluBenchError: for an unknown kind, for `sheet.over` without a kind that takes it, or when
            there is nothing to draw in any experiment.
    """
    asked = chosen(kinds)
    results = results.displayed(everywhere=True)
    sheet = replace(sheet, where=results.where)
    if sheet.over and not any(KINDS[kind].over_two_axes for kind in asked):
        those = " or ".join(f"--kind {name}" for name, kind in KINDS.items() if kind.over_two_axes)
        axes_given = ",".join(sheet.over)
        raise ReluBenchError(f"--axes {axes_given} says what {those} shows: give one of them too.")
    planned: list[tuple[str, Page]] = []
    further: list[tuple[str, Page]] = []
    notices: list[str] = []
    for experiment, its in results.experiments.items():
        drawable, beside, said = _of_experiment(results, its, asked, sheet)
        planned += drawable
        further += beside
        notices += (f"{experiment}: {line}" for line in said)
    if not planned:
        raise ReluBenchError("\n".join(["There is nothing to draw.", *notices]))
    names: set[str] = set()
    named, beside_named = (
        tuple(
            (_unique(_file_name(page, kind, results.where), names), kind, page)
            for kind, page in each
        )
        for each in (planned, further)
    )
    figures = Figures(results, named, beside_named, tuple(notices), sheet)
    figures.prepare()
    return figures


def _of_experiment(
    results: Selection, its: Selection, asked: Sequence[str], sheet: Sheet
) -> tuple[list[tuple[str, Page]], list[tuple[str, Page]], list[str]]:
    """The figures of one experiment, those beside them, and what is not drawn."""
    if not len(completed(its.runs)):
        return [], [], ["no completed run, so there is nothing to draw"]
    runs = its.runs.assign(**{PLANNED: its.places})
    worth = _Worth(results, its, runs)
    found = _Pages(runs, sheet, unasked=not asked)
    kinds, beside = asked, []
    if not asked:
        telling = [kind for kind in KINDS if found.refuses(kind) or worth.tells(kind)]
        kinds = _answering(telling, found)
        beside = [kind for kind in telling if kind not in kinds and found.allows(kind)]
    planned, further = (
        [(kind, page) for kind in those for page in found.of(kind) if worth.has(kind, page.runs)]
        for those in (kinds, beside)
    )
    drawn = {kind for kind, _ in planned}
    return planned, further, [*found.notices, *worth.notices(asked, drawn, found.refused)]


def _answering(telling: Sequence[str], found: _Pages) -> list[str]:
    """For each question the first kind that is drawn; where none can be, the first, to say why."""
    kinds = []
    for question in QUESTIONS:
        those = [kind for kind in telling if KINDS[kind].answers == question]
        kinds += sorted(those, key=lambda kind: not found.allows(kind))[:1]
    return kinds


class _Pages:
    """The pages of each kind, made once for all kinds that divide the runs alike."""

    def __init__(self, runs: DataFrame, sheet: Sheet, *, unasked: bool) -> None:
        self._runs = runs
        self._sheet = sheet
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

    def allows(self, kind: str) -> bool:
        """Whether these runs have pages of it, and not too many."""
        return not isinstance(self._pages(kind), str)

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

    def _make(self, make: Callable[[DataFrame, Sheet], Sequence[Page]]) -> Sequence[Page] | str:
        try:
            made = make(self._runs, self._sheet)
        except ReluBenchError as error:
            return str(error)
        if len(made) <= (MOST_UNASKED if self._unasked else MOST_PAGES):
            return made
        self._too_many.add(make)
        count = f"more than {MOST_PAGES}" if len(made) > MOST_PAGES else str(len(made))
        whole = "" if len(made) > MOST_PAGES else "; --kind draws them all"
        return (
            f"{count} would be needed for its axes ({', '.join(axes(self._runs))}){whole}; narrow "
            "it with --where KEY=VALUE"
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


class _Worth:
    """One experiment before the table of kinds; layers.csv is read when a kind first needs it."""

    def __init__(self, results: Selection, its: Selection, runs: DataFrame) -> None:
        """Look at one experiment of `results`: `its` runs, with their places as `PLANNED`."""
        self._results = results
        self._its = its
        self._runs = runs
        self._measured: dict[str, list[str]] = {}

    def tells(self, kind: str) -> bool:
        """Whether a kind is drawn without being asked for."""
        rule = KINDS[kind].tells
        if rule is None:
            return True
        judged, measure = KINDS[kind].judged, KINDS[kind].measure
        if judged is None:
            table = self._its.variant_layers if measure else self._runs
        elif measure and not self._having(measure):
            return False
        else:
            table = judged(self._results, self._runs)
        return len(table) > 0 and rule(table)

    def has(self, kind: str, runs: DataFrame) -> bool:
        """Whether any of these runs has what a kind shows."""
        measure = KINDS[kind].measure
        return not measure or bool(runs["run_id"].isin(self._having(measure)).any())

    def notices(
        self, asked: Collection[str], drawn: Collection[str], refused: Collection[str] = ()
    ) -> list[str]:
        """What figures lack: kinds that were asked for in vain, runs without what they show.

        Args:
            asked: kinds that were asked for.
            drawn: those that are drawn.
            refused: those of which a notice says already why not.
        """
        lines = [
            f"no {kind} figure: {KINDS[kind].absent}"
            for kind in asked
            if kind not in drawn and kind not in refused
        ]
        if "comparison" in drawn and (without := self._without_epochs):
            runs = plural(without, "run has", "runs have")
            lines.append(f"{without} {runs} no rows in epochs.csv and so no learning curve")
        inside = any(KINDS[kind].measure for kind in drawn)
        if (inside or not asked) and (without := self._without_probes):
            runs = plural(without, "run was", "runs were")
            those = plural(without, "it is", "they are")
            lack = (
                f"{those} missing from the figures of layers"
                if inside
                else "there are no figures of layers"
            )
            lines.append(f"{without} {runs} stored without probes: {lack}")
        return lines

    def _having(self, measure: str) -> list[str]:
        """The run_ids of which a measure exists in some layer."""
        if measure not in self._measured:
            there = self._its.layers[measure].notna()
            self._measured[measure] = self._its.layers.loc[there, "run_id"].unique().tolist()
        return self._measured[measure]

    @cached_property
    def _without_probes(self) -> int:
        done = completed(self._runs)
        if "probes" in done and done["probes"].fillna(False).all():
            return 0  # which needs no look into layers.csv
        return without_probes(self._runs, self._its.layers)

    @cached_property
    def _without_epochs(self) -> int:
        stored = self._its.epochs["run_id"]
        return int((~completed(self._runs)["run_id"].isin(stored.unique())).sum())
