"""How often a variant beats another at the same seed.

Source: Bouthillier et al. (2021), Accounting for Variance in Machine Learning Benchmarks, MLSys 3,
section 4: P(A > B), from paired runs.
"""

import math

import numpy as np
from numpy.typing import ArrayLike


def probability_of_improvement(differences: ArrayLike) -> float:
    """Share of the differences above 0, a tie counting half; NaN when there is none."""
    numbers = np.asarray(differences, np.float64).ravel()
    if not numbers.size:
        return math.nan
    return float(((numbers > 0) + 0.5 * (numbers == 0)).mean())
