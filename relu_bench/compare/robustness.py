"""How forgiving each variant is of the learning rate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from relu_bench import stats
from relu_bench.compare.common_runs import common_runs
from relu_bench.compare.comparison import Comparison

AXIS = "learning_rate"
# In the unit that people read: points of an accuracy.
WITHIN = 1.0


@dataclass(frozen=True)
class Robustness:
    """The band of learning rates in which a variant is within 1 point of the best of all.

    Attributes:
        variant: its label.
        rates: how many learning rates were tried with it.
        best_rate: the one with its best mean.
        band: around it, interpolated in the logarithm.
    """

    variant: str
    rates: int
    best_rate: float
    band: stats.Band


def robustness(comparison: Comparison, within: float = WITHIN) -> tuple[Robustness, ...]:
    """The bands of the variants, in the order of the estimates; none without learning rates.

    The score at a learning rate is the mean over the seeds and the settings of the further axes
    that all variants have; the best is the best of all variants at any learning rate.

    Args:
        comparison: its `others` must hold the learning rate with two values or more.
        within: how far below the best counts as good, in the unit that people read.
    """
    question, direction = comparison.question, comparison.measure.direction
    if AXIS not in question.others or not comparison.measure.is_rate:
        return ()
    runs = common_runs(question, comparison.measure)
    if runs is None:
        return ()
    scores = direction * comparison.measure.values(runs)
    curves = scores.groupby([runs["variant"], runs[AXIS]]).mean().dropna().round(10)
    level = float(curves.max()) - within
    found = []
    for estimate in comparison.estimates:
        if not estimate.n:
            continue
        curve = curves.loc[estimate.variant]
        rates, values = curve.index.to_numpy(np.float64), curve.to_numpy(np.float64)
        best = float(rates[values.argmax()])
        band = stats.band_above(rates, values, level)
        found.append(Robustness(estimate.variant, rates.size, best, band))
    return tuple(found)
