"""`run --until-resolved`: which seeds are wanted next, and what has been decided so far.

No state is kept: what a look decides follows from the stored runs of its seeds alone, so that a
sweep that was interrupted, or that several processes share, ends as any other.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from relu_bench import data, stats, store
from relu_bench.compare.anytime import Looked, Looks, looked_at
from relu_bench.compare.anytime_words import state
from relu_bench.compare.comparison import baseline_of
from relu_bench.compare.measures import Measure, Resolution, measure_of, resolution_of, usual_margin
from relu_bench.compare.observations import observe
from relu_bench.compare.questions import Question, questions
from relu_bench.compare.selection import Selection
from relu_bench.compare.variants import REVISION, axes
from relu_bench.config.plan import Spec
from relu_bench.config.planning import Planned
from relu_bench.config.until_resolved import MAX_SEEDS, UntilResolved, Wishes, check_config
from relu_bench.errors import ReluBenchError, show
from relu_bench.stats.sequential import FIRST_LOOK
from relu_bench.store import KeptPlan, Store, columns
from relu_bench.wording import (
    counted,
    decimals,
    difference_unit,
    first_of,
    plural,
    signed,
    signed_between,
)

if TYPE_CHECKING:
    from pandas import DataFrame

_MOST_NAMED = 8
_TYPES = {"integer": "Int64", "number": "float64", "boolean": "bool"}


class Resolving:
    """One experiment on its way to all of its verdicts; made by `resolving`.

    Attributes:
        rule: what is asked.
        seeds: how many of the first seeds each variant was asked for so far: of the baseline the
            most, since decided variants stop.
        looked: what is known of each comparison, in the order of the plan.
        measure: what is compared.
    """

    def __init__(
        self, planned: Planned, question: Question, rule: UntilResolved, seeds: Sequence[int]
    ) -> None:
        self.rule = rule
        self.seeds = tuple(seeds)
        self.looked: tuple[Looked, ...] = ()
        self.measure: Measure = measure_of(question.metric)
        self._experiment = planned.experiment
        self._question = question
        self._specs = [[spec] for spec in _variants(planned)]
        self._baseline = question.variants.index(baseline_of(question, rule.baseline))

    @property
    def name(self) -> str:
        """The experiment."""
        return self._experiment.name

    @property
    def baseline(self) -> str:
        """The variant that the others are compared with."""
        return self._question.variants[self._baseline]

    @property
    def planned(self) -> Planned:
        """All that was asked for so far."""
        experiment = replace(self._experiment, seeds=tuple(range(max(self.seeds))))
        return Planned(experiment, tuple(spec for its in self._asked() for spec in its), self.rule)

    @property
    def resolution(self) -> Resolution:
        """What one test sample changes in a score, as far as it is known."""
        return resolution_of(self.measure, self._question.runs)

    @property
    def looks(self) -> Looks:
        """How its table is looked at."""
        rule = self.rule
        return Looks(rule.margin, self.resolution.points, rule.comparisons, rule.max_seeds)

    @property
    def open(self) -> tuple[Looked, ...]:
        """The comparisons that further seeds may decide."""
        last = stats.looks(self.rule.max_seeds)[-1]
        return tuple(
            each for each in self.looked if each.is_open(self.rule.max_seeds) and each.stored < last
        )

    def advance(self, folder: Path) -> None:
        """Look at what the store has, and ask for the seeds that follow from it.

        Goes on over all looks whose runs are stored already; what is asked for is in `planned`.
        """
        rows = self._stored(folder)
        while True:
            variants = {
                spec.run_id: variant
                for variant, specs in zip(self._question.variants, self._asked(), strict=True)
                for spec in specs
            }
            stored = rows[rows["run_id"].isin(variants)]
            if len(stored):
                self._look(stored.assign(variant=stored["run_id"].map(variants), cell=""))
            wanted = self._wanted()
            if len(stored) < len(variants) or wanted == self.seeds:
                return
            self.seeds = wanted

    def _asked(self) -> list[list[Spec]]:
        """The runs of each variant that were asked for so far."""
        for specs in self._specs:
            specs += [_at(specs[0], seed) for seed in range(len(specs), max(self.seeds))]
        return [specs[:count] for specs, count in zip(self._specs, self.seeds, strict=True)]

    def _stored(self, folder: Path) -> DataFrame:
        """The stored runs of the experiment."""
        if not Store(folder).statuses():
            return self._question.runs[:0]
        rows = store.read(folder, "runs")
        return rows[rows["experiment"] == self.name]

    def _look(self, rows: DataFrame) -> None:
        self._question = replace(self._question, runs=rows)
        observed = observe(self._question, self.measure)
        self.looked = looked_at(observed, self._baseline, self.measure, self.looks)

    def _wanted(self) -> tuple[int, ...]:
        """The seeds of each variant when each open comparison goes on to its next look."""
        open_ = {each.variant for each in self.open}
        wanted = [
            stats.next_look(seeds) if variant in open_ else seeds
            for variant, seeds in zip(self._question.variants, self.seeds, strict=True)
        ]
        wanted[self._baseline] = max(wanted)
        return tuple(wanted)


def resolving(
    planned: Planned, kept: Sequence[KeptPlan], wishes: Wishes, data_dir: Path | None = None
) -> Resolving:
    """Resolve a config; where a store has begun with it, go on from there.

    Args:
        planned: its plan, or one that the store has kept.
        kept: the plans of the store.
        wishes: what was asked for beside it.
        data_dir: where to look for data sets first.

    Raises:
        ConfigError: more than one thing varies, or the seeds are a list.
        ReluBenchError: the baseline is no variant, or something else than what the store has begun
            with is wished for.
    """
    experiment = planned.experiment
    if planned.until_resolved is None:
        check_config(experiment)
    wishes.check()
    question = _question(planned, data_dir)
    asked = KeptPlan(experiment.name, experiment.resolved(), ())
    before = [
        plan
        for plan in kept
        if plan.until_resolved is not None
        and (plan.experiment, plan.settings) == (asked.experiment, asked.settings)
    ]
    newest = max(before, key=lambda plan: len(plan.run_ids), default=None)
    rule = _rule(question, None if newest is None else newest.until_resolved, wishes)
    # A kept plan begins where it was; its experiment has the seeds of the baseline.
    first = 0 if planned.until_resolved else max(len(experiment.seeds), FIRST_LOOK)
    run_ids = frozenset(() if newest is None else newest.run_ids)
    counts = [_first_seeds(variant, run_ids) for variant in _variants(planned)]
    seeds = [max(min(first, rule.max_seeds), count) for count in counts]
    return Resolving(planned, question, rule, seeds)


def _rule(question: Question, kept: UntilResolved | None, wishes: Wishes) -> UntilResolved:
    """What is asked; once a store has begun, nothing but the limit may change."""
    baseline = baseline_of(question, wishes.baseline)
    if kept is None:
        measure = measure_of(question.metric)
        margin = wishes.margin
        if margin is None:
            margin = usual_margin(measure, resolution_of(measure, question.runs))
        most = wishes.max_seeds or MAX_SEEDS
        return UntilResolved(baseline, margin, most, len(question.variants) - 1)
    differs = {
        f"--baseline {show(baseline)}": wishes.baseline is not None
        and baseline != baseline_of(question, kept.baseline),
        f"--margin {wishes.margin}": wishes.margin not in (None, kept.margin),
    }
    if other := [what for what, does in differs.items() if does]:
        raise ReluBenchError(
            f"{' '.join(other)}: the results folder has begun to resolve {question.experiment} "
            f"with --baseline {show(kept.baseline)} --margin {kept.margin:g}, and verdicts of the "
            f"same seeds by another rule would not hold. Leave {plural(len(other), 'it', 'them')} "
            "out, or give another --out."
        )
    return replace(kept, max_seeds=wishes.max_seeds or kept.max_seeds)


def _question(planned: Planned, data_dir: Path | None) -> Question:
    """What is asked of the variants, before any of them has run."""
    import pandas as pd

    rows: list[dict[str, Any]] = [
        {
            **variant.row(),
            "experiment": planned.experiment.name,
            "run_id": variant.run_id,
            "status": "completed",
            "metric": data.info(variant.dataset, data_dir).task.metric,
            REVISION: variant.numerics,
        }
        for variant in _variants(planned)
    ]
    # As `store.read` types them; what is measured is empty still.
    kinds = {column.name: _TYPES.get(column.kind, "str") for column in columns.RUNS}
    table = pd.DataFrame(rows, columns=list(kinds)).astype(kinds)
    by = [name for name in axes(table) if name != REVISION]
    (question,), _ = questions(Selection(table, lambda _: table), by)
    return question


def _variants(planned: Planned) -> list[Spec]:
    """The specs of seed 0, in the plan's order."""
    first = planned.experiment.seeds[0]
    return [_at(spec, 0) for spec in planned.specs if spec.seed == first]


def _at(variant: Spec, seed: int) -> Spec:
    return variant.model_copy(update={"seed": seed})


def _first_seeds(variant: Spec, run_ids: Collection[str]) -> int:
    """How many of the first seeds of a variant are among these runs."""
    seeds = range(len(run_ids))
    return sum(1 for _ in takewhile(lambda seed: _at(variant, seed).run_id in run_ids, seeds))


def words_of(resolving: Resolving, already: Collection[str] = ()) -> list[str]:
    """What is decided, and what each open comparison still needs; one line each.

    Args:
        resolving: after a look.
        already: variants that were told to be decided before.
    """
    looked, looks = resolving.looked, resolving.looks
    if not looked:
        return []
    seeds = max(each.look for each in looked)
    decided = [each for each in looked if each.decided]
    what = counted(len(looked), "comparison")
    lines = [f"{seeds} seeds: {len(decided)} of {what} with {resolving.baseline} decided."]
    if not already and looks.too_fine:
        lines.append(_too_fine(resolving))
    new = [each for each in decided if each.variant not in already]
    open_ = resolving.open
    ended = [each for each in looked if not each.decided and each not in open_]
    for word, those in (("Decided", new), ("Open", open_), ("Undecided", ended)):
        if those:
            told = [f"{each.variant} {_told(each, resolving)}" for each in those]
            listed = told if word == "Decided" else [first_of(told, _MOST_NAMED, between="; ")]
            lines.append(f"{word}: {'; '.join(listed)}.")
    if any(each.is_open(resolving.rule.max_seeds) for each in ended):
        lines.append(f"The limit is {resolving.rule.max_seeds} seeds; --max-seeds raises it.")
    if left_out := [each for each in looked if each.failed and (each in open_ or each.decided)]:
        told = [f"{counted(each.failed, 'seed')} of {each.variant}" for each in left_out]
        lines.append(f"Left out, since a run failed: {first_of(told, _MOST_NAMED)}.")
    return lines


def _told(each: Looked, resolving: Resolving) -> str:
    """`better (+0.23 points [+0.10 to +0.36], at 15 seeds)`; of an open one, what it needs."""
    unit = resolving.measure.scale.unit
    digits = decimals(unit)
    gap = f"{signed(each.difference, digits)} {difference_unit(unit)}".strip()
    if math.isfinite(each.low):
        gap += f" [{signed_between(each.low, each.high, digits)}]"
    if each.decided:
        gap = "the same at all seeds" if each.same else gap
        return f"{each.verdict} ({gap}, at {each.look} seeds)"
    what = state(each, resolving.looks)
    return f"({gap}, {what})" if each.n and not each.same else f"({what})"


def _too_fine(resolving: Resolving) -> str:
    """That nothing can be practically equal within such a margin."""
    resolution, margin = resolving.resolution, resolving.rule.margin
    unit = difference_unit(resolving.measure.scale.unit)
    return (
        f"One of {resolution.samples:,} test samples is {resolution.points:.2g} {unit}, more than "
        f"the margin of {margin:g}, so nothing is called practically equal; "
        f"--margin {resolution.smallest_margin:g} would do, with another --out."
    )
