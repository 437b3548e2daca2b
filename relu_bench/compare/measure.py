"""What is compared: a column of scores, how it is read, and what a diverged run counts as in it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from relu_bench.compare.scores import Scale, scale_of
from relu_bench.data.tasks import METRICS
from relu_bench.errors import ReluBenchError, show
from relu_bench.store import columns

if TYPE_CHECKING:
    from pandas import DataFrame, Series

_COLUMN = re.compile(r"(best_epoch_)?(train|val|test)_(.+)")
_SPLITS = {"train": "training", "val": "validation", "test": "test"}
LOSS = "loss"
_MARGINS = {"%": 0.1, "rating": 0.005, "": 0.001}
_MARGIN_OF_LOSS = 0.01
_LOSS_UNITS = {"rating": "squared rating"}


@dataclass(frozen=True)
class Measure:
    """A column of runs.csv that says how good a run is.

    Attributes:
        column: its name, such as `test_accuracy`.
        title: how tables call it: `test accuracy`.
        scale: how people read it.
        is_rate: whether it is a share of right answers, so that 1 - value is an error rate.
        guesses: columns of the constant guess that a diverged run counts as, the first that is not
            empty; none for a loss, for which no guess is stored.
    """

    column: str
    title: str
    scale: Scale
    is_rate: bool
    guesses: tuple[str, ...]

    @property
    def direction(self) -> float:
        """1.0 when higher is better, else -1.0."""
        return 1.0 if self.scale.higher_is_better else -1.0

    @property
    def error(self) -> str:
        """How far from perfect a run is: `test error`, `1 − test AUC`, `test RMSE`, `test loss`."""
        if self.is_rate:
            return self.title.replace(self.scale.title, "error")
        return f"1 − {self.title}" if self.scale.higher_is_better else self.title

    @property
    def margin(self) -> float:
        """The difference that is practically none unless another is asked for, as people read it.

        0.1 points of a percentage, 0.001 of an area under a curve, which is as much; 0.005 of a
        rating, since good recommenders of one to five stars are told apart by hundredths; 0.01 of a
        loss, an eighth of that of a good network on MNIST.
        """
        return _MARGINS.get(self.scale.unit, _MARGIN_OF_LOSS)

    def values(self, runs: DataFrame) -> Series:
        """What each run counts as, in the unit that people read.

        NaN for failed runs, and for a validation score where nothing was held out.

        Raises:
            ReluBenchError: when a diverged run has nothing to count as.
        """
        import pandas as pd

        numbers = runs[self.column].astype("float64")
        diverged = runs["outcome"] == "diverged"
        if diverged.any():
            counted = pd.Series(float("nan"), index=runs.index)
            for guess in self.guesses:
                counted = counted.fillna(runs[guess].astype("float64"))
            lost = diverged & counted.isna()
            if "_val_" in f"_{self.column}":
                lost &= runs["validation_split"] > 0
            if lost.any():
                raise ReluBenchError(self._uncounted(runs[lost]))
            numbers = numbers.mask(diverged, counted)
        return numbers * self.scale.factor

    def _uncounted(self, runs: DataFrame) -> str:
        first, instead = str(runs["run_id"].iloc[0]), f"test_{runs['metric'].iloc[0]}"
        if not self.guesses:
            return (
                f"--metric {self.column}: {len(runs)} runs diverged ({first}, …) and have no "
                "constant guess to count as in a loss; leaving them out would flatter their "
                f"variants. Compare a score instead, such as --metric {instead}."
            )
        return (
            f"Run {first} diverged, but its constant guess is not in runs.csv, so it cannot be "
            "counted. The file was altered: delete the run's row and run its config again."
        )


def further_metrics(runs: DataFrame, metric: str) -> tuple[str, ...]:
    """What was recorded of these runs beside their task's `metric`."""
    return tuple(
        name
        for name in METRICS
        if name != metric and f"test_{name}" in runs and runs[f"test_{name}"].notna().any()
    )


def measure_of(metric: str, column: str | None = None, further: Sequence[str] = ()) -> Measure:
    """The measure named `column`, or the test score of the task whose metric is `metric`.

    `further` are the task's other metrics.

    Raises:
        ReluBenchError: when `column` is no score or loss of such runs.
    """
    column = (column or f"test_{metric}").strip()
    known = _known((metric, *further))
    if column not in known:
        near = [name for name in known if name == f"test_{column}"]
        near = near or difflib.get_close_matches(column, known, n=1)
        meant = f" Did you mean {near[0]!r}?" if near else ""
        raise ReluBenchError(
            f"--metric {show(column)} is no score of these runs.{meant} "
            f"There are: {', '.join(known)}."
        )
    found = _COLUMN.fullmatch(column)
    assert found is not None
    best, split, name = found.groups()
    called = METRICS[name].title if name in METRICS else name
    title = f"{_SPLITS[split]} {called}{' of the best epoch' if best else ''}"
    if name == LOSS:
        unit = _LOSS_UNITS.get(METRICS[metric].unit, "nats")
        return Measure(column, title, Scale(LOSS, False, 1.0, unit), False, ())
    # The commonest class is that of the training part, and nothing else was measured on it.
    guesses = ("test",) if split == "test" else ("val",) if split == "val" else ("val", "test")
    scale = scale_of(name)
    is_rate = scale.higher_is_better and scale.unit == "%"
    return Measure(column, title, scale, is_rate, tuple(f"guess_{each}_{name}" for each in guesses))


def _known(metrics: Sequence[str]) -> list[str]:
    """Scores of the task, first the one that is reported, then losses."""
    return [
        name
        for kind in (*metrics, LOSS)
        for split in ("test", "val", "train")
        for name in (f"{split}_{kind}", f"best_epoch_{split}_{kind}")
        if name in columns.names(columns.RUNS)
    ]
