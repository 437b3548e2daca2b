"""What the words of the tables mean, and where each method comes from."""

from __future__ import annotations

from dataclasses import dataclass

from relu_bench.report.inside import MEANINGS
from relu_bench.stats.differences import EXACT_TO, FLIPS
from relu_bench.stats.intervals import RESAMPLES


@dataclass(frozen=True)
class Term:
    """A word and its meaning."""

    word: str
    meaning: str


STATISTICS = (
    Term(
        "the seed is the unit",
        "A seed draws the weights, the order of the data and dropout, for all variants alike. Runs "
        "at one seed are a pair; where other axes vary too, their settings are averaged within "
        "each seed first. n counts seeds, not runs (Bouthillier et al. 2021).",
    ),
    Term("learned", "Runs that are better than the constant guess, of all that count."),
    Term("mean, sd", "Over the seeds; sd with n - 1, empty for one seed."),
    Term("95 % interval", "Mean ± t(n - 1) · sd / √n (Student 1908)."),
    Term(
        "median, IQM",
        "The interquartile mean leaves out a quarter of the seeds at each end (Agarwal et al. "
        "2021). Both do not see a rare failure.",
    ),
    Term(
        "95 % BCa interval",
        f"Bias-corrected and accelerated bootstrap of the mean, {RESAMPLES:,} resamples, from 20 "
        "seeds on (Efron 1987).",
    ),
    Term(
        "difference",
        "Mean over the seeds of the paired difference from the baseline, in the unit of the score; "
        "×errors is the ratio of the mean errors; ratio, that of 1 − AUC, or of the scores where "
        "lower is better.",
    ),
    Term(
        "p",
        "Two-sided paired t test on the differences per seed, with Holm's correction over the "
        "comparisons of one table (Holm 1979).",
    ),
    Term(
        "each at its best setting",
        "For each seed the setting is chosen by validation on the other seeds. The seeds share the "
        "choice, so p and intervals are of nested cross-validation over the seeds (Bates, Hastie "
        "and Tibshirani 2024).",
    ),
    Term(
        "sign-flip p",
        "The same question without a normal distribution: all flips of signs up to "
        f"n = {EXACT_TO}, {FLIPS:,} random ones above.",
    ),
    Term(
        "verdict",
        "Practically equal: the 90 % interval of the difference lies within ± the margin (two "
        "one-sided tests, Schuirmann 1987), at 5 % for each comparison. Else better or worse: p "
        "below 0.05 after Holm, at 5 % for the table together. Else undecided.",
    ),
    Term(
        "seeds that were added",
        "By run --until-resolved: intervals are those of the t-test e-process with a Gaussian "
        "mixture, which hold at all numbers of seeds together (Lai 1976; Wang and Ramdas 2023). "
        "Better or worse: that of the table's level leaves out 0. There are no p and no letters.",
    ),
    Term("P(better)", "Share of the seeds that the variant wins, a tie being half a win."),
    Term(
        "seeds",
        "Of undecided pairs, how many would find a true difference of the margin with 80 % power; "
        "if equal: how many would show a true difference of 0 to be within the margin. Ranges are "
        "95 % ranges for normal differences only. The number must be fixed beforehand.",
    ),
    Term(
        "letters",
        "Variants that share one cannot be told apart by paired t tests of all pairs, with Holm's "
        "correction; from 10 seeds on.",
    ),
)

INSIDE = tuple(
    Term(word, f"{meaning[:1].upper()}{meaning[1:]}.") for word, meaning in MEANINGS.items()
)
