"""Perceptrons at initialization, many at once: signals forward, gradients back.

Arrays have the axes (trials, images, units); the kernel of a layer is (trials, fan_in, units) and
multiplies from the right. With the output y of the layer below, W its kernel and b its bias,

    z = y W + b,    with batch norm  z = (u - mean u) / sqrt(var u + 0.001),  u = y W + b,
    y' = f(z),

and back, with d = the derivative of the sum of the images' losses by z (without batch norm that of
an image by its own z),

    d = f'(z) (d_above W_above^T),    d at the logits = softmax - one_hot(target).

With residual connections (`models/perceptron.py`) a hidden layer whose kernel is square, the first
aside, has y' = y + f(z), and what comes back to y' goes on to y as well.

An activation of the output layer, in front of the softmax, multiplies d at the logits by its slope.

`z` is what the activation is given, here called the pre-activation. Batch norm uses the statistics
of these images, as a training step does, with scale 1 and shift 0. Dropout is off.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relu_bench.networks import activations

Array = NDArray[Any]

# That of keras.layers.BatchNormalization.
BATCH_NORM_EPSILON = 1e-3


@dataclass(frozen=True)
class Weights:
    """Kernels (trials, fan_in, units) and biases (trials, 1, units), the output layer's last."""

    kernels: Sequence[Array]
    biases: Sequence[Array]


@dataclass(frozen=True)
class Variant:
    """What networks with the same weights differ in: canonical activations, and batch norm.

    `output_activation` stands in front of the softmax. `residual`: with residual connections.
    """

    activation: str
    batch_norm: bool = False
    output_activation: str = "identity"
    residual: bool = False

    def skips(self, weights: Weights, layer: int) -> bool:
        """Whether hidden layer number `layer`, counted from 0, adds its input to its output."""
        hidden = 0 < layer < len(weights.kernels) - 1
        rows, units = weights.kernels[layer].shape[1:]
        return self.residual and hidden and rows == units


@dataclass(frozen=True)
class Signals:
    """A forward pass.

    Attributes:
        pre_activations: of each hidden layer.
        deviations: what batch norm divided by in each; None without batch norm.
        outputs: pre-activations of the output layer: the logits, unless it has an activation.
    """

    pre_activations: Sequence[Array]
    deviations: Sequence[Array | None]
    outputs: Array


@dataclass(frozen=True)
class Gradients:
    """Of hidden layer number `layer`, counted from 0: its gradient, and the derivative f'(z)."""

    layer: int
    gradient: Array
    slopes: Array


def first_linear(inputs: Array, weights: Weights) -> Array:
    """`x W + b` of the first layer for inputs (images, features): the same for every variant."""
    return np.asarray(np.matmul(inputs, weights.kernels[0]) + weights.biases[0])


def forward(first: Array, weights: Weights, variant: Variant) -> Signals:
    """The signals of every layer; `first` is that of `first_linear` and stays as it is."""
    pre_activations: list[Array] = []
    deviations: list[Array | None] = []
    linear, below = first, None
    following = zip(weights.kernels[1:], weights.biases[1:], strict=True)
    for layer, (kernel, bias) in enumerate(following):
        deviation = None
        if variant.batch_norm:
            linear, deviation = _normalized(linear)
        pre_activations.append(linear)
        deviations.append(deviation)
        outputs = activations.values(variant.activation, linear).astype(kernel.dtype, copy=False)
        if variant.skips(weights, layer):
            outputs = outputs + below
        below = outputs
        linear = np.matmul(outputs, kernel)
        linear += bias
    return Signals(pre_activations, deviations, linear)


def backward(
    signals: Signals, weights: Weights, variant: Variant, targets: Array, loss: str
) -> Iterator[Gradients]:
    """The gradients by the pre-activations, from the last hidden layer to the first.

    Args:
        signals: of `forward` with these weights.
        weights: of the networks.
        variant: their activation, and whether they have batch norm.
        targets: of the images.
        loss: Keras's name of the loss, a key of `LOSS_GRADIENTS`.
    """
    above = _from_loss(signals.outputs, variant.output_activation, targets, loss)
    past: Any = None
    for layer in reversed(range(len(signals.pre_activations))):
        pre_activation = signals.pre_activations[layer]
        slopes = activations.slopes(variant.activation, pre_activation)
        arriving = np.matmul(above, weights.kernels[layer + 1].transpose(0, 2, 1))
        if variant.skips(weights, layer + 1):
            arriving += past
        # The gradient by the layer's output: a residual connection hands it on as it is.
        past = arriving
        gradient = arriving * slopes.astype(arriving.dtype, copy=False)
        yield Gradients(layer, gradient, slopes)
        deviation = signals.deviations[layer]
        above = gradient
        if deviation is not None:
            above = _through_batch_norm(gradient, pre_activation, deviation)


def _from_loss(outputs: Array, output_activation: str, targets: Array, loss: str) -> Array:
    """The gradient by the pre-activations of the output layer."""
    if output_activation == "identity":
        return LOSS_GRADIENTS[loss](outputs, targets)
    logits = activations.values(output_activation, outputs).astype(outputs.dtype, copy=False)
    gradient = LOSS_GRADIENTS[loss](logits, targets)
    gradient *= activations.slopes(output_activation, outputs).astype(outputs.dtype, copy=False)
    return gradient


def _normalized(linear: Array) -> tuple[Array, Array]:
    centred = linear - linear.mean(axis=1, keepdims=True)
    variance = np.square(centred).mean(axis=1, keepdims=True)
    deviation = np.sqrt(variance + linear.dtype.type(BATCH_NORM_EPSILON))
    centred /= deviation
    return centred, deviation


def _through_batch_norm(gradient: Array, normalized: Array, deviation: Array) -> Array:
    along = (gradient * normalized).mean(axis=1, keepdims=True)
    moved = gradient - gradient.mean(axis=1, keepdims=True) - normalized * along
    moved /= deviation
    return np.asarray(moved)


def _cross_entropy_gradient(logits: Array, targets: Array) -> Array:
    """`softmax(logits) - one_hot(targets)` for logits (trials, images, classes)."""
    gradient = np.exp(logits - logits.max(axis=-1, keepdims=True))
    gradient /= gradient.sum(axis=-1, keepdims=True)
    gradient[:, np.arange(len(targets)), targets] -= 1
    return np.asarray(gradient)


LOSS_GRADIENTS: Mapping[str, Callable[[Array, Array], Array]] = {
    "sparse_categorical_crossentropy": _cross_entropy_gradient,
}
