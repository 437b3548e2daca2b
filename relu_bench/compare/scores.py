"""What a run counts as: its metric, or the constant guess when it diverged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from relu_bench import stats
from relu_bench.data.tasks import METRICS
from relu_bench.errors import ReluBenchError, StoreError, show
from relu_bench.store import columns

if TYPE_CHECKING:
    from pandas import DataFrame, Series

Split = Literal["val", "test"]


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
            f"{', '.join(METRICS)}. Mend or delete the rows that have it."
        )
    units = {column.name: column.unit for column in columns.RUNS}
    unit = units.get(f"test_{metric}", "")
    if unit == "fraction":
        return Scale(known.title, known.higher_is_better, 100.0, "%")
    return Scale(known.title, known.higher_is_better, 1.0, unit)


def completed(runs: DataFrame) -> DataFrame:
    """The runs that ended with a result; a diverged run is one.

    The table itself, which is known by what has been computed of it, where all did.
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
        raise ReluBenchError(
            f"Run {runs.loc[uncounted, 'run_id'].iloc[0]} diverged, but its constant guess is not "
            "in runs.csv, so it cannot be counted. The file was altered: delete the run's row and "
            "run its config again."
        )
    return scores


def final_scores(runs: DataFrame, by: Sequence[str]) -> DataFrame:
    """Every completed run's test score beside its group's mean and 95 % t interval.

    Args:
        runs: runs of any number of groups.
        by: the columns that make a group.

    Returns:
        One row a run: `by`, seed, outcome, metric, guess (the constant guess), value, mean, low,
        high, the last five in the unit of the metric. `low` and `high` are NaN in a group of one.
    """
    done = completed(runs)
    table = done[[*by, "seed", "outcome", "metric"]].assign(
        guess=score(done.assign(outcome="diverged"), "test"), value=score(done, "test")
    )
    groups = table.groupby(list(by), sort=False).ngroup().to_numpy()
    found = stats.group_intervals(table["value"], groups)
    return table.assign(
        mean=found.mean[groups], low=found.low[groups], high=found.high[groups]
    ).reset_index(drop=True)
