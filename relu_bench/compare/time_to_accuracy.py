"""How long each variant takes to a given validation accuracy."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from relu_bench.compare.comparison import Comparison
from relu_bench.compare.estimates import common
from relu_bench.compare.measures import KEY, SEEDS_ADDED, Measure, completed, measure_of
from relu_bench.compare.observations import observe
from relu_bench.compare.variants import as_texts
from relu_bench.errors import ReluBenchError

if TYPE_CHECKING:
    from pandas import DataFrame, Series

    from relu_bench.compare.questions import Question


# Seconds on two machines, or beside different numbers of other runs, are different seconds.
SAME = ("host", "processor", "jobs")
# Of the baseline's final validation score.
SHARE = 0.99


def differing(runs: DataFrame) -> tuple[str, ...]:
    """Those of `SAME` of which these runs have several values; an unknown one is a value too."""
    return tuple(name for name in SAME if name in runs and runs[name].nunique(dropna=False) > 1)


def timed_alike(runs: DataFrame) -> bool:
    """Whether the seconds of these runs can be compared: one machine, one number of jobs."""
    return not differing(runs)


def circumstances(runs: DataFrame) -> Series:
    """What each run was timed under, in words that name only what differs between the runs.

    `host=desk, jobs=2`; empty for all where `timed_alike`.
    """
    import pandas as pd

    words = pd.Series("", index=runs.index, dtype=object)
    for name in differing(runs):
        joint = words.where(words == "", words + ", ")
        words = joint + f"{name}=" + as_texts(runs[name]).astype(str)
    return words


def common_runs(question: Question, measure: Measure) -> DataFrame | None:
    """Completed runs of a question at common settings; None when there is no such setting."""
    observed = observe(question, measure)
    shared = common(observed)
    if not shared.comparable:
        return None
    cells = {cell for cell, kept in zip(observed.cells, shared.cells, strict=True) if kept}
    runs = completed(question.runs)
    return runs[runs["cell"].isin(cells)]


@dataclass(frozen=True)
class TimeToAccuracy:
    """How long the runs of one variant take; never reached counts as infinity in the medians.

    Attributes:
        variant: its label.
        runs: completed runs.
        reached: how many of them reach the target.
        epochs: median of the epochs to the target.
        seconds: median of the seconds of these epochs; NaN where they cannot be compared.
    """

    variant: str
    runs: int
    reached: int
    epochs: float
    seconds: float


@dataclass(frozen=True, eq=False)
class Arrivals:
    """When runs reach one target.

    Attributes:
        target: validation score, in the unit that people read.
        baseline: the variant whose final score it is made of, unless it was given.
        measure: of the validation score.
        differing: what keeps seconds from being compared: those of host, processor and jobs of
            which the runs have several values.
        runs: a row a run: experiment, run_id, seed, variant, epoch and seconds, both infinite for a
            run that never reaches the target.
    """

    target: float
    baseline: str
    measure: Measure
    differing: tuple[str, ...]
    runs: DataFrame

    @property
    def timed(self) -> bool:
        """Whether seconds can be compared."""
        return not self.differing


@dataclass(frozen=True)
class Times:
    """The times to one target.

    Attributes:
        target: validation score, in the unit that people read.
        given: whether it was asked for, instead of 99 % of the baseline's.
        measure: of the validation score.
        rows: one a variant, the fastest first.
        differing: as in `Arrivals`.
    """

    target: float
    given: bool
    measure: Measure
    rows: tuple[TimeToAccuracy, ...]
    differing: tuple[str, ...]

    @property
    def timed(self) -> bool:
        """Whether seconds can be compared."""
        return not self.differing


def time_to_accuracy(
    comparison: Comparison, epochs: DataFrame, target: float | None = None
) -> Times:
    """Epochs and seconds until the validation score first reaches the target.

    Args:
        comparison: of which the runs are taken, at all settings that all variants have, whatever
            its mode.
        epochs: rows of epochs.csv; those of other runs are ignored.
        target: validation score in the unit that people read; by default 99 % of the baseline's
            mean final validation score, at its best setting where other axes vary.

    Raises:
        ReluBenchError: when nothing was held out for validation, no setting is common, or the
            target is to be made of a baseline that has no score.
    """
    question = comparison.question
    runs = common_runs(question, comparison.measure)
    if runs is None:
        raise ReluBenchError(
            "The time to accuracy is compared at settings that all variants have, and there is "
            "none. Name more axes with --by, or narrow the runs with --where."
        )
    found = arrivals(runs, epochs, question.metric, comparison.baseline, target)
    order = [each.variant for each in comparison.estimates]
    rows = medians(found, order)
    return Times(found.target, target is not None, found.measure, rows, found.differing)


def arrivals(
    runs: DataFrame, epochs: DataFrame, metric: str, baseline: str, target: float | None = None
) -> Arrivals:
    """When each run first reaches the target.

    Args:
        runs: completed runs, each with its `variant` and, in `cell`, its setting of other axes.
        epochs: rows of epochs.csv; those of other runs are ignored.
        metric: of the task.
        baseline: the variant of whose runs the target is made.
        target: validation score in the unit that people read; None for 99 % of the baseline's, or
            1/0.99 times it where low is good.

    Raises:
        ReluBenchError: when nothing was held out for validation, the target is no such score, or it
            is to be made of a baseline that has none.
    """
    measure = measure_of(metric, f"val_{metric}")
    _check_target(target, measure)
    of_baseline = runs[runs["variant"] == baseline]
    finals = measure.values(of_baseline).groupby(of_baseline["cell"]).mean().dropna()
    if not len(finals) and runs[measure.column].isna().all():
        raise ReluBenchError(
            "The time to accuracy is measured on validation, but nothing was held out for it in "
            "these runs. Run the config with validation_split above 0."
        )
    if not len(finals) and target is None:
        raise ReluBenchError(
            f"The target is made of the final validation score of the baseline, but {baseline} has "
            "none in these runs. Name another with --baseline, or a score with --target."
        )
    wanted = _usual(finals, measure) if target is None else target
    reached = _first_reached(runs, epochs, measure, wanted)
    return Arrivals(wanted, baseline, measure, differing(runs), reached)


def _check_target(target: float | None, measure: Measure) -> None:
    if target is None:
        return
    scale = measure.scale
    least, most = 0.0, scale.perfect or math.inf
    if not least <= target <= most:
        expected = f"from 0 to {most:g}" if scale.perfect else "of 0 or more"
        raise ReluBenchError(
            f"--target {target:g} is no {measure.title}; expected a number {expected}"
            f"{f' ({scale.unit})' if scale.unit else ''}."
        )
    if scale.unit == "%" and 0 < target <= 1:
        raise ReluBenchError(
            f"--target {target:g} means {target:g} %, which every run has from the start. "
            f"For {100 * target:g} % give --target {100 * target:g}."
        )


def _usual(finals: Series, measure: Measure) -> float:
    """99 % of the best of these final scores, or 1/0.99 times it where low is good."""
    best = measure.direction * float((measure.direction * finals).max())
    return SHARE * best if measure.direction > 0 else best / SHARE


def medians(found: Arrivals, order: Sequence[str]) -> tuple[TimeToAccuracy, ...]:
    """The medians of each variant, the fastest first; of equally fast ones, as in `order`."""
    rows = [
        TimeToAccuracy(
            variant=str(variant),
            runs=len(its_runs),
            reached=int(np.isfinite(its_runs["epoch"]).sum()),
            epochs=float(its_runs["epoch"].median()),
            seconds=float(its_runs["seconds"].median()) if found.timed else math.nan,
        )
        for variant, its_runs in found.runs.groupby("variant", sort=False)
    ]
    return tuple(sorted(rows, key=lambda row: (row.epochs, order.index(row.variant))))


def _first_reached(
    runs: DataFrame, epochs: DataFrame, measure: Measure, target: float
) -> DataFrame:
    """Seed, variant, epoch and seconds of each run; infinity where it never gets there."""
    rows = epochs.merge(runs[KEY], on=KEY).sort_values([*KEY, "epoch"], kind="stable")
    spent: Series = rows["seconds"].where(rows["epoch"] > 0, 0.0).fillna(0.0)
    scores = measure.direction * measure.scale.factor * rows[measure.column].astype("float64")
    there = scores >= measure.direction * target - 1e-9
    total = spent.groupby([rows[name] for name in KEY]).cumsum()
    first = rows.assign(total=total)[there].drop_duplicates(KEY)[[*KEY, "epoch", "total"]]
    kept = [name for name in (*KEY, "seed", "variant", SEEDS_ADDED) if name in runs]
    table = runs[kept].merge(first, on=KEY, how="left")
    return table.assign(
        epoch=table["epoch"].astype("float64").fillna(math.inf),
        seconds=table["total"].fillna(math.inf),
    )
