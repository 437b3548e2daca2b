"""Ranks of variants across data sets.

Source: Demšar (2006), Statistical Comparisons of Classifiers over Multiple Data Sets, Journal of
Machine Learning Research 7, 1-30: mean ranks, Friedman's test in the form of Iman and Davenport
(1980), and each variant against a control. Exact, Friedman (1937), The use of ranks to avoid the
assumption of normality implicit in the analysis of variance, Journal of the American Statistical
Association 32(200), 675-701: without a difference each order of the ranks of a data set is equally
likely, so that the distribution is counted, one data set after another.
"""

import math
from dataclasses import dataclass
from itertools import permutations

import numpy as np
from numpy.typing import ArrayLike, NDArray

# Orders of one data set times sums so far that are counted: a second's work at most, and a tenth of
# it where an approximation would do as well.
_MOST_ORDERS = 2_000_000
# Demšar (2006), section 3.2.2: what approximates by F needs more data sets than four.
FEWEST_FOR_F = 5


@dataclass(frozen=True)
class RankTest:
    """Mean ranks over data sets, 1 the best, and whether they differ.

    Attributes:
        ranks: the mean rank of each variant.
        p: of Friedman's test with the F of Iman and Davenport; where all data sets rank alike, the
            chance of that, k!^(1 - data sets); NaN for fewer than two data sets or three variants.
        against: unadjusted p of each variant's rank against the control's; NaN for the control
            itself, and where p is NaN.
    """

    ranks: tuple[float, ...]
    p: float
    against: tuple[float, ...]


def rank_test(scores: ArrayLike, control: int = 0) -> RankTest:
    """Rank the variants on each data set and average over the data sets; ties share a mean rank.

    Args:
        scores: (data sets, variants), higher is better.
        control: the variant that others are compared with.

    Raises:
        ValueError: when there is no data set or no variant, or `control` is none of them.
    """
    table = np.asarray(scores, np.float64)
    if table.ndim != 2 or not table.size or not 0 <= control < table.shape[1]:
        raise ValueError(f"expected scores of data sets by variants, got shape {table.shape}")
    from scipy.stats import rankdata

    ranked = rankdata(-table, axis=1)
    means = ranked.mean(axis=0)
    count, k = table.shape
    if count < 2 or k < 3:
        return RankTest(tuple(means.tolist()), math.nan, (math.nan,) * k)
    from scipy.special import fdtrc, ndtr

    error = math.sqrt(k * (k + 1) / (6 * count))
    against = 2 * ndtr(-np.abs(means - means[control]) / error)
    against[control] = math.nan
    within = float(((ranked - (k + 1) / 2) ** 2).sum()) / (count * (k - 1))
    statistic = count * float(((means - (k + 1) / 2) ** 2).sum()) / within if within else 0.0
    left = count * (k - 1) - statistic
    if left > 1e-9:
        p = float(fdtrc(k - 1, (k - 1) * (count - 1), (count - 1) * statistic / left))
    else:
        # Every data set ranks alike, so that F is infinite; this is the chance of that.
        p = float(math.factorial(k)) ** (1 - count)
    return RankTest(tuple(means.tolist()), p, tuple(float(each) for each in against))


def friedman_p(scores: ArrayLike) -> float:
    """Friedman's test that variants rank alike: exact where that can be counted.

    The statistic is the sum over the variants of their squared rank sums, which orders tables as
    Friedman's does, ties included. Where there are too many orders to count, p is that of
    `rank_test` (the F of Iman and Davenport) from 5 data sets on.

    Args:
        scores: (data sets, variants), higher is better; ties share a mean rank.

    Returns:
        NaN for fewer than two data sets or three variants, and for fewer than 5 data sets that are
        too large to count.

    Raises:
        ValueError: when there is no data set or no variant.
    """
    test = rank_test(scores)
    count, k = np.shape(scores)
    if count < 2 or k < 3:
        return math.nan
    from scipy.stats import rankdata

    # Twice the ranks are whole numbers, ties included.
    ranked = np.asarray(np.rint(2 * rankdata(np.asarray(scores, np.float64), axis=1)), np.int64)
    exact = _exact_p(ranked)
    if exact is None:
        return test.p if count >= FEWEST_FOR_F else math.nan
    return exact


def _exact_p(ranked: NDArray[np.int64]) -> float | None:
    """The share of all orders within rows whose sums vary at least as much; None for too many."""
    count, k = ranked.shape
    observed = (ranked.sum(axis=0) ** 2).sum()
    most = (_MOST_ORDERS if count < FEWEST_FOR_F else _MOST_ORDERS // 10) // k
    if math.factorial(k) > most:
        return None
    # The statistic is the same whichever variant has which sum: sums are kept in order.
    sums = np.sort(ranked[:1], axis=1)
    weights: NDArray[np.float64] = np.ones(1)
    for row in ranked[1:]:
        orders, repeated = np.unique(list(permutations(row.tolist())), axis=0, return_counts=True)
        if len(orders) * len(sums) > most:
            return None
        reached = np.sort(sums[:, np.newaxis] + orders, axis=2).reshape(-1, k)
        parts = np.outer(weights, repeated / repeated.sum()).ravel()
        sums, places = np.unique(reached, axis=0, return_inverse=True)
        weights = np.asarray(np.bincount(places.ravel(), parts), np.float64)
    return float(min(weights[(sums**2).sum(axis=1) >= observed].sum(), 1.0))


def rank_differences_p(scores: ArrayLike, control: int = 0) -> NDArray[np.float64]:
    """Exact two-sided p of each variant's rank sum against the control's, for any number of rows.

    Without a difference, the two ranks of a data set are any two of its ranks: the distribution of
    their difference is added up over the data sets by convolution.

    Args:
        scores: (data sets, variants), higher is better; ties share a mean rank.
        control: the variant that others are compared with.

    Returns:
        (variants,), unadjusted; NaN for the control itself.

    Raises:
        ValueError: when there is no data set or no variant, or `control` is none of them.
    """
    rank_test(scores, control)
    from scipy.stats import rankdata

    table = np.asarray(scores, np.float64)
    ranked = np.asarray(np.rint(2 * rankdata(table, axis=1)), np.int64)
    count, k = ranked.shape
    most = 2 * k
    shares = np.ones(1)
    for row in ranked:
        apart = (row[:, np.newaxis] - row)[~np.eye(k, dtype=np.bool_)]
        shares = np.convolve(shares, np.bincount(apart + most, minlength=2 * most + 1) / apart.size)
    sizes = np.abs(np.arange(len(shares)) - most * count)
    observed = np.abs((ranked - ranked[:, [control]]).sum(axis=0))
    p = np.array([min(shares[sizes >= each].sum(), 1.0) for each in observed])
    p[control] = math.nan
    return p
