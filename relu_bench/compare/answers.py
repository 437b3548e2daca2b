"""Stored runs in, every comparison that they allow out."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import zip_longest
from typing import TypeVar

from relu_bench.compare.across import Ranks, across
from relu_bench.compare.comparison import Comparison, Mode, comparison
from relu_bench.compare.effects import main_effects
from relu_bench.compare.further import Further, matters_most
from relu_bench.compare.other_samples import with_other_samples
from relu_bench.compare.questions import questions
from relu_bench.compare.selection import Selection
from relu_bench.compare.sentences import one_sample
from relu_bench.compare.time_to_accuracy import time_to_accuracy
from relu_bench.compare.views import robustness
from relu_bench.errors import ReluBenchError
from relu_bench.wording import difference_unit

View = TypeVar("View")
HYPERPARAMETERS = frozenset(
    {
        "learning_rate",
        "batch_norm",
        "initializer",
        "bias_initializer",
        "recurrent_initializer",
        "batch_size",
        "optimizer",
        "dropout",
    }
)
"""Axes that are tuned: where one varies, an average over its values is not the first answer."""


@dataclass(frozen=True, eq=False)
class Answers:
    """What `relu-bench compare` says.

    Attributes:
        comparisons: one for each experiment, data set, model and axis.
        further: the views beside each comparison, in the same order; none beside the second of one
            question.
        ranks: across data sets, where there are several.
        notices: what must be known beside them, one line each.
    """

    comparisons: tuple[Comparison, ...]
    further: tuple[Further, ...]
    ranks: tuple[Ranks, ...]
    notices: tuple[str, ...]


def answer(
    selection: Selection,
    by: Sequence[str] = (),
    *,
    baseline: str | None = None,
    metric: str | None = None,
    margin: float | None = None,
    mode: Mode | None = None,
    with_times: bool = False,
    target: float | None = None,
    with_effects: bool = False,
    anytime: bool = False,
) -> Answers:
    """Compare the values of the axes `by` in every experiment, data set and model.

    Args:
        selection: of `load`.
        by: axes; several are compared as combinations. None: activation where it varies, else each
            axis that varies, by itself.
        baseline: the variant to compare with; None: the first of the config, or, of axes without a
            natural first value, that with the best mean validation score.
        metric: column of runs.csv to compare; the test score of the task when None.
        margin: differences within ± this are practically none, in the unit that people read; None
            for the usual one of each measure.
        mode: `matched` or `tuned`, when other axes vary too; None: `tuned`, then `matched`, where a
            hyperparameter is among them, else `matched`.
        with_times: also the time to accuracy, which reads epochs.csv.
        target: validation score for it, in the unit that people read; by default 99 % of the
            baseline's final one.
        with_effects: also the effects of the axes; where they cannot be told apart, a notice says
            so.
        anytime: intervals and verdicts that hold whenever one looks, as they always are where seeds
            were added until all was resolved.

    Raises:
        ReluBenchError: when nothing can be compared, an argument names what no table has, or no
            table has a time to accuracy; what only some tables lack is a notice.
    """
    if margin is not None and not (margin >= 0 and math.isfinite(margin)):
        raise ReluBenchError(
            f"--margin {margin} is no margin; expected a number that is not negative, "
            "such as 0.1 (points)."
        )
    asked, notices = questions(selection, by)
    found: list[Comparison] = []
    errors: list[ReluBenchError] = []
    for question in asked:
        ask = partial(
            comparison,
            question,
            baseline=baseline,
            metric=metric,
            margin=margin,
            where=selection.where,
            mode_is_asked_for=mode is not None,
            anytime=anytime,
        )
        try:
            asked_for = ask(mode=mode or "matched")
        except ReluBenchError as error:
            errors.append(error)
            by_what = " and ".join(question.by)
            notices.append(f"{question.experiment}: not compared by {by_what}: {error}")
            continue
        if mode is None and not anytime and HYPERPARAMETERS.intersection(question.others):
            try:
                at_best = ask(mode="tuned")
                if any(each.settings > 1 for each in at_best.tuning.values()):
                    found.append(at_best)
            except ReluBenchError:
                notices.append(
                    f"{question.experiment}: averages over settings only: to choose the best one "
                    "of each takes validation scores of at least 3 seeds with every setting"
                )
        found.append(asked_for)
    if not found:
        raise errors[0]
    found = [with_other_samples(each, lambda: selection.test_samples) for each in found]
    notices += _too_fine(found)
    times, no_times = _beside(
        found if with_times else (),
        lambda each: time_to_accuracy(each, selection.epochs, target),
        lambda each: f"no time to accuracy by {' and '.join(each.question.by)}",
    )
    if times and not any(times):
        raise next(iter(no_times.values()))
    effects, no_effects = _beside(
        found if with_effects else (), main_effects, lambda each: "no effects"
    )
    further = tuple(
        Further()
        if place and each.question is found[place - 1].question
        else Further(robustness(each), its_times, its_effects, matters_most(each))
        for place, (each, its_times, its_effects) in enumerate(zip_longest(found, times, effects))
    )
    said = dict.fromkeys([*selection.notices, *notices, *no_times, *no_effects])
    return Answers(tuple(found), further, across(found), tuple(said))


def _too_fine(found: Sequence[Comparison]) -> list[str]:
    """One line where the margin is less than one evaluated sample: the coarsest table's."""
    fine = [each for each in found if each.too_fine]
    if not fine:
        return []
    coarsest = max(fine, key=lambda each: each.resolution.points)
    unit = difference_unit(coarsest.measure.scale.unit)
    one = one_sample(coarsest).replace("\u00a0", " ")
    return [
        f"the margin of {coarsest.margin:g} {unit} is too small to call anything practically "
        f"equal: {one[:1].lower()}{one[1:]}; the smallest usable one is "
        f"--margin {coarsest.resolution.smallest_margin:g}"
    ]


def _beside(
    found: Sequence[Comparison],
    make: Callable[[Comparison], View],
    lacking: Callable[[Comparison], str],
) -> tuple[list[View | None], dict[str, ReluBenchError]]:
    """A view of each comparison; and why some have none, by the sentence that says so."""
    made: list[View | None] = []
    refused: dict[str, ReluBenchError] = {}
    for each in found:
        try:
            made.append(make(each))
        except ReluBenchError as error:
            made.append(None)
            refused[f"{_named(each, found)}: {lacking(each)}: {error}"] = error
    return made, refused


def _named(comparison: Comparison, found: Sequence[Comparison]) -> str:
    """Its experiment, with the data set, model or revision that tells it from others of it."""
    own = comparison.question
    same = [each.question for each in found if each.question.experiment == own.experiment]
    parts = [own.experiment]
    for name in ("dataset", "model", "numerics"):
        values = [getattr(each, name) for each in same]
        if len(set(values)) > 1 and getattr(own, name):
            parts.append(f"{name} {getattr(own, name)}")
    return ", ".join(parts)
