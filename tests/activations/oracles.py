"""Every activation written down a second time, with SciPy and in other words than the table's."""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray
from scipy import special

from relu_bench.components.labels import parse
from relu_bench.networks.activations import ACTIVATIONS, canonical

Array = NDArray[np.float64]


def _leaky(x: Array, negative_slope: float, positive: float = 1.0) -> Array:
    return positive * (np.abs(x) + x) / 2 + negative_slope * (x - np.abs(x)) / 2


def _elu(x: Array, alpha: float) -> Array:
    return np.where(x >= 0, x, alpha * (np.exp(x.clip(max=0)) - 1))


def _gelu(x: Array, approximate: bool) -> Array:
    if approximate:
        # 0.5 * (1 + tanh(z)) is the logistic function of 2z.
        return x * special.expit(np.sqrt(8 / np.pi) * (x + 0.044715 * x**3))
    return x * special.erfc(-x / np.sqrt(2)) / 2


def _squareplus(x: Array, b: float) -> Array:
    # The larger root of y * (y - x) = b / 4.
    large = (np.abs(x) + np.hypot(x, np.sqrt(b))) / 2
    return np.where(x >= 0, large, b / 4 / large)


def _selu(x: Array) -> Array:
    # The constants as the paper's appendix prints them.
    return 1.0507009873554804934193349852946 * _elu(x, 1.6732632423543772848170429916717)


def _sparse_plus(x: Array) -> Array:
    # The integral of the sparse sigmoid: of a clipped line.
    return np.clip(x + 1, 0, 2) ** 2 / 4 + np.maximum(x - 1, 0)


ORACLES: Mapping[str, Callable[..., Array]] = {
    "relu": lambda x: (x + np.abs(x)) / 2,
    "relu_lambda": lambda x: (x + np.abs(x)) / 2,
    "relu_custom_gradient": lambda x: (x + np.abs(x)) / 2,
    "relu6": lambda x: np.minimum(np.maximum(x, 0), 6),
    "leaky_relu": _leaky,
    "prelu": lambda x, initial: _leaky(x, negative_slope=initial),
    "learnable_relu": lambda x, initial: _leaky(x, negative_slope=initial),
    "rrelu": lambda x, lower, upper: _leaky(x, np.mean([lower, upper])),
    "arelu": lambda x: _leaky(x, 0.9, positive=1 + special.expit(2.0)),
    "threshold": lambda x, threshold, default_value: np.select(
        [x <= threshold], [default_value], x
    ),
    "elu": _elu,
    "celu": lambda x, alpha: np.where(x >= 0, x, alpha * _elu(x / alpha, 1.0)),
    "selu": _selu,
    "gelu": _gelu,
    "silu": lambda x: x * special.expit(x),
    "hard_silu": lambda x: np.select([x <= -3, x >= 3], [0.0, x], x * (x + 3) / 6),
    "mish": lambda x: x * np.tanh(-special.log_expit(-x)),
    "softplus": lambda x: -special.log_expit(-x),
    "squareplus": _squareplus,
    "sparse_plus": _sparse_plus,
    "log_sigmoid": special.log_expit,
    "tanh": lambda x: 2 * special.expit(2 * x) - 1,
    "sigmoid": special.expit,
    "softsign": lambda x: np.sign(x) * (1 - 1 / (1 + np.abs(x))),
    "hard_sigmoid": lambda x: np.select([x <= -3, x >= 3], [0.0, 1.0], x / 6 + 0.5),
    "hard_tanh": lambda x: np.select([x <= -1, x >= 1], [-1.0, 1.0], x),
    "sparse_sigmoid": lambda x: np.select([x <= -1, x >= 1], [0.0, 1.0], x / 2 + 0.5),
    "identity": lambda x: x,
    "soft_shrink": lambda x, threshold: x - np.clip(x, -threshold, threshold),
    "hard_shrink": lambda x, threshold: x * ~((-threshold <= x) & (x <= threshold)),
    "tanh_shrink": lambda x: x - (2 * special.expit(2 * x) - 1),
}

LABELS = [
    *ACTIVATIONS,
    "swish",
    "leaky_relu(negative_slope=0.3)",
    "leaky_relu(negative_slope=0)",
    "leaky_relu(negative_slope=1)",
    "prelu(initial=-0.5)",
    "learnable_relu(initial=-0.5)",
    "rrelu(lower=0, upper=0.5)",
    "threshold(threshold=-1, default_value=2)",
    "threshold(threshold=0.25, default_value=0.25)",
    "elu(alpha=0.5)",
    "elu(alpha=0)",
    "celu(alpha=0.5)",
    "gelu(approximate=true)",
    "squareplus(b=0.25)",
    "soft_shrink(threshold=0)",
    "hard_shrink(threshold=0)",
    "hard_shrink(threshold=2)",
]


def oracle(label: str, x: Array) -> Array:
    """f(x) in float64."""
    parsed = parse(canonical(label))
    return ORACLES[parsed.name](x, **dict(parsed.parameters))
