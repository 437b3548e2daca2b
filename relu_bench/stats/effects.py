"""What each of several axes does: Type II sums of squares, and the mean at each level.

Sources: Langsrud (2003), ANOVA for unbalanced data: use Type II instead of Type III sums of
squares, Statistics and Computing 13(2), 163-167, written out on cross products, because settings
are few where runs are many, and because designs without residual are common here; the tests hold it
against `statsmodels.stats.anova.anova_lm(typ=2)`. Least-squares (marginal) means: Searle, Speed and
Milliken (1980), Population marginal means in the linear model, The American Statistician 34(4),
216-221; their interval by the jackknife over whole blocks, Miller (1974), The jackknife: a review,
Biometrika 61(1), 1-15. Effects tested over the seeds, as blocks that have all settings: Greenhouse
and Geisser (1959), On methods in the analysis of profile data, Psychometrika 24(2), 95-112; the
estimate of their ε is that of Box (1954), Some theorems on quadratic forms applied in the study of
analysis of variance problems II, Annals of Mathematical Statistics 25(3), 484-498.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from relu_bench.stats.intervals import t_ends

Term = tuple[int, ...]
Numbers = NDArray[np.float64]

# Singular values, and spreads, below this share of the numbers are 0 but for rounding.
_ROUNDING = 1e-9


class AliasedError(ValueError):
    """Effects that cannot be told apart: the combinations that would do it are missing."""


def type_two(
    codes: ArrayLike, values: ArrayLike, weights: ArrayLike, terms: Sequence[Term]
) -> tuple[list[float], float, int]:
    """Sums of squares of main effects and interactions of categorical axes.

    That of a term is what it adds to all terms that do not contain it. Means of groups with their
    sizes as weights give the sums of squares of the single values, but for those within groups.

    Args:
        codes: (n, axes), whole numbers from 0 on: the level of each axis.
        values: (n,).
        weights: (n,), above 0.
        terms: the axes of each effect: `(0,)`, `(1,)`, `(0, 1)`.

    Returns:
        The sum of squares of each term; the residual sum of squares of all terms together; the
        number of parameters, the mean included.

    Raises:
        AliasedError: when the parameters are not all determined.
    """
    levels = np.asarray(codes, np.intp)
    sizes = np.asarray(weights, np.float64)
    centred = np.asarray(values, np.float64)
    centred = centred - np.average(centred, weights=sizes)
    blocks = [_columns(levels, term) for term in terms]
    design = np.column_stack([np.ones(len(levels)), *blocks])
    ends = np.cumsum([1, *(block.shape[1] for block in blocks)])
    places = [np.arange(start, end) for start, end in pairwise(ends)]
    root = np.sqrt(sizes)
    weighted, target = design * root[:, np.newaxis], centred * root
    gram, products = weighted.T @ weighted, weighted.T @ target
    if np.linalg.matrix_rank(gram, hermitian=True) < len(gram):
        raise AliasedError("these effects cannot be told apart: combinations are missing")
    whole = float(target @ target)

    def unexplained(kept: Sequence[int]) -> float:
        chosen = np.concatenate([[0], *(places[number] for number in kept)]).astype(np.intp)
        inside = np.linalg.solve(gram[np.ix_(chosen, chosen)], products[chosen])
        return max(whole - float(products[chosen] @ inside), 0.0)

    squares = []
    for number, term in enumerate(terms):
        others = [place for place, other in enumerate(terms) if not set(term) <= set(other)]
        squares.append(max(unexplained(others) - unexplained([*others, number]), 0.0))
    return squares, unexplained(range(len(terms))), len(gram)


def parameters(levels: Sequence[int], terms: Sequence[Term]) -> int:
    """How many numbers describe these effects, for so many levels of each axis."""
    return 1 + sum(int(np.prod([levels[axis] - 1 for axis in term])) for term in terms)


def _columns(codes: NDArray[np.intp], term: Term) -> NDArray[np.float64]:
    """0 and 1 for each level but the first of an axis; for an interaction, their products."""
    found = np.ones((len(codes), 1))
    for axis in term:
        own = (codes[:, [axis]] == np.arange(1, codes[:, axis].max() + 1)).astype(np.float64)
        found = (found[:, :, np.newaxis] * own[:, np.newaxis, :]).reshape(len(codes), -1)
    return found


@dataclass(frozen=True)
class SeedTest:
    """One effect, tested over the seeds.

    Attributes:
        degrees: of the effect, at the settings that all seeds have.
        f: mean square of the effect by that of its variation from seed to seed.
        epsilon: by which both degrees of freedom are multiplied, in (0, 1]; 1 for one degree.
        p: of f; NaN, as f and epsilon, where the effect does not vary over the seeds, with a single
            seed, and where nothing of the effect is left.
    """

    degrees: int
    f: float
    epsilon: float
    p: float


def seed_tests(codes: ArrayLike, values: ArrayLike, terms: Sequence[Term]) -> list[SeedTest]:
    """Test effects with seeds as strata: is each seed's effect the same way round as the others'.

    Runs of one seed share weights and data order, so that they are no independent observations, and
    a test against the variation of all runs is too sure of itself. Here each effect is a vector of
    orthonormal contrasts for each of the n seeds, of what the term adds to all terms that do not
    contain it (as in `type_two`). With their mean m and covariance S (n - 1), of q degrees:
    f = n · |m|² / trace(S), ε = trace(S)² / (q · trace(S²)), and p from F with ε · q and
    ε · q · (n - 1) degrees of freedom. For one degree that is the paired t test.

    Args:
        codes: (settings, axes), whole numbers from 0 on: the level of each axis.
        values: (seeds, settings), NaN where there is none; a setting that any seed lacks is left
            out, so that all seeds have the same contrasts.
        terms: the axes of each effect: `(0,)`, `(1,)`, `(0, 1)`.

    Returns:
        One entry a term.

    Raises:
        ValueError: when the shapes do not fit.
    """
    levels, table = np.asarray(codes, np.intp), np.asarray(values, np.float64)
    if levels.ndim != 2 or table.ndim != 2 or table.shape[1] != len(levels):
        raise ValueError(
            f"codes of shape {levels.shape} and values of shape {table.shape}; expected "
            "(settings, axes) and (seeds, settings)"
        )
    complete = ~np.logical_or.reduce(np.isnan(table), axis=0)
    levels, table = levels[complete], table[:, complete]
    if not len(levels) or len(table) < 2:
        return [SeedTest(0, math.nan, math.nan, math.nan)] * len(terms)
    blocks = [_columns(levels, term) for term in terms]
    found = []
    for term, own in zip(terms, blocks, strict=True):
        others = [np.ones((len(levels), 1))]
        others += [
            block for other, block in zip(terms, blocks, strict=True) if not set(term) <= set(other)
        ]
        space = _orthonormal(np.hstack(others))
        contrasts = table @ _orthonormal(own - space @ (space.T @ own))
        found.append(_over_seeds(contrasts, _ROUNDING * float(np.abs(table).max())))
    return found


def _orthonormal(columns: Numbers) -> Numbers:
    """An orthonormal basis of what columns of 0 and 1, or their remainders, span: (n, rank)."""
    left, sizes, _ = np.linalg.svd(columns, full_matrices=False)
    return np.asarray(left[:, sizes > _ROUNDING * math.sqrt(len(columns))], np.float64)


def _over_seeds(contrasts: Numbers, rounding: float) -> SeedTest:
    """The test of contrasts, (seeds, degrees), against 0; spreads up to `rounding` are none."""
    n, degrees = contrasts.shape
    spread = float(contrasts.var(axis=0, ddof=1).sum())
    if spread <= rounding**2:
        return SeedTest(degrees, math.nan, math.nan, math.nan)
    from scipy.special import fdtrc

    centred = contrasts - contrasts.mean(axis=0)
    # The trace of S² from the smaller product, seeds by seeds.
    squared = float(((centred @ centred.T) ** 2).sum()) / (n - 1) ** 2
    epsilon = min(spread**2 / (degrees * squared), 1.0)
    f = n * float((contrasts.mean(axis=0) ** 2).sum()) / spread
    p = float(fdtrc(epsilon * degrees, epsilon * degrees * (n - 1), f))
    return SeedTest(degrees, f, epsilon, p)


@dataclass(frozen=True)
class MarginalMeans:
    """Of one axis: a mean for each level, and the ends of its 95 % interval over the blocks."""

    means: Numbers
    low: Numbers
    high: Numbers


def marginal_means(codes: ArrayLike, values: ArrayLike, blocks: ArrayLike) -> list[MarginalMeans]:
    """The marginal means of categorical axes without interactions.

    The mean of a level is what the additive model fitted by least squares predicts at it, averaged
    over the levels of the other axes with equal weights. Where all combinations exist equally
    often, that is the plain mean of the level, and the interval is the t interval over the means of
    the blocks.

    Args:
        codes: (n, axes), whole numbers from 0 on without gaps: the level of each axis.
        values: (n,).
        blocks: (n,), the block of each value, such as its seed; blocks are left out one by one.

    Returns:
        One entry an axis. The ends are NaN with a single block, and where a level or its contrast
        stands on a single block.

    Raises:
        AliasedError: when the levels cannot be told apart.
    """
    levels = np.asarray(codes, np.intp)
    target = np.asarray(values, np.float64)
    counts = levels.max(axis=0) + 1
    wanted = _averages(counts)
    grams, products = _by_block(_design(levels, counts), target, np.asarray(blocks))
    gram, product = grams.sum(axis=0), products.sum(axis=0)
    if not _determined(gram):
        raise AliasedError("these levels cannot be told apart: combinations are missing")
    means = wanted @ np.linalg.solve(gram, product)
    low, high = _jackknifed(means, wanted, gram - grams, product - products)
    ends = np.cumsum(counts)[:-1]
    parts = (np.split(each, ends) for each in (means, low, high))
    return [MarginalMeans(*each) for each in zip(*parts, strict=True)]


def _design(levels: NDArray[np.intp], counts: NDArray[np.intp]) -> Numbers:
    """A column of ones, then 0 and 1 for each level but the first of each axis."""
    found = [np.ones((len(levels), 1))]
    found += [
        (levels[:, [axis]] == np.arange(1, count)).astype(np.float64)
        for axis, count in enumerate(counts)
    ]
    return np.hstack(found)


def _averages(counts: NDArray[np.intp]) -> Numbers:
    """The combination of parameters that gives each level's mean: a row each, axis after axis."""
    starts = 1 + np.concatenate([[0], np.cumsum(counts - 1)])
    equal = np.zeros(starts[-1])
    equal[0] = 1.0
    for start, count in zip(starts, counts, strict=False):
        equal[start : start + count - 1] = 1.0 / count
    rows = []
    for start, count in zip(starts, counts, strict=False):
        for level in range(count):
            row = equal.copy()
            row[start : start + count - 1] = 0.0
            if level:
                row[start + level - 1] = 1.0
            rows.append(row)
    return np.array(rows)


def _by_block(
    design: Numbers, target: Numbers, blocks: NDArray[np.generic]
) -> tuple[Numbers, Numbers]:
    """The cross products of each block: (blocks, p, p) and (blocks, p)."""
    names, places = np.unique(blocks, return_inverse=True)
    count, parameters = len(names), design.shape[1]
    products = np.empty((count, parameters))
    for one in range(parameters):
        products[:, one] = np.bincount(places, design[:, one] * target, minlength=count)
    grams = np.empty((count, parameters, parameters))
    for one in range(parameters):
        # The design is 0 and 1, so that a product of two columns says in which rows both are 1.
        rows = np.flatnonzero(design[:, one])
        for other in range(one + 1):
            both = np.bincount(places[rows], design[rows, other], minlength=count)
            grams[:, one, other] = grams[:, other, one] = both
    return grams, products


def _determined(grams: Numbers) -> bool:
    """Whether each matrix of a stack, or the one, has full rank."""
    return bool(np.all(np.linalg.matrix_rank(grams, hermitian=True) == grams.shape[-1]))


def _jackknifed(
    means: Numbers, wanted: Numbers, grams: Numbers, products: Numbers
) -> tuple[Numbers, Numbers]:
    """The t interval over the blocks, from the estimates without each of them."""
    nothing = np.full(len(means), math.nan)
    n = len(grams)
    if n < 2 or not _determined(grams):
        return nothing, nothing
    without = np.linalg.solve(grams, products[..., np.newaxis])[..., 0] @ wanted.T
    # (n - 1) times each: the standard deviation of the pseudo-values.
    deviations = (n - 1) * without.std(axis=0, ddof=1)
    return t_ends(means, deviations, n)
