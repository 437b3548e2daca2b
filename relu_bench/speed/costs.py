"""From samples to costs: medians, their intervals, and ratios to relu within each round.

Sources:
    interval of the median by order statistics, whatever the distribution: Conover (1999),
        Practical Nonparametric Statistics, 3rd edition, section 3.2.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from relu_bench.speed.cells import Cell, Mode, Passes
from relu_bench.speed.rounds import Prepared

LEVEL = 0.95
_NANOSECONDS = 1e9


@dataclass(frozen=True)
class Cost:
    """What an activation costs in one mode, pass and size: a row of speed.csv.

    Attributes:
        activation: canonical label.
        size: name of the size.
        elements: of the tensor; fewer than the size has where the activation is slow.
        mode: `compiled`, `eager` or `numpy`.
        passes: `forward` or `forward+backward`.
        rounds: number of samples.
        applications: of the activation, in one sample.
        median_ns: median over the rounds of nanoseconds an element.
        low_ns, high_ns: its 95 % interval by order statistics; NaN for fewer than six rounds.
        relu_ratio: median over the rounds of the ratio to relu in the same round.
        ratio_low, ratio_high: its interval likewise.
    """

    activation: str
    size: str
    elements: int
    mode: Mode
    passes: Passes
    rounds: int
    applications: int
    median_ns: float
    low_ns: float
    high_ns: float
    relu_ratio: float
    ratio_low: float
    ratio_high: float


def median_interval(values: Sequence[float], level: float = LEVEL) -> tuple[float, float]:
    """The k-th smallest and the k-th largest value, which hold the median between them.

    k is the greatest with 2 · P(X < k) <= 1 - level for X ~ Binomial(n, 1/2) (Conover 1999): the
    interval holds the median with a probability of at least `level`, whatever the distribution, if
    the values are independent.

    Returns:
        (NaN, NaN) where even the extremes are too close: for 95 %, with fewer than six values.
    """
    count = len(values)
    below, k = 0.0, 0
    while True:
        below += math.comb(count, k) * 0.5**count
        if 2 * below > 1 - level:
            break
        k += 1
    if k == 0:
        return math.nan, math.nan
    ordered = sorted(values)
    return ordered[k - 1], ordered[count - k]


def make_costs(
    samples: Mapping[Cell, Sequence[float]], prepared: Mapping[Cell, Prepared]
) -> tuple[Cost, ...]:
    """The cost of each cell, in their order.

    Args:
        samples: of `rounds.run_rounds`, seconds an element; relu's are among them.
        prepared: of the same cells.
    """
    return tuple(_cost(cell, samples, prepared[cell]) for cell in samples)


def _cost(cell: Cell, samples: Mapping[Cell, Sequence[float]], prepared: Prepared) -> Cost:
    seconds = np.asarray(samples[cell])
    nanoseconds = (_NANOSECONDS * seconds).tolist()
    # Under noise, the little that a compiled program does can vanish in one round.
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = (seconds / np.asarray(samples[cell.reference])).tolist()
    low, high = median_interval(nanoseconds)
    ratio_low, ratio_high = median_interval(ratios)
    return Cost(
        activation=cell.activation,
        size=cell.size.name,
        elements=prepared.work.elements,
        mode=cell.mode,
        passes=cell.passes,
        rounds=len(nanoseconds),
        applications=prepared.times,
        median_ns=float(np.median(nanoseconds)),
        low_ns=low,
        high_ns=high,
        relu_ratio=float(np.median(ratios)),
        ratio_low=ratio_low,
        ratio_high=ratio_high,
    )
