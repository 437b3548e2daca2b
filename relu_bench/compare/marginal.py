"""What each value of each axis does by itself: the numbers of a main-effects figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from relu_bench import stats
from relu_bench.compare.effects import Effects, aliased_words, effects_of, errors
from relu_bench.compare.measure import measure_of
from relu_bench.compare.questions import APART
from relu_bench.compare.scores import completed
from relu_bench.compare.variants import as_texts, axes, texts
from relu_bench.errors import ReluBenchError
from relu_bench.stats.type_two import AliasedError

if TYPE_CHECKING:
    from pandas import DataFrame, Series


@dataclass(frozen=True, eq=False)
class MainEffects:
    """Means over the runs at each value of each axis, and what the axes explain.

    Attributes:
        effects: of `effects.effects_of`.
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
    for _, part in completed(runs).groupby(["dataset", "model"], sort=True):
        try:
            effects_of(part, effect_axes(part), measure_of(str(part["metric"].iloc[0])))
        except ReluBenchError:
            continue
        if (part["outcome"] == "learned").any():
            return True
    return False
