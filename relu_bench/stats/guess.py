"""Whether a network does better than always giving the commonest answer.

Source: Conover (1999), Practical Nonparametric Statistics, 3rd edition, section 3.1.
"""


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
    from scipy.special import bdtrc

    return bool(bdtrc(correct - 1, n, guess) < level)
