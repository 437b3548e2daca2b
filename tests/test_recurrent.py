"""`model: rnn` from the config to the network: its fields, its shape, and what is refused."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from relu_bench.components.labels import LabelError
from relu_bench.config import yaml_source
from relu_bench.config.experiment import from_document
from relu_bench.config.plan import Spec, make_plan
from relu_bench.config.planning import plan_configs
from relu_bench.data import Inputs, image
from relu_bench.errors import ConfigError
from relu_bench.networks import models
from relu_bench.networks.models import Architecture, build, canonical, check_fits, entry
from relu_bench.training.estimate import Layer, network_of


def specs_of(text: str) -> tuple[Spec, ...]:
    return make_plan(from_document(yaml_source.parse(text, "test")))


def test_the_label_has_every_parameter() -> None:
    assert canonical("rnn") == "rnn(sequence=rows, units=100)"
    assert canonical("rnn(sequence=pixels)") == "rnn(sequence=pixels, units=100)"
    assert models.depth(canonical("rnn")) == 1


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("rnn(sequence=row)", "sequence is rows or pixels. Did you mean 'rows'"),
        ("rnn(units=0)", "units is an integer"),
        ("rnn(layers=2)", "has no parameter 'layers'"),
    ],
)
def test_a_wrong_label_says_what_is_allowed(text: str, reason: str) -> None:
    with pytest.raises(LabelError, match=reason):
        canonical(text)


def test_initializers_share_a_program_and_limits_do_not() -> None:
    specs = specs_of(
        "model: rnn\nrecurrent_initializer: [orthogonal, identity]\n"
        "gradient_clip_norm: [null, 1]\nseeds: 1"
    )
    assert [(spec.recurrent_initializer, spec.gradient_clip_norm) for spec in specs] == [
        ("orthogonal(gain=1.0)", None),
        ("orthogonal(gain=1.0)", 1.0),
        ("identity(gain=1.0)", None),
        ("identity(gain=1.0)", 1.0),
    ]
    assert len({spec.run_id for spec in specs}) == 4
    keys = [spec.program_key for spec in specs]
    assert keys[0] == keys[2] != keys[1] == keys[3]
    (plain,) = specs_of("model: rnn\nseeds: 1")
    assert plain.run_id == specs[0].run_id


@pytest.mark.parametrize("limit", ["0", "-1", "inf", "yes", "1e7"])
def test_a_limit_that_is_none_is_refused(limit: str) -> None:
    with pytest.raises(ConfigError, match="a number above 0 and at most 1000000, or null"):
        specs_of(f"gradient_clip_norm: {limit}")


@pytest.mark.parametrize("model", ["mlp", "cnn", "[rnn, mlp]"])
def test_a_model_without_a_recurrent_kernel_takes_no_initializer_of_one(
    model: str, tmp_path: Path
) -> None:
    path = tmp_path / "test.yaml"
    path.write_text(f"model: {model}\nrecurrent_initializer: [orthogonal, identity]\n")
    named = canonical(model.strip("[]").split(", ")[-1])
    with pytest.raises(ConfigError) as caught:
        plan_configs([path])
    assert str(caught.value) == (
        f"{path}: recurrent_initializer 'identity(gain=1.0)' has nothing to draw in model "
        f"{named!r}, which has no recurrent kernel."
    )
    path.write_text("model: [rnn, mlp]\nrecurrent_initializer: orthogonal\n")
    assert plan_configs([path])


@pytest.mark.parametrize(
    "inputs", [Inputs("tokens", (100,), vocabulary=50), Inputs("features", (8,), groups=(4, 4))]
)
def test_what_is_no_image_is_refused(inputs: Inputs) -> None:
    with pytest.raises(ConfigError, match=f"takes images, but 'x' has {inputs.words}"):
        check_fits(canonical("rnn"), inputs, "x")


def architecture(model: str, **changed: Any) -> Architecture:
    fields: dict[str, Any] = {
        "model": canonical(model),
        "activation": "relu",
        "batch_norm": False,
        "batch_norm_momentum": 0.99,
        "dropout": 0.0,
        "dropout_kind": "standard",
        "inputs": image((5, 7, 3)),
        "outputs": 4,
    }
    return Architecture(**(fields | changed))


@pytest.mark.tensorflow
@pytest.mark.parametrize(("sequence", "shape"), [("rows", (5, 21)), ("pixels", (35, 3))])
def test_a_sequence_of_images_of_any_shape(sequence: str, shape: tuple[int, int]) -> None:
    model = build(architecture(f"rnn(units=6, sequence={sequence})"))
    assert [layer.name for layer in model.layers] == [
        "inputs", "sequence", "recurrent_1", "output",
    ]  # fmt: skip
    assert model.get_layer("sequence").output.shape == (None, *shape)
    assert model.output_shape == (None, 4)
    trainable = sum(int(np.prod(variable.shape)) for variable in model.trainable_variables)
    assert trainable == (shape[1] + 6 + 1) * 6 + (6 + 1) * 4
    images = np.random.default_rng(0).random((2, 5, 7, 3), np.float32)
    np.testing.assert_array_equal(model.get_layer("sequence")(images), images.reshape(2, *shape))


@pytest.mark.tensorflow
def test_dropout_stands_behind_the_last_state() -> None:
    model = build(architecture("rnn", dropout=0.5, batch_norm=True))
    assert [layer.name for layer in model.layers][2:] == [
        "recurrent_1", "recurrent_1_batch_norm", "recurrent_1_dropout", "output",
    ]  # fmt: skip


@pytest.mark.tensorflow
def test_the_layers_and_the_work() -> None:
    network = network_of(Spec(seed=0, dataset="digits", model=canonical("rnn")))
    assert network.layers == (
        Layer("inputs", "InputLayer", (28, 28, 1), 0),
        Layer("sequence", "Reshape", (28, 28), 0),
        Layer("recurrent_1", "SimpleRecurrent", (100,), 28 * 100 + 100 * 100 + 100),
        Layer("output", "Dense", (10,), 1_010),
    )
    assert network.multiply_adds == 28 * (28 * 100 + 100 * 100) + 100 * 10
    pixels = network_of(Spec(seed=0, dataset="digits", model=canonical("rnn(sequence=pixels)")))
    assert pixels.multiply_adds == 784 * (100 + 100 * 100) + 100 * 10
    assert entry(canonical("rnn")).recurrent
