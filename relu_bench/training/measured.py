"""What a network reached on some samples: its mean loss, its metrics, and its single output."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relu_bench.data.tasks import Task
from relu_bench.training.objectives import MEAN_METRICS, WHOLE_METRICS


@dataclass(frozen=True)
class Measured:
    """Mean loss and the task's metrics over `count` samples.

    `outputs` are those of a network with one output, in the order of the samples; None for more.
    """

    loss: float
    metrics: Mapping[str, float]
    count: int
    outputs: NDArray[Any] | None = None


def mean_metrics(task: Task) -> tuple[str, ...]:
    """Those of the task's metrics that are made of a mean over samples."""
    return tuple(name for name in task.metrics if name in MEAN_METRICS)


def keeps_outputs(task: Task) -> bool:
    """Whether the outputs themselves are needed: for metrics of all samples, or for the outcome."""
    return task.outputs == 1


def measured(
    task: Task,
    loss: float,
    means: Mapping[str, float],
    count: int,
    *,
    targets: NDArray[Any] | None,
    outputs: NDArray[Any] | None,
) -> Measured:
    """Put together what was summed over `count` samples.

    Args:
        task: what the network is for.
        loss: mean over the samples.
        means: by name in `mean_metrics`, the mean of what it is made of.
        count: of the samples.
        targets: (count,); needed only beside `outputs`.
        outputs: (count,) where `keeps_outputs`, else None.
    """
    metrics = {}
    for name in task.metrics:
        if name in means:
            metrics[name] = MEAN_METRICS[name].finish(means[name])
        elif targets is not None and outputs is not None:
            metrics[name] = WHOLE_METRICS[name](targets, outputs)
    return Measured(loss, metrics, count, outputs)


@dataclass(frozen=True, eq=False)
class StepValues:
    """For each step of an epoch, in order: mean loss, sums behind metrics, number of samples.

    `outputs` are those of all its samples, as in `Measured`, and `targets` theirs.
    """

    task: Task
    losses: NDArray[np.float64]
    metric_sums: Mapping[str, NDArray[np.float64]]
    counts: NDArray[np.int64]
    targets: NDArray[Any] | None = None
    outputs: NDArray[Any] | None = None

    @property
    def mean(self) -> Measured:
        """The sample-weighted means over the epoch, summed in float64."""
        count = int(self.counts.sum())
        means = {name: float(sums.sum() / count) for name, sums in self.metric_sums.items()}
        loss = float((self.losses * self.counts).sum() / count)
        return measured(self.task, loss, means, count, targets=self.targets, outputs=self.outputs)
