"""Activations with a finite limit on both sides."""

import math
from collections.abc import Mapping

import numpy as np

from relu_bench.networks.activations.entry import (
    Activation,
    Array,
    Facts,
    Kink,
    Smoothness,
    keras_function,
)


def _sigmoid(x: Array) -> Array:
    # Written by tanh, which does not overflow.
    return 0.5 * (1 + np.tanh(0.5 * x))


def _facts(low: float, *, smoothness: Smoothness = "smooth", kinks: tuple[Kink, ...] = ()) -> Facts:
    """Of a function that rises from `low` to 1, and reaches both where it has kinks."""
    return Facts(
        infimum=low,
        supremum=1.0,
        reached=(bool(kinks), bool(kinks)),
        limits=(low, 1.0),
        monotonic=True,
        smoothness=smoothness,
        kinks=kinks,
    )


BOUNDED: Mapping[str, Activation] = {
    "tanh": Activation(
        kind="bounded",
        formula="tanh(x)",
        latex=r"\tanh(x)",
        derivative="1 - tanh(x)^2, at most 1 (at 0)",
        value=np.tanh,
        slope=lambda x: 1 - np.tanh(x) ** 2,
        facts=lambda: _facts(-1.0),
        reference="LeCun, Bottou, Orr, Müller 1998, Efficient BackProp",
        initializer="glorot_uniform",
        use="states of recurrent networks; shallow networks whose activations should be centred "
        "on zero; output layers with targets in (-1, 1)",
        avoid="deep networks without batch norm: gradients vanish where it saturates",
        build=keras_function("tanh"),
    ),
    "sigmoid": Activation(
        kind="bounded",
        formula="1 / (1 + exp(-x))",
        latex=r"\frac{1}{1 + e^{-x}}",
        derivative="sigmoid(x) * (1 - sigmoid(x)), at most 1/4 (at 0)",
        value=_sigmoid,
        slope=lambda x: _sigmoid(x) * (1 - _sigmoid(x)),
        facts=lambda: _facts(0.0),
        reference="Rumelhart, Hinton, Williams 1986, "
        "Learning Representations by Back-Propagating Errors",
        initializer="glorot_uniform",
        initializer_note="four times wider by its slope of 1/4 at 0 (LeCun et al. 1998)",
        use="output layers of yes-or-no targets; gates of recurrent networks",
        avoid="hidden layers: a layer passes on at most a quarter of the gradient, and its "
        "outputs are never centred on zero",
        build=keras_function("sigmoid"),
    ),
    "softsign": Activation(
        kind="bounded",
        formula="x / (1 + |x|)",
        latex=r"\frac{x}{1 + |x|}",
        derivative="1 / (1 + |x|)^2",
        value=lambda x: x / (1 + np.abs(x)),
        slope=lambda x: 1 / (1 + np.abs(x)) ** 2,
        facts=lambda: _facts(-1.0, smoothness="once differentiable"),
        reference="Turian, Bergstra, Bengio 2009, "
        "Quadratic Features and Deep Architectures for Chunking",
        initializer="glorot_uniform",
        nan_at=(-math.inf, math.inf),
        use="in place of tanh where saturation hurts: its tails fall as 1/x², not exponentially",
        avoid="deep networks without batch norm; output layers of probabilities",
        build=keras_function("softsign"),
    ),
    "hard_sigmoid": Activation(
        kind="bounded",
        formula="min(max(x + 3, 0), 6) / 6",
        latex=r"\frac{\min(\max(x + 3, 0), 6)}{6}",
        derivative="1/6 for -3 < x < 3, else 0",
        value=lambda x: np.clip(x + 3, 0.0, 6.0) / 6,
        slope=lambda x: np.where(np.abs(x) < 3, 1 / 6, 0.0),
        facts=lambda: _facts(
            0.0, smoothness="continuous", kinks=(Kink(-3.0, 0.0, 0.0), Kink(3.0, 1.0, 0.0))
        ),
        reference="Courbariaux, Bengio, David 2015, BinaryConnect: Training Deep Neural Networks "
        "with Binary Weights During Propagations; slope as in Howard et al. 2019",
        initializer="glorot_uniform",
        use="gates on small devices, where the exponential is dear",
        avoid="hidden layers: even flatter than sigmoid, and without any gradient beyond 3",
        build=keras_function("hard_sigmoid"),
    ),
    "hard_tanh": Activation(
        kind="bounded",
        formula="min(max(x, -1), 1)",
        latex=r"\min(\max(x, -1), 1)",
        derivative="1 for -1 <= x <= 1, else 0",
        value=lambda x: np.clip(x, -1.0, 1.0),
        slope=lambda x: np.where(np.abs(x) <= 1, 1.0, 0.0),
        facts=lambda: _facts(
            -1.0, smoothness="continuous", kinks=(Kink(-1.0, -1.0, 1.0), Kink(1.0, 1.0, 1.0))
        ),
        reference="Collobert 2004, Large Scale Machine Learning (thesis)",
        initializer="glorot_uniform",
        use="in place of tanh on small devices; before weights or activations are made binary",
        avoid="deep networks without batch norm: no gradient at all where it is cut",
        build=keras_function("hard_tanh"),
    ),
    "sparse_sigmoid": Activation(
        kind="bounded",
        formula="min(max((x + 1) / 2, 0), 1)",
        latex=r"\min(\max(\tfrac{x + 1}{2}, 0), 1)",
        derivative="1/2 for -1 < x < 1, else 0",
        value=lambda x: np.clip((x + 1) / 2, 0.0, 1.0),
        slope=lambda x: np.where(np.abs(x) < 1, 0.5, 0.0),
        facts=lambda: _facts(
            0.0, smoothness="continuous", kinks=(Kink(-1.0, 0.0, 0.0), Kink(1.0, 1.0, 0.0))
        ),
        reference="Martins, Astudillo 2016, From Softmax to Sparsemax",
        initializer="glorot_uniform",
        use="gates that should close and open entirely",
        avoid="hidden layers of deep networks: no gradient beyond 1, never centred on zero",
        build=keras_function("sparse_sigmoid"),
    ),
}
