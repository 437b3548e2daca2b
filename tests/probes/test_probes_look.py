"""A look into a network, held against NumPy written out by hand."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from small_networks import images, network, probe_of, targets, weight

from relu_bench.data import image
from relu_bench.networks import activations
from relu_bench.training.probes.probe import small_slope

pytestmark = pytest.mark.tensorflow

Array = NDArray[np.float64]


class ByHand:
    """Forward and back through a perceptron in NumPy; batch norm by the moments of the images."""

    def __init__(self, model: Any, activation: str, inputs: Any, labels: Any) -> None:
        label = activations.canonical(activation)
        count = len(labels)
        self.pre: list[Array] = []
        self.out: list[Array] = [np.asarray(inputs, np.float64).reshape(count, -1) / 255]
        scales = []
        for name in ("dense_1", "dense_2"):
            z = self.out[-1] @ weight(model, name) + weight(model, name, "bias")
            scale = np.ones(z.shape[1])
            if any(layer.name == f"{name}_batch_norm" for layer in model.layers):
                scale = 1 / np.sqrt(z.var(axis=0) + 1e-3)
                z = (z - z.mean(axis=0)) * scale
            scales.append(scale)
            self.pre.append(z)
            self.out.append(activations.values(label, z))
        logits = self.out[-1] @ weight(model, "output") + weight(model, "output", "bias")
        probabilities = np.exp(logits - logits.max(axis=1, keepdims=True))
        probabilities /= probabilities.sum(axis=1, keepdims=True)
        delta = probabilities - np.eye(3)[np.asarray(labels)]
        self.slopes = [activations.slopes(label, z) for z in self.pre]
        self.kernel_gradients = {"output": self.out[2].T @ delta / count}
        self.by_pre: list[Array] = []
        above = weight(model, "output")
        for number in (1, 0):
            delta = (delta @ above.T) * self.slopes[number]
            self.by_pre.insert(0, delta)
            delta = delta * scales[number]
            name = f"dense_{number + 1}"
            self.kernel_gradients[name] = self.out[number].T @ delta / count
            above = weight(model, name)


def numbers(cells: dict[str, float | None]) -> dict[str, float]:
    return {name: value for name, value in cells.items() if value is not None}


@pytest.mark.parametrize("batch_norm", [False, True])
@pytest.mark.parametrize("activation", ["relu", "elu", "tanh", "sigmoid", "gelu", "leaky_relu"])
def test_every_number_is_that_of_numpy(activation: str, batch_norm: bool) -> None:
    model = network(activation, batch_norm=batch_norm)
    look = probe_of(model, activation).look(images(), targets())
    expected = ByHand(model, activation, images(), targets())
    for number, name in enumerate(("dense_1", "dense_2")):
        cells = look.layers[name].cells()
        out = expected.out[number + 1]
        assert cells["pre_mean"] == pytest.approx(expected.pre[number].mean(), abs=1e-5)
        assert cells["pre_std"] == pytest.approx(expected.pre[number].std(), rel=1e-4)
        assert cells["out_mean"] == pytest.approx(out.mean(), abs=1e-5)
        assert cells["out_std"] == pytest.approx(out.std(), rel=1e-4)
        assert cells["sparsity"] == np.mean(out == 0)
        assert cells["inactive_fraction"] == np.mean((expected.slopes[number] == 0).all(axis=0))
        rms = np.sqrt(np.square(expected.by_pre[number]).mean())
        assert cells["gradient_rms"] == pytest.approx(rms, rel=1e-4)
    for name, gradient in look.kernel_gradients.items():
        np.testing.assert_allclose(gradient, expected.kernel_gradients[name], atol=1e-6)


def test_the_gradient_depends_neither_on_the_number_of_images_nor_on_repeats() -> None:
    import tensorflow as tf

    probe = probe_of(network())
    once = probe.look(images(), targets())
    twice = probe.look(tf.concat([images()] * 2, 0), tf.concat([targets()] * 2, 0))
    for name in ("dense_1", "dense_2"):
        assert twice.layers[name].cells() == pytest.approx(once.layers[name].cells())
        np.testing.assert_allclose(
            twice.kernel_gradients[name], once.kernel_gradients[name], atol=1e-7
        )


def test_pieces_of_the_probe_set_add_up_to_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    probe = probe_of(network(batch_norm=True, activation="elu"), "elu")
    whole = probe.look(images(), targets())
    monkeypatch.setattr("relu_bench.training.probes.probe._VALUES_AT_ONCE", 7 * (12 + 8))
    pieces = probe.look(images(), targets())
    for name in ("dense_1", "dense_2"):
        assert pieces.layers[name].cells() == pytest.approx(
            whole.layers[name].cells(), rel=1e-5, abs=1e-7
        )
        np.testing.assert_allclose(
            pieces.kernel_gradients[name], whole.kernel_gradients[name], atol=1e-6
        )


def test_a_unit_without_derivative_on_any_image_is_inactive() -> None:
    model = network()
    bias = np.zeros(12, np.float32)
    bias[[3, 7]] = -1000
    model.get_layer("dense_1").bias.assign(bias)
    found = probe_of(model).look(images(), targets()).layers["dense_1"]
    assert set(np.flatnonzero(found.inactive)) >= {3, 7}
    assert found.cells()["saturated_fraction"] >= 2 / 12


def test_saturation_asks_for_95_percent_of_the_images() -> None:
    model = network("sigmoid", model="mlp(hidden=[1, 1])")
    dense = model.get_layer("dense_1")
    dense.kernel.assign(np.zeros((16, 1)))
    dense.kernel.assign(np.array([[1.0]] + [[0.0]] * 15))
    # The pre-activation is 4 where the first pixel is 0, and 30 where it is 255.
    dense.kernel.assign(np.array([[26.0]] + [[0.0]] * 15))
    dense.bias.assign([4.0])
    for dark, saturated in ((5, 1.0), (6, 0.0)):
        pixels = np.zeros((100, 4, 4, 1), np.uint8)
        pixels[dark:] = 255
        look = probe_of(model, "sigmoid").look(pixels, np.zeros(100, np.int64))
        assert look.layers["dense_1"].cells()["saturated_fraction"] == saturated


def test_activations_without_a_finite_limit_cannot_saturate() -> None:
    assert small_slope("identity") is None
    assert small_slope("leaky_relu(negative_slope=0.01)") is None
    assert small_slope("sigmoid") == pytest.approx(0.25e-3)
    assert small_slope("tanh") == pytest.approx(1e-3)
    assert small_slope("elu(alpha=3.0)") == pytest.approx(3e-3, rel=1e-2)
    look = probe_of(network("identity"), "identity").look(images(), targets())
    assert look.layers["dense_1"].cells()["saturated_fraction"] is None


def test_a_layer_with_a_value_that_is_not_finite_is_not_measured() -> None:
    model = network()
    bias = np.zeros(8, np.float32)
    bias[0] = np.nan
    model.get_layer("dense_2").bias.assign(bias)
    look = probe_of(model).look(images(), targets())
    assert look.layers["dense_1"].cells()["pre_mean"] is not None
    assert look.layers["dense_2"].cells() == {}


@pytest.mark.parametrize("activation", ["relu", "prelu", "rrelu"])
def test_looking_changes_nothing(activation: str) -> None:
    model = network(activation, batch_norm=True, dropout=0.5)
    before = [variable.numpy().copy() for variable in model.variables]
    probe = probe_of(model, activation)
    first, second = (probe.look(images(), targets()) for _ in range(2))
    assert first.layers["dense_2"].cells() == second.layers["dense_2"].cells()
    for variable, value in zip(model.variables, before, strict=True):
        np.testing.assert_array_equal(variable.numpy(), value)


def test_dropout_is_off_and_random_slopes_have_their_mean() -> None:
    plain = network("leaky_relu(negative_slope=0.3)")
    random = network("rrelu(lower=0.1, upper=0.5)", dropout=0.5)
    looks = [
        probe_of(model, activation).look(images(), targets())
        for model, activation in (
            (plain, "leaky_relu(negative_slope=0.3)"),
            (random, "rrelu(lower=0.1, upper=0.5)"),
        )
    ]
    for name in ("dense_1", "dense_2"):
        cells = [look.layers[name].cells() for look in looks]
        assert numbers(cells[1]) == pytest.approx(numbers(cells[0]), rel=1e-5)


def test_channels_are_the_units_of_a_convolution() -> None:
    model = network(model="cnn", inputs=image((20, 20, 1)))
    bias = np.zeros(32, np.float32)
    bias[5] = -1000
    model.get_layer("conv_1").bias.assign(bias)
    look = probe_of(model).look(images(6, (20, 20, 1)), targets(6))
    assert list(look.layers) == ["conv_1", "conv_2", "conv_3", "dense_1"]
    assert list(look.kernel_gradients) == ["conv_1", "conv_2", "conv_3", "dense_1", "output"]
    found = look.layers["conv_1"]
    assert found.units == 32
    assert found.rows == 6 * 18 * 18
    # Nothing passes through the channel, not even from above.
    assert found.inactive[5]
    assert not found.inactive[:5].all()
    assert not look.kernel_gradients["conv_1"][..., 5].any()
