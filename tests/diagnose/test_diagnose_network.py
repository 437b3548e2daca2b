"""Signals and gradients against a network written out, and against Keras and TensorFlow."""

import itertools
import math

import numpy as np
import pytest
from networks import random_images, relu_network

from relu_bench.data import Inputs
from relu_bench.diagnose import network
from relu_bench.diagnose.network import BATCH_NORM_EPSILON, Variant, Weights
from relu_bench.diagnose.simulate import Images, Trials, simulate
from relu_bench.networks import activations
from relu_bench.networks.activations import canonical

LOSS = "sparse_categorical_crossentropy"
WIDTHS = (6, 7, 5)


def random_weights(sizes: tuple[int, ...], trials: int) -> Weights:
    random = np.random.default_rng(4)
    shapes = list(itertools.pairwise(sizes))
    return Weights(
        [random.normal(0, 1.2 / math.sqrt(rows), (trials, rows, cols)) for rows, cols in shapes],
        [random.normal(0, 0.3, (trials, 1, cols)) for _, cols in shapes],
    )


def summed_loss(
    pre: np.ndarray,
    layer: int,
    weights: Weights,
    variant: Variant,
    targets: np.ndarray,
    *,
    below: np.ndarray | None = None,
) -> float:
    """The images' losses of trial 1, from the pre-activations of a hidden layer on.

    `below` is what the layer below puts out, for residual networks.
    """
    for kernel, bias in zip(weights.kernels[layer + 1 :], weights.biases[layer + 1 :], strict=True):
        outputs = activations.values(variant.activation, pre)
        if below is not None and below.shape == outputs.shape:
            outputs = outputs + below
        below = outputs if variant.residual else None
        linear = outputs @ kernel[1] + bias[1]
        variance = linear.var(axis=0) + BATCH_NORM_EPSILON
        pre = (linear - linear.mean(axis=0)) / np.sqrt(variance) if variant.batch_norm else linear
    # The last one was the output layer, which has no batch norm.
    logits = activations.values(variant.output_activation, linear)
    largest = logits.max(axis=1)
    log_sums = largest + np.log(np.exp(logits - largest[:, None]).sum(axis=1))
    return float((log_sums - logits[np.arange(len(targets)), targets]).sum())


@pytest.mark.parametrize("batch_norm", [False, True])
@pytest.mark.parametrize("output", ["identity", "relu", "tanh"])
@pytest.mark.parametrize("name", ["tanh", "relu", "selu", "gelu", "leaky_relu", "softplus"])
def test_gradients_are_those_of_central_differences(
    name: str, output: str, batch_norm: bool
) -> None:
    variant = Variant(canonical(name), batch_norm, output)
    images = random_images(9, 4, 3)
    weights = random_weights((4, *WIDTHS, 3), trials=2)
    first = network.first_linear(images.inputs.astype(np.float64), weights)
    signals = network.forward(first, weights, variant)
    steps = list(network.backward(signals, weights, variant, images.targets, LOSS))
    assert [step.layer for step in steps] == [2, 1, 0]
    for step in steps:
        pre = signals.pre_activations[step.layer][1]
        for image, unit in ((0, 0), (3, 4), (8, 2)):
            moved = np.zeros_like(pre)
            moved[image, unit] = 1e-6
            up, down = (
                summed_loss(pre + sign * moved, step.layer, weights, variant, images.targets)
                for sign in (1, -1)
            )
            expected = (up - down) / 2e-6
            assert step.gradient[1, image, unit] == pytest.approx(expected, rel=1e-4, abs=1e-7)


def residual_outputs(signals: network.Signals, label: str) -> list[np.ndarray]:
    """Of each hidden layer in trial 1: h = f(z), with the layer below added where it is as wide."""
    outputs: list[np.ndarray] = []
    for pre in signals.pre_activations:
        value = activations.values(label, pre[1])
        wide = outputs and outputs[-1].shape == value.shape
        outputs.append(value + outputs[-1] if wide else value)
    return outputs


@pytest.mark.parametrize("batch_norm", [False, True])
@pytest.mark.parametrize("name", ["tanh", "relu", "elu"])
def test_gradients_of_residual_networks_are_those_of_central_differences(
    name: str, batch_norm: bool
) -> None:
    variant = Variant(canonical(name), batch_norm, residual=True)
    images = random_images(9, 5, 3)
    # As wide as the inputs is no connection, nor is it where the width changes; 3 classes.
    weights = random_weights((5, 5, 5, 5, 6, 6, 3, 3), trials=2)
    first = network.first_linear(images.inputs.astype(np.float64), weights)
    signals = network.forward(first, weights, variant)
    outputs = residual_outputs(signals, variant.activation)
    logits = outputs[-1] @ weights.kernels[-1][1] + weights.biases[-1][1]
    np.testing.assert_allclose(signals.outputs[1], logits, rtol=1e-12)
    steps = list(network.backward(signals, weights, variant, images.targets, LOSS))
    assert [step.layer for step in steps] == [5, 4, 3, 2, 1, 0]
    for step in steps:
        pre = signals.pre_activations[step.layer][1]
        below = outputs[step.layer - 1] if step.layer else None
        for image, unit in ((0, 0), (3, 2), (8, 1)):
            moved = np.zeros_like(pre)
            moved[image, unit] = 1e-6
            up, down = (
                summed_loss(
                    pre + sign * moved, step.layer, weights, variant, images.targets, below=below
                )
                for sign in (1, -1)
            )
            expected = (up - down) / 2e-6
            assert step.gradient[1, image, unit] == pytest.approx(expected, rel=1e-4, abs=1e-7)


def test_trials_do_not_mix() -> None:
    images, weights = random_images(5, 4, 3), random_weights((4, *WIDTHS, 3), trials=3)
    alone = Weights([each[1:2] for each in weights.kernels], [each[1:2] for each in weights.biases])
    variant = Variant("relu", batch_norm=True)
    logits = [
        network.forward(network.first_linear(images.inputs, each), each, variant).outputs
        for each in (weights, alone)
    ]
    np.testing.assert_allclose(logits[0][1:2], logits[1], rtol=1e-12)


@pytest.mark.tensorflow
@pytest.mark.parametrize("batch_norm", [False, True])
@pytest.mark.parametrize("name", ["relu", "prelu", "elu", "hard_silu"])
def test_signals_and_gradients_are_those_of_keras(name: str, batch_norm: bool) -> None:
    """Every hidden layer of the model that a run trains, in training mode, in float32."""
    from relu_bench.machine.quiet_tensorflow import tf
    from relu_bench.networks import models
    from relu_bench.networks.models import Architecture

    variant = Variant(canonical(name), batch_norm)
    label = models.canonical(f"mlp(hidden={list(WIDTHS)})")
    inputs = Inputs("image", (2, 2, 1))
    model = models.build(
        Architecture(label, variant.activation, batch_norm, 0.99, 0.0, "standard", inputs, 3)
    )
    weights = random_weights((4, *WIDTHS, 3), trials=1)
    for number, layer in enumerate(each for each in model.layers if hasattr(each, "kernel")):
        layer.kernel.assign(weights.kernels[number][0])
        layer.bias.assign(weights.biases[number][0, 0])
    images = random_images(9, 4, 3)
    pre = []
    with tf.GradientTape(persistent=True) as tape:
        outputs = tf.constant(images.inputs.reshape(9, 2, 2, 1))
        tape.watch(outputs)
        for layer in model.layers[1:]:
            if layer.name.endswith("_activation"):
                pre.append(outputs)
            outputs = layer(outputs, training=True)
        loss = tf.reduce_sum(
            tf.nn.sparse_softmax_cross_entropy_with_logits(images.targets, outputs)
        )
    first = network.first_linear(images.inputs, weights)
    signals = network.forward(first, weights, variant)
    np.testing.assert_allclose(signals.outputs[0], outputs.numpy(), rtol=1e-4, atol=1e-5)
    for step in network.backward(signals, weights, variant, images.targets, LOSS):
        ours = signals.pre_activations[step.layer][0], step.gradient[0]
        keras = pre[step.layer], tape.gradient(loss, pre[step.layer])
        for mine, its in zip(ours, keras, strict=True):
            np.testing.assert_allclose(mine, its.numpy(), rtol=2e-3, atol=2e-5)


def assert_equal(one: Trials, other: Trials) -> None:
    np.testing.assert_allclose(one.signal, other.signal, rtol=1e-6)
    np.testing.assert_allclose(one.gradient, other.gradient, rtol=1e-6)
    np.testing.assert_array_equal(one.inactive, other.inactive)


def test_neither_memory_nor_company_changes_the_results() -> None:
    drawn, images = relu_network(12, (8, 9, 7), "he_uniform"), random_images(10, 12, 2)
    variants = [Variant("relu"), Variant("tanh"), Variant("relu", batch_norm=True)]
    together = simulate(drawn, variants, images, trials=30, seed=3)
    alone = [simulate(drawn, [each], images, trials=30, seed=3, memory=1)[0] for each in variants]
    for one, other in zip(together, alone, strict=True):
        assert_equal(one, other)
    (other_seed,) = simulate(drawn, variants[:1], images, trials=30, seed=4)
    assert not np.allclose(other_seed.signal, together[0].signal)
    (first_ten,) = simulate(drawn, variants[:1], images, trials=10, seed=3)
    np.testing.assert_allclose(first_ten.signal, together[0].signal[:10], rtol=1e-6)


def test_the_moments_are_means_over_images_and_units() -> None:
    drawn, images = relu_network(5, (3,), outputs=2), random_images(4, 5, 2)
    (found,) = simulate(drawn, [Variant("relu")], images, trials=2, seed=0)
    from relu_bench.diagnose.draws import Stream, distribution

    kernels = [
        Stream(0, f"{role}/kernel").draw(distribution("he_normal", rows, cols), (2, rows, cols))
        for role, rows, cols in (("dense_1", 5, 3), ("output", 3, 2))
    ]
    for trial in range(2):
        pre = images.inputs @ kernels[0][trial]
        logits = np.maximum(pre, 0) @ kernels[1][trial]
        chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        chances[np.arange(4), images.targets] -= 1
        gradient = (chances @ kernels[1][trial].T) * (pre > 0)
        assert found.signal[trial].tolist() == pytest.approx(
            [(pre**2).mean(), (logits**2).mean()], rel=1e-5
        )
        assert found.gradient[trial, 0] == pytest.approx((gradient**2).mean(), rel=1e-5)
        assert found.inactive[trial, 0] == (pre <= 0).all(axis=0).sum()


def test_what_float32_cannot_hold_is_infinite_and_has_no_gradient() -> None:
    drawn = relu_network(4, (20,) * 40, "ones")
    variants = [Variant("identity"), Variant("relu"), Variant("tanh")]
    identity, relu, tanh = simulate(drawn, variants, random_images(3, 4, 2), trials=2, seed=0)
    for found in (identity, relu):
        assert np.isinf(found.signal[:, -1]).all()
        assert np.isfinite(found.signal[:, :25]).all(), "squares are summed in float64"
        assert np.isnan(found.gradient[:, 0]).all()
        assert not found.inactive.any()
    assert np.isfinite(tanh.signal).all()
    assert (tanh.inactive[:, 1:] == 20).all(), "float32 rounds tanh to 1 there"


def test_work_is_reported_for_each_piece() -> None:
    drawn, images = relu_network(4, (3, 3)), random_images(3, 4, 2)
    work: list[int] = []
    variants = [Variant("relu"), Variant("tanh")]
    simulate(drawn, variants, images, trials=7, seed=0, memory=1, report=work.append)
    assert work == [1] * 14


def test_a_network_beyond_the_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from relu_bench.errors import ReluBenchError
    from relu_bench.machine import hardware

    monkeypatch.setattr(hardware, "memory_gib", lambda: 1.0)
    drawn = relu_network(784, (20_000, 20_000))
    images = Images(np.zeros((1, 784), np.float32), np.zeros(1, np.int64))
    message = r"perceptron with 415,760,002 parameters needs about 2 GiB .* has 1 GiB\. Take a sm"
    with pytest.raises(ReluBenchError, match=message):
        simulate(drawn, [Variant("relu")], images, trials=1, seed=0)
