"""Layers born dead against theory and against a plain simulation.

Lu, Shin, Su, Karniadakis 2019, Dying ReLU and Initialization: Theory and Numerical Examples. With
L layers of width N (the output layer counted), symmetric weights and zero biases, the probability
that a ReLU network is born dead at one given non-zero input is 1 - (1 - 2^-N)^(L-1); over many
inputs it is not greater.
"""

import math

import numpy as np
import pytest
from networks import one_image, random_images, relu_network
from scipy import stats

from relu_bench.diagnose.network import Variant
from relu_bench.diagnose.simulate import Images, Network, simulate

TRIALS = 4000
SHAPES = [(1, 3), (2, 4), (2, 10), (3, 10), (4, 21), (5, 40)]


def born_dead(width: int, layers: int) -> float:
    return 1 - (1 - 2.0**-width) ** (layers - 1)


def dead_networks(drawn: Network, images: Images, trials: int, seed: int = 0) -> int:
    (found,) = simulate(drawn, [Variant("relu")], images, trials=trials, seed=seed)
    return int((found.inactive == np.asarray(drawn.widths)).any(axis=1).sum())


def plain_share(inputs: np.ndarray, width: int, hidden: int, trials: int) -> float:
    """The share of networks with a dead layer: one network after the other, in other words."""
    random = np.random.default_rng(17)
    dead = 0
    for _ in range(trials):
        signal = inputs
        for _ in range(hidden):
            kernel = random.normal(0, math.sqrt(2 / signal.shape[1]), (signal.shape[1], width))
            signal = np.maximum(signal @ kernel, 0)
            if not signal.any():
                dead += 1
                break
    return dead / trials


@pytest.mark.parametrize("initializer", ["he_normal", "glorot_uniform", "orthogonal(gain=1.0)"])
@pytest.mark.parametrize(("width", "layers"), SHAPES)
def test_at_one_input_the_probability_is_exact(width: int, layers: int, initializer: str) -> None:
    expected = born_dead(width, layers)
    drawn = relu_network(6, (width,) * (layers - 1), initializer)
    dead = dead_networks(drawn, one_image(1.0, features=6), TRIALS)
    low, high = stats.binom.interval(0.999, TRIALS, expected)
    assert low <= dead <= high
    # Nor is the interval so wide that the next depth would pass.
    assert not low <= TRIALS * born_dead(width, 2 * layers) <= high


@pytest.mark.parametrize(("width", "layers"), SHAPES[1:])
def test_over_many_inputs_it_is_not_above(width: int, layers: int) -> None:
    drawn = relu_network(8, (width,) * (layers - 1))
    images = random_images(50, 8, 2)
    dead = dead_networks(drawn, images, TRIALS)
    assert 0 < dead <= stats.binom.ppf(0.999, TRIALS, born_dead(width, layers))


@pytest.mark.parametrize(("width", "layers"), [(2, 6), (3, 10), (4, 21)])
def test_over_many_inputs_it_is_that_of_a_plain_simulation(width: int, layers: int) -> None:
    images = random_images(20, 8, 2)
    plain = plain_share(images.inputs.astype(np.float64), width, layers - 1, trials=1500)
    dead = dead_networks(relu_network(8, (width,) * (layers - 1)), images, 6000)
    error = math.sqrt(plain * (1 - plain) * (1 / 1500 + 1 / 6000))
    assert 0.05 < plain < 0.95
    assert dead / 6000 == pytest.approx(plain, abs=4 * error)


def test_the_share_of_units_born_dead_at_one_input_is_a_half() -> None:
    drawn = relu_network(6, (40,))
    (found,) = simulate(drawn, [Variant("relu")], one_image(1.0, 6), trials=1000, seed=0)
    assert found.inactive.mean() / 40 == pytest.approx(0.5, abs=5 * 0.5 / math.sqrt(40_000))


def test_no_gradient_passes_a_dead_layer() -> None:
    drawn = relu_network(6, (2,) * 8)
    (found,) = simulate(drawn, [Variant("relu")], one_image(1.0, 6), trials=500, seed=0)
    dead = found.inactive == 2
    first_dead = np.where(dead.any(axis=1), dead.argmax(axis=1), 8)
    assert 0 < (first_dead < 8).sum() < 500
    # Nothing comes back through the dead layer, and nothing was behind it either.
    assert (found.gradient[first_dead < 8] == 0).all()
    assert (found.gradient[first_dead == 8] > 0).all()


def test_leaky_relu_is_never_dead() -> None:
    drawn = relu_network(6, (2,) * 8)
    variant = Variant("leaky_relu(negative_slope=0.01)")
    (found,) = simulate(drawn, [variant], random_images(5, 6, 2), trials=200, seed=0)
    assert not found.inactive.any()
    assert (found.gradient > 0).all()
