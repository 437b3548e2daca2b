"""Numbers in, intervals and tests out. Imports nothing of ours.

One concept a file, with its source at the top. Functions that say so work on the last axis of an
array, so that many comparisons, or the data sets of a simulation, are one call.
"""

from relu_bench.stats.auc import auc
from relu_bench.stats.averages import interquartile_mean, mean, sd
from relu_bench.stats.band import Band, band_above
from relu_bench.stats.bootstrap import bca_interval
from relu_bench.stats.cross_fitting import cross_fitted
from relu_bench.stats.dominance import non_dominated
from relu_bench.stats.equivalence import within_margin
from relu_bench.stats.guess import better_than_guess, errors_below_guess
from relu_bench.stats.improvement import probability_of_improvement
from relu_bench.stats.intervals import (
    GroupIntervals,
    group_intervals,
    sd_interval,
    t_ends,
    t_interval,
)
from relu_bench.stats.letters import letters
from relu_bench.stats.marginal_means import MarginalMeans, marginal_means
from relu_bench.stats.multiplicity import holm
from relu_bench.stats.paired import correlation, paired_t
from relu_bench.stats.planning import power, seeds_needed
from relu_bench.stats.profile import Profile, profile
from relu_bench.stats.ranges import Side, robust_range
from relu_bench.stats.ranks import RankTest, rank_test
from relu_bench.stats.ratio import ratio_of_means
from relu_bench.stats.sign_flip import deciding_seeds, sign_flip, smallest_p

__all__ = [
    "Band",
    "GroupIntervals",
    "MarginalMeans",
    "Profile",
    "RankTest",
    "Side",
    "auc",
    "band_above",
    "bca_interval",
    "better_than_guess",
    "correlation",
    "cross_fitted",
    "deciding_seeds",
    "errors_below_guess",
    "group_intervals",
    "holm",
    "interquartile_mean",
    "letters",
    "marginal_means",
    "mean",
    "non_dominated",
    "paired_t",
    "power",
    "probability_of_improvement",
    "profile",
    "rank_test",
    "ratio_of_means",
    "robust_range",
    "sd",
    "sd_interval",
    "seeds_needed",
    "sign_flip",
    "smallest_p",
    "t_ends",
    "t_interval",
    "within_margin",
]
