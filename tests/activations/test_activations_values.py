"""Values and derivatives of every activation against SciPy, and what the table states."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from oracles import LABELS, ORACLES, Array, oracle
from scipy import integrate, stats

from relu_bench.networks import activations
from relu_bench.networks.activations import (
    ACTIVATIONS,
    Facts,
    build_layer,
    canonical,
    slopes,
    values,
)

EPSILON = float(np.finfo(np.float32).eps)
GRID = np.concatenate([np.linspace(-8, 8, 641), [-50.0, 50.0]])
EXTREME = np.array([-1e4, 1e4, -1e-6, 1e-6, -0.0, 0.0, -1e-40, 1e-40])


def facts_of(label: str) -> Facts:
    return activations.facts(canonical(label))


def away_from_kinks(label: str, distance: float) -> Array:
    """Points around 0, none nearer to a kink than `distance`."""
    points = np.linspace(-7, 7, 210)  # without 0 itself
    for kink in facts_of(label).kinks:
        points = points[np.abs(points - kink.x) > distance]
    return points


def central_differences(label: str, x: Array, step: float = 1e-6) -> Array:
    return (oracle(label, x + step) - oracle(label, x - step)) / (2 * step)


def evaluate(label: str, x: Array) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Outputs and derivatives of the layer in inference, in float32."""
    from relu_bench.machine.quiet_tensorflow import tf

    inputs = tf.constant(x[None, :], tf.float32)
    layer = build_layer(canonical(label), "activation", rank=2)
    layer(inputs)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        outputs = layer(inputs)
    return outputs.numpy()[0], tape.gradient(outputs, inputs).numpy()[0]


def test_every_activation_has_an_oracle() -> None:
    assert set(ORACLES) == set(ACTIVATIONS)


@pytest.mark.tensorflow
@pytest.mark.parametrize("label", LABELS)
def test_the_layer_gives_the_values(label: str) -> None:
    x = np.concatenate([GRID, EXTREME])
    outputs, derivatives = evaluate(label, x)
    expected = oracle(label, x)
    # A part each for the result, for what lies near 0, and for a difference of numbers like x.
    error = np.abs(outputs - expected)
    allowed = 16 * EPSILON * np.abs(expected) + 1e-6 + 4 * EPSILON * np.abs(x)
    assert (error <= allowed).all(), list(zip(x, outputs, expected, strict=True))
    assert np.isfinite(derivatives).all()


@pytest.mark.tensorflow
@pytest.mark.parametrize("label", LABELS)
def test_the_layer_has_the_derivative(label: str) -> None:
    x = away_from_kinks(label, 1e-3)
    assert len(x) > 150
    _, derivatives = evaluate(label, x)
    expected = central_differences(label, x)
    np.testing.assert_allclose(derivatives, expected, rtol=2e-5, atol=4e-6)


@pytest.mark.tensorflow
@pytest.mark.parametrize("label", LABELS)
def test_the_layer_does_at_kinks_what_is_stated(label: str) -> None:
    kinks = facts_of(label).kinks
    if not kinks:
        x = np.linspace(-8, 8, 33)
        _, derivatives = evaluate(label, x)
        np.testing.assert_allclose(derivatives, slopes(canonical(label), x), rtol=2e-5, atol=4e-6)
        jumps = central_differences(label, x + 2e-5) - central_differences(label, x - 2e-5)
        assert np.abs(jumps).max() < 1e-4, "a kink that is not stated"
        return
    outputs, derivatives = evaluate(label, np.array([kink.x for kink in kinks]))
    np.testing.assert_allclose(outputs, [kink.value for kink in kinks], atol=1e-7)
    np.testing.assert_allclose(derivatives, [kink.slope for kink in kinks], rtol=1e-6)


@pytest.mark.tensorflow
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_layer_does_beyond_numbers_what_is_stated(name: str) -> None:
    """At ±inf the limit, or NaN where the entry says so; for NaN what the entry says."""
    row, limits = ACTIVATIONS[name], facts_of(name).limits
    outputs, _ = evaluate(name, np.array([-math.inf, math.inf, math.nan]))
    expected = [
        math.nan if x in row.nan_at else limit
        for x, limit in zip((-math.inf, math.inf), limits, strict=True)
    ]
    np.testing.assert_allclose(outputs, [*expected, row.nan_becomes], rtol=1e-6)


@pytest.mark.parametrize("label", LABELS)
def test_the_formula_without_tensorflow(label: str) -> None:
    text = canonical(label)
    with np.errstate(all="raise", under="ignore"):
        x = np.concatenate([GRID, EXTREME])
        np.testing.assert_allclose(values(text, x), oracle(label, x), rtol=1e-12, atol=1e-12)
        x = away_from_kinks(label, 1e-3)
        np.testing.assert_allclose(slopes(text, x), central_differences(label, x), atol=1e-8)
        assert np.isfinite(slopes(text, EXTREME)).all()
    for kink in facts_of(label).kinks:
        at = np.array([kink.x])
        assert values(text, at)[0] == pytest.approx(kink.value, abs=1e-15)
        assert slopes(text, at)[0] == pytest.approx(kink.slope, abs=1e-15)


def test_selu_keeps_mean_0_and_variance_1() -> None:
    def moment(power: int) -> float:
        def weighted(z: float) -> float:
            return float(oracle("selu", np.array(z)) ** power * stats.norm.pdf(z))

        parts = (integrate.quad(weighted, *ends)[0] for ends in ((-12, 0), (0, 12)))
        return math.fsum(parts)

    assert moment(1) == pytest.approx(0, abs=1e-9)
    assert moment(2) == pytest.approx(1, abs=1e-9)


@pytest.mark.tensorflow
def test_compiled_by_xla_they_do_the_same() -> None:
    """Values and derivatives, kinks included: this is how perceptrons are trained."""
    from relu_bench.machine.quiet_tensorflow import tf

    kinks = {kink.x for label in LABELS for kink in facts_of(label).kinks}
    x = np.concatenate([np.linspace(-8, 8, 65), sorted(kinks), EXTREME])
    inputs = tf.constant(x[None, :], tf.float32)
    layers = [build_layer(canonical(label), f"layer_{n}", 2) for n, label in enumerate(LABELS)]
    for layer in layers:
        layer(inputs)

    @tf.function(jit_compile=True, autograph=False)
    def compiled(inputs: NDArray[np.float32]) -> list[tuple[Array, Array]]:
        found = []
        for layer in layers:
            with tf.GradientTape() as tape:
                tape.watch(inputs)
                outputs = layer(inputs)
            found.append((outputs, tape.gradient(outputs, inputs)))
        return found

    for label, (outputs, derivatives) in zip(LABELS, compiled(inputs), strict=True):
        expected_outputs, expected_derivatives = evaluate(label, x)
        for kink in facts_of(label).kinks:
            if kink.xla_slope is not None:
                # Denormal numbers count as the kink's 0.
                expected_derivatives[np.abs(x - kink.x) < 1e-37] = kink.xla_slope
        small = 1e-6 + 4 * EPSILON * np.abs(x)
        difference = np.abs(outputs.numpy()[0] - expected_outputs)
        assert (difference <= small + 16 * EPSILON * np.abs(expected_outputs)).all(), label
        difference = np.abs(derivatives.numpy()[0] - expected_derivatives)
        assert (difference <= 4e-6).all(), (label, x[difference > 4e-6])
