"""Wide layers against the mean-field recursion, whose integrals are taken by quadrature.

Poole, Lahiri, Raghu, Sohl-Dickstein, Ganguli 2016, Exponential expressivity in deep neural networks
through transient chaos: q' = σ_w² E[f(√q z)²] + σ_b². Gradients: Schoenholz, Gilmer, Ganguli,
Sohl-Dickstein 2017, Deep Information Propagation: g = σ_w² E[f'(√q z)²] g' for equal widths.
"""

import itertools
import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np
import pytest
from networks import UNTRUNCATED, one_image, random_images
from scipy import integrate, stats

from relu_bench.diagnose import network
from relu_bench.diagnose.draws import Stream, distribution
from relu_bench.diagnose.network import Variant, Weights
from relu_bench.diagnose.simulate import Network, Trials, simulate
from relu_bench.networks import activations
from relu_bench.networks.activations import ACTIVATIONS, canonical

LABELS = [canonical(name) for name in ACTIVATIONS]
WIDTH, TRIALS = 100, 1500
WEIGHTS, BIASES = 1.5, 0.2


def gaussian_mean(function: Callable[[np.ndarray], np.ndarray], label: str, q: float) -> float:
    """E[function(√q z)] for a standard normal z, by quadrature between the activation's kinks."""
    known = activations.facts(label)
    assert known is not None
    kinks = [kink.x / math.sqrt(q) for kink in known.kinks]
    ends = [-12.0, *sorted(kink for kink in kinks if abs(kink) < 12), 12.0]

    def integrand(z: float) -> float:
        return float(function(np.array([math.sqrt(q) * z]))[0]) * float(stats.norm.pdf(z))

    pieces = [
        integrate.quad(integrand, low, high, epsabs=1e-12, epsrel=1e-10, limit=200)[0]
        for low, high in itertools.pairwise(ends)
    ]
    return math.fsum(pieces)


@lru_cache(maxsize=4)
def wide(q: float, width: int = WIDTH, trials: int = TRIALS) -> dict[str, Trials]:
    """Networks of two hidden layers; the first layer's pre-activations are exactly normal."""
    drawn = Network(
        4,
        (width, width),
        3,
        canonical_scaling(WEIGHTS),
        f"random_normal(mean=0.0, stddev={BIASES})",
    )
    image = one_image((q - BIASES**2) / WEIGHTS)
    variants = [Variant(label) for label in LABELS]
    found = simulate(drawn, variants, image, trials=trials, seed=1)
    return dict(zip(LABELS, found, strict=True))


def canonical_scaling(scale: float) -> str:
    from relu_bench.networks.initializers import canonical as canonical_initializer

    return canonical_initializer(UNTRUNCATED.format(scale=scale))


def assert_mean(values: np.ndarray, expected: float) -> None:
    """Within five standard errors, which float32's rounding may widen."""
    error = values.std(ddof=1) / math.sqrt(len(values))
    assert values.mean() == pytest.approx(expected, abs=5 * error + 1e-5 * abs(expected))


@pytest.mark.parametrize("q", [0.3, 1.0, 4.0])
@pytest.mark.parametrize("label", LABELS)
def test_the_second_moment_of_the_next_layer(label: str, q: float) -> None:
    signal = wide(q)[label].signal
    assert_mean(signal[:, 0], q)
    mean_square = gaussian_mean(lambda x: activations.values(label, x) ** 2, label, q)
    expected = WEIGHTS * mean_square + BIASES**2
    assert_mean(signal[:, 1], expected)
    # The test can tell: with 150,000 units the standard error is small.
    assert signal[:, 1].std(ddof=1) / math.sqrt(TRIALS) < 0.02 * expected


@pytest.mark.parametrize("label", LABELS)
def test_the_gradient_of_the_layer_below(label: str) -> None:
    q = 1.0
    found = wide(q, width=400, trials=150)[label]
    expected = WEIGHTS * gaussian_mean(lambda x: activations.slopes(label, x) ** 2, label, q)
    factor = found.gradient[:, 0].mean() / found.gradient[:, 1].mean()
    # Mean-field theory takes the gradient for independent of the weights. What is left out is of
    # the order of 1/width, most where f is flat for most pre-activations (threshold, tanh_shrink).
    assert factor == pytest.approx(expected, rel=0.12)


def test_relu_halves_the_second_moment_and_what_is_left_of_the_variance() -> None:
    trials, q = 2000, 1.7
    kernel = Stream(3, "dense_1/kernel").draw(
        distribution(canonical_scaling(1.0), 4, WIDTH), (trials, 4, WIDTH)
    )
    weights = Weights([kernel, np.zeros((trials, WIDTH, 1), np.float32)], [np.float32(0)] * 2)
    first = network.first_linear(one_image(q).inputs, weights)
    (pre_activation,) = network.forward(first, weights, Variant("relu")).pre_activations
    outputs = activations.values("relu", pre_activation.astype(np.float64))
    # 200,000 normal draws: standard errors under half a percent.
    assert pre_activation.var() == pytest.approx(q, rel=0.02)
    assert (outputs**2).mean() == pytest.approx(q / 2, rel=0.02)
    assert outputs.var() == pytest.approx(q * (1 / 2 - 1 / (2 * math.pi)), rel=0.02)


def test_relu_with_he_keeps_the_mean_through_twenty_layers_but_not_the_median() -> None:
    drawn = Network(6, (50,) * 20, 3, canonical_scaling(2.0), "zeros")
    images = random_images(1, 6, 3)
    (found,) = simulate(drawn, [Variant("relu")], images, trials=1000, seed=2)
    start = 2 * float(np.square(images.inputs).mean())
    assert_mean(found.signal[:, 0], start)
    assert_mean(found.signal[:, 19], start)
    assert np.median(found.signal[:, 19]) < 0.8 * start, "the mean is heavy-tailed"


def test_a_linear_residual_network_doubles_the_second_moment_in_each_layer() -> None:
    """q_(l+1) = q_l (1 + n var W): with var W = 1/n twice as much, in the mean."""
    drawn = Network(6, (60,) * 6, 3, canonical_scaling(1.0), "zeros")
    images = random_images(1, 6, 3)
    variant = Variant("identity", residual=True)
    (found,) = simulate(drawn, [variant], images, trials=2000, seed=2)
    start = float(np.square(images.inputs).mean())
    assert_mean(found.signal[:, 0], start)
    for layer in range(2, 6):
        # The pre-activation of the second layer is that of an unbranched one.
        assert_mean(found.signal[:, layer], start * 2 ** (layer - 1))


def test_any_initializer_of_the_same_variance_gives_the_same_moments() -> None:
    images = one_image(1.0, features=30)
    moments = []
    for name in ("he_normal", "he_uniform", canonical_scaling(2.0)):
        drawn = Network(30, (200, 200), 2, name, "zeros")
        (found,) = simulate(drawn, [Variant("tanh")], images, trials=400, seed=0)
        moments.append(found.signal[:, 1].mean())
    assert moments == pytest.approx([moments[0]] * 3, rel=0.02)


def test_batch_norm_makes_the_second_moment_one() -> None:
    images = random_images(40, 12, 3)
    drawn = Network(12, (30, 30, 30), 3, "he_normal", "zeros")
    for activation in ("relu", "tanh"):
        (found,) = simulate(drawn, [Variant(activation, True)], images, trials=20, seed=0)
        # Not quite: Keras adds 0.001 to the variance.
        assert (found.signal[:, :3] < 1).all()
        assert (found.signal[:, :3] > 0.97).all()
