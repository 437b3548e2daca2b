"""One application of a layer, whichever way it is repeated."""

from collections.abc import Callable
from typing import Any

Apply = Callable[[int], object]
"""Applies an activation this many times; what it returns is the last result."""


def apply_layer(layer: Any, x: Any, upstream: Any, *, backward: bool) -> list[Any]:
    """The output as in training; with `backward` also the gradients by x and by what is learned.

    Args:
        layer: a Keras layer.
        x: its input.
        upstream: the gradient of the loss by the output, of the same shape.
        backward: whether gradients are wanted.
    """
    from relu_bench.machine.quiet_tensorflow import tf

    if not backward:
        return [layer(x, training=True)]
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = layer(x, training=True)
    # A function of the user's own may have no gradient: then it is 0, and costs what zeros cost.
    sources = [x, *layer.trainable_variables]
    gradients = tape.gradient(
        y, sources, output_gradients=upstream, unconnected_gradients=tf.UnconnectedGradients.ZERO
    )
    return [y, *gradients]
