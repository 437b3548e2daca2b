"""The mean at each level of each axis, as if all combinations of the axes had been measured alike.

Sources: least-squares (marginal) means, Searle, Speed and Milliken (1980), Population marginal
means in the linear model, The American Statistician 34(4), 216-221; the interval by the jackknife
over whole blocks, Miller (1974), The jackknife: a review, Biometrika 61(1), 1-15.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from relu_bench.stats.intervals import t_ends
from relu_bench.stats.type_two import AliasedError

Numbers = NDArray[np.float64]


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
