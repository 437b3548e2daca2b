"""The losses and metrics of the tasks.

Losses and what metrics are means of are TensorFlow operations, sample by sample, keyed by the names
that `tasks.py` gives; a test holds the losses against those of Keras. A metric that is no mean over
samples is computed in NumPy from all outputs.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relu_bench import stats

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
WHOLE_METRICS: Mapping[str, Callable[[NDArray[Any], NDArray[Any]], float]] = {
    "auc": lambda targets, outputs: stats.auc(outputs, np.asarray(targets) == 1),
}
"""Functions of (targets (n,), outputs (n,)) of all samples; NaN where they do not exist."""
