"""Choosing a setting without looking at the seed that is reported.

Source: the split of choice and report by seeds is that of cross-validation, Stone (1974),
Cross-validatory choice and assessment of statistical predictions, Journal of the Royal Statistical
Society B 36(2), 111-147; why choosing and reporting on the same numbers flatters: Cawley and Talbot
(2010), On over-fitting in model selection, Journal of Machine Learning Research 11, 2079-2107.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

FEWEST_SEEDS = 3
# Means of the same numbers in another order differ by rounding; a tie goes to the first setting.
_DIGITS = 10


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
