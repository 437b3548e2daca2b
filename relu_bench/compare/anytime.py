"""Verdicts and intervals that hold whenever one looks: by `run --until-resolved`, and `compare`.

What a comparison counts, seed by seed, and what a look at it says: `run` asks it to know which
seeds to add, `compare` to show what came out. The statistics are those of `stats.sequential`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from relu_bench import stats
from relu_bench.compare.observations import OUTCOMES, Observations, along, known, over_cells
from relu_bench.compare.pairs import Pair, Verdict, matched, same_as, untested_pair
from relu_bench.stats.differences import DIGITS
from relu_bench.stats.sequential import MOST_LEFT_OUT, look_that_decides

if TYPE_CHECKING:
    from relu_bench.compare.estimates import Estimate
    from relu_bench.compare.measures import Measure

_FAILED, _MISSING = OUTCOMES.index("failed"), OUTCOMES.index("missing")


@dataclass(frozen=True)
class Looks:
    """How a table of comparisons is looked at.

    Attributes:
        margin: below which a difference does not matter, in the unit that people read.
        resolution: what one test sample changes, in the same unit; 0 where that is not known.
        comparisons: of the table when it was first looked at, those decided since included.
        most: seeds, at which looks at the first 10, 15, 20 and so on end; None for a single look at
            all seeds that there are.
    """

    margin: float
    resolution: float
    comparisons: int
    most: int | None = None

    @property
    def too_fine(self) -> bool:
        """Whether the margin is less than one test sample, so that nothing is equal to it."""
        return stats.too_fine(self.margin, self.resolution)


@dataclass(frozen=True)
class Looked:
    """What the first look that decides says of a variant against the baseline; else the last look.

    Scores are in the unit that people read.

    Attributes:
        variant: which.
        verdict: on the variant.
        look: seeds looked at; 0 where there was no look yet.
        n: those of them that have a difference.
        difference, sd: mean and standard deviation over these of variant less baseline.
        low, high: interval at 0.05 / comparisons, which holds at all looks and for the whole table.
        narrow_low, narrow_high: interval at 0.10, which the margin is held against.
        same: whether all differences are equal.
        stored: the first seeds at which both have a run, failed ones included.
        failed: seeds among these that are left out, since a run failed.
        unscored, runs: the runs among these that have no score, and all of them.
    """

    variant: str
    verdict: Verdict
    look: int
    n: int
    difference: float
    sd: float
    low: float
    high: float
    narrow_low: float
    narrow_high: float
    same: bool
    stored: int
    failed: int
    unscored: int
    runs: int

    @property
    def decided(self) -> bool:
        """Whether it is, and stays so whatever is trained further."""
        return self.verdict != "undecided"

    def is_open(self, most: int) -> bool:
        """Whether further seeds, up to so many, may decide it."""
        return not (self.decided or self.unscored or self.failed > MOST_LEFT_OUT * most)

    def needs(self, looks: Looks, most: int) -> int | None:
        """The look that decides if difference and sd stay as they are; None: none up to `most`."""
        margin = -1.0 if looks.too_fine else looks.margin
        return look_that_decides(self.difference, self.sd, margin, looks.comparisons, most)


def looked_at(
    observed: Observations, baseline: int, measure: Measure, looks: Looks
) -> tuple[Looked, ...]:
    """Every other variant against the baseline, in the order of the variants.

    Args:
        observed: the scores; with `looks.most`, its seeds are numbered from 0.
        baseline: the row of it.
        measure: what the scores are.
        looks: when they are looked at, and for what.
    """
    return tuple(
        _looked_at(observed, (number, baseline), measure, looks)
        for number in range(len(observed.variants))
        if number != baseline
    )


def _looked_at(
    observed: Observations, pair: tuple[int, int], measure: Measure, looks: Looks
) -> Looked:
    scores, codes = observed.scores[[*pair]], observed.outcomes[[*pair]]
    rows = along(codes != _MISSING, 0, every=True)
    cells = along(rows, 1)
    # The seeds at which both have a run at each setting that both have; of these, the first ones.
    there = along(rows | ~cells[:, np.newaxis], 0, every=True) & cells.any()
    if looks.most is not None:
        there &= np.array(observed.seeds) == np.arange(len(there))
        there &= np.logical_and.accumulate(there)
        there[looks.most :] = False
    scores, codes = scores[:, cells][..., there], codes[:, cells][..., there]
    failed = _at_any(codes == _FAILED)
    lacking = ~known(scores) & (codes != _FAILED)
    differences = np.where(_at_any(~known(scores)), np.nan, over_cells(scores[0] - scores[1]))
    differences = np.round(differences, DIGITS)
    stored = differences.size
    if looks.most is None:
        at: Sequence[int] = [stored] if stored else []
    else:
        # A look that holds a run without a score says nothing, and neither does any later one.
        without = np.flatnonzero(_at_any(lacking))
        at = stats.looks(int(without[0]) if without.size else stored)
    found = stats.until_resolved(
        measure.direction * differences, looks.margin, looks.comparisons, looks.resolution, at=at
    )
    look = int(found.look)
    low, high = sorted(measure.direction * float(end) for end in (found.low, found.high))
    narrow = sorted(measure.direction * float(end) for end in (found.equal_low, found.equal_high))
    verdict: Verdict = str(found.verdict)  # type: ignore[assignment]
    decided = verdict != "undecided"
    return Looked(
        variant=observed.variants[pair[0]],
        verdict=verdict,
        look=look,
        n=int(found.seeds),
        difference=measure.direction * float(found.difference),
        sd=stats.sd(differences[:look][~np.isnan(differences[:look])]),
        low=low,
        high=high,
        narrow_low=narrow[0],
        narrow_high=narrow[1],
        same=bool(found.same),
        stored=stored,
        failed=int(failed[:look].sum() if decided else failed.sum()),
        unscored=0 if decided or looks.most is None else int(lacking.sum()),
        runs=int(codes.size),
    )


def _at_any(runs: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(seeds,), at which any variant and setting has it; from (variants, settings, seeds)."""
    return along(along(runs, 0), 0)


def anytime_pairs(
    observed: Observations,
    baseline: int,
    measure: Measure,
    looks: Looks,
    looked: Sequence[Looked],
) -> tuple[Pair, ...]:
    """The comparisons over the seeds of their looks, with the intervals and verdicts of these.

    The plain interval is the simultaneous one, since no interval of a pair by itself would speak
    for a table that stopped by all of them. What a fixed number of seeds would be tested by (p,
    sign flips, McNemar's test, the seeds that would do) is NaN.

    Args:
        observed: the scores, with the variants of `looked` and the baseline.
        baseline: the row of it.
        measure: what the scores are.
        looks: how they were looked at.
        looked: of `looked_at`.
    """
    numbers = [number for number in range(len(observed.variants)) if number != baseline]
    found = []
    for number, each in zip(numbers, looked, strict=True):
        its = observed.ordered([number, baseline])
        if looks.most is not None:
            its = replace(
                its,
                seeds=its.seeds[: each.look],
                scores=its.scores[..., : each.look],
                outcomes=its.outcomes[..., : each.look],
            )
        pair = untested_pair(each.variant, its.variants[1], matched(its, 0, 1), measure)
        ends = (each.low, each.high, each.narrow_low, each.narrow_high)
        low, high, narrow_low, narrow_high = map(float, _finite(ends))
        found.append(
            replace(
                pair,
                verdict=each.verdict,
                same_as=same_as(its.variants, stats.same_scores(its.scores), 0, 1),
                low=low,
                high=high,
                simultaneous_low=low,
                simultaneous_high=high,
                narrow_low=narrow_low,
                narrow_high=narrow_high,
                ratio_low=math.nan,
                ratio_high=math.nan,
                flip_smallest=math.nan,
            )
        )
    return tuple(found)


def anytime_estimates(rows: Sequence[Estimate]) -> tuple[Estimate, ...]:
    """The estimates with intervals that hold whenever one looks, each by itself.

    There are no bootstrap intervals, and nothing that is tested for a fixed number of seeds.
    """
    found = []
    for row in rows:
        low, high = mean_ends(row.mean, row.sd, row.n)
        found.append(
            replace(row, low=float(low), high=float(high), bca_low=math.nan, bca_high=math.nan)
        )
    return tuple(found)


def mean_ends(
    means: ArrayLike, sds: ArrayLike, n: ArrayLike, level: float = 0.95
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The ends of intervals of means that hold whenever one looks, each by itself.

    NaN for too few seeds: the counterpart of `stats.t_ends`.
    """
    low, high = stats.sequential_ends(means, sds, n, 1 - level)
    return _finite(low), _finite(high)


def group_intervals(
    values: ArrayLike, groups: ArrayLike, added: NDArray[np.bool_], count: int | None = None
) -> stats.GroupIntervals:
    """`stats.group_intervals`; of a group with a seed that was `added`, those of `mean_ends`."""
    found = stats.group_intervals(values, groups, count)
    if not added.any():
        return found
    these = np.bincount(groups, weights=added, minlength=len(found.mean)) > 0
    other = stats.group_intervals(values, groups, count, ends=mean_ends)
    low, high = np.where(these, (other.low, other.high), (found.low, found.high))
    return replace(found, low=low, high=high)


def _finite(ends: ArrayLike) -> NDArray[np.float64]:
    return np.where(np.isfinite(ends), ends, math.nan)
