"""What matters most: main effects and two-way interactions of the axes.

Source: analysis of variance with Type II sums of squares, Langsrud (2003), ANOVA for unbalanced
data: use Type II instead of Type III sums of squares, Statistics and Computing 13(2),
163-167.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from relu_bench import stats
from relu_bench.compare.comparison import Comparison
from relu_bench.compare.measures import Measure, completed, measure_of, seeds_added
from relu_bench.compare.questions import APART
from relu_bench.compare.variants import AXIS_COLUMNS, REVISION, as_texts, axes, texts
from relu_bench.errors import ReluBenchError
from relu_bench.stats.effects import AliasedError, parameters, type_two

if TYPE_CHECKING:
    from pandas import DataFrame, Series


_MOST_PARAMETERS = 1_000
_NOTHING = 1e-12
# Scores on two data sets share no axis, and a revision is no setting.
_APART = ("dataset", REVISION)
# Two axes are crossed where most of their combinations exist.
CROSSED = 0.75
# What makes a grid, or an interaction, worth drawing unasked.
LEAST_CELLS = 6
LEAST_SHARE = 0.01

Numbers = NDArray[np.float64]
TwoAxes = tuple[str, str]
"""Two axes."""


@dataclass(frozen=True)
class Effect:
    """One axis, or the interaction of two.

    Attributes:
        axes: one or two.
        share: of the variation of all runs that it explains, 0 to 1 (eta squared).
        degrees: of freedom.
        f, p: of the test over the seeds that it has no effect (`stats.seed_tests`), each of which
            is one observation of it; NaN where seeds do not vary, or have no settings in common.
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
        ReluBenchError: when fewer than two axes vary, two are aliased, as in `cases`, or seeds were
            added until all was resolved.
    """
    if len(axes) < 2:
        experiment = runs["experiment"].iloc[0]
        only = f"Only {axes[0]} varies" if axes else "Nothing varies"
        raise ReluBenchError(f"{only} in {experiment}: effects take two axes or more.")
    if seeds_added(runs).any():
        raise ReluBenchError(
            "Seeds were added to these runs until all was resolved, and effects are tested at a "
            "fixed number of seeds."
        )
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
    cells, by_seed = _cells(runs, values, varying)
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
        squares = _explained(
            codes.tobytes(),
            cells["value"].to_numpy(np.float64).tobytes(),
            cells["size"].to_numpy(np.float64).tobytes(),
            tuple(terms),
        )
    except AliasedError:
        raise ReluBenchError(aliased_words(varying)) from None
    tests = stats.seed_tests(codes, by_seed, terms)
    effects = [
        Effect(
            tuple(varying[axis] for axis in term),
            amount / total,
            parameters(levels, [term]) - 1,
            test.f,
            test.p,
        )
        for term, amount, test in zip(terms, squares, tests, strict=True)
    ]
    effects.sort(key=lambda effect: -effect.share)
    refused = [
        (varying[one], varying[other]) for one, other in pairs if (one, other) not in crossed
    ]
    return Panel(quantity, len(values), tuple(effects), tuple(refused))


@lru_cache(maxsize=8)
def _explained(
    codes: bytes, values: bytes, sizes: bytes, terms: tuple[tuple[int, ...], ...]
) -> list[float]:
    """Sums of squares of arrays as bytes: several figures ask for the effects of the same runs."""
    means = np.frombuffer(values, np.float64)
    levels = np.frombuffer(codes, np.intp).reshape(len(means), -1)
    squares, _, _ = type_two(levels, means, np.frombuffer(sizes, np.float64), terms)
    return squares


def _cells(runs: DataFrame, values: Series, axes: Sequence[str]) -> tuple[DataFrame, Numbers]:
    """One row a setting: the number of each axis' value, mean and size; and the means by seed.

    The second is (seeds, settings), NaN where a seed has no run at a setting.
    """
    table = runs[list(axes)].apply(lambda column: as_texts(column).factorize()[0])
    table = table.assign(value=values, seed=runs["seed"])
    cells = table.groupby(list(axes))["value"].agg(value="mean", size="size")
    by_seed = table.groupby(["seed", *axes])["value"].mean().unstack("seed").reindex(cells.index)
    return cells.reset_index(), by_seed.to_numpy(np.float64).T


def _has_all(codes: NDArray[np.intp]) -> bool:
    """Whether all combinations of the values of two axes exist."""
    return len(np.unique(codes, axis=0)) == int(np.prod(codes.max(axis=0) + 1))


def aliased_words(axes: Sequence[str]) -> str:
    """Why the effects of these axes are refused."""
    return (
        f"The effects of {', '.join(axes)} cannot be told apart: in these runs the values of some "
        "always go together, as in `cases`. Narrow the runs with --where to axes that are crossed, "
        "or compare the combinations: --by AXIS --by AXIS."
    )


@dataclass(frozen=True, eq=False)
class MainEffects:
    """Means over the runs at each value of each axis, and what the axes explain.

    Attributes:
        effects: of `effects_of`.
        axes: those that vary, the one that explains most of the error first.
        learned: axis, value (as text), mean, low, high, in percent: the share of the runs that
            learned.
        error: axis, value, mean, low, high: the geometric mean of the error of the runs that
            learned, in the unit that people read, the other axes held alike.

    `low` and `high` are the ends of 95 % intervals over the seeds, NaN where there are none.
    """

    effects: Effects
    axes: tuple[str, ...]
    learned: DataFrame
    error: DataFrame


def effect_axes(runs: DataFrame) -> tuple[str, ...]:
    """The axes whose effects are asked for; data sets and models are never pooled."""
    return tuple(name for name in axes(runs) if name not in APART)


def main_effect_means(runs: DataFrame) -> MainEffects:
    """The main effects of all axes of these runs.

    The share that learned is taken as it stands. The errors are of the runs that learned, which may
    be few at a bad value of another axis: so their logarithm is averaged as if all combinations had
    learned equally often (see `stats.marginal_means`).

    Args:
        runs: of one experiment, data set and model.

    Raises:
        ReluBenchError: when fewer than two axes vary, two are aliased, as in `cases`, or no run
            learned.
    """
    done = completed(runs)
    names = effect_axes(done)
    learned = done[done["outcome"] == "learned"]
    if not len(learned):
        raise ReluBenchError("No run learned, so there is no error that an axis could change.")
    measure = measure_of(str(done["metric"].iloc[0]))
    effects = effects_of(done, names, measure)
    shares = {effect.axes: effect.share for effect in effects.error.effects}
    order = sorted(names, key=lambda name: -shares.get((name,), 0.0))
    share = 100.0 * (done["outcome"] == "learned")
    single = [_means(done, share, [name]) for name in order]
    error = _means(learned, np.log(errors(learned, measure)), order)
    for name in ("mean", "low", "high"):
        error[name] = np.exp(error[name])
    return MainEffects(effects, tuple(order), _joined(single), error)


def _joined(tables: Sequence[DataFrame]) -> DataFrame:
    import pandas as pd

    return pd.concat(tables, ignore_index=True)


def _means(runs: DataFrame, values: Series, names: Sequence[str]) -> DataFrame:
    """Axis, value, mean, low, high of an additive model in these axes."""
    import pandas as pd

    shown = [list(texts(runs[name]).values()) for name in names]
    codes = [
        as_texts(runs[name]).map({text: code for code, text in enumerate(known)}).to_numpy(np.intp)
        for name, known in zip(names, shown, strict=True)
    ]
    try:
        found = stats.marginal_means(
            np.column_stack(codes), values.to_numpy(), runs["seed"].to_numpy()
        )
    except AliasedError:  # that of equal values nobody has asked for before
        raise ReluBenchError(aliased_words(names)) from None
    parts = [
        pd.DataFrame(
            {"axis": name, "value": known, "mean": each.means, "low": each.low, "high": each.high}
        )
        for name, known, each in zip(names, shown, found, strict=True)
    ]
    return _joined(parts)


def effects_can_be_told(runs: DataFrame) -> bool:
    """Whether two axes vary on some data set with some model, and are not aliased."""
    return any((part["outcome"] == "learned").any() for part, _ in _effects_by_part(runs))


def _effects_by_part(runs: DataFrame) -> Iterator[tuple[DataFrame, Effects]]:
    """The runs of each data set and model whose effects can be told, and these."""
    for _, part in completed(runs).groupby(["dataset", "model"], sort=True):
        try:
            yield part, effects_of(part, effect_axes(part), measure_of(str(part["metric"].iloc[0])))
        except ReluBenchError:
            continue


def crossable(runs: DataFrame) -> tuple[str, ...]:
    """The axes of which two may be set against each other."""
    return tuple(name for name in axes(completed(runs)) if name not in _APART)


def chosen_pair(runs: DataFrame, names: Sequence[str]) -> TwoAxes:
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


def widest_pair(runs: DataFrame) -> TwoAxes:
    """The crossed axes with the most combinations, in the order of `axes`.

    Raises:
        ReluBenchError: when no two axes are crossed.
    """
    return max(_crossed_pairs(runs), key=lambda pair: cells(runs, pair))


def interacting_pair(runs: DataFrame) -> TwoAxes:
    """The two crossed axes whose interaction explains most; the widest pair where none can be told.

    Raises:
        ReluBenchError: when no two axes are crossed.
    """
    pairs = {frozenset(pair): pair for pair in _crossed_pairs(runs)}
    effect = largest_interaction(runs)
    if effect is not None and frozenset(effect.axes) in pairs:
        return pairs[frozenset(effect.axes)]
    return widest_pair(runs)


def largest_interaction(runs: DataFrame, pair: TwoAxes | None = None) -> Effect | None:
    """The interaction that explains most of the log of the error; of a `pair`, where it is given.

    Each data set and model is asked by itself. None where no interaction can be told.
    """
    found = [
        effect
        for _, effects in _effects_by_part(runs)
        for effect in effects.error.effects
        if len(effect.axes) == 2 and (pair is None or set(pair) == set(effect.axes))
    ]
    return max(found, key=lambda effect: effect.share, default=None)


def cells(runs: DataFrame, pair: Sequence[str]) -> int:
    """How many combinations of the values of these axes exist."""
    return len(completed(runs)[list(pair)].drop_duplicates())


def _crossed_pairs(runs: DataFrame) -> list[TwoAxes]:
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
    """Whether some two axes interact: where that explains at least 1 % of the log of the error."""
    try:
        pair = interacting_pair(runs)
    except ReluBenchError:
        return False
    effect = largest_interaction(runs, pair)
    return effect is not None and effect.share >= LEAST_SHARE
