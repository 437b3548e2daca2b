"""Two variants, each at the setting that validation chooses: nested cross-validation over seeds.

Scores at settings that were chosen share the choice, so that they are not independent, and a plain
t test of them is too sure of itself. Leaving each seed out of everything, the choice included,
shows how far a difference is from that of a seed which took no part in it.

Source: Bates, Hastie and Tibshirani (2024), Cross-validation: what does it estimate and how well
does it do it?, Journal of the American Statistical Association 119(546), 1434-1445, algorithm 1,
with one seed a fold.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from relu_bench.stats.differences import DIGITS
from relu_bench.stats.intervals import t_ends

FEWEST_SEEDS = 4
Numbers = NDArray[np.float64]


def left_out_scores(validation: ArrayLike, test: ArrayLike) -> Numbers:
    """The test score at each seed, of the setting chosen without it and without one more seed.

    The setting with the best mean validation score over the seeds that are left is taken; means are
    rounded to 10 digits, and of a tie the first setting.

    Args:
        validation: (..., settings, seeds), higher is better. A setting that is NaN at all seeds is
            never chosen, so that variants with fewer settings fit into one array.
        test: in the same shape, in any unit.

    Returns:
        (..., seeds, seeds): at [i, j] the score at seed j, chosen without i and j; on the diagonal
        that chosen without j alone, the cross-fitted scores.

    Raises:
        ValueError: when there are fewer than three seeds, no setting, or a setting has a score at
            some of the seeds only.
    """
    scores, results = np.asarray(validation, np.float64), np.asarray(test, np.float64)
    if scores.ndim < 2 or scores.shape != results.shape:
        raise ValueError(
            f"validation has shape {scores.shape}, test {results.shape}; expected "
            "(..., settings, seeds) of both"
        )
    seeds = scores.shape[-1]
    if seeds < FEWEST_SEEDS - 1:
        raise ValueError(f"{seeds} seeds; a choice without two of them takes at least 3")
    there = ~(np.isnan(scores) | np.isnan(results))
    possible = np.logical_or.reduce(there, axis=-1, keepdims=True)
    if not possible.any(axis=-2).all() or (there != possible).any():
        raise ValueError("expected settings with a score at every seed, and at least one of them")
    known = np.where(there, scores, 0.0)
    sums = known.sum(axis=-1, keepdims=True)
    found = np.empty((*scores.shape[:-2], seeds, seeds))
    for left_out in range(seeds):
        both = known + known[..., left_out, np.newaxis]
        both[..., left_out] = known[..., left_out]
        counts = np.full(seeds, seeds - 2)
        counts[left_out] = seeds - 1
        means = np.where(possible, np.round((sums - both) / counts, DIGITS), -np.inf)
        chosen = means.argmax(axis=-2)[..., np.newaxis, :]
        found[..., left_out, :] = np.take_along_axis(results, chosen, axis=-2)[..., 0, :]
    return found


@dataclass(frozen=True, eq=False)
class TunedDifference:
    """First less second variant, each at its own setting; arrays of one entry a comparison.

    Attributes:
        difference: D, the mean over the seeds of the cross-fitted differences.
        standard_error: √V; NaN for fewer than 4 seeds, and where the differences of all seeds are
            equal.
        p: two-sided, of D / √V with n - 1 degrees of freedom; NaN where there is no standard error.
        seeds: n.
    """

    difference: Numbers
    standard_error: Numbers
    p: Numbers
    seeds: int

    def interval(self, level: float = 0.95) -> tuple[Numbers, Numbers]:
        """The ends of the t interval of the difference; NaN where there is no standard error.

        Raises:
            ValueError: when `level` is not between 0 and 1.
        """
        root = math.sqrt(self.seeds)
        return t_ends(self.difference, self.standard_error * root, self.seeds, level)


def tuned_difference(first: ArrayLike, second: ArrayLike) -> TunedDifference:
    """Compare two variants by what `left_out_scores` gives of each, over the same seeds.

    With d_i the differences at the n seeds, D their mean, s² their variance (n - 1), and D(-i) the
    mean difference over the other seeds, chosen without seed i:

        g = mean over i of (D(-i) - d_i)²
        V = (n - 1) / n · (g - s²), bounded to [s² / n, s²]

    Args:
        first: (..., n, n).
        second: the same of the other variant; it broadcasts, so that one baseline serves for all.

    Raises:
        ValueError: when the last two axes are not the same seeds.
    """
    scores = np.asarray(first, np.float64) - np.asarray(second, np.float64)
    if scores.ndim < 2 or scores.shape[-1] != scores.shape[-2]:
        raise ValueError(f"differences have shape {scores.shape}; expected (..., n, n)")
    n = scores.shape[-1]
    own = np.diagonal(scores, axis1=-2, axis2=-1)
    difference = own.mean(axis=-1)
    nothing = np.full(difference.shape, math.nan)
    if n < FEWEST_SEEDS:
        return TunedDifference(difference, nothing, nothing, n)
    from scipy.special import stdtr

    without = (scores.sum(axis=-1) - own) / (n - 1)
    spread = own.var(axis=-1, ddof=1)
    gap = ((without - own) ** 2).mean(axis=-1)
    variance = np.clip((n - 1) / n * (gap - spread), spread / n, spread)
    same = np.ptp(np.round(own, DIGITS), axis=-1) == 0
    error = np.where(same, math.nan, np.sqrt(variance))
    p = 2 * stdtr(n - 1, -np.abs(difference / error))
    return TunedDifference(difference, error, np.asarray(p, np.float64), n)
