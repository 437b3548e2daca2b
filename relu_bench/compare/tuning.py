"""Each variant at its own best setting: how it was tuned, and its scores without that choice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from relu_bench import stats
from relu_bench.compare.observations import Observations, Scores, along, known
from relu_bench.compare.variants import as_texts
from relu_bench.errors import ReluBenchError

if TYPE_CHECKING:
    from pandas import DataFrame

    from relu_bench.compare.questions import Question

CELLS = ("tuned",)
"""The only cell of a tuned comparison, in place of the settings that were tuned over."""


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


def tuned(observed: Observations, question: Question) -> tuple[Observations, tuple[Tuned, ...]]:
    """One score for each variant and seed, at the setting that the other seeds' validation chose.

    Seeds at which a variant lacks one of its settings have no score: a choice among fewer settings
    is another one.

    Args:
        observed: with `validation`.
        question: its `others` are the axes that are tuned.

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
    complete = complete_seeds(observed)
    usable = complete[:, np.newaxis] & known(observed.scores)
    choices = stats.cross_fitted(np.where(usable, validation, np.nan))
    if (choices < 0).all():
        raise ReluBenchError(
            "--mode tuned chooses the setting for each seed on the other seeds, so it takes at "
            f"least 3 seeds with every setting; these runs have {int(complete.sum(axis=1).max())}. "
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
        tuned_over=observed if question.others else None,
    )
    grids = _grids(question)
    told = (
        _told(name, row, there, observed.cells, grids)
        for name, row, there in zip(observed.variants, choices, validation, strict=True)
    )
    return chosen, tuple(told)


def complete_seeds(observed: Observations) -> NDArray[np.bool_]:
    """(variants, seeds): whether a variant has a test and a validation score at all its settings.

    Its settings are those that it has at any seed.
    """
    assert observed.validation is not None
    there = known(observed.scores) & known(observed.validation)
    settings = along(there, 2)[:, :, np.newaxis]
    return along(there | ~settings, 1, every=True) & along(settings, 1)


def without_choice(observed: Observations, variant: int, seeds: NDArray[np.bool_]) -> Scores:
    """What `stats.left_out_scores` gives of one variant, over some of its complete seeds: (n, n).

    Args:
        observed: all scores of each setting, with `validation`.
        variant: its number.
        seeds: (seeds,), at least 3 of them, at which the variant is complete.
    """
    assert observed.validation is not None
    return stats.left_out_scores(
        observed.validation[variant][:, seeds], observed.scores[variant][:, seeds]
    )


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
