"""What the table claims, checked with numbers; and that every entry is complete."""

import math

import numpy as np
import pytest
from oracles import LABELS, oracle

from relu_bench.components.labels import LabelError, parse
from relu_bench.networks import activations, initializers
from relu_bench.networks.activations import ACTIVATIONS, Activation, canonical

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
