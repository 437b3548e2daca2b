"""Area under the ROC curve.

Source: Hanley and McNeil (1982), The meaning and use of the area under a receiver operating
characteristic (ROC) curve, Radiology 143: the area is the Mann-Whitney statistic.
"""

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
