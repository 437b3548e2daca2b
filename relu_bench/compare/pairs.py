"""Each variant against the baseline: over the seeds, at the settings that both have."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from relu_bench import stats
from relu_bench.compare.observations import (
    OUTCOMES,
    Observations,
    Scores,
    along,
    known,
    over_cells,
)
from relu_bench.compare.tuning import complete_seeds, without_choice
from relu_bench.stats import verdicts
from relu_bench.stats.differences import DIGITS, NARROW
from relu_bench.stats.nested import FEWEST_SEEDS

if TYPE_CHECKING:
    from relu_bench.compare.measures import Measure


Verdict = verdicts.Verdict | Literal["fails more often"]
LEVEL = 0.05
_UNLEARNED = [OUTCOMES.index(name) for name in ("at_chance", "diverged")]


@dataclass(frozen=True)
class Pair:
    """One comparison. Scores are in the unit that people read; NaN stands for what does not exist.

    Attributes:
        variant, baseline: which.
        n: seeds that both have, at each setting that both have.
        cells: settings of the other axes that both have, 1 when nothing else varies.
        unpaired, unpaired_baseline: completed runs of each that have no partner, and are left out.
        correlation: Pearson's, between the paired scores, over three seeds or more; NaN where one
            side has the same score at all of them.
        difference, sd: mean and standard deviation over the seeds of variant less baseline.
        low, high: 95 % t interval of the difference; NaN where all differences are equal and not 0.
        narrow_low, narrow_high: its 90 % interval, which the margin is held against.
        ratio, ratio_low, ratio_high: mean error of the variant by that of the baseline (see
            `Measure.error`: 1 - accuracy or AUC, else the value itself), with its 95 % interval.
        p, p_holm: of the paired t test, and corrected over the comparisons of the table.
        flip_p, flip_p_holm: of the sign-flip test, likewise.
        flip_smallest: the smallest p that the sign-flip test can give here after the correction.
        improvement: share of the seeds at which the variant is better, ties counting half.
        seeds_low, seeds_high: seeds that find a true difference of the margin with 80 % power at
            the corrected level, for the ends of the 95 % interval of `sd`, which is one for normal
            differences only.
        verdict: on the variant.
        incomplete: seeds that are left out, since one of the two lacks a run at a setting that
            both have at other seeds.
        tied: n where the differences at all seeds are equal, else 0.
        equal_seeds_low, equal_seeds_high: seeds that show a true difference of 0 to be within the
            margin with 80 % power, for the same ends; infinite where nothing can be called equal.
        simultaneous_low, simultaneous_high: t interval of the difference at 1 - 0.05 / m, which
            holds together with those of all m comparisons of the table in 95 % (Bonferroni).
        same_as: the baseline, or the first variant of the table, where this one has its scores at
            all settings and seeds, so that it is no comparison of its own; else empty.
        unlearned, unlearned_baseline: of the runs that are compared, how many did not learn.
        fails_p, fails_p_holm: of McNemar's test that both fail as often, and by Holm. A seed at
            which the variant has more runs that did not learn stands against one at which it has
            fewer: with one setting, that is which of the two learned.
        opposite_at: values of the other axes, averaged over the rest, at which the difference has
            the other sign; empty for none, and where nothing else varies.
        decided_at: values that hold more than half of the variance of the average.
        images_low, images_high: 95 % interval of the difference over other seeds and other test
            samples (`other_samples`).
    """

    variant: str
    baseline: str
    n: int
    cells: int
    unpaired: int
    unpaired_baseline: int
    correlation: float
    difference: float
    sd: float
    low: float
    high: float
    narrow_low: float
    narrow_high: float
    ratio: float
    ratio_low: float
    ratio_high: float
    p: float
    p_holm: float
    flip_p: float
    flip_p_holm: float
    flip_smallest: float
    improvement: float
    seeds_low: float
    seeds_high: float
    verdict: Verdict
    incomplete: int = 0
    tied: int = 0
    equal_seeds_low: float = math.nan
    equal_seeds_high: float = math.nan
    simultaneous_low: float = math.nan
    simultaneous_high: float = math.nan
    same_as: str = ""
    unlearned: int = 0
    unlearned_baseline: int = 0
    fails_p: float = math.nan
    fails_p_holm: float = math.nan
    opposite_at: str = ""
    decided_at: str = ""
    images_low: float = math.nan
    images_high: float = math.nan

    @property
    def counts(self) -> bool:
        """Whether it could be tested, and is not the same comparison as another."""
        return not math.isnan(self.p) and not self.same_as


@dataclass(frozen=True, eq=False)
class Matched:
    """The scores of two variants at what both have: one value for each seed, cells averaged.

    Attributes:
        first, second: (n,), of the seeds at which both have every setting that they share.
        cells: how many settings they share.
        used: (cells, seeds), the settings and seeds that they are of.
        unpaired: runs of each without a partner.
        incomplete: seeds that lack one of the settings, so that a mean over the others would
            compare seeds at different settings.
        unlearned: (2, n), how many runs of each side did not learn, at each seed.
        left_out: (n, n), of tuned scores the differences of `stats.left_out_scores`, from which
            their test and intervals come; None where nothing was chosen.
    """

    first: Scores
    second: Scores
    cells: int
    used: NDArray[np.bool_]
    unpaired: tuple[int, int]
    incomplete: int
    unlearned: NDArray[np.intp]
    left_out: Scores | None = None

    @property
    def differences(self) -> Scores:
        """First less second, one for each seed."""
        return np.round(self.first - self.second, DIGITS)

    def interval(self, level: float) -> tuple[float, float]:
        """The t interval of the mean difference, NaN where there is none."""
        if self.left_out is None:
            return stats.difference_interval(self.differences, level)
        if len(self.left_out) < FEWEST_SEEDS:
            return math.nan, math.nan
        low, high = stats.tuned_difference(self.left_out, 0.0).interval(level)
        return float(low), float(high)


def matched(observed: Observations, first: int, second: int) -> Matched:
    """Pair two variants by setting and seed, then average within each seed.

    A seed counts when both have a run at every setting that they share: of an unfinished sweep,
    seeds would else be averaged over different settings, and no two differences be of one kind.
    """
    if observed.tuned_over is not None:
        return _matched_tuned(observed, observed.tuned_over, first, second)
    one, other = observed.scores[first], observed.scores[second]
    has_one, has_other = known(one), known(other)
    both = has_one & has_other
    shared = along(both, 1)[:, np.newaxis]
    complete = along(both | ~shared, 0, every=True) & along(both, 0)
    used = both & complete
    first_means, second_means = (
        over_cells(np.where(used, scores, np.nan))[complete] for scores in (one, other)
    )
    return Matched(
        first_means,
        second_means,
        int(shared.sum()),
        used,
        unpaired=(int((has_one & ~both).sum()), int((has_other & ~both).sum())),
        incomplete=int((along(both, 0) & ~complete).sum()),
        unlearned=_unlearned(observed, (first, second), used),
    )


def _unlearned(
    observed: Observations, rows: tuple[int, int], used: NDArray[np.bool_]
) -> NDArray[np.intp]:
    """How many of the runs in use did not learn, of each row, at each seed that has some."""
    counts = [(np.isin(observed.outcomes[row], _UNLEARNED) & used).sum(axis=0) for row in rows]
    return np.stack(counts)[:, along(used, 0)]


def _matched_tuned(
    observed: Observations, settings: Observations, first: int, second: int
) -> Matched:
    """Pair two variants at the seeds that have every setting of each, and choose on these alone."""
    complete = complete_seeds(settings)
    seeds = complete[first] & complete[second]
    if seeds.sum() < FEWEST_SEEDS - 1:
        seeds = np.zeros_like(seeds)
    has_one, has_other = (known(observed.scores[row])[0] for row in (first, second))
    used = seeds[np.newaxis]
    shape = (int(seeds.sum()),) * 2
    one, other = (
        without_choice(settings, row, seeds) if seeds.any() else np.empty(shape)
        for row in (first, second)
    )
    return Matched(
        np.diagonal(one),
        np.diagonal(other),
        1,
        used,
        unpaired=(int((has_one & ~seeds).sum()), int((has_other & ~seeds).sum())),
        incomplete=0,
        unlearned=_unlearned(observed, (first, second), used),
        left_out=one - other,
    )


def in_no_difference(observed: Observations, baseline: int, matches: Sequence[Matched]) -> int:
    """How many settings and seeds with a score of some variant are in no difference."""
    there = known(observed.scores)
    used = np.zeros_like(there)
    for number, match in zip(_others(observed, baseline), matches, strict=True):
        used[number] = match.used
        used[baseline] |= match.used
    return int((there & ~used).sum())


def _others(observed: Observations, baseline: int) -> list[int]:
    """The numbers of all variants but the baseline, in their order."""
    return [number for number in range(len(observed.variants)) if number != baseline]


def matches_with(observed: Observations, baseline: int) -> tuple[Matched, ...]:
    """Every other variant paired with the baseline, in the order of the variants."""
    return tuple(matched(observed, number, baseline) for number in _others(observed, baseline))


def tested(matches: Sequence[Matched]) -> NDArray[np.float64]:
    """P of each pair: of the paired t test, of tuned scores with nested cross-validation."""
    nested = [match.left_out for match in matches if match.left_out is not None]
    if len(nested) == len(matches):
        return over_sizes(nested, lambda rows: stats.tuned_difference(rows, 0.0).p)
    return over_sizes([match.differences for match in matches], stats.paired_t)


def over_sizes(
    samples: Sequence[Scores], test: Callable[[Scores], NDArray[np.float64]]
) -> NDArray[np.float64]:
    """`test`, which works on samples of one length, on those of any lengths: one p for each."""
    found = np.full(len(samples), np.nan)
    sizes = np.array([len(sample) for sample in samples])
    for size in np.unique(sizes[sizes > 1]):
        places = np.flatnonzero(sizes == size)
        found[places] = test(np.stack([samples[int(place)] for place in places]))
    return found


def against_baseline(
    observed: Observations,
    baseline: int,
    matches: Sequence[Matched],
    measure: Measure,
    *,
    margin: float,
    resolution: float,
) -> tuple[Pair, ...]:
    """Every other variant against the baseline, in the order of the variants.

    Args:
        observed: the scores.
        baseline: the number of the variant to compare with.
        matches: of `matches_with`.
        measure: of the scores.
        margin: in the unit of the scores.
        resolution: what one evaluated sample changes in a score, in that unit; 0.0 if not known.
    """
    numbers = _others(observed, baseline)
    p = tested(matches)
    flip_p = np.full_like(p, np.nan)
    if observed.tuned_over is None:
        flip_p = over_sizes([match.differences for match in matches], stats.sign_flip)
    groups = stats.same_scores(observed.scores)
    p_holm, flip_p_holm = (_holm(each, groups, baseline) for each in (p, flip_p))
    fails_p = np.array([_fails_as_often(match) for match in matches])
    fails_p_holm = _holm(fails_p, groups, baseline)
    same = [same_as(observed.variants, groups, number, baseline) for number in numbers]
    tests = max(sum(not math.isnan(its) and not of for its, of in zip(p, same, strict=True)), 1)
    pairs = [
        untested_pair(observed.variants[number], observed.variants[baseline], match, measure)
        for number, match in zip(numbers, matches, strict=True)
    ]
    # Of tuned scores, how sure a number of seeds makes the choice is nothing that an sd tells.
    ends = _sd_ends(pairs) if observed.tuned_over is None else np.full((2, len(pairs)), np.nan)
    low, high = stats.seeds_needed(margin, ends, LEVEL / tests)
    level = stats.simultaneous_level(tests, 1 - LEVEL)
    together = [match.interval(level) for match in matches]
    usable = 0.0 if stats.too_fine(margin, resolution) else margin
    equal_low, equal_high = stats.seeds_to_show_equality(ends, usable)
    return tuple(
        replace(
            pair,
            p=float(p[row]),
            p_holm=float(p_holm[row]),
            flip_p=float(flip_p[row]),
            flip_p_holm=float(flip_p_holm[row]),
            flip_smallest=min(tests * stats.smallest_p(pair.n), 1.0),
            seeds_low=float(low[row]),
            seeds_high=float(high[row]),
            equal_seeds_low=float(equal_low[row]),
            equal_seeds_high=float(equal_high[row]),
            simultaneous_low=together[row][0],
            simultaneous_high=together[row][1],
            same_as=same[row],
            fails_p=float(fails_p[row]),
            fails_p_holm=float(fails_p_holm[row]),
            verdict=_verdict(
                stats.fixed_verdict(
                    measure.direction * pair.difference,
                    (pair.narrow_low, pair.narrow_high),
                    float(p_holm[row]),
                    margin,
                    resolution=resolution,
                    tied=pair.tied if observed.tuned_over is None else 0,
                ),
                pair,
                float(fails_p_holm[row]),
            ),
        )
        for row, pair in enumerate(pairs)
    )


def _fails_as_often(match: Matched) -> float:
    """P of McNemar's test over the seeds; NaN without one."""
    variant, baseline = match.unlearned
    if not variant.size:
        return math.nan
    return float(stats.mcnemar(variant > baseline, variant < baseline))


def _verdict(of_scores: verdicts.Verdict, pair: Pair, fails_p: float) -> Verdict:
    """That of the scores, unless the variant is shown to fail more often and not to be worse.

    A mean that is better where a run learns is no reason to choose what often does not.
    """
    more = pair.unlearned > pair.unlearned_baseline
    return "fails more often" if of_scores != "worse" and more and fails_p < LEVEL else of_scores


def _holm(p: NDArray[np.float64], groups: NDArray[np.intp], baseline: int) -> NDArray[np.float64]:
    """By Holm, with variants of the same scores counted once; `p` is without the baseline's."""
    whole = np.insert(p, baseline, np.nan)
    return np.delete(stats.holm_of_groups(whole, groups, baseline), baseline)


def same_as(variants: Sequence[str], groups: NDArray[np.intp], number: int, baseline: int) -> str:
    """The baseline, or the first other variant before it, that has its scores; empty for none."""
    if groups[number] == groups[baseline]:
        return variants[baseline]
    first = int(groups[number])
    return variants[first] if first != number else ""


def untested_pair(variant: str, baseline: str, match: Matched, measure: Measure) -> Pair:
    """All of a comparison but its tests, and what depends on the number of comparisons: NaN."""
    differences = match.differences
    low, high = match.interval(1 - LEVEL)
    narrow_low, narrow_high = match.interval(NARROW)
    perfect = measure.scale.perfect
    ratio, ratio_low, ratio_high = stats.ratio_of_means(
        np.abs(perfect - match.first), np.abs(perfect - match.second)
    )
    if match.left_out is not None:  # the choice that the seeds share is not in this interval
        ratio_low = ratio_high = math.nan
    return Pair(
        variant,
        baseline,
        n=differences.size,
        cells=match.cells,
        unpaired=match.unpaired[0],
        unpaired_baseline=match.unpaired[1],
        correlation=stats.correlation(match.first, match.second),
        difference=stats.mean(differences),
        sd=stats.sd(differences),
        low=low,
        high=high,
        narrow_low=narrow_low,
        narrow_high=narrow_high,
        ratio=ratio,
        ratio_low=ratio_low,
        ratio_high=ratio_high,
        p=math.nan,
        p_holm=math.nan,
        flip_p=math.nan,
        flip_p_holm=math.nan,
        flip_smallest=1.0,
        improvement=stats.probability_of_improvement(measure.direction * differences),
        seeds_low=math.nan,
        seeds_high=math.nan,
        verdict="undecided",
        incomplete=match.incomplete,
        tied=stats.tied_seeds(differences),
        unlearned=int(match.unlearned[0].sum()),
        unlearned_baseline=int(match.unlearned[1].sum()),
    )


def _sd_ends(pairs: Sequence[Pair]) -> Scores:
    """The ends of the 95 % interval of each pair's sd, (2, pairs); NaN where there is no spread."""
    ends = np.full((2, len(pairs)), np.nan)
    for row, pair in enumerate(pairs):
        if pair.n > 1 and not pair.tied:
            ends[:, row] = stats.sd_interval(pair.sd, pair.n)
    return ends
