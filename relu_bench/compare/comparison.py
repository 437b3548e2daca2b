"""One comparison: a question, and all numbers of its answer."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from relu_bench import stats
from relu_bench.compare.anytime import (
    Looked,
    Looks,
    anytime_estimates,
    anytime_pairs,
    looked_at,
)
from relu_bench.compare.estimates import Common, Estimate, common, estimates, ranked
from relu_bench.compare.grid_averages import taken_apart
from relu_bench.compare.measures import (
    Measure,
    Resolution,
    completed,
    dataset_of,
    further_metrics,
    measure_of,
    resolution_of,
    test_size,
    usual_margin,
)
from relu_bench.compare.observations import (
    OUTCOMES,
    Observations,
    Scores,
    known,
    observe,
    over_cells,
)
from relu_bench.compare.pairs import Pair, against_baseline, in_no_difference, matches_with
from relu_bench.compare.questions import Question
from relu_bench.compare.tuning import CELLS, Tuned, tuned
from relu_bench.compare.variants import meant, parsed
from relu_bench.components.registry import nearest
from relu_bench.errors import ReluBenchError, shorten, show
from relu_bench.stats.differences import DIGITS
from relu_bench.wording import counted, plural

if TYPE_CHECKING:
    from relu_bench.compare.other_samples import OtherSamples

# Variants in an error, and lines on what does not count.
_MOST_LISTED = 25
_MOST_LINES = 12

Mode = Literal["matched", "tuned"]
_NOT_TUNED = (
    "--mode tuned chooses each seed's setting by the other seeds, so its scores are not "
    "independent, and an interval that holds whenever one looks supposes that they are. Compare "
    "with --mode matched, or without --anytime where seeds were not added until all was resolved."
)
# Axes of which no value is the natural first one, as `relu` and `batch_norm: false` are.
_WITHOUT_FIRST = frozenset(
    {
        "learning_rate",
        "batch_size",
        "initializer",
        "bias_initializer",
        "recurrent_initializer",
        "optimizer",
        "dropout",
    }
)


@dataclass(frozen=True, eq=False)
class Comparison:
    """The answer to one question. Scores are in the unit that people read.

    Attributes:
        question: what was asked.
        measure: what is compared.
        mode: how the other axes are treated: `matched` or `tuned`.
        margin: differences within ± this are practically none; where it is less than one sample of
            the `resolution`, no difference is called so.
        baseline: the variant that the others are compared with.
        estimates: one a variant, the best mean first.
        pairs: one for each variant but the baseline, in the same order.
        seeds: what the columns of `scores` are.
        scores: (variants, seeds) behind the estimates, NaN where there is none.
        comparable: whether the means are over settings that all variants have; if not, only the
            differences are to be read.
        tuning: for `tuned`, how each variant was tuned.
        left_out: what does not count, one line each.
        test_samples: size of the test set, None when it is not known or another part is compared.
        in_no_difference: settings and seeds with a score of some variant, which no pair could use.
        resolution: what one evaluated sample changes in a score.
        skewness: of the differences of all pairs.
        best_as_baseline: whether the baseline was taken for having the best mean validation score.
        options: what was asked for that is not the default, as on the command line.
        other_samples: what other test samples would change; None where nothing is known of that.
        looks: how it was looked at, where the intervals and verdicts hold whenever one looks; None
            where they are those of a fixed number of seeds.
        looked: then, what was seen of each variant, by its name.
    """

    question: Question
    measure: Measure
    mode: Mode
    margin: float
    baseline: str
    estimates: tuple[Estimate, ...]
    pairs: tuple[Pair, ...]
    seeds: tuple[int, ...]
    scores: Scores
    comparable: bool
    tuning: Mapping[str, Tuned]
    left_out: tuple[str, ...]
    test_samples: int | None
    in_no_difference: int
    resolution: Resolution
    skewness: stats.Skewness
    best_as_baseline: bool = False
    options: tuple[str, ...] = ()
    other_samples: OtherSamples | None = None
    looks: Looks | None = None
    looked: Mapping[str, Looked] = field(default_factory=dict)

    @property
    def tests(self) -> int:
        """How many comparisons could be tested, which is what Holm's correction counts.

        Variants with the same scores at all settings and seeds count once. With `looks`, how many
        there were at the first one.
        """
        if self.looks is not None:
            return self.looks.comparisons
        tested = any(not math.isnan(pair.p) for pair in self.pairs)
        return max(sum(pair.counts for pair in self.pairs), int(tested))

    @property
    def too_fine(self) -> bool:
        """Whether the margin is less than one evaluated sample, so that nothing is equal to it."""
        return stats.too_fine(self.margin, self.resolution.points)

    @property
    def nested(self) -> bool:
        """Whether settings were chosen, so that tests and intervals are those of nested choices."""
        return self.mode == "tuned" and bool(self.question.others)

    @property
    def of_baseline(self) -> Estimate:
        """The estimate of the baseline."""
        return next(each for each in self.estimates if each.variant == self.baseline)


def comparison(
    question: Question,
    *,
    baseline: str | None = None,
    metric: str | None = None,
    margin: float | None = None,
    mode: Mode = "matched",
    where: Sequence[str] = (),
    mode_is_asked_for: bool = False,
    anytime: bool = False,
) -> Comparison:
    """Answer one question.

    Args:
        question: of `questions`.
        baseline: the value, or the label, of the variant to compare with. None: the first, or, of
            axes without a natural first value, that with the best mean validation score.
        metric: column to compare; the test score when None.
        margin: what counts as practically no difference, in the unit that people read (points of a
            percentage); None for the usual one of the measure, or one sample of a test set that is
            known by name, whichever is more.
        mode: `matched`: at the same settings of the other axes; `tuned`: each variant at its best.
        where: the conditions that the runs were narrowed by, to be told.
        mode_is_asked_for: whether the mode is no default, and to be told as well.
        anytime: intervals and verdicts that hold whenever one looks. Where seeds were added until
            all was resolved they are always these, by its baseline and margin if no other is given.

    Raises:
        ReluBenchError: when the baseline or the metric is not there, or tuning is not possible.
    """
    further = further_metrics(question.runs, question.metric)
    measure = measure_of(question.metric, metric, further)
    given, resolution = margin, resolution_of(measure, completed(question.runs))
    rule = question.until_resolved
    if mode == "tuned" and (anytime or rule):
        raise ReluBenchError(_NOT_TUNED)
    if margin is None:
        its_own = rule is not None and metric is None
        margin = rule.margin if rule and its_own else usual_margin(measure, resolution)
    by_validation = measure_of(question.metric, f"val_{question.metric}")
    best = None
    if baseline is None and rule is None and _WITHOUT_FIRST.issuperset(question.by):
        best = _best_by_validation(question, by_validation, mode)
    name = best or baseline_of(question, baseline)
    _check_measured(question, measure)
    observed = observe(question, measure, by_validation if mode == "tuned" else None)
    told: tuple[Tuned, ...] = ()
    if mode == "tuned":
        observed, told = tuned(observed, question)
    shared = common(observed)
    rows = estimates(observed, shared)
    order = _best_first(rows, measure.direction)
    observed, rows = observed.ordered(order), tuple(rows[row] for row in order)
    place = observed.variants.index(name)
    matches = matches_with(observed, place)
    looks = _looks(question, margin, resolution) if anytime or rule else None
    looked: tuple[Looked, ...] = ()
    if looks is not None:
        looked = looked_at(observed, place, measure, looks)
        pairs = anytime_pairs(observed, place, measure, looks, looked)
        rows = anytime_estimates(rows)
    else:
        pairs = against_baseline(
            observed, place, matches, measure, margin=margin, resolution=resolution.points
        )
        if shared.comparable:
            rows = ranked(observed, rows, measure.direction, margin, resolution.points)
    if mode == "matched" and question.others:
        pairs = taken_apart(question, observed, measure, pairs, matches)
    return Comparison(
        question,
        measure,
        mode,
        margin,
        name,
        rows,
        pairs,
        observed.seeds,
        shared.scores[order],
        shared.comparable,
        dict(zip(question.variants, told, strict=True)) if told else {},
        left_out(observed, shared, rows, pairs, mode == "matched" and bool(question.others)),
        test_size(question.runs[measure.column], measure.column, dataset_of(question.runs)),
        in_no_difference(observed, place, matches),
        resolution,
        stats.pooled_skewness([match.differences for match in matches]),
        best is not None,
        tuple(
            _options(
                measure_of(question.metric),
                measure,
                baseline=baseline,
                margin=given,
                mode=mode if mode_is_asked_for and question.others else None,
                where=where,
                anytime=anytime,
            )
        ),
        looks=looks,
        looked={each.variant: each for each in looked},
    )


def _looks(question: Question, margin: float, resolution: Resolution) -> Looks:
    """How the table is looked at: as the call did that added the seeds; else once, at all seeds."""
    rule, comparisons = question.until_resolved, max(len(question.variants) - 1, 1)
    if rule is None:
        return Looks(margin, resolution.points, comparisons)
    comparisons = max(comparisons, rule.comparisons)
    return Looks(margin, resolution.points, comparisons, rule.max_seeds)


def _options(
    usual: Measure,
    measure: Measure,
    *,
    baseline: str | None,
    margin: float | None,
    mode: Mode | None,
    where: Sequence[str],
    anytime: bool,
) -> Iterator[str]:
    """What is not the default, as on the command line."""
    yield from (f"--where {condition}" for condition in where)
    if mode:
        yield f"--mode {mode}"
    if measure.column != usual.column:
        yield f"--metric {measure.column}"
    if baseline is not None:
        yield f"--baseline {baseline.strip()}"
    if margin is not None and margin != measure.margin:
        yield f"--margin {margin:g}"
    if anytime:
        yield "--anytime"


def _best_by_validation(question: Question, validation: Measure, mode: Mode) -> str | None:
    """The variant with the best mean validation score; None where none can be told.

    Over the settings that all have, at the seeds that have all of these; of `tuned`, at the best
    setting of each.
    """
    observed = observe(question, validation)
    shared = common(observed)
    if mode != "tuned" and not shared.comparable:
        return None
    by_cell = observed.scores if mode == "tuned" else shared.scores[:, np.newaxis]
    means = validation.direction * over_cells(np.swapaxes(by_cell, -1, -2))  # over the seeds
    scores = np.where(known(means), means, -np.inf).max(axis=1)
    rounded = np.round(scores, DIGITS)
    return None if np.isneginf(rounded).all() else question.variants[int(rounded.argmax())]


def _check_measured(question: Question, measure: Measure) -> None:
    runs = completed(question.runs)
    if measure.values(runs).notna().any():
        return
    nothing_held_out = "val_" in measure.column and not (runs["validation_split"] > 0).any()
    why = " Nothing was held out for validation in them." if nothing_held_out else ""
    raise ReluBenchError(f"--metric {measure.column}: none of these runs has one.{why}")


def _best_first(rows: Sequence[Estimate], direction: float) -> list[int]:
    """Variants without a score last; equal means in the order of the config."""
    keys = [-direction * round(each.mean, 10) if each.n else math.inf for each in rows]
    return [int(row) for row in np.argsort(keys, kind="stable")]


def baseline_of(question: Question, wanted: str | None) -> str:
    """The variant that is meant by a label, or by a name that only one label has.

    Raises:
        ReluBenchError: when there is none, or several.
    """
    if wanted is None:
        return _usual_baseline(question)
    text = _canonical(wanted)
    for variant in question.variants:
        if text in (_canonical(variant), _canonical(question.stored.get(variant, variant))):
            return variant
    named = [
        each
        for each in question.variants
        if question.stored.get(each, each).partition("(")[0] == wanted.strip()
    ]
    if not named and len(question.by) == 1:
        of_label = {question.stored.get(each, each): each for each in question.variants}
        labels_meant = meant(question.by[0], wanted.strip(), of_label, question.names)
        named = [of_label[each] for each in labels_meant]
    if len(named) == 1:
        return named[0]
    # Labels of several axes have commas themselves.
    apart = ", " if len(question.by) == 1 else "; "
    listed = apart.join(map(shorten, question.variants[:_MOST_LISTED]))
    if named:
        several = apart.join(map(shorten, named[:_MOST_LISTED]))
        raise ReluBenchError(f"--baseline {show(wanted)} is one of several: {several}.")
    where = f"{question.experiment}, {question.dataset}"
    raise ReluBenchError(
        f"--baseline {show(wanted)} is no value of {', '.join(question.by)} in {where}."
        f"{nearest(wanted, question.variants)} "
        f"There are: {listed}{f'{apart}…' if len(question.variants) > _MOST_LISTED else ''}."
    )


def _usual_baseline(question: Question) -> str:
    """That which the seeds were added for, if it is there; else the first with a result."""
    rule = question.until_resolved
    if rule is not None:
        with contextlib.suppress(ReluBenchError):
            return baseline_of(question, rule.baseline)
    done = set(question.runs.loc[question.runs["status"] == "completed", "variant"])
    return next(variant for variant in question.variants if variant in done)


def _canonical(text: str) -> str:
    """A number by its value, a label in the order of its parameters, else without outer spaces."""
    try:
        return repr(float(text))
    except ValueError:
        pass
    label = parsed(text)
    return " ".join(text.split()) if label is None else str(label)


def left_out(
    observed: Observations,
    shared: Common,
    estimates: Sequence[Estimate],
    pairs: Sequence[Pair],
    has_cells: bool,
) -> tuple[str, ...]:
    """One line for each kind of run that is missing from the means or the differences.

    Args:
        observed: what there is, the variants in the order of `estimates`.
        shared: what the variants have in common, from before they were ordered.
        estimates: what the means are of.
        pairs: what the differences are of.
        has_cells: whether other axes vary, so that settings may be missing.
    """
    lines = []
    if not shared.comparable:
        lines.append(
            "No setting of the other axes is common to all variants: their means are over "
            "different settings, and only the differences are paired. Naming more axes with --by "
            "compares each combination."
        )
    there = known(observed.scores)
    failed = (observed.tuned_over or observed).outcomes == OUTCOMES.index("failed")
    by_pair = {pair.variant: pair for pair in pairs}
    untuned = []
    if observed.cells == CELLS:
        untuned = [each.variant for each in estimates if not each.n]
    for row, estimate in enumerate(estimates):
        found = []
        lost = int(failed[row].sum())
        if lost:
            found.append(f"{counted(lost, 'run')} failed")
        if has_cells and shared.comparable:
            found += _not_common(there[row], shared, estimate.n)
        if observed.tuned_over is not None and estimate.n:
            seeds = int(known(observed.tuned_over.scores[row]).any(axis=0).sum())
            found += _incomplete(seeds, estimate.n)
        pair = by_pair.get(estimate.variant)
        if pair and (pair.unpaired or pair.unpaired_baseline or pair.incomplete):
            found.append(_unpaired(pair, untuned))
        if pair and pair.n and estimate.n and pair.n != estimate.n:
            found.append(f"n = {estimate.n} in its mean and n = {pair.n} in its difference")
        if found:
            lines.append(f"{estimate.variant}: {'; '.join(found)}.")
    if len(lines) > _MOST_LINES:
        more = len(lines) - _MOST_LINES
        lines = [*lines[:_MOST_LINES], f"The same for {more} further variants."]
    return tuple(lines)


def _not_common(there: NDArray[np.bool_], shared: Common, n: int) -> list[str]:
    """Settings that others lack, and seeds without a run at some common setting."""
    found = []
    own = there.any(axis=1)
    extra = int((own & ~shared.cells).sum())
    if extra:
        runs = counted(int(there[~shared.cells].sum()), "run")
        found.append(f"{_of(extra, int(own.sum()), 'setting')} ({runs}) not in its mean")
    return found + _incomplete(int(there[shared.cells].any(axis=0).sum()), n)


def _incomplete(seeds: int, n: int) -> list[str]:
    """How many of the seeds are not among the n of a mean."""
    if seeds == n:
        return []
    return [f"{_of(seeds - n, seeds, 'seed')} not in its mean: a run is missing"]


def _unpaired(pair: Pair, untuned: Sequence[str]) -> str:
    """Why runs are in no difference; `untuned` are the variants for which no setting was chosen."""
    reasons = [name for name in (pair.variant, pair.baseline) if name in untuned]
    if reasons:
        return (
            f"no difference: no setting of {' and of '.join(reasons)} could be chosen, which takes "
            "validation scores of at least 3 seeds"
        )
    if not pair.n and pair.incomplete:
        return (
            f"no difference: at no seed have it and {pair.baseline} a run at each of the "
            f"{pair.cells} settings that they share"
        )
    if not pair.n:
        return f"no difference: no seed and setting in common with {pair.baseline}"
    found = []
    parts = []
    if pair.unpaired:
        parts.append(f"{counted(pair.unpaired, 'run')} of it")
    if pair.unpaired_baseline:
        parts.append(f"{counted(pair.unpaired_baseline, 'run')} of {pair.baseline}")
    if parts:
        found.append(f"not in the difference, having no partner: {' and '.join(parts)}")
    if pair.incomplete:
        seeds = _of(pair.incomplete, pair.n + pair.incomplete, "seed")
        found.append(f"{seeds} not in the difference: a run is missing at a shared setting")
    return "; ".join(found)


def _of(part: int, whole: int, what: str) -> str:
    return f"{part} of {whole} {what}{plural(whole, '', 's')}"
