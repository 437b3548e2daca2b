"""Type II sums of squares: what each axis explains beside the others.

Source: Langsrud (2003), ANOVA for unbalanced data: use Type II instead of Type III sums of squares,
Statistics and Computing 13(2), 163-167. Written out on cross products, because settings are few
where runs are many, and because designs without residual are common here; the tests hold it
against `statsmodels.stats.anova.anova_lm(typ=2)`.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

Term = tuple[int, ...]


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
