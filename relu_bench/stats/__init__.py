"""Numbers in, intervals and tests out. Imports nothing of ours.

The sources stand at the top of each file. Functions that say so work on the last axis of an
array, so that many comparisons, or the data sets of a simulation, are one call.
"""

from relu_bench.stats.choices import Band, band_above, cross_fitted, non_dominated
from relu_bench.stats.crossed import Crossed, crossed_mean_squares, crossed_of_bits
from relu_bench.stats.differences import (
    correlation,
    deciding_seeds,
    holm,
    holm_of_groups,
    letters,
    mcnemar,
    paired_t,
    power,
    probability_of_improvement,
    ratio_of_means,
    same_scores,
    seeds_needed,
    seeds_to_show_equality,
    sign_flip,
    smallest_p,
    within_margin,
)
from relu_bench.stats.distributions import Profile, Side, profile, robust_range
from relu_bench.stats.effects import MarginalMeans, SeedTest, marginal_means, seed_tests
from relu_bench.stats.grids import OverSettings, over_settings
from relu_bench.stats.guess import auc, better_than_guess, errors_below_guess
from relu_bench.stats.intervals import (
    GroupIntervals,
    bca_interval,
    group_intervals,
    interquartile_mean,
    mean,
    sd,
    sd_interval,
    t_ends,
    t_interval,
)
from relu_bench.stats.nested import TunedDifference, left_out_scores, tuned_difference
from relu_bench.stats.ranks import RankTest, friedman_p, rank_differences_p, rank_test
from relu_bench.stats.sequential import (
    Resolved,
    e_value,
    looks,
    next_look,
    sequential_ends,
    until_resolved,
)
from relu_bench.stats.verdicts import (
    Skewness,
    Verdict,
    difference_interval,
    fixed_verdict,
    pooled_skewness,
    simultaneous_level,
    tied_seeds,
)

__all__ = [
    "Band",
    "Crossed",
    "GroupIntervals",
    "MarginalMeans",
    "OverSettings",
    "Profile",
    "RankTest",
    "Resolved",
    "SeedTest",
    "Side",
    "Skewness",
    "TunedDifference",
    "Verdict",
    "auc",
    "band_above",
    "bca_interval",
    "better_than_guess",
    "correlation",
    "cross_fitted",
    "crossed_mean_squares",
    "crossed_of_bits",
    "deciding_seeds",
    "difference_interval",
    "e_value",
    "errors_below_guess",
    "fixed_verdict",
    "friedman_p",
    "group_intervals",
    "holm",
    "holm_of_groups",
    "interquartile_mean",
    "left_out_scores",
    "letters",
    "looks",
    "marginal_means",
    "mcnemar",
    "mean",
    "next_look",
    "non_dominated",
    "over_settings",
    "paired_t",
    "pooled_skewness",
    "power",
    "probability_of_improvement",
    "profile",
    "rank_differences_p",
    "rank_test",
    "ratio_of_means",
    "robust_range",
    "same_scores",
    "sd",
    "sd_interval",
    "seed_tests",
    "seeds_needed",
    "seeds_to_show_equality",
    "sequential_ends",
    "sign_flip",
    "simultaneous_level",
    "smallest_p",
    "t_ends",
    "t_interval",
    "tied_seeds",
    "tuned_difference",
    "until_resolved",
    "within_margin",
]
