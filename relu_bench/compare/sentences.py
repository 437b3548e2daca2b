"""The answer in words: what was found, how sure it is, and what the numbers speak of."""

from __future__ import annotations

import math
from collections.abc import Sequence

from relu_bench import stats
from relu_bench.compare import numbers
from relu_bench.compare.across import FEW_DATASETS, Ranks
from relu_bench.compare.comparison import Comparison
from relu_bench.compare.estimates import BCA_FROM, MOST_BCA
from relu_bench.compare.pairs import Pair
from relu_bench.compare.ranking import LETTERS_FROM, MOST_VARIANTS
from relu_bench.compare.test_set import called, sampling_error
from relu_bench.compare.verdicts import LEVEL

_MOST_NAMED = 6
_MOST_TUNED = 12


def in_words(comparison: Comparison) -> tuple[str, ...]:
    """The answer and its limits, a sentence or two each."""
    found = [_verdicts(comparison), _best(comparison), _scope(comparison)]
    found += [_power(comparison), _sign_flip(comparison), *_tuning(comparison)]
    return tuple(sentence for sentence in found if sentence)


def legend(comparison: Comparison) -> tuple[str, ...]:
    """What the columns and marks of the tables are."""
    estimates = comparison.estimates
    lines = []
    if any(each.standing for each in estimates):
        lines.append(
            "* best mean, or practically equal to it; ? not told apart from the best "
            "(all pairs, Holm)."
        )
    if any(each.letters for each in estimates):
        lines.append("Variants that share a letter cannot be told apart (all pairs, Holm).")
    elif len(estimates) > MOST_VARIANTS and comparison.comparable:
        lines.append(f"No letters: more than {MOST_VARIANTS} variants.")
    elif comparison.comparable and len(estimates) > 1:
        lines.append(f"Letters for what cannot be told apart come from {LETTERS_FROM} seeds on.")
    lines.append(
        "n: seeds. Mean, sd (n - 1), t interval and IQM (interquartile mean) are over the seeds."
    )
    if any(not math.isnan(each.bca_low) for each in estimates):
        lines.append(f"BCa: bootstrap interval, from {BCA_FROM} seeds on.")
    elif len(estimates) > MOST_BCA and max(each.n for each in estimates) >= BCA_FROM:
        lines.append(f"No BCa intervals: more than {MOST_BCA:,} variants.")
    if comparison.pairs:
        errors = (
            "×errors: mean error by that of the baseline. "
            if comparison.measure.is_rate
            else f"ratio: {comparison.measure.title} by that of the baseline. "
        )
        lines.append(
            f"{errors}p: paired t test over the seeds; sign-flip p beside it; both by Holm over "
            f"{_count(comparison.tests, 'comparison')}. r: correlation of paired runs. P(better): "
            f"share of seeds won. seeds: to find {_margin(comparison)} with 80\u00a0% power."
        )
    diverged = [each for each in estimates if each.diverged]
    if diverged:
        listed = _listed([f"{each.variant} ({each.diverged} of {each.runs})" for each in diverged])
        lines.append(f"Diverged, counted as the constant guess: {listed}.")
    return tuple(lines)


def rank_words(ranks: Ranks) -> str:
    """What the ranks across data sets say."""
    count = len(ranks.datasets)
    few = f" {count} data sets are few: read this as a description." if count < FEW_DATASETS else ""
    if math.isnan(ranks.p):
        return f"Two variants have ranks, but no test of Friedman's.{few}"
    differ = "differ" if ranks.p < LEVEL else "are not shown to differ"
    return f"Friedman's test (Iman and Davenport): ranks {differ}, p = {ranks.p:.3g}.{few}"


def _verdicts(comparison: Comparison) -> str:
    """One sentence: which variants are better, worse, practically equal, undecided."""
    pairs, baseline = comparison.pairs, comparison.baseline
    by = {name: [pair for pair in pairs if pair.verdict == name] for name in _VERDICTS}
    clauses = []
    for name in ("better", "worse"):
        if by[name]:
            clauses.append(f"{name} than {baseline}: {_listed(_gaps(comparison, by[name]))}")
    if not clauses:
        clauses.append(f"none is shown to be better or worse than {baseline}")
    if by["practically equal"]:
        names = _listed([pair.variant for pair in by["practically equal"]])
        clauses.append(
            f"practically equal (90\u00a0% interval within ±{_margin(comparison)}): {names}"
        )
    decided = [pair for pair in by["undecided"] if pair.n]
    if decided:
        clauses.append(f"undecided: {_listed([pair.variant for pair in decided])}")
    lost = [pair.variant for pair in by["undecided"] if not pair.n]
    if lost:
        clauses.append(f"without a common run: {_listed(lost)}")
    question = comparison.question
    model = f" with {question.model}" if question.model else ""
    on = f"On {question.dataset}{model}, by {comparison.measure.title}, "
    return f"{on}{'; '.join(clauses)}."


_VERDICTS = ("better", "worse", "practically equal", "undecided")


def _gaps(comparison: Comparison, pairs: Sequence[Pair]) -> list[str]:
    """`elu (+0.12 points)`."""
    scale = comparison.measure.scale
    digits, unit = numbers.decimals(scale), numbers.points(scale)
    shown = [f"{numbers.signed(pair.difference, digits)}\u00a0{unit}" for pair in pairs]
    return [f"{pair.variant} ({gap.strip()})" for pair, gap in zip(pairs, shown, strict=True)]


def _best(comparison: Comparison) -> str:
    found = [each for each in comparison.estimates if each.standing == "best"]
    if not found:
        return ""
    scale = comparison.measure.scale
    score = f"{numbers.plain(found[0].mean, numbers.decimals(scale))}\u00a0{scale.unit}".strip()
    names = {
        standing: [each.variant for each in comparison.estimates if each.standing == standing]
        for standing in ("practically equal", "undecided")
    }
    clauses = [f"The best mean is that of {found[0].variant}, {score}"]
    if names["practically equal"]:
        clauses.append(f"practically equal to it: {_listed(names['practically equal'])}")
    if names["undecided"]:
        clauses.append(f"not told apart from it: {_listed(names['undecided'])}")
    return f"{'; '.join(clauses)}."


def _scope(comparison: Comparison) -> str:
    """What the numbers speak of, and what they do not."""
    runs = comparison.question.runs
    drawn = "split_seed" in runs and (runs["split_seed"] == "seed").all()
    noise = "of training and of the split" if drawn else "of training, with one split of the data"
    most = max(each.n for each in comparison.estimates)
    over = f"over {_count(most, 'seed')}" if most != 1 else "of which one seed shows nothing"
    text = f"The numbers speak of the noise {noise}, {over}"
    if "test" not in comparison.measure.column:
        return f"{text}, on the {comparison.measure.title.split()[0]} part."
    samples, mean = comparison.test_samples, comparison.estimates[0].mean
    if samples is None or math.isnan(mean):
        return f"{text}, on this fixed test set."
    scale = comparison.measure.scale
    metric = comparison.measure.column.rpartition("_")[2]
    error = scale.factor * sampling_error(mean / scale.factor, samples, metric)
    return (
        f"{text}, on this fixed test set of {samples:,} {called(comparison.question.dataset)}, "
        f"whose own sampling error is about ±{error:.2g}\u00a0{numbers.points(scale)}."
    )


def _power(comparison: Comparison) -> str:
    """How many seeds would resolve the margin, for the typical pair and the one that needs most."""
    known = [pair for pair in comparison.pairs if not math.isnan(pair.seeds_low)]
    if not known or comparison.margin == 0:
        return ""
    level = f"{LEVEL:g}/{comparison.tests}" if comparison.tests > 1 else f"{LEVEL:g}"
    known.sort(key=lambda pair: pair.sd)
    typical, noisiest = known[(len(known) - 1) // 2], known[-1]
    needed = f"{numbers.seeds(typical.seeds_low, typical.seeds_high)} seeds"
    if len(known) > 1:
        most = numbers.seeds(noisiest.seeds_low, noisiest.seeds_high)
        needed += (
            f" for the pair of median noise ({typical.variant}), {most} for the noisiest "
            f"({noisiest.variant})"
        )
    return (
        f"Finding a difference of {_margin(comparison)} with 80\u00a0% power at the level {level} "
        f"takes {needed}: ranges are those of the sd's 95\u00a0% interval."
    )


def _sign_flip(comparison: Comparison) -> str:
    """Whether the sign-flip test can decide anything with so few seeds."""
    unable = [pair for pair in comparison.pairs if pair.n and pair.flip_smallest > LEVEL]
    if not unable:
        return ""
    n = max(pair.n for pair in unable)
    tests = max(comparison.tests, 1)
    enough = stats.deciding_seeds(tests)
    smallest = min(pair.flip_smallest for pair in unable)
    remedy = f"{enough} would do" if enough else "no number of seeds would do"
    return (
        f"The sign-flip test cannot decide with {_count(n, 'seed')}: its smallest p, by Holm over "
        f"{_count(tests, 'comparison')}, is {smallest:.2g}; {remedy}."
    )


def _tuning(comparison: Comparison) -> list[str]:
    """How each variant was tuned, and when that is not fair or not finished."""
    told = comparison.tuning
    if not told:
        return []
    if not comparison.question.others:
        return [
            "There is nothing to tune, since no other axis varies: the table is that of "
            "--mode matched."
        ]
    lines = [
        f"{name} was given {_count(each.settings, 'setting')}; "
        + (
            f"{each.setting} was best for {each.times} of {_count(each.tuned_seeds, 'seed')}."
            if each.setting
            else "there was no choice for any seed."
        )
        for name, each in told.items()
    ]
    if len(lines) > _MOST_TUNED:
        more = len(lines) - _MOST_TUNED
        lines = [*lines[:_MOST_TUNED], f"The settings of {more} further variants: --format csv."]
    if any(each.settings > 1 for each in told.values()):
        lines.append(
            "After tuning, p and intervals are too sure of themselves where settings are about "
            "equally good: the seeds share the choice. New seeds at the chosen settings confirm."
        )
    counts = {each.settings for each in told.values()}
    if len(counts) > 1:
        lines.append(
            f"Variants were given different numbers of settings ({min(counts)} to {max(counts)}): "
            "the one with more had more chances."
        )
    edges = [f"{name} ({', '.join(each.edges)})" for name, each in told.items() if each.edges]
    if edges:
        lines.append(
            f"The best setting lies at the edge of the grid, so a better one may lie beyond: "
            f"{_listed(edges)}."
        )
    return lines


def _margin(comparison: Comparison) -> str:
    return f"{comparison.margin:g}\u00a0{numbers.points(comparison.measure.scale)}".strip()


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _listed(names: Sequence[str]) -> str:
    shown = [*names[:_MOST_NAMED]]
    if len(names) > _MOST_NAMED:
        shown.append(f"and {len(names) - _MOST_NAMED} more")
    return "; ".join(shown) if any("," in name for name in shown[:-1]) else ", ".join(shown)
