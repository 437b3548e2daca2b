"""How large the test set is, and what that alone makes uncertain."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING

from relu_bench.compare.naming import label_column
from relu_bench.errors import ReluBenchError

if TYPE_CHECKING:
    from pandas import DataFrame, Series

    from relu_bench.data import DatasetInfo

_MOST = 1_000_000
_ROUNDING = 1e-9
# Two-sided 95 % of a normal distribution.
_QUANTILE = 1.959963984540054


def sample_size(accuracies: Series) -> int | None:
    """The least number of samples that these accuracies can be shares of; None when none is found.

    An accuracy is a whole number of samples by their count, so the least common denominator of
    several is the count, or a divisor of it: 5,000 of 10,000, when every number happens to be even.
    """
    least = 1
    for value in accuracies.dropna().unique().tolist():
        share = Fraction(value).limit_denominator(_MOST)
        if abs(float(share) - value) > _ROUNDING:
            return None
        least = math.lcm(least, share.denominator)
        if least > _MOST:
            return None
    return least if least > 1 else None


_DEVIATIONS: Mapping[str, Callable[[float], float]] = {
    "accuracy": lambda share: math.sqrt(max(share * (1 - share), 0.0)),
    "rmse": lambda error: error / math.sqrt(2),
    "mae": lambda error: error * math.sqrt(math.pi / 2 - 1),
}
"""By metric, √n times its standard deviation over test sets of n samples."""


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
