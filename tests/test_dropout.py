"""Dropout as Keras defines it, with draws that are right and fast in either kind of program."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import stats as scipy_stats

pytestmark = pytest.mark.tensorflow

COUNT = 200_000


def layer_of(kind: str, rate: float, *, xla: bool) -> Any:
    from relu_bench.networks.layers import DROPOUT as KINDS

    layer = KINDS[kind](rate, seed=0)
    layer.random_algorithm = "threefry" if xla else "philox"
    return layer


def compiled(layer: Any, *, xla: bool) -> Callable[[Any], Any]:
    import tensorflow as tf

    return tf.function(  # type: ignore[no-any-return]
        lambda inputs: layer(inputs, training=True), jit_compile=xla, autograph=False
    )


@pytest.mark.parametrize("xla", [False, True])
@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_units_are_dropped_at_the_rate_and_the_others_scaled(rate: float, xla: bool) -> None:
    layer = layer_of("standard", rate, xla=xla)
    inputs = np.linspace(1, 2, COUNT, dtype=np.float32)
    run = compiled(layer, xla=xla)
    first, second = (np.asarray(run(inputs)) for _ in range(2))
    dropped = first == 0
    assert scipy_stats.binomtest(int(dropped.sum()), COUNT, rate).pvalue > 1e-4
    np.testing.assert_allclose(first[~dropped], inputs[~dropped] / (1 - rate), rtol=1e-6)
    # Each step draws anew.
    both = int((dropped & (second == 0)).sum())
    assert scipy_stats.binomtest(both, COUNT, rate**2).pvalue > 1e-4


@pytest.mark.parametrize("xla", [False, True])
def test_draws_are_uniform_in_their_bounds(xla: bool) -> None:
    import tensorflow as tf

    from relu_bench.networks import draws

    layer = layer_of("standard", 0.5, xla=xla)

    @tf.function(jit_compile=xla, autograph=False)
    def run() -> Any:
        return draws.uniform(layer, [COUNT], 0.25, 0.75)

    found = np.asarray(run())
    assert scipy_stats.kstest(found, "uniform", (0.25, 0.5)).pvalue > 1e-4
    neighbours = np.corrcoef(found[:-1], found[1:])[0, 1]
    assert abs(neighbours) < 4 / np.sqrt(COUNT)


@pytest.mark.parametrize("xla", [False, True])
def test_alpha_dropout_keeps_mean_and_variance(xla: bool) -> None:
    layer = layer_of("alpha", 0.2, xla=xla)
    inputs = np.random.default_rng(0).normal(size=COUNT).astype(np.float32)
    found = np.asarray(compiled(layer, xla=xla)(inputs))
    assert abs(found.mean()) < 5 * found.std() / np.sqrt(COUNT)
    assert found.var() == pytest.approx(1, abs=0.02)
    # What is dropped is one value, as in Keras: SELU's limit, scaled and shifted.
    values, counts = np.unique(found, return_counts=True)
    assert scipy_stats.binomtest(int(counts.max()), COUNT, 0.2).pvalue > 1e-4
    assert values[counts.argmax()] == pytest.approx(_dropped_by_keras(0.2), rel=1e-5)


def _dropped_by_keras(rate: float) -> float:
    import keras

    found = np.asarray(keras.layers.AlphaDropout(rate, seed=0)(np.zeros(1000), training=True))
    return float(found.min())


@pytest.mark.parametrize("kind", ["standard", "alpha"])
def test_one_seed_gives_one_stream_and_inference_draws_nothing(kind: str) -> None:
    inputs = np.ones(1000, np.float32)
    first, second = (
        np.asarray(compiled(layer_of(kind, 0.3, xla=True), xla=True)(inputs)) for _ in range(2)
    )
    np.testing.assert_array_equal(first, second)
    layer = layer_of(kind, 0.3, xla=False)
    before = layer.seed_generator.state.numpy().copy()
    np.testing.assert_array_equal(layer(inputs, training=False), inputs)
    np.testing.assert_array_equal(layer.seed_generator.state.numpy(), before)


def test_a_program_gives_every_layer_that_draws_its_generator() -> None:
    from relu_bench.data import image
    from relu_bench.networks import draws, models

    architecture = models.Architecture(
        model="mlp(hidden=[4, 3])",
        activation="rrelu(lower=0.125, upper=0.3333333333333333)",
        batch_norm=False,
        batch_norm_momentum=0.99,
        dropout=0.5,
        dropout_kind="standard",
        inputs=image((5,)),
        outputs=2,
    )
    model = models.build(architecture)
    draws.prepare(model.layers, xla=True)
    found = [layer.name for layer in model.layers if hasattr(layer, "seed_generator")]
    assert found == [
        "dense_1_activation", "dense_1_dropout", "dense_2_activation", "dense_2_dropout",
    ]  # fmt: skip
    assert {model.get_layer(name).random_algorithm for name in found} == {"threefry"}
