"""How well one network separates two classes, and whether it does better than one constant answer.

That is: the commonest class, or the mean. Sources: the area under the receiver operating
characteristic is the Mann-Whitney statistic, Hanley and McNeil (1982), The meaning and use of the
area under a receiver operating characteristic (ROC) curve, Radiology 143; Conover (1999), Practical
Nonparametric Statistics, 3rd edition, section 3.1 (binomial); Student (1908), The probable error of
a mean, Biometrika 6 (paired t); Hoeffding (1963), Probability inequalities for sums of bounded
random variables, Journal of the American Statistical Association 58, theorem 1 (the bound).
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray


def auc(scores: NDArray[Any], positive: NDArray[np.bool_]) -> float:
    """The chance that a positive sample scores above a negative one; a tie counts a half.

    Args:
        scores: (n,), finite.
        positive: (n,), which samples are of the positive class.

    Returns:
        In [0, 1]; NaN when one of the two classes is empty or a score is not finite.
    """
    positives = int(positive.sum())
    negatives = len(positive) - positives
    if not positives or not negatives or not np.isfinite(scores).all():
        return float("nan")
    _, places, counts = np.unique(scores, return_inverse=True, return_counts=True)
    # Mean rank of each distinct score, from 1.
    ranks = np.cumsum(counts) - (counts - 1) / 2
    rank_sum = float(ranks[places][positive].sum())
    return (rank_sum - positives * (positives + 1) / 2) / (positives * negatives)


def better_than_guess(correct: int, n: int, guess: float, level: float = 0.01) -> bool:
    """Whether `correct` of `n` answers beat guessing, by a one-sided exact binomial test.

    Args:
        correct: right answers, 0 to `n`.
        n: questions asked, at least 1.
        guess: probability that the constant guess is right, in [0, 1].
        level: the test says yes when p = P(X >= correct) < level for X ~ Binomial(n, guess).

    Raises:
        ValueError: when an argument is out of its range.
    """
    if n < 1 or not 0 <= correct <= n:
        raise ValueError(f"{correct} of {n} correct; expected n >= 1 and 0 <= correct <= n")
    if not 0 <= guess <= 1:
        raise ValueError(f"guess is {guess}; a probability lies in [0, 1]")
    if correct == 0:
        return False
    # A network that has learned anything is so far above the guess that a bound on p decides, and a
    # worker need not load SciPy.
    above = correct / n - guess
    if above > 0 and math.exp(-2 * n * above**2) < level:
        return True
    from scipy.special import bdtrc

    return bool(bdtrc(correct - 1, n, guess) < level)


def errors_below_guess(
    errors: NDArray[Any], guess_errors: NDArray[Any], level: float = 0.01
) -> bool:
    """Whether errors are smaller in the mean than those of guessing, by a one-sided paired t test.

    Args:
        errors: the network's error of each sample, (n,).
        guess_errors: the constant guess's error of the same samples, (n,).
        level: the test says yes when the probability of such a mean difference, were there none, is
            below it.

    Returns:
        Also False for fewer than two samples, and when an error is not finite; where all
        differences are equal, whether they are in the network's favour.

    Raises:
        ValueError: when the shapes differ.
    """
    if errors.shape != guess_errors.shape or errors.ndim != 1:
        raise ValueError(f"errors of shapes {errors.shape} and {guess_errors.shape}; expected (n,)")
    gains = guess_errors.astype(np.float64) - errors.astype(np.float64)
    if len(gains) < 2 or not np.isfinite(gains).all():
        return False
    spread = float(gains.std(ddof=1))
    if spread == 0:
        return bool(gains[0] > 0)
    from scipy.special import stdtr

    t = float(gains.mean()) / (spread / np.sqrt(len(gains)))
    return bool(stdtr(len(gains) - 1, -t) < level)
