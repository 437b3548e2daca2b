"""Choosing among settings and alternatives.

Sources: the split of choice and report by seeds is that of cross-validation, Stone (1974),
Cross-validatory choice and assessment of statistical predictions, Journal of the Royal Statistical
Society B 36(2), 111-147; why choosing and reporting on the same numbers flatters: Cawley and Talbot
(2010), On over-fitting in model selection, Journal of Machine Learning Research 11, 2079-2107;
which alternatives no other one beats in everything: Kung, Luccio and Preparata (1975), On finding
the maxima of a set of vectors, Journal of the ACM 22(4), 469-476, compared pair by pair, which is
quick enough for the variants of an experiment.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

FEWEST_SEEDS = 3
# Means of the same numbers in another order differ by rounding; a tie goes to the first setting.
_DIGITS = 10
Numbers = NDArray[np.float64]
# Comparisons in memory at once.
_AT_ONCE = 10_000_000


def cross_fitted(validation: ArrayLike) -> NDArray[np.intp]:
    """For each seed, the setting with the best mean validation score over the other seeds.

    Args:
        validation: (..., settings, seeds), higher is better, NaN where there is no run.

    Returns:
        (..., seeds): the number of the chosen setting; the first wins a tie. A setting can be
        chosen for a seed when it has a run at this seed and at two others; -1 where none can.
    """
    scores = np.asarray(validation, np.float64)
    there = ~np.isnan(scores)
    known = np.where(there, scores, 0.0)
    others = there.sum(axis=-1, keepdims=True) - there
    sums = known.sum(axis=-1, keepdims=True) - known
    possible = there & (others >= FEWEST_SEEDS - 1)
    means = np.round(sums / np.maximum(others, 1), _DIGITS)
    chosen = np.where(possible, means, -np.inf).argmax(axis=-2)
    return np.asarray(np.where(possible.any(axis=-2), chosen, -1), np.intp)


@dataclass(frozen=True)
class Band:
    """The band around the best setting.

    Attributes:
        low, high: its ends, in the unit of the settings; NaN when the curve nowhere reaches the
            level.
        decades: log10(high / low); 0.0 when the curve nowhere reaches the level.
        open_low, open_high: whether it runs to the edge of the settings that were tried, so that
            it may be wider.
    """

    low: float
    high: float
    decades: float
    open_low: bool
    open_high: bool


def band_above(settings: ArrayLike, scores: ArrayLike, level: float) -> Band:
    """Where the curve around its maximum stays at or above `level`.

    Between two settings the score is interpolated linearly in the logarithm of the setting.

    Args:
        settings: (n,), above 0, such as learning rates, in any order.
        scores: (n,), higher is better.
        level: in the unit of the scores.

    Raises:
        ValueError: when there is no setting, or one is not above 0.
    """
    places = np.asarray(settings, np.float64).ravel()
    values = np.asarray(scores, np.float64).ravel()
    if not places.size or places.size != values.size or (places <= 0).any():
        raise ValueError(f"expected settings above 0, a score each; got {places} and {values}")
    order = np.argsort(places)
    logs, values = np.log10(places[order]), values[order]
    best = int(values.argmax())
    if values[best] < level:
        return Band(math.nan, math.nan, 0.0, False, False)
    low, open_low = _end(logs[best::-1], values[best::-1], level)
    high, open_high = _end(logs[best:], values[best:], level)
    return Band(10**low, 10**high, high - low, open_low, open_high)


def _end(logs: Numbers, values: Numbers, level: float) -> tuple[float, bool]:
    """Where a curve that starts above the level first falls below it, or its last place."""
    below = np.flatnonzero(values < level)
    if not below.size:
        return float(logs[-1]), True
    after = int(below[0])
    share = (values[after - 1] - level) / (values[after - 1] - values[after])
    return float(logs[after - 1] + share * (logs[after] - logs[after - 1])), False


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
