"""Stored runs in, every comparison that they allow out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from relu_bench.compare.across import Ranks, across
from relu_bench.compare.comparison import Comparison, Mode, comparison
from relu_bench.compare.effects import Effects, main_effects
from relu_bench.compare.further import Further
from relu_bench.compare.questions import questions
from relu_bench.compare.selection import Selection
from relu_bench.compare.time_to_accuracy import Times, time_to_accuracy
from relu_bench.compare.views import robustness
from relu_bench.errors import ReluBenchError


@dataclass(frozen=True, eq=False)
class Answers:
    """What `relu-bench compare` says.

    Attributes:
        comparisons: one for each experiment, data set, model and axis.
        further: the views beside each comparison, in the same order.
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
    mode: Mode = "matched",
    with_times: bool = False,
    target: float | None = None,
    with_effects: bool = False,
) -> Answers:
    """Compare the values of the axes `by` in every experiment, data set and model.

    Args:
        selection: of `load`.
        by: axes; several are compared as combinations. None: activation where it varies, else each
            axis that varies, by itself.
        baseline: the variant to compare with; the first of the config when None.
        metric: column of runs.csv to compare; the test score of the task when None.
        margin: differences within ± this are practically none, in the unit that people read; None
            for the usual one of each measure.
        mode: `matched` or `tuned`, when other axes vary too.
        with_times: also the time to accuracy, which reads epochs.csv.
        target: validation score for it, in the unit that people read; by default 99 % of the
            baseline's final one.
        with_effects: also the effects of the axes; where they cannot be told apart, a notice says
            so.

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
        try:
            found.append(
                comparison(question, baseline=baseline, metric=metric, margin=margin, mode=mode)
            )
        except ReluBenchError as error:
            errors.append(error)
            by_what = " and ".join(question.by)
            notices.append(f"{question.experiment}: not compared by {by_what}: {error}")
    if not found:
        raise errors[0]
    effects, no_effects = _effects(found) if with_effects else ([None] * len(found), [])
    times, no_times = _times(found, selection, target) if with_times else ([None] * len(found), [])
    further = tuple(
        Further(robustness(each), its_times, its_effects)
        for each, its_times, its_effects in zip(found, times, effects, strict=True)
    )
    said = dict.fromkeys([*selection.notices, *notices, *no_times, *no_effects])
    return Answers(tuple(found), further, across(found), tuple(said))


def _effects(found: Sequence[Comparison]) -> tuple[list[Effects | None], list[str]]:
    """The effects of each comparison's axes, and why some have none."""
    made: list[Effects | None] = []
    refused = []
    for each in found:
        try:
            made.append(main_effects(each))
        except ReluBenchError as error:
            made.append(None)
            refused.append(f"{_named(each, found)}: no effects: {error}")
    return made, refused


def _times(
    found: Sequence[Comparison], selection: Selection, target: float | None
) -> tuple[list[Times | None], list[str]]:
    """The times to accuracy of each comparison, and why some have none.

    Raises:
        ReluBenchError: when all have none.
    """
    made: list[Times | None] = []
    refused = []
    errors = []
    for each in found:
        try:
            made.append(time_to_accuracy(each, selection.epochs, target))
        except ReluBenchError as error:
            made.append(None)
            errors.append(error)
            by = " and ".join(each.question.by)
            refused.append(f"{_named(each, found)}: no time to accuracy by {by}: {error}")
    if len(errors) == len(found):
        raise errors[0]
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
