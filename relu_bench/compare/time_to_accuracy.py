"""How long each variant takes to a given validation accuracy."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from relu_bench.compare.common_runs import common_runs
from relu_bench.compare.comparison import Comparison
from relu_bench.compare.measure import Measure, measure_of
from relu_bench.compare.results import KEY
from relu_bench.errors import ReluBenchError

if TYPE_CHECKING:
    from pandas import DataFrame, Series

# Of the baseline's final validation score.
SHARE = 0.99
# Seconds on two machines, or beside different numbers of other runs, are different seconds.
_SAME = ("host", "processor", "jobs")


@dataclass(frozen=True)
class TimeToAccuracy:
    """How long the runs of one variant take; never reached counts as infinity in the medians.

    Attributes:
        variant: its label.
        runs: completed runs.
        reached: how many of them reach the target.
        epochs: median of the epochs to the target.
        seconds: median of the seconds of these epochs; NaN where runs were made on several hosts
            or with several numbers of jobs.
    """

    variant: str
    runs: int
    reached: int
    epochs: float
    seconds: float


@dataclass(frozen=True)
class Times:
    """The times to one target.

    Attributes:
        target: validation score, in the unit that people read.
        given: whether it was asked for, instead of 99 % of the baseline's.
        measure: of the validation score.
        rows: one a variant, the fastest first.
        timed: whether seconds can be compared.
    """

    target: float
    given: bool
    measure: Measure
    rows: tuple[TimeToAccuracy, ...]
    timed: bool


def time_to_accuracy(
    comparison: Comparison, epochs: DataFrame, target: float | None = None
) -> Times:
    """Epochs and seconds until the validation score first reaches the target.

    Args:
        comparison: of which the runs are taken, at the settings that all variants have.
        epochs: rows of epochs.csv; those of other runs are ignored.
        target: validation score in the unit that people read; by default 99 % of the baseline's
            mean final validation score, at its best setting where other axes vary.

    Raises:
        ReluBenchError: when nothing was held out for validation, or no setting is common.
    """
    question = comparison.question
    measure = measure_of(question.metric, f"val_{question.metric}")
    runs = common_runs(question, comparison.measure)
    if runs is None:
        raise ReluBenchError(
            "The time to accuracy is compared at settings that all variants have, and there is "
            "none. Name more axes with --by, or narrow the runs with --where."
        )
    of_baseline = runs[runs["variant"] == comparison.baseline]
    finals = measure.values(of_baseline).groupby(of_baseline["cell"]).mean().dropna()
    if not len(finals):
        raise ReluBenchError(
            "The time to accuracy is measured on validation, but nothing was held out for it in "
            "these runs. Run the config with validation_split above 0."
        )
    best = measure.direction * float((measure.direction * finals).max())
    wanted = SHARE * best if target is None else target
    timed = all(name not in runs or runs[name].nunique(dropna=False) == 1 for name in _SAME)
    reached = _first_reached(runs, epochs, measure, wanted)
    rows = []
    for variant, its_runs in reached.groupby("variant", sort=False):
        rows.append(
            TimeToAccuracy(
                variant=str(variant),
                runs=len(its_runs),
                reached=int(np.isfinite(its_runs["epoch"]).sum()),
                epochs=float(its_runs["epoch"].median()),
                seconds=float(its_runs["seconds"].median()) if timed else math.nan,
            )
        )
    order = [each.variant for each in comparison.estimates]
    rows.sort(key=lambda row: (row.epochs, order.index(row.variant)))
    return Times(wanted, target is not None, measure, tuple(rows), timed)


def _first_reached(
    runs: DataFrame, epochs: DataFrame, measure: Measure, target: float
) -> DataFrame:
    """Variant, epoch and seconds of each run; infinity where the target is never reached."""
    rows = epochs.merge(runs[KEY], on=KEY).sort_values([*KEY, "epoch"], kind="stable")
    spent: Series = rows["seconds"].where(rows["epoch"] > 0, 0.0).fillna(0.0)
    scores = measure.direction * measure.scale.factor * rows[measure.column].astype("float64")
    there = scores >= measure.direction * target - 1e-9
    total = spent.groupby([rows[name] for name in KEY]).cumsum()
    first = rows.assign(total=total)[there].drop_duplicates(KEY)[[*KEY, "epoch", "total"]]
    table = runs[[*KEY, "variant"]].merge(first, on=KEY, how="left")
    return table.assign(
        epoch=table["epoch"].astype("float64").fillna(math.inf),
        seconds=table["total"].fillna(math.inf),
    )
