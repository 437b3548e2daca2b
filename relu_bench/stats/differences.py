"""Paired differences: tests, corrections for several, practical equality, and how many seeds.

Sources, by function:

- `paired_t`: Student (1908), The probable error of a mean, Biometrika 6(1), 1-25.
- `sign_flip`: without an effect, each difference could as well have the other sign: Fisher (1935),
  The Design of Experiments, section 21; with random flips, Dwass (1957), Modified randomization
  tests for nonparametric hypotheses, Annals of Mathematical Statistics 28(1), 181-187. The 1 that
  is added to both counts: Phipson and Smyth (2010), Permutation p-values should never be zero,
  Statistical Applications in Genetics and Molecular Biology 9(1), article 39.
- `within_margin`: two one-sided tests, Schuirmann (1987), A comparison of the two one-sided tests
  procedure and the power approach, Journal of Pharmacokinetics and Biopharmaceutics 15(6), 657-680.
- `probability_of_improvement`: Bouthillier et al. (2021), Accounting for Variance in Machine
  Learning Benchmarks, MLSys 3, section 4: P(A > B), from paired runs.
- `holm`: Holm (1979), A simple sequentially rejective multiple test procedure, Scandinavian Journal
  of Statistics 6(2), 65-70. Written out because statsmodels' `multipletests`, which the tests hold
  it against, collects garbage at every call: 20 ms instead of 20 µs, for each table.
- `letters`: Piepho (2004), An algorithm for a letter-based representation of all-pairwise
  comparisons, Journal of Computational and Graphical Statistics 13(2), 456-466: insert and absorb.
- `power`, `seeds_needed`: Cohen (1988), Statistical Power Analysis for the Behavioral Sciences, 2nd
  edition, chapter 2: the power of the paired t test by the noncentral t distribution.
- `seeds_to_show_equality`: Schuirmann (1987), above; Julious (2004), Sample sizes for clinical
  trials with normal data, Statistics in Medicine 23(12), 1921-1986, section 5.
- `mcnemar`: McNemar (1947), Note on the sampling error of the difference between correlated
  proportions or percentages, Psychometrika 12(2), 153-157, exact by the binomial distribution.
- `ratio_of_means`: Fieller (1954), Some problems in interval estimation, Journal of the Royal
  Statistical Society B 16(2), 175-185.
"""

import math
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from relu_bench.stats.intervals import checked

# Digits of a score that count: beyond them, numbers that should be equal differ by rounding.
DIGITS = 10
# A spread below this share of the numbers is rounding: the mean of equal ones is not quite them.
_ROUNDING = 1e-9
EXACT_TO = 15
FLIPS = 100_000
_SEED = 5
_FLIPS_AT_ONCE = 8_192
_ROWS_AT_ONCE = 256
# Sums of the same numbers in another order differ by rounding; a tie must count as one.
_SUM_ROUNDING = 1e-9
# Two one-sided tests at 5 % are a 90 % interval.
NARROW = 0.90
MOST_SEEDS = 1_000_000


def paired_t(differences: ArrayLike) -> NDArray[np.float64]:
    """Two-sided p of the hypothesis that the mean difference is 0, along the last axis.

    Where all n differences are equal, t has no spread to go by: p is then that of the sign-flip
    test, 1 for differences of 0 and else 2^(1 - n), instead of the 0 that a division gives.

    Args:
        differences: (..., n), one for each seed, in any unit.

    Returns:
        (...,); NaN for n < 2.
    """
    numbers = np.atleast_1d(np.asarray(differences, np.float64))
    n = numbers.shape[-1]
    if n < 2:
        return np.full(numbers.shape[:-1], math.nan)
    from scipy.special import stdtr

    spread = numbers.std(axis=-1, ddof=1)
    constant = _is_rounding(spread, numbers)
    t = numbers.mean(axis=-1) * math.sqrt(n) / np.where(constant, 1.0, spread)
    p = 2 * np.asarray(stdtr(n - 1, -np.abs(t)))
    if np.any(constant):
        p = np.where(constant, sign_flip(numbers), p)
    return np.asarray(p, np.float64)


def correlation(first: ArrayLike, second: ArrayLike) -> float:
    """Pearson's correlation between paired values: how much the pairing takes out of the noise.

    NaN for fewer than three pairs, or when one side is constant.
    """
    a, b = (np.asarray(side, np.float64).ravel() for side in (first, second))
    if a.size < 3:
        return math.nan
    if any(_is_rounding(side.std(ddof=1), side) for side in (a, b)):
        return math.nan
    a, b = a - a.mean(), b - b.mean()
    return float(a @ b) / math.sqrt(float(a @ a) * float(b @ b))


def _is_rounding(spread: ArrayLike, numbers: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether the standard deviation along the last axis is 0 but for rounding."""
    largest = np.abs(numbers).max(axis=-1)
    return np.asarray(np.asarray(spread) <= _ROUNDING * largest, np.bool_)


def sign_flip(differences: ArrayLike) -> NDArray[np.float64]:
    """Two-sided p of the mean difference under flips of the signs, along the last axis.

    Exact, over all 2^n flips, to n = 15; then by 100,000 random flips with a fixed seed, and not
    below 2 / 2^n, which no p over all flips falls below either.

    Args:
        differences: (..., n), one for each seed, in any unit.

    Returns:
        (...,); NaN for n = 0, 1.0 for n = 1.
    """
    numbers = np.atleast_1d(np.asarray(differences, np.float64))
    shape, n = numbers.shape[:-1], numbers.shape[-1]
    if n == 0:
        return np.full(shape, math.nan)
    rows = numbers.reshape(-1, n)
    reached = np.abs(rows.sum(axis=1)) - _SUM_ROUNDING * np.abs(rows).sum(axis=1)
    counts = np.zeros(len(rows))
    for signs in _all_signs(n) if n <= EXACT_TO else _random_signs(n):
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            part = slice(start, start + _ROWS_AT_ONCE)
            counts[part] += (np.abs(signs @ rows[part].T) >= reached[part]).sum(axis=0)
    exact = n <= EXACT_TO
    p = counts / 2 ** (n - 1) if exact else (counts + 1) / (FLIPS + 1)
    return np.asarray(np.maximum(p, smallest_p(n)).reshape(shape), np.float64)


def smallest_p(n: int) -> float:
    """The smallest p that `sign_flip` can give with n differences: 2 / 2^n, or 1 / (flips + 1).

    The larger of the two where flips are random.
    """
    if n < 1:
        return 1.0
    return max(2.0 ** (1 - n), 1 / (FLIPS + 1) if n > EXACT_TO else 0.0)


def deciding_seeds(comparisons: int, level: float = 0.05) -> int | None:
    """How few seeds let the smallest p, times the number of comparisons (Holm), reach `level`.

    None when no number of seeds does, as random flips have a smallest p too.

    Raises:
        ValueError: when there is no comparison.
    """
    if comparisons < 1:
        raise ValueError(f"{comparisons} comparisons; expected at least 1")
    most = EXACT_TO + math.ceil(math.log2(FLIPS))
    for n in range(1, most + 1):
        if comparisons * smallest_p(n) <= level:
            return n
    return None


def _all_signs(n: int) -> Iterator[NDArray[np.float64]]:
    """All flips but for the mirror images, which have the same absolute sum: (2^(n - 1), n)."""
    bits = np.arange(2 ** (n - 1))[:, np.newaxis] >> np.arange(n)
    yield (1 - 2 * (bits & 1)).astype(np.float64)


def _random_signs(n: int) -> Iterator[NDArray[np.float64]]:
    random = np.random.default_rng(_SEED)
    for start in range(0, FLIPS, _FLIPS_AT_ONCE):
        size = (min(_FLIPS_AT_ONCE, FLIPS - start), n)
        yield (1 - 2 * random.integers(0, 2, size=size, dtype=np.int8)).astype(np.float64)


def within_margin(interval: tuple[float, float], margin: float) -> bool:
    """Whether a 90 % interval of the difference lies within ± margin; False for NaN.

    Ends and margin are rounded to 10 digits: an end at the margin is within it, however the sums
    that it comes from were rounded.

    Raises:
        ValueError: when the margin is negative or not finite.
    """
    if not (margin >= 0 and math.isfinite(margin)):
        raise ValueError(f"margin is {margin}; expected a number that is not negative")
    low, high, most = (round(number, DIGITS) for number in (*interval, margin))
    return -most <= low and high <= most


def too_fine(margin: float, resolution: float) -> bool:
    """Whether a margin is less than what one evaluated sample changes, both to 10 digits.

    Then nothing is equal to it. Both are in the unit of the score; a resolution of 0 is none.
    """
    return round(margin, DIGITS) < round(resolution, DIGITS)


def probability_of_improvement(differences: ArrayLike) -> float:
    """Share of the differences above 0, a tie counting half; NaN when there is none."""
    numbers = np.asarray(differences, np.float64).ravel()
    if not numbers.size:
        return math.nan
    return float(((numbers > 0) + 0.5 * (numbers == 0)).mean())


def holm(p: ArrayLike) -> NDArray[np.float64]:
    """The p-values adjusted so that comparing each with a level keeps that level for all together.

    The i-th smallest of m is multiplied by m - i + 1; none falls below a smaller one, or exceeds 1.

    Args:
        p: (..., m); NaN stands for a test that could not be made: it stays NaN and does not count.
    """
    given = np.asarray(p, np.float64)
    order = np.argsort(given, axis=-1)  # NaN comes last
    count = (~np.isnan(given)).sum(axis=-1, keepdims=True)
    factors = np.maximum(count - np.arange(given.shape[-1]), 1)
    ordered = np.take_along_axis(given, order, axis=-1) * factors
    adjusted = np.empty_like(given)
    raised = np.minimum(np.maximum.accumulate(ordered, axis=-1), 1.0)
    np.put_along_axis(adjusted, order, raised, axis=-1)
    return adjusted


def same_scores(scores: ArrayLike) -> NDArray[np.intp]:
    """Which variants have the same scores everywhere: one function under several names.

    Args:
        scores: (variants, ...), at all settings and seeds; they are compared to 10 digits, and NaN,
            where there is no run, is the same as NaN only.

    Returns:
        (variants,): for each the number of the first variant with its scores. A variant without any
        score is by itself.
    """
    table = np.asarray(scores, np.float64)
    rows = np.round(table.reshape(len(table), -1), DIGITS) + 0.0
    first: dict[bytes, int] = {}
    found = np.arange(len(rows))
    for number, row in enumerate(np.where(np.isnan(rows), math.nan, rows)):
        if not np.isnan(row).all():
            found[number] = first.setdefault(row.tobytes(), number)
    return found


def holm_of_groups(p: ArrayLike, groups: ArrayLike, baseline: int) -> NDArray[np.float64]:
    """`holm` in which variants with the same scores count once.

    A variant with the scores of the baseline is the baseline: it is no comparison, and its p stays.

    Args:
        p: (variants,), of each variant against the baseline; NaN for the baseline itself.
        groups: (variants,), of `same_scores`.
        baseline: the number of the baseline.

    Returns:
        (variants,): the adjusted p, alike within a group.
    """
    given, own = np.asarray(p, np.float64), np.asarray(groups)
    first = np.array([int(np.flatnonzero(own == group)[0]) for group in own], np.intp)
    counted = (first == np.arange(len(own))) & (own != own[baseline])
    # The baseline may be the first of its group or another: no variant of it is counted.
    adjusted = holm(np.where(counted, given, math.nan))[first]
    return np.asarray(np.where(own == own[baseline], given, adjusted), np.float64)


def letters(different: ArrayLike) -> list[str]:
    """The letters of each of k variants: two share one exactly when they are not different.

    Args:
        different: (k, k), symmetric, whether a pair is told apart. Letters are given in the order
            of the rows: put the best first, and it has an `a`.

    Returns:
        k texts, such as `a`, `ab`, `b`; after `z` comes `A`, then `a1`, which keeps letters apart
        in a text.

    Raises:
        ValueError: when `different` is no square and symmetric table.
    """
    apart = np.asarray(different, dtype=bool)
    if apart.ndim != 2 or apart.shape[0] != apart.shape[1] or (apart != apart.T).any():
        raise ValueError(f"expected a square, symmetric table of pairs, got shape {apart.shape}")
    groups = [frozenset(range(len(apart)))]
    for i in range(len(apart)):
        for j in range(i + 1, len(apart)):
            if apart[i, j]:
                groups = _split(groups, i, j)
    ordered = sorted(sorted(group) for group in groups if group)
    return [
        "".join(_letter(number) for number, group in enumerate(ordered) if variant in group)
        for variant in range(len(apart))
    ]


def _split(groups: list[frozenset[int]], i: int, j: int) -> list[frozenset[int]]:
    """Each group that holds both, as two that hold one each; those within others fall away."""
    kept = [group for group in groups if not {i, j} <= group]
    for group in groups:
        if {i, j} <= group:
            for part in (group - {j}, group - {i}):
                if not any(part <= other for other in kept):
                    kept = [other for other in kept if not other <= part] + [part]
    return kept


def _letter(number: int) -> str:
    round_, place = divmod(number, 52)
    letter = chr(ord("a") + place) if place < 26 else chr(ord("A") + place - 26)
    return f"{letter}{round_}" if round_ else letter


def power(
    difference: ArrayLike, sd: ArrayLike, n: ArrayLike, level: float = 0.05
) -> NDArray[np.float64]:
    """Chance that the two-sided paired t test at `level` finds a true mean difference.

    Args:
        difference: its size, in any unit.
        sd: standard deviation of the differences between paired runs, in the same unit, above 0.
        n: seeds, at least 2.
        level: of the test.

    Raises:
        ValueError: when `level` is not between 0 and 1.
    """
    checked(level)
    from scipy.special import nctdtr, stdtrit

    seeds = np.asarray(n, np.float64)
    shift = np.abs(np.asarray(difference, np.float64)) / np.asarray(sd, np.float64) * np.sqrt(seeds)
    critical = stdtrit(seeds - 1, 1 - level / 2)
    # SciPy gives NaN for some chances that are 0 to every digit.
    missed, beyond = (
        np.nan_to_num(nctdtr(seeds - 1, shift, end), nan=0.0) for end in (critical, -critical)
    )
    return np.asarray(1 - missed + beyond, np.float64)


def seeds_needed(
    difference: float, sd: ArrayLike, level: float = 0.05, target: float = 0.8
) -> NDArray[np.float64]:
    """The fewest seeds, at least 2, with which the paired t test has the power `target`.

    Args:
        difference: true mean difference to be found, in the unit of `sd`.
        sd: standard deviations of the differences between paired runs, of any shape.
        level: of the test; with Holm over m comparisons, 0.05 / m is the first step's.
        target: wanted power.

    Returns:
        In the shape of `sd`: whole numbers, 2 for an sd of 0, infinity beyond a million seeds or
        for a difference of 0, NaN for an sd of NaN.

    Raises:
        ValueError: when `level` or `target` is not between 0 and 1.
    """
    checked(target)
    checked(level)
    spread = np.asarray(sd, np.float64)
    if difference == 0:
        return np.where(np.isnan(spread), math.nan, math.inf)
    solvable = np.isfinite(spread) & (spread > 0)
    used = np.where(solvable, spread, 1.0)
    return _fewest(lambda seeds: power(difference, used, seeds, level) >= target, spread)


def _fewest(
    enough: Callable[[NDArray[np.float64]], NDArray[np.bool_]], spread: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The fewest seeds, at least 2, that are `enough`, in the shape of `spread`.

    2 for a spread of 0, infinity beyond a million seeds, NaN for a spread of NaN.
    """
    low, high = np.full(spread.shape, 1.0), np.full(spread.shape, float(MOST_SEEDS + 1))
    for _ in range(math.ceil(math.log2(MOST_SEEDS)) + 1):
        middle = np.maximum(np.floor((low + high) / 2), 2.0)
        reached = enough(middle)
        high = np.where(reached, np.minimum(middle, high), high)
        low = np.where(reached, low, np.maximum(middle, low))
    found = np.where(high > MOST_SEEDS, math.inf, high)
    found = np.where(spread == 0, 2.0, found)
    return np.asarray(np.where(np.isnan(spread), math.nan, found), np.float64)


def seeds_to_show_equality(
    sd: ArrayLike, margin: float, level: float = 0.05, target: float = 0.8
) -> NDArray[np.float64]:
    """Seeds that show a true difference of 0 to be within ± margin, with power `target` or more.

    The smallest n with √n · margin / sd ≥ t(n - 1, 1 - level) + t(n - 1, (1 + target) / 2): both of
    two one-sided tests must find it, so that half of 1 - target is left to each. With the normal
    quantiles 1.645 and 1.282 that is 8.56 sd² / margin²; with those of t a seed or two more, and a
    power of 80 to 88 % where they are few.

    Args:
        sd: standard deviations of the differences between paired runs, of any shape.
        margin: in the unit of `sd`.
        level: of each of the two tests.
        target: wanted power.

    Returns:
        In the shape of `sd`: whole numbers, 2 for an sd of 0, infinity beyond a million seeds or
        for a margin of 0, NaN for an sd of NaN.

    Raises:
        ValueError: when `level` or `target` is not between 0 and 1.
    """
    checked(level)
    checked(target)
    from scipy.special import stdtrit

    spread = np.asarray(sd, np.float64)

    def enough(seeds: NDArray[np.float64]) -> NDArray[np.bool_]:
        least = stdtrit(seeds - 1, 1 - level) + stdtrit(seeds - 1, (1 + target) / 2)
        return np.asarray(np.sqrt(seeds) * margin >= least * spread, np.bool_)

    return _fewest(enough, spread)


def mcnemar(first: ArrayLike, second: ArrayLike) -> NDArray[np.float64]:
    """Two-sided exact p of the hypothesis that both sides of paired outcomes fail as often.

    Only pairs that differ speak. With b where the first alone is true and c where the second alone
    is, p = min(1, 2 · P(X ≤ min(b, c))) for X ~ Binomial(b + c, 1/2).

    Args:
        first: (..., n) true or false, such as whether each run of a variant learned.
        second: the same of the runs they are paired with.

    Returns:
        (...,); 1.0 where no pair differs.

    Raises:
        ValueError: when the shapes differ.
    """
    one, other = np.asarray(first, np.bool_), np.asarray(second, np.bool_)
    if one.shape != other.shape:
        raise ValueError(f"outcomes of shapes {one.shape} and {other.shape}; expected the same")
    from scipy.special import bdtr

    alone, other_alone = (one & ~other).sum(axis=-1), (other & ~one).sum(axis=-1)
    least = np.minimum(alone, other_alone)
    return np.asarray(np.minimum(2 * bdtr(least, alone + other_alone, 0.5), 1.0), np.float64)


def ratio_of_means(
    numerators: ArrayLike, denominators: ArrayLike, level: float = 0.95
) -> tuple[float, float, float]:
    """Mean of the numerators by mean of the denominators, and the interval of that ratio.

    The interval holds each ratio ρ for which a paired t test does not reject that the mean of
    numerator - ρ · denominator is 0 (Fieller 1954).

    Args:
        numerators: (n,), one for each seed.
        denominators: (n,), of the same seeds.
        level: of the interval.

    Returns:
        Ratio, low, high. The ratio is NaN when the denominators' mean is 0 or there is no pair; the
        ends are NaN for fewer than two pairs, and where the denominators' mean is not told apart
        from 0, so that the interval has no end.

    Raises:
        ValueError: when `level` is not between 0 and 1.
    """
    checked(level)
    above, below = (np.asarray(side, np.float64).ravel() for side in (numerators, denominators))
    n = above.size
    if n == 0 or below.mean() == 0:
        return math.nan, math.nan, math.nan
    a, b = float(above.mean()), float(below.mean())
    if n < 2:
        return a / b, math.nan, math.nan
    from scipy.special import stdtrit

    covariance = np.cov(above, below) * (float(stdtrit(n - 1, (1 + level) / 2)) ** 2 / n)
    square = b * b - covariance[1, 1]
    if square <= 0:
        return a / b, math.nan, math.nan
    middle = a * b - covariance[0, 1]
    root = math.sqrt(max(middle**2 - square * (a * a - covariance[0, 0]), 0.0))
    return a / b, float((middle - root) / square), float((middle + root) / square)
