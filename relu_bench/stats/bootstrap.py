"""The bias-corrected and accelerated bootstrap interval of a mean.

Source: Efron (1987), Better bootstrap confidence intervals, Journal of the American Statistical
Association 82(397), 171-185; computed by scipy.stats.bootstrap.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from relu_bench.stats.intervals import checked

RESAMPLES = 9_999
_SEED = 5
# Resampled numbers in memory at once: 32 MB.
_AT_ONCE = 4_000_000


def bca_interval(
    values: ArrayLike, level: float = 0.95, resamples: int = RESAMPLES
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """BCa intervals of means along the last axis, with a fixed seed: the same every time.

    Args:
        values: (..., n).
        level: of the intervals.
        resamples: how many are drawn.

    Returns:
        Their ends, (...,), in the unit of `values`; both the value itself where all n are equal,
        NaN for fewer than two values.

    Raises:
        ValueError: when `level` is not between 0 and 1.
    """
    checked(level)
    numbers = np.atleast_1d(np.asarray(values, np.float64))
    shape, n = numbers.shape[:-1], numbers.shape[-1]
    if n < 2:
        return np.full(shape, np.nan), np.full(shape, np.nan)
    rows = numbers.reshape(-1, n)
    low, high = rows[:, 0].copy(), rows[:, 0].copy()
    varied = np.ptp(rows, axis=1) > 0
    if varied.any():
        from scipy.stats import bootstrap

        found = bootstrap(
            (rows[varied],),
            np.mean,
            axis=-1,
            n_resamples=resamples,
            batch=max(_AT_ONCE // rows[varied].size, 1),
            confidence_level=level,
            method="BCa",
            rng=np.random.default_rng(_SEED),
        ).confidence_interval
        low[varied], high[varied] = found.low, found.high
    return low.reshape(shape), high.reshape(shape)
