"""The table of activations against oracles: what it claims, values and derivatives."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from oracles import LABELS, ORACLES, Array, oracle
from scipy import integrate, stats

from relu_bench.components.labels import LabelError, parse
from relu_bench.networks import activations, initializers
from relu_bench.networks.activations import (
    ACTIVATIONS,
    Activation,
    Facts,
    build_layer,
    canonical,
    slopes,
    values,
)

WIDE = np.concatenate([np.linspace(-60, 60, 240_001), [-1e4, 1e4]])
WIDE.sort()


@pytest.mark.parametrize("label", LABELS)
def test_the_range(label: str) -> None:
    facts, outputs = activations.facts(canonical(label)), oracle(label, WIDE)
    assert outputs.min() >= facts.infimum - 1e-12
    assert outputs.max() <= facts.supremum + 1e-12
    for bound, nearest, reached in (
        (facts.infimum, outputs.min(), facts.reached[0]),
        (facts.supremum, outputs.max(), facts.reached[1]),
    ):
        if math.isinf(bound):
            assert abs(nearest) > 50
            assert not reached
        else:
            # Only exactly at its place is a minimum between two points of the grid reached; the
            # bound of softsign and of the threshold's jump is approached slowly.
            assert nearest == pytest.approx(bound, abs=1e-7 if reached else 6e-4)


@pytest.mark.parametrize("label", LABELS)
def test_the_limits(label: str) -> None:
    facts = activations.facts(canonical(label))
    for x, limit in zip((-1e7, 1e7), facts.limits, strict=True):
        output = float(oracle(label, np.array([x]))[0])
        if math.isinf(limit):
            assert output * math.copysign(1, limit) > 1e4
        else:
            assert output == pytest.approx(limit, abs=1e-6)
    assert facts.saturates == any(map(math.isfinite, facts.limits))


@pytest.mark.parametrize("label", LABELS)
def test_monotonic_or_not(label: str) -> None:
    steps = np.diff(oracle(label, WIDE))
    rises = (steps >= -1e-12).all()
    assert activations.facts(canonical(label)).monotonic == rises


@pytest.mark.parametrize("label", LABELS)
def test_smooth_or_not(label: str) -> None:
    """Differences across each kink, and across 0, tell what jumps: f, f', or neither."""
    facts = activations.facts(canonical(label))
    places = np.array([kink.x for kink in facts.kinks] or [0.0])
    step = 1e-6
    jump = np.abs(oracle(label, places + step) - oracle(label, places - step)).max()
    right = (oracle(label, places + 2 * step) - oracle(label, places + step)) / step
    left = (oracle(label, places - step) - oracle(label, places - 2 * step)) / step
    corner = np.abs(right - left).max()
    if facts.smoothness == "discontinuous":
        assert jump > 0.1
    elif facts.smoothness == "continuous":
        assert jump < 1e-4
        assert corner > 0.01
    else:
        assert jump < 1e-4
        assert corner < 1e-4


@pytest.mark.parametrize("row", ACTIVATIONS.values(), ids=ACTIVATIONS)
def test_every_entry_is_complete(row: Activation) -> None:
    for text in (row.formula, row.latex, row.derivative, row.use, row.avoid):
        assert text.strip()
    assert row.latex.count("{") == row.latex.count("}")
    assert any(str(year) in row.reference for year in range(1950, 2030))
    assert initializers.canonical(row.initializer) == row.initializer
    for parameter in row.parameters:
        assert parameter in row.formula or parameter == "negative_slope", parameter
    assert bool(row.learned) == ("learned" in row.formula)
    assert bool(row.random) == ("drawn" in row.formula)


@pytest.mark.parametrize("label", LABELS)
def test_the_label_survives(label: str) -> None:
    text = canonical(label)
    assert canonical(text) == text
    assert str(parse(text)) == text


def test_bounds_of_rrelu_in_the_wrong_order() -> None:
    message = r"'rrelu\(lower=0.5, upper=0.25\)': lower must not be above upper"
    with pytest.raises(LabelError, match=message):
        canonical("rrelu(lower=0.5, upper=0.25)")
    assert canonical("rrelu(upper=0.125)") == "rrelu(lower=0.125, upper=0.125)"


@pytest.mark.parametrize(
    ("label", "written"),
    [
        ("relu", "[0, ∞)"),
        ("relu6", "[0, 6]"),
        ("leaky_relu", "(−∞, ∞)"),
        ("leaky_relu(negative_slope=0)", "[0, ∞)"),
        ("elu(alpha=0.5)", "(−0.5, ∞)"),
        ("elu(alpha=0)", "[0, ∞)"),
        ("selu", "(−1.758, ∞)"),
        ("silu", "[−0.2785, ∞)"),
        ("tanh", "(−1, 1)"),
    ],
)
def test_the_range_in_words(label: str, written: str) -> None:
    assert activations.facts(canonical(label)).range == written


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
