"""What may be said of a comparison with a fixed number of seeds: ties, margins, one-sided tails.

Sources: the verdicts are two one-sided tests and Holm's test (see `differences`). Ties: a t
interval of equal differences has no width, and the sign-flip p that stands in for its test
supposes that the differences lie evenly about their mean, which is what a tie hides; so a tie says
nothing for few seeds. Skewness with the correction for small samples: Joanes and Gill (1998),
Comparing measures of sample skewness and kurtosis, The Statistician 47(1), 183-189 (G1 and its
variance for normal data); that beyond 0.5 a distribution is moderately skew: Bulmer (1979),
Principles of Statistics, chapter 4.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from relu_bench.stats.differences import DIGITS, too_fine, within_margin
from relu_bench.stats.intervals import checked, flat, t_interval

Verdict = Literal["better", "worse", "practically equal", "undecided"]
LEVEL = 0.05
# Seeds from which on differences of 0 at all of them are practically equal, and from which on
# other differences that are all equal can be better or worse.
FEWEST_ZEROS = 3
FEWEST_TIES = 10
MODERATE_SKEWNESS = 0.5
# Differences from one baseline share its noise: as noisy as the variants, it correlates them by
# 0.5, and their third moments by the cube of that.
_SHARED = 0.5**3


def tied_seeds(differences: ArrayLike) -> int:
    """N where the differences at all n seeds are equal but for rounding to 10 digits, else 0."""
    numbers = np.round(flat(differences), DIGITS)
    return int(numbers.size) if numbers.size and np.ptp(numbers) == 0 else 0


def difference_interval(differences: ArrayLike, level: float = 0.95) -> tuple[float, float]:
    """The t interval of the mean difference, where the differences can have one.

    Args:
        differences: (n,), one for each seed.
        level: of the interval.

    Returns:
        Its ends; (NaN, NaN) for fewer than two seeds, where all differences are equal and not 0,
        and where fewer than three are all there is and all are 0.

    Raises:
        ValueError: when `level` is not between 0 and 1.
    """
    ends = t_interval(differences, level)
    tied = tied_seeds(differences)
    if tied and (round(float(flat(differences)[0]), DIGITS) != 0 or tied < FEWEST_ZEROS):
        return math.nan, math.nan
    return ends


def simultaneous_level(comparisons: int, level: float = 0.95) -> float:
    """The level of each of so many intervals that hold the truth all together at `level`.

    1 - (1 - level) / comparisons (Bonferroni), whatever their correlation.

    Raises:
        ValueError: when there is no comparison, or `level` is not between 0 and 1.
    """
    checked(level)
    if comparisons < 1:
        raise ValueError(f"{comparisons} comparisons; expected at least 1")
    return 1 - (1 - level) / comparisons


def fixed_verdict(
    difference: float,
    narrow: tuple[float, float],
    p: float,
    margin: float,
    *,
    resolution: float = 0.0,
    tied: int = 0,
) -> Verdict:
    """The verdict on a variant against another, with the seeds that there are.

    Practically equal goes before better and worse: the margin says what matters. It is not said
    where one test sample is more than the margin, nor of fewer than three differences of 0.
    Differences that are all equal and not 0 are better or worse from 10 seeds on only.

    Args:
        difference: the mean, above 0 when the variant is the better one.
        narrow: the 90 % interval of it; NaN when there is none.
        p: corrected for the number of comparisons; NaN when there is none.
        margin: in the unit of the difference.
        resolution: what one test sample changes in the score, in that unit.
        tied: `tied_seeds` of the differences.

    Raises:
        ValueError: when the margin is negative or not finite.
    """
    fine = not too_fine(margin, resolution)
    within = within_margin(narrow, margin)
    if tied and round(difference, DIGITS) == 0:
        return "practically equal" if fine and tied >= FEWEST_ZEROS else "undecided"
    if fine and within and not tied:
        return "practically equal"
    if math.isnan(p) or p >= LEVEL or 0 < tied < FEWEST_TIES:
        return "undecided"
    return "better" if difference > 0 else "worse"


@dataclass(frozen=True)
class Skewness:
    """How skew the differences of a table are.

    Attributes:
        pooled: the mean over the comparisons of the skewness G1; 0 where tails are alike, NaN where
            no comparison has three seeds that differ.
        threshold: from which on it is far from 0.
    """

    pooled: float
    threshold: float

    @property
    def far(self) -> bool:
        """Whether t tests of these differences raise more false alarms than they say."""
        return abs(self.pooled) > self.threshold


def pooled_skewness(samples: Sequence[ArrayLike]) -> Skewness:
    """The skewness of studentized differences, pooled over the comparisons of a table.

    Of n differences d with mean m and sd s (n - 1): G1 = n / ((n - 1)(n - 2)) · sum of ((d - m) /
    s)³. The threshold is 0.5, or two standard errors of the pooled skewness of normal differences
    from a baseline as noisy as the variants, where that is more: few seeds show skewness badly.
    With a true skewness of 0.5 against a quiet baseline, 29 comparisons of 5 to 20 seeds raise some
    false alarm in 5 to 8 % of simulated tables; with one of 1.6, in 26 to 30 %.

    Args:
        samples: for each comparison its differences, of any number of seeds each.
    """
    found, errors = [], []
    for sample in samples:
        numbers = flat(sample)
        n = numbers.size
        if n < 3 or tied_seeds(numbers):
            continue
        studentized = (numbers - numbers.mean()) / numbers.std(ddof=1)
        found.append(n / ((n - 1) * (n - 2)) * float((studentized**3).sum()))
        errors.append(math.sqrt(6 * n * (n - 1) / ((n - 2) * (n + 1) * (n + 3))))
    if not found:
        return Skewness(math.nan, MODERATE_SKEWNESS)
    squares = sum(error**2 for error in errors)
    variance = (1 - _SHARED) * squares + _SHARED * sum(errors) ** 2
    error = math.sqrt(variance) / len(found)
    return Skewness(float(np.mean(found)), max(MODERATE_SKEWNESS, 2 * error))
