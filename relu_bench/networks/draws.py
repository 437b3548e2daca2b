"""Random draws inside a training step: dropout, and the random slopes of rrelu.

TensorFlow's own choice of a generator, Philox, takes some hundred nanoseconds a number in a program
compiled by XLA for a processor, where ThreeFry takes three; without XLA only Philox is offered. So
each layer that draws takes the generator that its program is fast with. The streams differ, but are
keyed the same way: by Keras's seed generator of the layer, which `weights.py` sets for each run.
"""

from collections.abc import Iterable
from typing import Any


def prepare(layers: Iterable[Any], *, xla: bool) -> None:
    """Let those of `layers` that draw take the generator that is fast."""
    for layer in layers:
        if hasattr(layer, "random_algorithm"):
            layer.random_algorithm = "threefry" if xla else "philox"


def uniform(layer: Any, shape: Any, low: float = 0.0, high: float = 1.0) -> Any:
    """Draws in [low, high) from the stream of `layer.seed_generator`, which they advance."""
    import tensorflow as tf

    # (seed, number of draws so far): both fit into 31 bits (see `weights.py`).
    seed = tf.cast(layer.seed_generator.next(), tf.int32)
    return tf.random.stateless_uniform(shape, seed, low, high, alg=layer.random_algorithm)
