"""The losses and metrics of the tasks, what a network reached by them, and what a guess does.

Losses and what metrics are means of are TensorFlow operations, sample by sample, keyed by the names
that `tasks.py` gives; a test holds the losses against those of Keras. A metric that is no mean over
samples is computed in NumPy from all outputs. A guess is the answer that takes no network, keyed
by `Task.guess`: always the commonest class of the training part, or always its mean.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from relu_bench import data, stats
from relu_bench.data.tasks import Guess, Task

Array = NDArray[Any]
Objective = Callable[[Any, Any], Any]


def _sparse_categorical_crossentropy(targets: Any, outputs: Any) -> Any:
    """Cross-entropy in nats of logits `outputs` (n, classes) and class numbers `targets` (n,)."""
    import tensorflow as tf

    return tf.nn.sparse_softmax_cross_entropy_with_logits(tf.cast(targets, tf.int32), outputs)


def _binary_crossentropy(targets: Any, outputs: Any) -> Any:
    """Cross-entropy in nats of logits `outputs` (n, 1) of class 1 and `targets` (n,) of 0 and 1."""
    import tensorflow as tf

    return tf.nn.sigmoid_cross_entropy_with_logits(tf.cast(targets, tf.float32), outputs[:, 0])


def _squared_error(targets: Any, outputs: Any) -> Any:
    """(targets - outputs)^2 of ratings `targets` (n,) and `outputs` (n, 1)."""
    import tensorflow as tf

    return tf.square(targets - outputs[:, 0])


def _absolute_error(targets: Any, outputs: Any) -> Any:
    """|targets - outputs| of ratings `targets` (n,) and `outputs` (n, 1)."""
    import tensorflow as tf

    return tf.abs(targets - outputs[:, 0])


def _accuracy(targets: Any, outputs: Any) -> Any:
    """1.0 where the largest logit is the target's, else 0.0; a single logit is that of class 1."""
    import tensorflow as tf

    if outputs.shape[-1] == 1:
        guessed = tf.cast(outputs[:, 0] > 0, tf.int32)
    else:
        guessed = tf.argmax(outputs, axis=-1, output_type=tf.int32)
    return tf.cast(guessed == tf.cast(targets, tf.int32), tf.float32)


@dataclass(frozen=True)
class MeanMetric:
    """A metric that is `finish` of the mean over samples of `per_sample`."""

    per_sample: Objective
    finish: Callable[[float], float] = float


LOSSES: Mapping[str, Objective] = {
    "sparse_categorical_crossentropy": _sparse_categorical_crossentropy,
    "binary_crossentropy": _binary_crossentropy,
    "mean_squared_error": _squared_error,
}
MEAN_METRICS: Mapping[str, MeanMetric] = {
    "accuracy": MeanMetric(_accuracy),
    "rmse": MeanMetric(_squared_error, math.sqrt),
    "mae": MeanMetric(_absolute_error),
}
RIGHT_OR_WRONG = "accuracy"
"""The metric of which a sample has 1 where it is answered right, else 0."""
WHOLE_METRICS: Mapping[str, Callable[[NDArray[Any], NDArray[Any]], float]] = {
    "auc": lambda targets, outputs: stats.auc(outputs, np.asarray(targets) == 1),
}
"""Functions of (targets (n,), outputs (n,)) of all samples; NaN where they do not exist."""


@dataclass(frozen=True)
class Measured:
    """Mean loss and the task's metrics over `count` samples.

    `outputs` are those of a network with one output, in the order of the samples; None for more.
    `right` says, in the same order, which samples were answered right; None for ratings and where
    nobody asks.
    """

    loss: float
    metrics: Mapping[str, float]
    count: int
    outputs: NDArray[Any] | None = None
    right: NDArray[np.bool_] | None = field(default=None, compare=False)


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


class ConstantGuess(Protocol):
    """One way to answer without a network."""

    def metrics(self, train_targets: Array, targets: Array) -> dict[str, float]:
        """What it reaches on `targets` (n,), by metric; it knows `train_targets` only."""
        ...

    def is_beaten(self, train_targets: Array, targets: Array, judged: Measured) -> bool:
        """Whether the network is better on `targets`, at the level of 1 %."""
        ...


class _Majority:
    """Always the commonest class; scores that do not differ have an area under the curve of 0.5."""

    def metrics(self, train_targets: Array, targets: Array) -> dict[str, float]:
        return {"accuracy": data.guess_accuracy(train_targets, targets), "auc": 0.5}

    def is_beaten(self, train_targets: Array, targets: Array, judged: Measured) -> bool:
        guess = data.guess_accuracy(train_targets, targets)
        correct = round(judged.metrics["accuracy"] * len(targets))
        return stats.better_than_guess(correct, len(targets), guess)


class _Mean:
    """Always the mean: the constant with the least squared error on the training part."""

    def metrics(self, train_targets: Array, targets: Array) -> dict[str, float]:
        errors = targets - _mean(train_targets)
        return {
            "rmse": float(np.sqrt(np.mean(errors**2))),
            "mae": float(np.mean(np.abs(errors))),
        }

    def is_beaten(self, train_targets: Array, targets: Array, judged: Measured) -> bool:
        if judged.outputs is None:
            raise ValueError("ratings are judged by the outputs, and there are none")
        return stats.errors_below_guess(
            (targets - judged.outputs.astype(np.float64)) ** 2,
            (targets - _mean(train_targets)) ** 2,
        )


GUESSES: Mapping[Guess, ConstantGuess] = {"majority": _Majority(), "mean": _Mean()}


def _mean(targets: Array) -> np.float64:
    return np.mean(targets, dtype=np.float64)
