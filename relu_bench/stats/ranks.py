"""Ranks of variants across data sets.

Source: Demšar (2006), Statistical Comparisons of Classifiers over Multiple Data Sets, Journal of
Machine Learning Research 7, 1-30: mean ranks, Friedman's test in the form of Iman and Davenport
(1980), and each variant against a control.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike


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
