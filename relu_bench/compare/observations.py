"""The scores behind a comparison as one array: variants, settings of the other axes, seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from relu_bench import stats
from relu_bench.compare.variants import as_texts, texts
from relu_bench.errors import ReluBenchError

if TYPE_CHECKING:
    from pandas import DataFrame, Series

    from relu_bench.compare.measures import Measure
    from relu_bench.compare.questions import Question


# The codes of `Observations.outcomes`. Of a run and its repetition the later one counts: the score
# is that of the one which ended with a result, and the worse outcome of two that did.
OUTCOMES = ("missing", "failed", "learned", "at_chance", "diverged")
_MOST = 50_000_000

Scores = NDArray[np.float64]
CELLS = ("tuned",)
"""The only cell of a tuned comparison, in place of the settings that were tuned over."""


@dataclass(frozen=True, eq=False)
class Observations:
    """What was measured, NaN where nothing was.

    Attributes:
        variants, cells, seeds: what the axes of the arrays stand for.
        scores: (variants, cells, seeds), in the unit that people read; a diverged run counts as the
            constant guess, a failed one is NaN.
        validation: in the same shape, the metric on the validation part, by which settings are
            chosen; None unless it was asked for.
        outcomes: in the same shape, numbers of `OUTCOMES`.
    """

    variants: tuple[str, ...]
    cells: tuple[str, ...]
    seeds: tuple[int, ...]
    scores: Scores
    outcomes: NDArray[np.int8]
    validation: Scores | None = None

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
        None if validation is None else _means(place, validation.values(runs), shape),
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


@dataclass(frozen=True)
class Tuned:
    """How one variant was tuned.

    Attributes:
        settings: how many it was given.
        setting: the one that was chosen for most seeds; empty when none could be.
        times: for how many of the `tuned_seeds` that was.
        tuned_seeds: for which a choice could be made.
        edges: numeric axes of which that setting is the least or greatest value tried.
    """

    settings: int
    setting: str
    times: int
    tuned_seeds: int
    edges: tuple[str, ...]


def tuned(
    observed: Observations, question: Question, direction: float
) -> tuple[Observations, tuple[Tuned, ...]]:
    """One score for each variant and seed, at the setting that the other seeds' validation chose.

    Args:
        observed: with `validation`.
        question: its `others` are the axes that are tuned.
        direction: 1.0 when higher validation scores are better, else -1.0.

    Returns:
        Observations with a single cell, and how each variant was tuned, in their order.

    Raises:
        ReluBenchError: when nothing was held out for validation, or there are fewer than 3 seeds.
    """
    validation = observed.validation
    assert validation is not None
    if not known(validation).any():
        raise ReluBenchError(
            "--mode tuned chooses settings by validation, but nothing was held out for it in these "
            "runs. Run the config with validation_split above 0, or compare with --mode matched."
        )
    choices = stats.cross_fitted(direction * validation)
    if (choices < 0).all():
        raise ReluBenchError(
            "--mode tuned chooses the setting for each seed on the other seeds, so it takes at "
            f"least 3 seeds; these runs have {len(observed.seeds)}. "
            "Run the config with --set seeds=3 or more, or compare with --mode matched."
        )
    taken = np.where(choices < 0, 0, choices)[:, np.newaxis, :]
    scores = np.take_along_axis(observed.scores, taken, axis=1)
    outcomes = np.take_along_axis(observed.outcomes, taken, axis=1)
    impossible = choices[:, np.newaxis, :] < 0
    chosen = Observations(
        observed.variants,
        CELLS,
        observed.seeds,
        np.where(impossible, np.nan, scores),
        np.where(impossible, np.int8(0), outcomes),
    )
    grids = _grids(question)
    told = (
        _told(name, row, there, observed.cells, grids)
        for name, row, there in zip(observed.variants, choices, validation, strict=True)
    )
    return chosen, tuple(told)


def _told(
    variant: str,
    choices: NDArray[np.intp],
    validation: Scores,
    cells: tuple[str, ...],
    grids: DataFrame,
) -> Tuned:
    given = int(known(validation).any(axis=-1).sum())
    made = choices[choices >= 0]
    if not made.size:
        return Tuned(given, "", 0, 0, ())
    counts = np.bincount(made, minlength=len(cells))
    best = int(counts.argmax())
    return Tuned(
        given, cells[best], int(counts[best]), int(made.size), _edges(grids, variant, cells[best])
    )


def _grids(question: Question) -> DataFrame:
    """The distinct settings of each variant, with the numeric axes among them."""
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    runs = question.runs
    numeric = [
        name
        for name in question.others
        if is_numeric_dtype(runs[name].dtype) and not is_bool_dtype(runs[name].dtype)
    ]
    done = runs[runs["status"] == "completed"]
    return done[["variant", "cell", *numeric]].drop_duplicates()


def _edges(grids: DataFrame, variant: str, cell: str) -> tuple[str, ...]:
    """Each numeric axis at whose end the setting lies: `learning_rate=0.1`."""
    its = grids[grids["variant"] == variant]
    here = its[its["cell"] == cell].iloc[0]
    found = []
    for name in its.columns[2:]:
        values = its[name].dropna()
        if values.nunique() > 1 and here[name] in (values.min(), values.max()):
            shown = as_texts(its.loc[its[name] == here[name], name]).iloc[0]
            found.append(f"{name}={shown}")
    return tuple(found)
