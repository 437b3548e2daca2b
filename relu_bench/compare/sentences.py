"""The answer in words: what was found, how sure it is, and what the numbers speak of."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from relu_bench import stats
from relu_bench.compare.across import FEW_DATASETS, Ranks
from relu_bench.compare.anytime_words import anytime_legend, looking_in_words
from relu_bench.compare.comparison import Comparison
from relu_bench.compare.estimates import BCA_FROM, LETTERS_FROM, MOST_BCA, MOST_VARIANTS, leading
from relu_bench.compare.measures import (
    called,
    completed,
    dataset_of,
    is_known,
    rule_of_three,
    sampling_error,
)
from relu_bench.compare.methods import idle_settings
from relu_bench.compare.other_samples import other_samples_in_words
from relu_bench.compare.pairs import LEVEL, Pair
from relu_bench.stats.nested import FEWEST_SEEDS
from relu_bench.wording import (
    between,
    counted,
    decimals,
    difference_unit,
    first_of,
    rounded,
    seed_range,
    series,
    signed,
)

if TYPE_CHECKING:
    from pandas import DataFrame


Marks = tuple[str, str]
"""Of the best, and of what cannot be told apart from it."""

_MOST_NAMED = 5
_TOLD_APART = ("fails more often", "better", "worse")
_MOST_TUNED = 12
_MOST_SETTINGS = 3
_ENOUGH_SEEDS = "of the variants with at least half of the seeds"
_FIXED = (
    "The number of seeds must be fixed beforehand: adding seeds until something is decided is no "
    "test at 5\u00a0%."
)
_VERDICTS = (*_TOLD_APART, "practically equal", "undecided")


def in_words(comparison: Comparison) -> tuple[str, ...]:
    """The answer and its limits, a sentence or two each."""
    found = [_verdicts(comparison), _best(comparison), scope(comparison)]
    found += other_samples_in_words(comparison)
    found += [
        *looking_in_words(comparison),
        _chosen_baseline(comparison),
        _counted_once(comparison),
        _coarse(comparison),
        skewed(comparison),
        _power(comparison),
        _sign_flip(comparison),
        *_tuning(comparison),
    ]
    return tuple(sentence for sentence in found if sentence)


def legend(comparison: Comparison, marks: Marks = ("*", "?")) -> tuple[str, ...]:
    """What the columns and marks of the tables are.

    Args:
        comparison: one table's.
        marks: of the best, and of what cannot be told apart from it.
    """
    lines = (
        _of_fixed_seeds(comparison, marks)
        if comparison.looks is None
        else anytime_legend(comparison)
    )
    if diverged := [each for each in comparison.estimates if each.diverged]:
        listed = _listed([f"{each.variant} ({each.diverged} of {each.runs})" for each in diverged])
        lines.append(f"Diverged, counted as the constant guess: {listed}.")
    return tuple(lines)


def _of_fixed_seeds(comparison: Comparison, marks: Marks) -> list[str]:
    """What is shown where the number of seeds was fixed beforehand."""
    estimates = comparison.estimates
    lines = _marks(comparison, marks)
    if max(each.n for each in estimates) > 1:
        lines.append(
            "n: seeds. Mean, sd (n - 1), t interval and IQM (interquartile mean) are over the "
            "seeds."
        )
    else:
        lines.append("n: seeds. Of one seed there is no sd and no interval.")
    if any(not math.isnan(each.bca_low) for each in estimates):
        lines.append(f"BCa: bootstrap interval, from {BCA_FROM} seeds on.")
    elif len(estimates) > MOST_BCA and max(each.n for each in estimates) >= BCA_FROM:
        lines.append(f"No BCa intervals: more than {MOST_BCA:,} variants.")
    if comparison.pairs:
        lines.append(_columns_of_pairs(comparison))
    if comparison.tests:
        lines.append(_errors_of_verdicts(comparison))
        lines += filter(None, [_failing(comparison)])
    return lines


def _marks(comparison: Comparison, marks: Marks) -> list[str]:
    """What the marks of rows and letters mean, or why there are no letters."""
    estimates, lines = comparison.estimates, []
    among = f" {_ENOUGH_SEEDS}" if _first_has_few_seeds(comparison) else ""
    tested = " (all pairs, Holm)" if max(each.n for each in estimates) > 1 else ""
    if any(each.standing == "undecided" for each in estimates):
        lines.append(f"{marks[1]} not told apart from the best mean{among}{tested}.")
    elif any(each.standing for each in estimates):
        lines.append(f"{marks[0]} the best{among}, or practically equal to it{tested}.")
    sizes = [each.n for each in estimates if each.n]
    if any(each.letters for each in estimates):
        lines.append("Variants that share a letter cannot be told apart (all pairs, Holm).")
    elif len(sizes) > MOST_VARIANTS and comparison.comparable:
        lines.append(f"No letters: more than {MOST_VARIANTS} variants.")
    elif sum(n >= LETTERS_FROM for n in sizes) > 1 and comparison.comparable:
        lines.append(
            f"No letters: two variants with {LETTERS_FROM} seeds or more have fewer than "
            f"{LETTERS_FROM} in common."
        )
    elif comparison.comparable and len(estimates) > 1:
        lines.append(f"Letters for what cannot be told apart come from {LETTERS_FROM} seeds on.")
    return lines


def _first_has_few_seeds(comparison: Comparison) -> bool:
    """Whether the variant with the best mean has too few seeds to be called the best."""
    return leading(comparison.estimates) > 0


def _columns_of_pairs(comparison: Comparison) -> str:
    """What stands in the columns of the differences."""
    errors, won = comparison.measure.ratio_in_words, "P(better): share of seeds won."
    if not comparison.tests:
        return f"{errors} {won} No interval, p, r or number of seeds: no pair has two seeds."
    needed = "no number finds a difference of 0"
    if comparison.margin:
        needed = (
            f"to find a true difference of {_margin(comparison)} with 80\u00a0% power; if equal: "
            "to show a true difference of 0 to be within the margin; both of undecided pairs, and "
            "95\u00a0% ranges for normal differences only"
        )
    correlation = "r: correlation of paired runs."
    by_holm = f"by Holm over {counted(comparison.tests, 'comparison')}"
    if comparison.nested:
        return f"{errors} p: nested cross-validation, {by_holm}. {correlation} {won}"
    return (
        f"{errors} p: paired t test over the seeds; sign-flip p beside it; both {by_holm}. "
        f"{correlation} {won} seeds: {needed}."
    )


def _failing(comparison: Comparison) -> str:
    """How the verdict that runs fail more often comes about, where one has it."""
    if all(pair.verdict != "fails more often" for pair in comparison.pairs):
        return ""
    return (
        "Fails more often: McNemar's exact test over the seeds on whether runs learned, by Holm; "
        "it goes before all verdicts but worse."
    )


def _errors_of_verdicts(comparison: Comparison) -> str:
    """What the intervals of the differences hold, and how often which verdict is wrong."""
    if comparison.tests == 1:
        return (
            "'Practically equal' rests on the 90\u00a0% interval. It, and better or worse, are "
            "each wrong in at most 5\u00a0% of cases."
        )
    return (
        f"95\u00a0% interval of a difference: all {comparison.tests} hold together (t at "
        f"1 - {LEVEL:g}/{comparison.tests}); 'practically equal' rests on the 90\u00a0% one. It is "
        "wrong in at most 5\u00a0% of cases for each comparison, better or worse in at most "
        "5\u00a0% for the table together."
    )


def rank_words(ranks: Ranks) -> str:
    """What the ranks across data sets say."""
    count = len(ranks.datasets)
    few = f" {count} data sets are few: read this as a description." if count < FEW_DATASETS else ""
    if len(ranks.variants) < 3:
        return f"Two variants have ranks, but no test of Friedman's.{few}"
    if math.isnan(ranks.p):
        return (
            f"{count} data sets are too few for Friedman's test of {len(ranks.variants)} variants: "
            "read this as a description."
        )
    differ = "differ" if ranks.p < LEVEL else "are not shown to differ"
    return f"Friedman's test: ranks {differ}, p = {ranks.p:.3g}.{few}"


def _verdicts(comparison: Comparison) -> str:
    """One sentence that stands alone: on what, by what, and which variants are better or worse."""
    question = comparison.question
    model = f" with {question.model}" if question.model else ""
    on = f"On {question.dataset}{model}, by {comparison.measure.title}, "
    return f"{on}{verdict_words(comparison)}"


def verdict_words(comparison: Comparison) -> str:
    """Which variants are better, worse, practically equal, undecided, where the rest is known."""
    pairs = comparison.pairs
    if not pairs:
        return _alone(comparison)
    by = _by_verdict(pairs)
    baseline = _called(comparison, comparison.baseline)
    if comparison.best_as_baseline:
        baseline = f"{baseline} (the best by validation)"
    clauses = []
    for name in _TOLD_APART:
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
        clauses.append(
            f"undecided: {_listed([f'{pair.variant}{_same(pair)}' for pair in decided])}"
        )
    lost = [pair.variant for pair in by["undecided"] if not pair.n]
    if lost:
        clauses.append(f"not compared: {_listed(lost)}")
    if max(pair.n for pair in pairs) == 1:
        clauses.insert(0, "with one seed each, what differs may be chance")
    return f"{_at_settings(comparison)}{'; '.join(clauses)}.{_hidden_by_average(comparison)}"


def _by_verdict(pairs: Sequence[Pair]) -> dict[str, list[Pair]]:
    return {name: [pair for pair in pairs if pair.verdict == name] for name in _VERDICTS}


def _alone(comparison: Comparison) -> str:
    """The score of a variant that has nothing to be compared with."""
    only = comparison.of_baseline
    scale = comparison.measure.scale
    digits = decimals(scale.unit)
    name = _called(comparison, only.variant)
    score = f"the only variant, {name}, reaches {rounded(only.mean, digits)}"
    score = f"{score}\u00a0{scale.unit}".rstrip()
    if only.n == 1:
        return f"{score} with one seed, which is no comparison."
    interval = between(*scale.bounded(only.low, only.high), digits)
    return f"{score}, the mean of {only.n} seeds (95\u00a0% interval {interval})."


def _at_settings(comparison: Comparison) -> str:
    """`averaged over 8 settings of learning_rate, `; empty where nothing else varies."""
    others = comparison.question.others
    if not others:
        return ""
    if comparison.mode == "tuned":
        return "each at its best setting, "
    counts = sorted({pair.cells for pair in comparison.pairs if pair.n})
    over = " to ".join(f"{count:,}" for count in {counts[0], counts[-1]}) if counts else "the"
    return f"averaged over {over} settings of {', '.join(others)}, "


def _hidden_by_average(comparison: Comparison) -> str:
    """Where settings do not say what their average says, of the pairs that are decided by it."""
    decided = [pair for pair in comparison.pairs if pair.verdict in ("better", "worse")]
    opposite = [f"{pair.variant} at {pair.opposite_at}" for pair in decided if pair.opposite_at]
    lines = []
    if opposite:
        lines.append(f" The other way round: {_listed(opposite)}.")
    deciding = list(dict.fromkeys(pair.decided_at for pair in decided if pair.decided_at))
    if deciding:
        names = first_of(deciding, _MOST_SETTINGS, between="; ")
        lines.append(f" Most of the variance of such an average is that of one value: {names}.")
    return "".join(lines)


def _gaps(comparison: Comparison, pairs: Sequence[Pair]) -> list[str]:
    """`elu (+0.12 points)`, and where that is so at every seed, that it is."""
    scale = comparison.measure.scale
    digits, unit = decimals(scale.unit), difference_unit(scale.unit)
    shown = [f"{signed(pair.difference, digits)}\u00a0{unit}" for pair in pairs]
    return [
        f"{pair.variant} ({gap.strip()}{', the same at all seeds' if pair.tied else ''}"
        f"{_unlearned(pair)})"
        for pair, gap in zip(pairs, shown, strict=True)
    ]


def _unlearned(pair: Pair) -> str:
    """`; 1 of 10 runs did not learn`: a mean hides it."""
    if not pair.unlearned:
        return ""
    return f"; {pair.unlearned} of {counted(pair.n * pair.cells, 'run')} did not learn"


def learned_words(comparison: Comparison) -> str:
    """Which variants have runs that did not learn, beside those that `verdict_words` says it of."""
    runs = sum(each.runs for each in comparison.estimates)
    failing = [each for each in comparison.estimates if each.learned < each.runs]
    if not failing:
        chosen = " at the chosen settings" if comparison.nested else ""
        return f"All {counted(runs, 'run')}{chosen} learned." if runs > 1 else "The run learned."
    by = _by_verdict(comparison.pairs)
    told = [pair for name in _TOLD_APART for pair in by[name][:_MOST_NAMED]]
    named = {pair.variant for pair in told if pair.unlearned}
    listed = [
        f"{each.variant} ({each.runs - each.learned} of {counted(each.runs, 'run')}"
        f"{f', {each.diverged} diverged' if each.diverged else ''})"
        for each in failing
        if each.variant not in named
    ]
    return f"Did not learn: {_listed(listed)}." if listed else ""


def _same(pair: Pair) -> str:
    """Why a pair is undecided whatever its p: no spread to go by."""
    return " (the difference is the same at all seeds)" if pair.tied > 1 else ""


def _best(comparison: Comparison) -> str:
    """The set that is not told apart from the best mean: one winner of it would be chance."""
    leaders = [each for each in comparison.estimates if each.standing not in ("", "behind")]
    if not leaders:
        return ""
    scale = comparison.measure.scale
    shown = [rounded(each.mean, decimals(scale.unit)) for each in leaders if each.n]
    ends = list(dict.fromkeys((min(shown, key=float), max(shown, key=float))))
    means = f"{' to '.join(ends)}\u00a0{scale.unit}".strip()
    among = f", {_ENOUGH_SEEDS}" if _first_has_few_seeds(comparison) else ""
    if len(leaders) == 1:
        ranked = sum(bool(each.standing) for each in comparison.estimates)
        apart = ", told apart from all others" if ranked > 1 else ""
        return f"Best{among}: {_called(comparison, leaders[0].variant)}, {means}{apart}."
    names = _listed([each.variant for each in leaders])
    return (
        f"Not told apart from the best{among}: {names} (means of {means}). Which of these "
        f"{len(leaders)} has the best mean may be chance."
    )


def _chosen_baseline(comparison: Comparison) -> str:
    """That the baseline is no natural first value but the best one, and what that does."""
    if not comparison.best_as_baseline:
        return ""
    return (
        f"The baseline {comparison.baseline} has the best mean validation score; --baseline names "
        "another. It was chosen on these seeds, which makes the others look a little worse."
    )


def _counted_once(comparison: Comparison) -> str:
    """Which variants have the same scores, so that Holm's correction counts them once."""
    groups: dict[str, list[str]] = {}
    for pair in comparison.pairs:
        if pair.same_as and not math.isnan(pair.p):
            groups.setdefault(pair.same_as, [pair.same_as]).append(pair.variant)
    if not groups:
        return ""
    listed = "; ".join(series(names) for names in groups.values())
    return f"The same scores at all seeds, and so counted once by Holm: {listed}."


def _coarse(comparison: Comparison) -> str:
    """What the number of evaluated samples has to do with the margin, where it has."""
    if comparison.too_fine:
        return (
            f"{one_sample(comparison)} is more than the margin of {_margin(comparison)}: nothing "
            "can be called practically equal."
        )
    usual = comparison.measure.margin
    if comparison.resolution.smallest_margin <= usual or comparison.margin <= usual:
        return ""
    if comparison.margin != comparison.resolution.smallest_margin:
        return ""
    return (
        f"{one_sample(comparison)}, so the margin is {_margin(comparison)} in place of the usual "
        f"{usual:g}."
    )


def one_sample(comparison: Comparison) -> str:
    """`One of 360 test images is 0.28 points`."""
    resolution, column = comparison.resolution, comparison.measure.column
    part = "validation" if "val_" in column else "test"
    least = "" if resolution.known else "at least "
    what = called(dataset_of(comparison.question.runs))
    unit = difference_unit(comparison.measure.scale.unit)
    most = "" if resolution.known else "at most "
    return (
        f"One of {least}{resolution.samples:,} {part} {what} is {most}{resolution.points:.2g}\u00a0"
        f"{unit}"
    )


def skewed(comparison: Comparison) -> str:
    """That tails on one side make verdicts less sure than they say; empty where they do not."""
    if not comparison.skewness.far:
        return ""
    return (
        "The differences have a long tail on one side (pooled skewness "
        f"{comparison.skewness.pooled:.1f}): better and worse may be wrong in more than "
        "5\u00a0% of such tables, whatever the correction."
    )


def _power(comparison: Comparison) -> str:
    """How many seeds would resolve the margin, for the typical open pair and the noisiest."""
    known = [
        pair
        for pair in comparison.pairs
        if pair.verdict == "undecided" and not math.isnan(pair.seeds_low)
    ]
    if not known:
        return ""
    if comparison.margin == 0:
        return _FIXED
    level = f"{LEVEL:g}/{comparison.tests}" if comparison.tests > 1 else f"{LEVEL:g}"
    known.sort(key=lambda pair: pair.sd)
    typical, noisiest = known[(len(known) - 1) // 2], known[-1]
    needed, equal = f"{_needed(typical)} seeds", f"{_equal(typical)}"
    if len(known) > 1:
        needed += (
            f" for the undecided pair of median noise ({typical.variant}), {_needed(noisiest)} for "
            f"the noisiest ({noisiest.variant})"
        )
        equal += f" and {_equal(noisiest)}"
    shown = "" if comparison.too_fine else f"; showing that there is none takes {equal}"
    return (
        f"To find a true difference of {_margin(comparison)} with 80\u00a0% power at the level "
        f"{level} takes {needed}{shown}. Ranges are those of the sd's 95\u00a0% interval, for "
        f"normal differences. {_FIXED}"
    )


def _needed(pair: Pair) -> str:
    return seed_range(pair.seeds_low, pair.seeds_high)


def _equal(pair: Pair) -> str:
    return seed_range(pair.equal_seeds_low, pair.equal_seeds_high)


def _sign_flip(comparison: Comparison) -> str:
    """Whether the sign-flip test can decide anything with so few seeds."""
    if comparison.nested:
        return ""
    paired = [pair for pair in comparison.pairs if pair.n]
    unable = [pair for pair in paired if pair.flip_smallest > LEVEL]
    if not unable:
        return ""
    which = f" for {_listed([pair.variant for pair in unable])}"
    if len(unable) == len(paired):
        which = ""
    least, most = min(pair.n for pair in unable), max(pair.n for pair in unable)
    seeds = counted(most, "seed") if least == most else f"{least} to {most} seeds"
    text = f"The sign-flip test cannot decide{which} with {seeds}"
    enough = stats.deciding_seeds(len(paired))
    remedy = f"{enough} would do" if enough else "no number of seeds would do"
    if most == 1:
        return f"{text}; {remedy}, by Holm over {counted(len(paired), 'comparison')}."
    smallest = min(pair.flip_smallest for pair in unable)
    return (
        f"{text}: its smallest p, by Holm over {counted(comparison.tests, 'comparison')}, is "
        f"{smallest:.2g}; {remedy}."
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
        f"{_called(comparison, name)} was given {counted(each.settings, 'setting')}; "
        + (
            f"{each.setting} was best for {each.times} of {counted(each.tuned_seeds, 'seed')}."
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
            "The seeds share the choice of settings, which p and intervals take into account "
            f"(nested cross-validation, from {FEWEST_SEEDS} seeds on); there is no sign-flip test "
            "and no number of seeds. relu-bench run CONFIG --confirm N tests the chosen settings "
            "on N new seeds."
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


def _called(comparison: Comparison, variant: str) -> str:
    """`batch norm true`: what alone would be a word of every sentence, or a mere number."""
    by = comparison.question.by
    bare = variant in ("true", "false", "none") or variant[:1].isdigit()
    return f"{by[0].replace('_', ' ')} {variant}" if len(by) == 1 and bare else variant


def _margin(comparison: Comparison) -> str:
    return f"{comparison.margin:g}\u00a0{difference_unit(comparison.measure.scale.unit)}".strip()


def _listed(names: Sequence[str]) -> str:
    apart = "; " if any("," in name for name in names[:-1][:_MOST_NAMED]) else ", "
    return first_of(names, _MOST_NAMED, between=apart)


def scope(comparison: Comparison) -> str:
    """The noise that the intervals are about, and the test set, which seeds do not change."""
    most = max(each.n for each in comparison.estimates)
    over = f"over {most:,} seeds" if most != 1 else "of which one seed shows nothing"
    text = f"The noise is {_noise(completed(comparison.question.runs))}, {over}"
    if "test" not in comparison.measure.column:
        return f"{text}, on the {comparison.measure.title.split()[0]} part."
    return f"{text}, on this fixed test set{_of_samples(comparison)}."


def _noise(runs: DataFrame) -> str:
    """Of training, and of what is drawn anew for each seed besides."""
    if "split_seed" in idle_settings(runs):
        return "of training"
    held_out = runs[runs["validation_split"] > 0]
    # With nothing held out, the seed of the split draws what a cap leaves of the training samples.
    what, of = ("split", "of the data") if len(held_out) else ("choice", "of training samples")
    drawn = runs["split_seed"] == "seed"
    if drawn.any():
        where = "" if drawn.all() else ", where split_seed is seed"
        return f"of training and of the {what}{'' if len(held_out) else f' {of}'}{where}"
    fixed = held_out if len(held_out) else runs
    count = len(fixed[["validation_split", "split_seed"]].drop_duplicates())
    return f"of training, with {f'one {what}' if count == 1 else counted(count, what)} {of}"


def _of_samples(comparison: Comparison) -> str:
    """How large the test set is, and what that alone makes uncertain."""
    samples, dataset = comparison.test_samples, dataset_of(comparison.question.runs)
    if samples is None:
        return ""
    scale = comparison.measure.scale
    metric = comparison.measure.column.rpartition("_")[2]
    least, most = ("", "") if is_known(dataset) else ("at least ", "at most ")
    text = f" of {least}{samples:,} {called(dataset)}"
    score = comparison.estimates[leading(comparison.estimates)].mean / scale.factor
    if math.isnan(score):
        return text
    if metric == "accuracy" and score in (0.0, 1.0):
        without, rate = ("error", "error rate") if score else ("right answer", "accuracy")
        limit = scale.factor * rule_of_three(samples)
        return (
            f"{text}, without one {without}: by its size alone the true {rate} is at most about "
            f"{limit:.2g}\u00a0{scale.unit} (rule of three)"
        )
    error = scale.factor * sampling_error(score, samples, metric)
    if error == 0:
        return text
    unit = difference_unit(scale.unit)
    return f"{text}, whose sampling error is {most}about ±{error:.2g}\u00a0{unit}"
