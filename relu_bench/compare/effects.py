"""What matters most: main effects and two-way interactions of the axes.

Source: analysis of variance with Type II sums of squares, Langsrud (2003), ANOVA for unbalanced
data: use Type II instead of Type III sums of squares, Statistics and Computing 13(2),
163-167.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from relu_bench.compare.comparison import Comparison
from relu_bench.compare.measure import Measure
from relu_bench.compare.scores import completed
from relu_bench.compare.variants import as_texts, texts
from relu_bench.errors import ReluBenchError
from relu_bench.stats.type_two import AliasedError, parameters, type_two

if TYPE_CHECKING:
    from pandas import DataFrame, Series

_MOST_PARAMETERS = 1_000
_NOTHING = 1e-12


@dataclass(frozen=True)
class Effect:
    """One axis, or the interaction of two.

    Attributes:
        axes: one or two.
        share: of the variation of all runs that it explains, 0 to 1 (eta squared).
        degrees: of freedom.
        f, p: of the test that it has no effect; NaN where runs do not vary within a setting.
    """

    axes: tuple[str, ...]
    share: float
    degrees: int
    f: float
    p: float


@dataclass(frozen=True)
class Panel:
    """The effects on one quantity, the largest first.

    Attributes:
        quantity: `learned` or `log error`.
        runs: how many it is over.
        effects: empty when the quantity does not vary.
        refused: interactions that cannot be told from others, because not all combinations exist.
    """

    quantity: str
    runs: int
    effects: tuple[Effect, ...]
    refused: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Effects:
    """Two panels, and the ranges of the axes, without which no effect has a meaning."""

    ranges: tuple[str, ...]
    learned: Panel
    error: Panel


def main_effects(comparison: Comparison) -> Effects:
    """What the axes of a comparison do to the share of runs that learned, and to the error.

    Raises:
        ReluBenchError: when fewer than two axes vary, or two are aliased, as in `cases`.
    """
    question = comparison.question
    axes = (*question.by, *question.others)
    return effects_of(question.runs, axes, comparison.measure)


def effects_of(runs: DataFrame, axes: Sequence[str], measure: Measure) -> Effects:
    """What these axes do to the share of runs that learned, and to the error.

    The error is 1 - accuracy (or the loss) of the runs that learned, in its logarithm, so that
    effects are factors. How much an axis matters depends on its range: a wider grid matters more.

    Args:
        runs: of one experiment, data set and model.
        axes: those that vary.
        measure: of which the error is taken.

    Raises:
        ReluBenchError: when fewer than two axes vary, or two are aliased, as in `cases`.
    """
    if len(axes) < 2:
        experiment = runs["experiment"].iloc[0]
        only = f"Only {axes[0]} varies" if axes else "Nothing varies"
        raise ReluBenchError(f"{only} in {experiment}: effects take two axes or more.")
    runs = completed(runs)
    ranges = tuple(f"{name} {_range(runs[name])}" for name in axes)
    learned = runs["outcome"] == "learned"
    logs = np.log(errors(runs[learned], measure))
    return Effects(
        ranges,
        _panel("learned", runs, learned.astype("float64"), axes),
        _panel("log error", runs[learned], logs, axes),
    )


def errors(runs: DataFrame, measure: Measure) -> Series:
    """How far each run is from perfect, in the unit that people read; never 0.

    1 - accuracy, or what is lower when better as it stands. Half of one answer in a million stands
    for none: a run without an error has a logarithm too.
    """
    return (
        (measure.scale.perfect - measure.values(runs)).abs().clip(lower=5e-7 * measure.scale.factor)
    )


def _range(column: Series) -> str:
    """`0.0001 to 0.1` of numbers, else the values."""
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    values = list(texts(column).values())
    if is_numeric_dtype(column.dtype) and not is_bool_dtype(column.dtype) and len(values) > 2:
        return f"{values[0]} to {values[-1]}"
    return ", ".join(values) if len(values) <= 4 else f"({len(values)} values)"


def _panel(quantity: str, runs: DataFrame, values: Series, axes: Sequence[str]) -> Panel:
    varying = [name for name in axes if runs[name].nunique(dropna=False) > 1]
    total = float(((values - values.mean()) ** 2).sum()) if len(values) else 0.0
    if total <= _NOTHING or not varying:
        return Panel(quantity, len(values), (), ())
    cells, within = _cells(runs, values, varying)
    codes = cells[varying].to_numpy(np.intp)
    pairs = list(combinations(range(len(varying)), 2))
    crossed = [pair for pair in pairs if _has_all(codes[:, pair])]
    terms: list[tuple[int, ...]] = [(axis,) for axis in range(len(varying))]
    levels = [int(codes[:, axis].max()) + 1 for axis in range(len(varying))]
    count = parameters(levels, [*terms, *crossed])
    if count > _MOST_PARAMETERS:
        raise ReluBenchError(
            f"The effects of {', '.join(varying)} and their interactions are {count:,} numbers, "
            f"more than {_MOST_PARAMETERS:,}. Narrow the runs with --where."
        )
    if count >= len(values):
        # With one run a setting, interactions are all that is left to test the axes against.
        crossed = []
    terms += crossed
    try:
        squares, outside, used = _explained(
            codes.tobytes(),
            cells["value"].to_numpy(np.float64).tobytes(),
            cells["size"].to_numpy(np.float64).tobytes(),
            tuple(terms),
        )
    except AliasedError:
        raise ReluBenchError(aliased_words(varying)) from None
    left = len(values) - used
    residual = (outside + within) / left if left > 0 else 0.0
    effects = []
    for term, amount in zip(terms, squares, strict=True):
        degrees = parameters(levels, [term]) - 1
        f, p = _f_test(amount / degrees, residual, degrees, left)
        effects.append(Effect(tuple(varying[axis] for axis in term), amount / total, degrees, f, p))
    effects.sort(key=lambda effect: -effect.share)
    refused = [
        (varying[one], varying[other]) for one, other in pairs if (one, other) not in crossed
    ]
    return Panel(quantity, len(values), tuple(effects), tuple(refused))


@lru_cache(maxsize=8)
def _explained(
    codes: bytes, values: bytes, sizes: bytes, terms: tuple[tuple[int, ...], ...]
) -> tuple[list[float], float, int]:
    """`type_two` of arrays as bytes: several figures ask for the effects of the same runs."""
    means = np.frombuffer(values, np.float64)
    levels = np.frombuffer(codes, np.intp).reshape(len(means), -1)
    return type_two(levels, means, np.frombuffer(sizes, np.float64), terms)


def _f_test(mean_square: float, residual: float, degrees: int, left: int) -> tuple[float, float]:
    """F and p; NaN where nothing varies within the settings."""
    from scipy.special import fdtrc

    if residual <= _NOTHING:
        return math.nan, math.nan
    f = mean_square / residual
    return f, float(fdtrc(degrees, left, f))


def _cells(runs: DataFrame, values: Series, axes: Sequence[str]) -> tuple[DataFrame, float]:
    """One row a setting: the number of each axis' value, mean and size; squares within settings."""
    table = runs[list(axes)].apply(lambda column: as_texts(column).factorize()[0])
    table = table.assign(value=values)
    groups = table.groupby(list(axes))["value"]
    within = float(((table["value"] - groups.transform("mean")) ** 2).sum())
    return groups.agg(value="mean", size="size").reset_index(), within


def _has_all(codes: NDArray[np.intp]) -> bool:
    """Whether all combinations of the values of two axes exist."""
    return len(np.unique(codes, axis=0)) == int(np.prod(codes.max(axis=0) + 1))


def aliased_words(axes: Sequence[str]) -> str:
    """Why the effects of these axes are refused."""
    return (
        f"The effects of {', '.join(axes)} cannot be told apart: in these runs values of some go "
        "together, as `cases` make them. Narrow the runs with --where to axes that are crossed, or "
        "compare the combinations: --by AXIS --by AXIS."
    )
