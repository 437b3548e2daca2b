"""What is compared: scores and their scales, and what a run counts as in them."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from relu_bench.compare.variants import label_column
from relu_bench.data.tasks import METRICS
from relu_bench.errors import ReluBenchError, StoreError, show
from relu_bench.store import columns

if TYPE_CHECKING:
    from pandas import DataFrame, Series

    from relu_bench.data import DatasetInfo


Split = Literal["val", "test"]
# By which the rows of a run are found: two experiments may have the same one.
KEY = ["experiment", "run_id"]
# The column of `seeds_added`, which only tables of such runs have.
SEEDS_ADDED = "seeds_added"
_COLUMN = re.compile(r"(best_epoch_)?(train|val|test)_(.+)")
_SPLITS = {"train": "training", "val": "validation", "test": "test"}
LOSS = "loss"
# By unit, what is practically no difference (see `Measure.margin`).
_MARGINS = {"%": 0.1, "rating": 0.005, "": 0.001}
_MARGIN_OF_LOSS = 0.01
_LOSS_UNITS = {"rating": "squared rating"}
# What accuracies may be shares of.
_MOST_SAMPLES = 1_000_000
_ROUNDING = 1e-9
# Two-sided 95 % of a normal distribution.
_QUANTILE = 1.959963984540054
_DEVIATIONS: Mapping[str, Callable[[float], float]] = {
    "accuracy": lambda share: math.sqrt(max(share * (1 - share), 0.0)),
    "rmse": lambda error: error / math.sqrt(2),
    "mae": lambda error: error * math.sqrt(math.pi / 2 - 1),
}
"""By metric, √n times its standard deviation over test sets of n samples."""


@dataclass(frozen=True)
class Scale:
    """How people read a metric: `value * factor`, in `unit`."""

    title: str
    higher_is_better: bool
    factor: float
    unit: str

    @property
    def perfect(self) -> float:
        """The best value that there can be: 100 % or 1 of a share or area, 0 of an error."""
        return self.factor if self.higher_is_better else 0.0

    def bounded(self, low: float, high: float, *, difference: bool = False) -> tuple[float, float]:
        """The ends of an interval, no further than a score, or a difference of two, can be."""
        if not self.higher_is_better:
            return low, high
        least = -self.perfect if difference else 0.0
        ends = (min(max(end, least), self.perfect) for end in (low, high))
        return next(ends), next(ends)

    @property
    def suffix(self) -> str:
        """The unit in brackets for a heading, empty when there is none."""
        return f" ({self.unit})" if self.unit else ""

    def near(self, share: float) -> str:
        """A target this near to a score, in words: `99 % of`, or `1.01 times` of an error."""
        return f"{100 * share:g}\u00a0% of" if self.higher_is_better else f"{1 / share:.4g} times"


def scale_of(metric: str) -> Scale:
    """The scale of a metric: fractions are shown in percent, anything else as it is stored.

    Raises:
        StoreError: when there is no such metric: it comes from a CSV that somebody has altered.
    """
    known = METRICS.get(metric)
    if known is None:
        raise StoreError(
            f"{show(metric)} in the column `metric` of runs.csv is no metric; there are "
            f"{', '.join(METRICS)}. Correct or delete the rows that have it."
        )
    units = {column.name: column.unit for column in columns.RUNS}
    unit = units.get(f"test_{metric}", "")
    if unit == "fraction":
        return Scale(known.title, known.higher_is_better, 100.0, "%")
    return Scale(known.title, known.higher_is_better, 1.0, unit)


def completed(runs: DataFrame) -> DataFrame:
    """The runs that ended with a result; a diverged run is one.

    The table itself, which may be large, where all did.
    """
    done = runs["status"] == "completed"
    return runs if done.all() else runs[done]


def score(runs: DataFrame, split: Split) -> Series:
    """What each run counts as on `split`, in its own metric.

    That is `{split}_{metric}`, or the constant guess for a run that diverged: a network whose loss
    is not finite is worth no more. NaN where nothing is held out and for failed runs.

    Raises:
        ReluBenchError: when a diverged run has no stored guess to count as.
    """
    import numpy as np
    import pandas as pd

    scores = pd.Series(np.nan, index=runs.index, dtype="float64")
    diverged = runs["outcome"] == "diverged"
    for metric in runs["metric"].dropna().unique():
        those = runs["metric"] == metric
        scores = scores.mask(those & ~diverged, runs[f"{split}_{metric}"].astype("float64"))
        guess = runs[f"guess_{split}_{metric}"].astype("float64")
        scores = scores.mask(those & diverged, guess)
    uncounted = diverged & scores.isna()
    if split == "test" and uncounted.any():
        raise ReluBenchError(_without_guess(str(runs.loc[uncounted, "run_id"].iloc[0])))
    return scores


def _without_guess(run_id: str) -> str:
    return (
        f"Run {run_id} diverged, but its constant guess is not in runs.csv, so it cannot be "
        "counted. The file was altered: delete the run's row and run its config again."
    )


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
    def ratio(self) -> str:
        """What the ratio of two errors is called above a column."""
        return "×errors" if self.is_rate else "ratio"

    @property
    def ratio_in_words(self) -> str:
        """What the ratio of two errors is."""
        error = "mean error" if self.is_rate else self.error
        return f"{self.ratio}: {error} by that of the baseline."

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
        return _without_guess(first)


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


def sample_size(accuracies: Series) -> int | None:
    """The least number of samples that these accuracies can be shares of; None when none is found.

    An accuracy is a whole number of samples by their count, so the least common denominator of
    several is the count, or a divisor of it: 5,000 of 10,000, when every number happens to be even.
    """
    least = 1
    for value in accuracies.dropna().unique().tolist():
        share = Fraction(value).limit_denominator(_MOST_SAMPLES)
        if abs(float(share) - value) > _ROUNDING:
            return None
        least = math.lcm(least, share.denominator)
        if least > _MOST_SAMPLES:
            return None
    return least if least > 1 else None


def sampling_error(score: float, samples: int, metric: str = "accuracy") -> float:
    """Half the 95 % interval of a score over other test sets of this size, in its stored unit.

    Of an accuracy p, 1.96 · √(p (1 - p) / n): the normal approximation of the binomial
    distribution. Of a root mean square error e, 1.96 · e / √(2 n), and of a mean absolute one,
    1.96 · e · √((π/2 - 1) / n): for errors that are normal with mean 0.
    """
    return _QUANTILE * _DEVIATIONS[metric](score) / math.sqrt(samples)


def rule_of_three(samples: int) -> float:
    """The 95 % upper limit of the rate of what none of so many samples showed: 3 / n.

    Hanley and Lippman-Hand 1983, *If Nothing Goes Wrong, Is Everything All Right?* (JAMA).
    """
    return min(3 / samples, 1.0)


def test_size(scores: Series, column: str, dataset: str) -> int | None:
    """The number of test samples, where `column` is a test score that has a sampling error.

    Of a data set that is known by name it is in the registry. Of another one there is what its
    accuracies tell (`sample_size`): that number, or a multiple of it.
    """
    metric = column.rpartition("_")[2]
    if "test" not in column or metric not in _DEVIATIONS:
        return None
    info = _info(dataset)
    if info is not None:
        return info.test_count
    return sample_size(scores) if metric == "accuracy" else None


@dataclass(frozen=True)
class Resolution:
    """What one evaluated sample changes in an accuracy: no two runs differ by less, but for 0.

    Attributes:
        samples: how many there are; 0 for what is no accuracy, or where that is not known.
        known: whether the data set is known by name; else the runs tell the least number.
        points: what one of them is, in the unit that people read; 0.0 without samples.
    """

    samples: int
    known: bool
    points: float

    @property
    def smallest_margin(self) -> float:
        """`points`, rounded up to two digits that count."""
        if not self.points:
            return 0.0
        digits = 1 - math.floor(math.log10(self.points))
        return float(math.ceil(round(self.points * 10.0**digits, 6)) / 10.0**digits)


def seeds_added(runs: DataFrame) -> NDArray[np.bool_]:
    """Of each run, whether its seed was added to see whether that resolves anything.

    Their number then depends on the scores, and an interval for a fixed number of seeds does not
    hold. `selection.load` tells it of runs that `run --until-resolved` has asked for.
    """
    if SEEDS_ADDED not in runs:
        return np.zeros(len(runs), np.bool_)
    return runs[SEEDS_ADDED].to_numpy(np.bool_)


def resolution_of(measure: Measure, runs: DataFrame) -> Resolution:
    """The resolution of a test or validation accuracy; that of the smallest part, if they differ.

    An accuracy in training is a mean over batches and has none.
    """
    dataset = dataset_of(runs)
    info = _info(dataset)
    if not measure.is_rate or "train_" in measure.column:
        return Resolution(0, info is not None, 0.0)
    if info is None:
        samples = sample_size(runs[measure.column]) or 0
    elif "val_" in measure.column:
        shares = runs.loc[runs["validation_split"] > 0, "validation_split"]
        # As `data.parts` holds out; a cap on the training samples comes after.
        samples = round(info.train_count * float(shares.min())) if len(shares) else 0
    else:
        samples = info.test_count
    points = measure.scale.factor / samples if samples else 0.0
    return Resolution(samples, info is not None, points)


def usual_margin(measure: Measure, resolution: Resolution) -> float:
    """The margin where none is given: that of the measure, but no less than one sample.

    What the runs of an unknown test set tell of its size may be a divisor of it: it does not count.
    """
    return max(measure.margin, resolution.smallest_margin if resolution.known else 0.0)


def is_known(dataset: str) -> bool:
    """Whether the size of a data set's test set is known, not told by the runs."""
    return _info(dataset) is not None


def dataset_of(runs: DataFrame) -> str:
    """The data set of runs that have only one, as the store calls it, whatever name is shown."""
    return str(runs[label_column(runs, "dataset")].iloc[0])


def called(dataset: str) -> str:
    """What the samples of a data set are called: images, texts, ratings."""
    info = _info(dataset)
    if info is None:
        return "samples"
    return info.inputs.words if info.task.has_classes else info.task.name


def _info(dataset: str) -> DatasetInfo | None:
    """What is known of a data set by its name, without a look at the disk."""
    from relu_bench import data  # which figures have no need of

    try:
        return None if data.is_path(dataset) else data.info(dataset)
    except ReluBenchError:
        return None
