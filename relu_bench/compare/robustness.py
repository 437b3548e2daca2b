"""How forgiving each variant is of the learning rate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from relu_bench import stats
from relu_bench.compare.comparison import Comparison
from relu_bench.compare.questions import Question
from relu_bench.compare.scores import completed
from relu_bench.compare.variants import with_variant

if TYPE_CHECKING:
    from pandas import DataFrame, Series

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
        band: around it, interpolated in the logarithm; open where it runs to the edge of the
            learning rates that were tried with this variant.
    """

    variant: str
    rates: int
    best_rate: float
    band: stats.Band


def robustness(comparison: Comparison, within: float = WITHIN) -> tuple[Robustness, ...]:
    """The bands of the variants, in the order of the estimates; none without learning rates.

    Each variant keeps the learning rates that it was given. The score at one is the mean over the
    seeds and over those settings of the further axes that every variant has at each of its
    learning rates, whatever the comparison's mode; none where there is no such setting. The best
    is the best of all variants at any learning rate.

    Args:
        comparison: its `others` must hold the learning rate with two values or more.
        within: how far below the best counts as good, in the unit that people read.
    """
    question, direction = comparison.question, comparison.measure.direction
    if AXIS not in question.others or not comparison.measure.is_rate:
        return ()
    runs = completed(question.runs)
    scores = (direction * comparison.measure.values(runs)).dropna()
    runs = runs.loc[scores.index]
    alike = scores[_at_every_rate(runs, _settings(runs, question))]
    curves = alike.groupby([runs["variant"], runs[AXIS]]).mean().round(10)
    level = float(curves.max()) - within
    there = curves.index.unique("variant")
    found = []
    for estimate in comparison.estimates:
        if estimate.variant not in there:
            continue
        curve = curves.loc[estimate.variant]
        rates, values = curve.index.to_numpy(np.float64), curve.to_numpy(np.float64)
        best = float(rates[values.argmax()])
        band = stats.band_above(rates, values, level)
        found.append(Robustness(estimate.variant, rates.size, best, band))
    return tuple(found)


def further_axes(question: Question) -> tuple[str, ...]:
    """The other axes beside the learning rate: over their settings the scores are means."""
    return tuple(name for name in question.others if name != AXIS)


def _settings(runs: DataFrame, question: Question) -> Series:
    """Of each run, the text of its values of the further axes."""
    names = further_axes(question)
    named = with_variant(runs, names, "setting") if names else runs.assign(setting="")
    return named["setting"]


def _at_every_rate(runs: DataFrame, settings: Series) -> Series:
    """Whether each run is at a setting that every variant has at each of its learning rates.

    So the means at two learning rates, and those of two variants, are over the same settings.
    """
    cells = runs[["variant", AXIS]].assign(setting=settings).drop_duplicates()
    rates = cells.groupby("variant")[AXIS].nunique()
    table = cells.groupby(["setting", "variant"]).size().unstack("variant")
    everywhere = table.index[table.eq(rates).all(axis="columns")]
    return settings.isin(everywhere)
