"""Values and slopes of every activation against NumPy and SciPy."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import special, stats

from relu_bench.activations import ACTIVATIONS, build_layer, canonical
from relu_bench.labels import parse

pytestmark = pytest.mark.tensorflow

Array = NDArray[np.float64]
Oracle = Callable[..., Array]

# Klambauer et al. 2017, equation 14: the fixed point at mean 0 and variance 1.
_SELU_ALPHA, _SELU_SCALE = 1.6732632423543772, 1.0507009873554805


def _elu(x: Array, alpha: float) -> Array:
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def _gelu(x: Array, approximate: bool) -> Array:
    if approximate:
        return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))
    return x * stats.norm.cdf(x)


ORACLES: Mapping[str, Oracle] = {
    "relu": lambda x: np.maximum(x, 0),
    "leaky_relu": lambda x, negative_slope: np.where(x >= 0, x, negative_slope * x),
    "prelu": lambda x, initial: np.where(x >= 0, x, initial * x),
    "elu": _elu,
    "selu": lambda x: _SELU_SCALE * _elu(x, _SELU_ALPHA),
    "silu": lambda x: x * special.expit(x),
    "gelu": _gelu,
    "tanh": np.tanh,
    "sigmoid": special.expit,
}
LABELS = [
    *ACTIVATIONS,
    "swish",
    "leaky_relu(negative_slope=0.3)",
    "leaky_relu(negative_slope=0)",
    "prelu(initial=-0.5)",
    "elu(alpha=0.5)",
    "gelu(approximate=true)",
]
GRID = np.concatenate([np.linspace(-8, 8, 321), [-1e4, -50.0, -1e-6, 1e-6, 50.0, 1e4]])
# Away from 0, where some have a kink, and from where float32 rounds slopes away.
SMOOTH = np.array([-7.0, -3.0, -1.3, -0.4, -0.05, 0.05, 0.4, 1.3, 3.0, 7.0])


def _evaluate(label: str, inputs: Array) -> tuple[Array, Array]:
    """Outputs and slopes of the layer at `inputs`."""
    from relu_bench.quiet_tensorflow import tf

    x = tf.constant(inputs[None, :], tf.float32)
    layer = build_layer(canonical(label), "activation", rank=2)
    layer(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        outputs = layer(x)
    return outputs.numpy()[0], tape.gradient(outputs, x).numpy()[0]


def _oracle(label: str, inputs: Array) -> Array:
    parsed = parse(canonical(label))
    return ORACLES[parsed.name](inputs, **dict(parsed.parameters))


def test_every_activation_has_an_oracle() -> None:
    assert set(ORACLES) == set(ACTIVATIONS)


@pytest.mark.parametrize("label", LABELS)
def test_values(label: str) -> None:
    outputs, slopes = _evaluate(label, GRID)
    # 1 + tanh(x) of the approximate GELU loses digits in float32 where it is near 0.
    np.testing.assert_allclose(outputs, _oracle(label, GRID), rtol=2e-6, atol=1e-6)
    assert np.isfinite(slopes).all()


@pytest.mark.parametrize("label", LABELS)
def test_slopes(label: str) -> None:
    _, slopes = _evaluate(label, SMOOTH)
    step = 1e-6
    expected = (_oracle(label, SMOOTH + step) - _oracle(label, SMOOTH - step)) / (2 * step)
    np.testing.assert_allclose(slopes, expected, rtol=1e-4, atol=2e-6)


@pytest.mark.parametrize(
    ("label", "slope"), [("relu", 0.0), ("leaky_relu", 0.01), ("elu(alpha=0.5)", 0.5)]
)
def test_the_slope_at_the_kink_is_that_of_the_left(label: str, slope: float) -> None:
    outputs, slopes = _evaluate(label, np.zeros(1))
    assert outputs.tolist() == [0.0]
    assert slopes.tolist() == pytest.approx([slope])


@pytest.mark.parametrize(
    ("inputs", "slopes"), [((3, 6), (6,)), ((3, 5, 7, 2), (1, 1, 2)), ((3, 4, 2), (1, 2))]
)
def test_prelu_learns_one_slope_a_unit(inputs: tuple[int, ...], slopes: tuple[int, ...]) -> None:
    layer = build_layer("prelu(initial=0.125)", "dense_1_activation", rank=len(inputs))
    layer(np.zeros(inputs, np.float32))
    (variable,) = layer.trainable_variables
    assert tuple(variable.shape) == slopes
    assert variable.path == "dense_1_activation/alpha"
    assert np.unique(variable.numpy()).tolist() == [0.125]


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_layer_has_its_name_and_nothing_but_prelu_is_learned(name: str) -> None:
    layer = build_layer(canonical(name), "role", rank=2)
    layer(np.zeros((1, 3), np.float32))
    assert layer.name == "role"
    assert bool(layer.trainable_variables) == (name == "prelu")


@pytest.mark.parametrize("row", ACTIVATIONS.values(), ids=ACTIVATIONS)
def test_formula_and_reference_are_given(row: Any) -> None:
    assert row.formula
    assert any(str(year) in row.reference for year in range(1950, 2030))
