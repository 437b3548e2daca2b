"""Two axes against each other: which two."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from relu_bench.compare.effects import Effect, effects_of
from relu_bench.compare.marginal import effect_axes
from relu_bench.compare.measure import measure_of
from relu_bench.compare.scores import completed
from relu_bench.compare.variants import AXIS_COLUMNS, REVISION, axes
from relu_bench.errors import ReluBenchError

if TYPE_CHECKING:
    from pandas import DataFrame

# The pair that people ask about most: batch norm is to make the initializer matter less.
_ASKED_MOST = ("initializer", "batch_norm")
# Scores on two data sets share no axis, and a revision is no setting.
_APART = ("dataset", REVISION)
# Two axes are crossed where most of their combinations exist.
CROSSED = 0.75
LEAST_CELLS = 6
LEAST_SHARE = 0.01

Pair = tuple[str, str]


def crossable(runs: DataFrame) -> tuple[str, ...]:
    """The axes of which two may be set against each other."""
    return tuple(name for name in axes(completed(runs)) if name not in _APART)


def chosen_pair(runs: DataFrame, names: Sequence[str]) -> Pair:
    """The two axes that were asked for, in that order.

    Raises:
        ReluBenchError: when these are not two different axes of these runs.
    """
    given = ",".join(names)
    there = crossable(runs)
    known = f"These vary: {', '.join(there)}." if there else "Nothing varies in these runs."
    if len(names) != 2 or names[0] == names[1]:
        raise ReluBenchError(
            f"--axes {given!r}: expected two different axes, such as "
            f"learning_rate,initializer. {known}"
        )
    for name in names:
        if name in there:
            continue
        if name in _APART:
            raise ReluBenchError(f"--axes {given!r}: {name} has figures of its own. {known}")
        if name in AXIS_COLUMNS:
            raise ReluBenchError(f"--axes {given!r}: {name} has one value in these runs. {known}")
        near = difflib.get_close_matches(name, AXIS_COLUMNS, n=1)
        meant = f" Did you mean {near[0]!r}?" if near else ""
        raise ReluBenchError(f"--axes {given!r}: {name!r} is no axis.{meant} {known}")
    return names[0], names[1]


def widest_pair(runs: DataFrame) -> Pair:
    """The crossed axes with the most combinations, in the order of `axes`.

    Raises:
        ReluBenchError: when no two axes are crossed.
    """
    return max(_crossed_pairs(runs), key=lambda pair: cells(runs, pair))


def interacting_pair(runs: DataFrame) -> Pair:
    """Initializer and batch norm where these are crossed, else the largest two-way interaction.

    Raises:
        ReluBenchError: when no two axes are crossed.
    """
    pairs = _crossed_pairs(runs)
    if _ASKED_MOST in pairs:
        return _ASKED_MOST
    effect = largest_interaction(runs)
    if effect is not None:
        return effect.axes[0], effect.axes[1]
    return widest_pair(runs)


def largest_interaction(runs: DataFrame, pair: Pair | None = None) -> Effect | None:
    """The interaction that explains most of the log of the error; of a `pair`, where it is given.

    Each data set and model is asked by itself. None where no interaction can be told.
    """
    found = [
        effect for effect in _interactions(runs) if pair is None or set(pair) == set(effect.axes)
    ]
    return max(found, key=lambda effect: effect.share, default=None)


def _interactions(runs: DataFrame) -> list[Effect]:
    """All two-way interactions that can be told, of each data set and model."""
    found: list[Effect] = []
    for _, part in completed(runs).groupby(["dataset", "model"], sort=True):
        names = effect_axes(part)
        try:
            effects = effects_of(part, names, measure_of(str(part["metric"].iloc[0])))
        except ReluBenchError:
            continue
        found += [effect for effect in effects.error.effects if len(effect.axes) == 2]
    return found


def cells(runs: DataFrame, pair: Sequence[str]) -> int:
    """How many combinations of the values of these axes exist."""
    return len(completed(runs)[list(pair)].drop_duplicates())


def _crossed_pairs(runs: DataFrame) -> list[Pair]:
    done = completed(runs)
    found = [
        pair
        for pair in combinations(crossable(done), 2)
        if cells(done, pair) >= CROSSED * np.prod([done[n].nunique(dropna=False) for n in pair])
    ]
    if not found:
        there = ", ".join(crossable(done)) or "nothing"
        raise ReluBenchError(f"it takes two axes that are crossed; in these runs {there} varies")
    return found


def a_grid(runs: DataFrame) -> bool:
    """Whether two axes are crossed in at least 6 combinations."""
    try:
        return cells(runs, widest_pair(runs)) >= LEAST_CELLS
    except ReluBenchError:
        return False


def an_interaction(runs: DataFrame) -> bool:
    """Whether initializer and batch norm are crossed, or some two axes interact.

    They do where their interaction explains at least 1 % of the log of the error.
    """
    try:
        pair = interacting_pair(runs)
    except ReluBenchError:
        return False
    effect = largest_interaction(runs, pair)
    return pair == _ASKED_MOST or (effect is not None and effect.share >= LEAST_SHARE)
