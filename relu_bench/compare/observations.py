"""The scores behind a comparison as one array: variants, settings of the other axes, seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from relu_bench.compare.variants import texts
from relu_bench.errors import ReluBenchError

if TYPE_CHECKING:
    from pandas import Series

    from relu_bench.compare.measures import Measure
    from relu_bench.compare.questions import Question


# The codes of `Observations.outcomes`. Of a run and its repetition the later one counts: the score
# is that of the one which ended with a result, and the worse outcome of two that did.
OUTCOMES = ("missing", "failed", "learned", "at_chance", "diverged")
_MOST = 50_000_000

Scores = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Observations:
    """What was measured, NaN where nothing was.

    Attributes:
        variants, cells, seeds: what the axes of the arrays stand for.
        scores: (variants, cells, seeds), in the unit that people read; a diverged run counts as the
            constant guess, a failed one is NaN.
        outcomes: in the same shape, numbers of `OUTCOMES`.
        validation: in the same shape, the metric on the validation part, by which settings are
            chosen, turned so that higher is better; None unless it was asked for.
        tuned_over: of tuned scores, which have one cell, all scores of each setting.
    """

    variants: tuple[str, ...]
    cells: tuple[str, ...]
    seeds: tuple[int, ...]
    scores: Scores
    outcomes: NDArray[np.int8]
    validation: Scores | None = None
    tuned_over: Observations | None = None

    def ordered(self, order: Sequence[int]) -> Observations:
        """The same with the variants in another order."""
        rows = list(order)
        return Observations(
            tuple(self.variants[row] for row in rows),
            self.cells,
            self.seeds,
            self.scores[rows],
            self.outcomes[rows],
            None if self.validation is None else self.validation[rows],
            None if self.tuned_over is None else self.tuned_over.ordered(order),
        )


def observe(
    question: Question, measure: Measure, validation: Measure | None = None
) -> Observations:
    """The scores of a question's runs.

    A run that repeats the settings and seed of another (other data or source under the same name:
    a notice says so) counts in a mean with it; one that failed leaves the other as it is.

    Raises:
        ReluBenchError: when the array would not fit into memory.
    """
    runs = question.runs
    cells = tuple(texts(runs["cell"]).values())
    seeds = tuple(sorted(int(seed) for seed in runs["seed"].unique()))
    shape = (len(question.variants), len(cells), len(seeds))
    if np.prod(shape, dtype=np.float64) > _MOST:
        raise ReluBenchError(
            f"--by {' --by '.join(question.by)}: {shape[0]:,} variants × {shape[1]:,} settings of "
            f"the other axes × {shape[2]:,} seeds are too many to compare at once. Narrow the runs "
            "with --where, or name more axes with --by."
        )
    place = np.ravel_multi_index(
        (
            _codes(runs["variant"], question.variants),
            _codes(runs["cell"], cells),
            _codes(runs["seed"].astype("int64"), seeds),
        ),
        shape,
    )
    codes = runs["outcome"].where(runs["status"] != "failed", "failed")
    outcomes = np.zeros(shape, np.int8)
    np.maximum.at(outcomes.reshape(-1), place, _codes(codes, OUTCOMES).astype(np.int8))
    return Observations(
        question.variants,
        cells,
        seeds,
        _means(place, measure.values(runs), shape),
        outcomes,
        None
        if validation is None
        else validation.direction * _means(place, validation.values(runs), shape),
    )


def _codes(values: Series, possible: Sequence[object]) -> NDArray[np.intp]:
    numbers = {value: number for number, value in enumerate(possible)}
    return np.asarray(values.map(numbers), dtype=np.intp)


def _means(place: NDArray[np.intp], values: Series, shape: tuple[int, int, int]) -> Scores:
    numbers = values.to_numpy(dtype=np.float64)
    there = ~np.isnan(numbers)
    size = int(np.prod(shape))
    sums = np.bincount(place[there], numbers[there], size)
    counts = np.bincount(place[there], minlength=size)
    means = np.full(size, np.nan)
    np.divide(sums, counts, out=means, where=counts > 0)
    return means.reshape(shape)


def known(scores: Scores) -> NDArray[np.bool_]:
    """Where there is a score."""
    return np.asarray(~np.isnan(scores), dtype=np.bool_)


def along(mask: NDArray[np.bool_], axis: int, every: bool = False) -> NDArray[np.bool_]:
    """Whether any (or `every`) element along an axis is True."""
    return np.asarray((np.all if every else np.any)(mask, axis=axis), dtype=np.bool_)


def over_cells(scores: Scores) -> Scores:
    """The mean over the cells that are there, for each variant (or pair) and seed: (…, seeds)."""
    there = known(scores)
    counts = there.sum(axis=-2)
    sums = np.where(there, scores, 0.0).sum(axis=-2)
    means = np.full(counts.shape, np.nan)
    np.divide(sums, counts, out=means, where=counts > 0)
    return means
