"""The losses and metrics of the tasks, sample by sample, as TensorFlow operations.

Keyed by the names that `tasks.py` gives; a test holds the losses against those of Keras.
"""

from collections.abc import Callable, Mapping
from typing import Any

Objective = Callable[[Any, Any], Any]


def _sparse_categorical_crossentropy(targets: Any, outputs: Any) -> Any:
    """Cross-entropy in nats of logits `outputs` (n, classes) and class numbers `targets` (n,)."""
    import tensorflow as tf

    return tf.nn.sparse_softmax_cross_entropy_with_logits(tf.cast(targets, tf.int32), outputs)


def _accuracy(targets: Any, outputs: Any) -> Any:
    """1.0 where the largest logit is the target's, else 0.0."""
    import tensorflow as tf

    guessed = tf.argmax(outputs, axis=-1, output_type=tf.int32)
    return tf.cast(guessed == tf.cast(targets, tf.int32), tf.float32)


LOSSES: Mapping[str, Objective] = {
    "sparse_categorical_crossentropy": _sparse_categorical_crossentropy,
}
METRICS: Mapping[str, Objective] = {"accuracy": _accuracy}
