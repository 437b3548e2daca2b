"""Which variants cannot be told apart, from each other and from the best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from relu_bench import stats
from relu_bench.compare.estimates import Estimate, Standing
from relu_bench.compare.observations import Observations, Scores
from relu_bench.compare.pairs import matched, over_sizes
from relu_bench.compare.verdicts import LEVEL, verdict
from relu_bench.stats.equivalence import LEVEL as NARROW

LETTERS_FROM = 10
# Beyond this, all pairs are too many to test, and letters too many to read.
MOST_VARIANTS = 60


def ranked(
    observed: Observations, estimates: Sequence[Estimate], direction: float, margin: float
) -> tuple[Estimate, ...]:
    """The estimates with their letters and their standing against the best.

    All pairs are tested by the paired t test with Holm's correction, so that looking for the best
    is paid for; with more than 60 variants there are no letters, and pairs with the best are
    corrected as if all had been tested (Bonferroni). A variant with fewer than half of the seeds
    that another has is not called the best, whatever its mean.

    Args:
        observed: with the variants in the order of the estimates, the best mean first; variants
            without any score last.
        estimates: one for each variant.
        direction: 1.0 when higher is better, else -1.0.
        margin: in the unit of the scores.
    """
    numbers = [row for row, estimate in enumerate(estimates) if estimate.n]
    if not numbers:
        return tuple(estimates)
    best = leading(estimates)
    all_pairs = len(numbers) <= MOST_VARIANTS
    pairs = list(combinations(numbers, 2))
    if not all_pairs:
        pairs = [(min(best, row), max(best, row)) for row in numbers if row != best]
    samples = [matched(observed, *pair).differences for pair in pairs]
    p = over_sizes(samples, stats.paired_t)
    count = len(numbers) * (len(numbers) - 1) / 2
    corrected = stats.holm(p) if all_pairs else np.minimum(p * count, 1.0)
    standings: dict[int, Standing] = {best: "best"}
    for (first, second), sample, its_p in zip(pairs, samples, corrected, strict=True):
        if best in (first, second):
            lead = direction * (sample if first == best else -sample)
            standings[second if first == best else first] = _standing(lead, float(its_p), margin)
    letters = _letters(estimates, pairs, samples, corrected) if all_pairs else {}
    return tuple(
        replace(estimate, letters=letters.get(row, ""), standing=standings.get(row, ""))
        for row, estimate in enumerate(estimates)
    )


def leading(estimates: Sequence[Estimate]) -> int:
    """The first row with at least half as many seeds as the most: one lucky seed is no best."""
    most = max(each.n for each in estimates)
    return next(row for row, each in enumerate(estimates) if 2 * each.n >= most)


def _standing(lead: NDArray[np.float64], p: float, margin: float) -> Standing:
    """Of a variant whose lead of the best over it is given, seed by seed."""
    found = verdict(stats.mean(lead), stats.t_interval(lead, NARROW), p, margin)
    if found == "practically equal":
        return "practically equal"
    return "behind" if found == "better" else "undecided"


def _letters(
    estimates: Sequence[Estimate],
    pairs: Sequence[tuple[int, int]],
    samples: Sequence[Scores],
    p: NDArray[np.float64],
) -> dict[int, str]:
    """Letters of the variants with 10 seeds; none where a pair of them has fewer in common."""
    rows = [row for row, estimate in enumerate(estimates) if estimate.n >= LETTERS_FROM]
    places = {row: place for place, row in enumerate(rows)}
    apart = np.zeros((len(rows), len(rows)), dtype=bool)
    for (first, second), sample, its_p in zip(pairs, samples, p, strict=True):
        if first in places and second in places:
            if sample.size < LETTERS_FROM:
                return {}
            one, other = places[first], places[second]
            apart[one, other] = apart[other, one] = its_p < LEVEL
    return dict(zip(rows, stats.letters(apart), strict=True)) if len(rows) > 1 else {}
