"""Which of several alternatives no other one beats in everything.

Source: Kung, Luccio and Preparata (1975), On finding the maxima of a set of vectors, Journal of the
ACM 22(4), 469-476; compared pair by pair, which is quick enough for the variants of an experiment.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

# Comparisons in memory at once.
_AT_ONCE = 10_000_000


def non_dominated(costs: ArrayLike) -> NDArray[np.bool_]:
    """The Pareto front: rows that no other row dominates.

    A row dominates another when it is nowhere higher and somewhere lower. Equal rows do not
    dominate each other. NaN counts as higher than any number.

    Args:
        costs: (n, k), lower is better in every column.

    Returns:
        (n,), whether each row is on the front.

    Raises:
        ValueError: when `costs` is no table.
    """
    numbers = np.asarray(costs, np.float64)
    if numbers.ndim != 2:
        raise ValueError(f"costs has shape {numbers.shape}; expected (alternatives, criteria)")
    rows = np.where(np.isnan(numbers), np.inf, numbers)
    step = max(_AT_ONCE // max(rows.size, 1), 1)
    found = np.ones(len(rows), np.bool_)
    for start in range(0, len(rows), step):
        part = rows[start : start + step, np.newaxis]
        beaten = np.all(rows <= part, axis=2) & np.any(rows < part, axis=2)
        found[start : start + step] = ~np.any(beaten, axis=1)
    return found
