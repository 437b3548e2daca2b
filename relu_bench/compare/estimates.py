"""Each variant by itself: how many runs, how good, how sure, and which cannot be told apart."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from relu_bench import stats
from relu_bench.compare.observations import OUTCOMES, Observations, Scores, along, known, over_cells
from relu_bench.compare.pairs import LEVEL, Matched, matched, tested
from relu_bench.stats.differences import NARROW

BCA_FROM = 20
# Each takes 10,000 resamples; nobody reads more rows than this.
MOST_BCA = 1_000
LETTERS_FROM = 10
# Beyond this, all pairs are too many to test, and letters too many to read.
MOST_VARIANTS = 60

Standing = Literal["best", "practically equal", "undecided", "behind", ""]


@dataclass(frozen=True)
class Estimate:
    """One variant. Scores are in the unit that people read; NaN stands for what does not exist.

    Attributes:
        variant: its label.
        n: seeds; where other axes vary too, each counts as the mean over their settings.
        runs: completed runs behind them, which are learned + at_chance + diverged.
        learned, at_chance, diverged: outcomes; a diverged run counts as the constant guess.
        failed: runs that are missing.
        mean, sd: over the seeds, sd with n - 1.
        low, high: 95 % t interval of the mean.
        median, iqm: median and interquartile mean over the seeds.
        bca_low, bca_high: 95 % BCa interval of the mean, from n = 20 on.
        letters: variants that share one cannot be told apart; empty for fewer than 10 seeds.
        standing: against the variant with the best mean.
    """

    variant: str
    n: int
    runs: int
    learned: int
    at_chance: int
    diverged: int
    failed: int
    mean: float
    sd: float
    low: float
    high: float
    median: float
    iqm: float
    bca_low: float
    bca_high: float
    letters: str = ""
    standing: Standing = ""


@dataclass(frozen=True, eq=False)
class Common:
    """What the variants have in common, so that their means are of the same settings.

    Attributes:
        cells: (cells,), whether every variant with a result has the setting; all True when they
            have none in common.
        comparable: whether they have any.
        scores: (variants, seeds), mean over the common settings; NaN where a seed lacks one.
        counted: (variants, cells, seeds), the runs that are in `scores`.
    """

    cells: NDArray[np.bool_]
    comparable: bool
    scores: Scores
    counted: NDArray[np.bool_]


def common(observed: Observations) -> Common:
    """The scores of each variant and seed over the settings that all variants have.

    Where they have none in common, each is averaged over its own, and not comparable.
    """
    there = known(observed.scores)
    present = along(there, 2)
    cells = along(present[along(present, 1)], 0, every=True)
    comparable = bool(cells.any())
    if not comparable:
        cells = np.ones_like(cells)
    needed = (present & cells)[:, :, np.newaxis]
    complete = along(there | ~needed, 1, every=True) & along(needed, 1)
    counted = there & needed & complete[:, np.newaxis, :]
    scores = over_cells(np.where(counted, observed.scores, np.nan))
    return Common(cells, comparable, scores, counted)


def estimates(observed: Observations, shared: Common) -> tuple[Estimate, ...]:
    """One estimate for each variant, in their order."""
    scores = [row[known(row)] for row in shared.scores]
    ends = _bca(scores)
    return tuple(
        _estimate(
            variant,
            scores[row],
            np.bincount(observed.outcomes[row][shared.counted[row]], minlength=len(OUTCOMES)),
            int((observed.outcomes[row] == OUTCOMES.index("failed")).sum()),
            (float(ends[row, 0]), float(ends[row, 1])),
        )
        for row, variant in enumerate(observed.variants)
    )


def _bca(scores: Sequence[Scores]) -> NDArray[np.float64]:
    """The ends of the BCa intervals, (variants, 2); NaN for fewer than 20 seeds."""
    ends = np.full((len(scores), 2), np.nan)
    if len(scores) > MOST_BCA:
        return ends
    sizes = np.array([each.size for each in scores])
    for size in np.unique(sizes[sizes >= BCA_FROM]):
        places = np.flatnonzero(sizes == size)
        rows = np.stack([scores[int(place)] for place in places])
        ends[places] = np.stack(stats.bca_interval(rows), axis=1)
    return ends


def _estimate(
    variant: str,
    scores: Scores,
    counts: NDArray[np.intp],
    failed: int,
    bca: tuple[float, float],
) -> Estimate:
    low, high = stats.t_interval(scores)
    outcomes = dict(zip(OUTCOMES, counts.tolist(), strict=True))
    return Estimate(
        variant=variant,
        n=scores.size,
        runs=sum(outcomes[name] for name in ("learned", "at_chance", "diverged")),
        learned=outcomes["learned"],
        at_chance=outcomes["at_chance"],
        diverged=outcomes["diverged"],
        failed=failed,
        mean=stats.mean(scores),
        sd=stats.sd(scores),
        low=low,
        high=high,
        median=float(np.median(scores)) if scores.size else math.nan,
        iqm=stats.interquartile_mean(scores),
        bca_low=bca[0],
        bca_high=bca[1],
    )


def ranked(
    observed: Observations,
    estimates: Sequence[Estimate],
    direction: float,
    margin: float,
    resolution: float,
) -> tuple[Estimate, ...]:
    """The estimates with their letters and their standing against the best.

    All pairs are tested by the paired t test (tuned: nested cross-validation) with Holm's
    correction, so that looking for the best is paid for; with more than 60 variants there are no
    letters, and pairs with the best are corrected as if all had been tested (Bonferroni). A variant
    with fewer than half of the seeds that another has is not called the best, whatever its mean.
    Variants with the same scores count once in both corrections.

    Args:
        observed: with the variants in the order of the estimates, the best mean first; variants
            without any score last.
        estimates: one for each variant.
        direction: 1.0 when higher is better, else -1.0.
        margin: in the unit of the scores.
        resolution: what one evaluated sample changes in a score, in that unit.
    """
    numbers = [row for row, estimate in enumerate(estimates) if estimate.n]
    if not numbers:
        return tuple(estimates)
    best = leading(estimates)
    all_pairs = len(numbers) <= MOST_VARIANTS
    pairs = list(combinations(numbers, 2))
    if not all_pairs:
        pairs = [(min(best, row), max(best, row)) for row in numbers if row != best]
    matches = [matched(observed, *pair) for pair in pairs]
    p = tested(matches)
    groups = stats.same_scores(observed.scores)
    distinct = len(np.unique(groups[numbers]))
    count = max(distinct * (distinct - 1) / 2, 1)
    corrected = _holm(p, pairs, groups) if all_pairs else np.minimum(p * count, 1.0)
    standings: dict[int, Standing] = {best: "best"}
    for (first, second), match, its_p in zip(pairs, matches, corrected, strict=True):
        if best in (first, second):
            sign = direction if first == best else -direction
            standings[second if first == best else first] = _standing(
                match, sign, float(its_p), margin, resolution
            )
    letters = _letters(estimates, pairs, matches, corrected) if all_pairs else {}
    return tuple(
        replace(estimate, letters=letters.get(row, ""), standing=standings.get(row, ""))
        for row, estimate in enumerate(estimates)
    )


def _holm(
    p: NDArray[np.float64], pairs: Sequence[tuple[int, int]], groups: NDArray[np.intp]
) -> NDArray[np.float64]:
    """By Holm over the pairs of distinct variants; two with the same scores keep their p."""
    found = p.copy()
    places: dict[tuple[int, int], list[int]] = {}
    for place, (first, second) in enumerate(pairs):
        one, other = sorted((int(groups[first]), int(groups[second])))
        if one != other:
            places.setdefault((one, other), []).append(place)
    adjusted = stats.holm(p[np.array([its[0] for its in places.values()], np.intp)])
    for its, value in zip(places.values(), adjusted, strict=True):
        found[its] = value
    return found


def leading(estimates: Sequence[Estimate]) -> int:
    """The first row with at least half as many seeds as the most: one lucky seed is no best."""
    most = max(each.n for each in estimates)
    return next(row for row, each in enumerate(estimates) if 2 * each.n >= most)


def _standing(match: Matched, sign: float, p: float, margin: float, resolution: float) -> Standing:
    """Of a variant by its pair with the best, whose lead is `sign` times the difference."""
    lead = sign * match.differences
    found = stats.fixed_verdict(
        stats.mean(lead),
        match.interval(NARROW),
        p,
        margin,
        resolution=resolution,
        tied=stats.tied_seeds(lead) if match.left_out is None else 0,
    )
    if found == "practically equal":
        return "practically equal"
    return "behind" if found == "better" else "undecided"


def _letters(
    estimates: Sequence[Estimate],
    pairs: Sequence[tuple[int, int]],
    matches: Sequence[Matched],
    p: NDArray[np.float64],
) -> dict[int, str]:
    """Letters of the variants with 10 seeds; none where a pair of them has fewer in common."""
    rows = [row for row, estimate in enumerate(estimates) if estimate.n >= LETTERS_FROM]
    places = {row: place for place, row in enumerate(rows)}
    apart = np.zeros((len(rows), len(rows)), dtype=bool)
    for (first, second), match, its_p in zip(pairs, matches, p, strict=True):
        if first in places and second in places:
            if match.first.size < LETTERS_FROM:
                return {}
            one, other = places[first], places[second]
            apart[one, other] = apart[other, one] = its_p < LEVEL
    return dict(zip(rows, stats.letters(apart), strict=True)) if len(rows) > 1 else {}
