"""Every model: its label, its layers and numbers, the data it takes, and runs on ratings."""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from relu_bench.components.labels import LabelError
from relu_bench.config import yaml_source
from relu_bench.config.experiment import from_document
from relu_bench.config.plan import Spec, make_plan
from relu_bench.config.planning import plan_configs
from relu_bench.config.settings import Setting
from relu_bench.data import Inputs, image
from relu_bench.errors import ConfigError
from relu_bench.networks import models
from relu_bench.networks.models import MODELS, Architecture, build, canonical, check_fits, entry
from relu_bench.networks.models.feedforward import DEEPEST
from relu_bench.training.estimate import Layer, network_of
from relu_bench.training.loop import RunResult

BASE: dict[str, Any] = {
    "model": "mlp(hidden=[4, 6])",
    "activation": "relu",
    "batch_norm": False,
    "batch_norm_momentum": 0.99,
    "dropout": 0.0,
    "dropout_kind": "standard",
    "inputs": image((5, 7, 3)),
    "outputs": 3,
}


def build_with(**changed: Any) -> Any:
    return build(Architecture(**{**BASE, **changed}))


def layer_names(model: Any) -> list[str]:
    return [layer.name for layer in model.layers]


def trainable(model: Any) -> int:
    return sum(int(np.prod(variable.shape)) for variable in model.trainable_variables)


@pytest.mark.parametrize(
    ("text", "widths"),
    [
        ("mlp", (128, 64)),
        ("mlp(hidden=[7])", (7,)),
        ("mlp(width=5, depth=3)", (5, 5, 5)),
        ("mlp(depth=1, width=9)", (9,)),
    ],
)
@pytest.mark.tensorflow
def test_the_widths_of_a_perceptron(text: str, widths: tuple[int, ...]) -> None:
    model = build_with(model=canonical(text))
    dense = [layer for layer in model.layers if type(layer).__name__ == "Dense"]
    assert [layer.units for layer in dense] == [*widths, 3]
    assert [layer.name for layer in dense] == [
        *(f"dense_{number}" for number in range(1, len(widths) + 1)),
        "output",
    ]


@pytest.mark.tensorflow
def test_a_perceptron_takes_any_shape_and_any_number_of_classes() -> None:
    model = build_with()
    assert layer_names(model) == [
        "inputs",
        "flatten",
        "dense_1",
        "dense_1_activation",
        "dense_2",
        "dense_2_activation",
        "output",
    ]
    assert model.name == "mlp"
    assert model.input_shape == (None, 5, 7, 3)
    assert model.output_shape == (None, 3)
    # (105 + 1) * 4 + (4 + 1) * 6 + (6 + 1) * 3
    assert trainable(model) == 475
    assert trainable(build_with(activation="prelu(initial=0.25)")) == 475 + 4 + 6
    assert trainable(build_with(batch_norm=True)) == 475 + 2 * (4 + 6)
    assert trainable(build_with(inputs=image((9,)), outputs=1)) == 10 * 4 + 5 * 6 + 7


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("mlp(hidden=[128, 64], residual=false)", "mlp(hidden=[128, 64])"),
        ("mlp(width=4, depth=3, residual=false)", "mlp(depth=3, width=4)"),
        ("mlp(width=4, depth=3, residual=true)", "mlp(depth=3, residual=true, width=4)"),
        ("mlp(residual=true, hidden=[8, 4, 4])", "mlp(hidden=[8, 4, 4], residual=true)"),
    ],
)
def test_a_label_says_residual_only_where_it_is(text: str, label: str) -> None:
    assert canonical(text) == label
    assert canonical(label) == label


@pytest.mark.parametrize(
    "parameters",
    ["residual=true", "hidden=[4, 5, 4], residual=true", "width=4, depth=1, residual=true"],
)
def test_residual_without_two_equal_widths_is_refused(parameters: str) -> None:
    with pytest.raises(LabelError, match="has no residual connection: it needs two hidden layers"):
        canonical(f"mlp({parameters})")


@pytest.mark.tensorflow
@pytest.mark.parametrize("batch_norm", [False, True])
def test_a_residual_network_by_hand(batch_norm: bool) -> None:
    random = np.random.default_rng(0)
    # The inputs are as wide as the first layer: there is no connection all the same.
    given = {"inputs": image((6,)), "batch_norm": batch_norm, "activation": "tanh"}
    label = "mlp(hidden=[6, 6, 4, 4, 4], residual=true)"
    model = build_with(model=label, **given)
    assert trainable(model) == trainable(build_with(model="mlp(hidden=[6, 6, 4, 4, 4])", **given))
    for variable in model.trainable_variables:
        variable.assign(random.normal(size=variable.shape))
    images = random.random((5, 6)).astype(np.float32)

    hidden = images.astype(np.float64)
    for number, skip in enumerate((False, True, False, True, True), start=1):
        layer = model.get_layer(f"dense_{number}")
        linear = hidden @ layer.kernel.numpy() + layer.bias.numpy()
        if batch_norm:
            norm = model.get_layer(f"dense_{number}_batch_norm")
            # In inference mode, with fresh moving statistics: mean 0, variance 1.
            linear = linear / np.sqrt(1 + 0.001) * norm.gamma.numpy() + norm.beta.numpy()
        hidden = np.tanh(linear) + hidden if skip else np.tanh(linear)
        assert (f"dense_{number}_residual" in layer_names(model)) is skip
    output = model.get_layer("output")
    expected = hidden @ output.kernel.numpy() + output.bias.numpy()
    np.testing.assert_allclose(model(images, training=False).numpy(), expected, rtol=1e-4)


@pytest.mark.tensorflow
def test_dropout_lies_inside_the_branch() -> None:
    model = build_with(model="mlp(hidden=[4, 4], residual=true)", dropout=0.5)
    assert layer_names(model)[-4:-1] == [
        "dense_2_activation",
        "dense_2_dropout",
        "dense_2_residual",
    ]


@pytest.mark.tensorflow
def test_an_output_activation_stands_behind_the_output_layer() -> None:
    model = build_with(output_activation="relu")
    assert layer_names(model)[-2:] == ["output", "logits"]
    images = np.random.default_rng(0).normal(size=(20, 5, 7, 3)).astype(np.float32)
    kernel = np.random.default_rng(1).normal(size=model.get_layer("output").kernel.shape)
    model.get_layer("output").kernel.assign(kernel)
    hidden = model.get_layer("dense_1").kernel
    hidden.assign(np.random.default_rng(2).normal(size=hidden.shape))
    model.get_layer("dense_2").bias.assign(np.ones(6))
    logits = np.asarray(model(images))
    assert logits.min() == 0
    assert logits.max() > 0


@pytest.mark.tensorflow
def test_batch_norm_then_activation_then_dropout() -> None:
    model = build_with(batch_norm=True, batch_norm_momentum=0.5, dropout=0.25)
    assert layer_names(model)[2:6] == [
        "dense_1",
        "dense_1_batch_norm",
        "dense_1_activation",
        "dense_1_dropout",
    ]
    assert model.get_layer("dense_2_batch_norm").momentum == 0.5
    dropout = model.get_layer("dense_2_dropout")
    assert (type(dropout).__name__, dropout.rate) == ("Dropout", 0.25)
    alpha = build_with(dropout=0.25, dropout_kind="alpha").get_layer("dense_1_dropout")
    assert (type(alpha).__name__, alpha.rate) == ("AlphaDropout", 0.25)


@pytest.mark.tensorflow
@pytest.mark.parametrize("model", ["mlp(hidden=[4, 6])", "cnn"])
def test_kernels_have_the_same_roles_in_every_variant(model: str) -> None:
    shape = (20, 20, 1)
    plain = build_with(model=model, inputs=image(shape))
    full = build_with(
        model=model,
        inputs=image(shape),
        activation="prelu(initial=0.25)",
        batch_norm=True,
        dropout=0.5,
    )

    def weights(network: Any) -> dict[str, tuple[int, ...]]:
        named = {variable.path: tuple(variable.shape) for variable in network.trainable_variables}
        return {path: shape for path, shape in named.items() if path.endswith(("kernel", "bias"))}

    assert weights(plain) == weights(full)
    assert all(path.split("/")[0] in layer_names(plain) for path in weights(plain))


@pytest.mark.tensorflow
def test_the_outputs_are_logits() -> None:
    random = np.random.default_rng(0)
    model = build_with()
    drawn = [random.normal(size=weights.shape) for weights in model.get_weights()]
    model.set_weights(drawn)
    images = random.random((4, 5, 7, 3))
    kernel_1, bias_1, kernel_2, bias_2, kernel_3, bias_3 = drawn
    hidden = np.maximum(images.reshape(4, -1) @ kernel_1 + bias_1, 0)
    hidden = np.maximum(hidden @ kernel_2 + bias_2, 0)
    expected = hidden @ kernel_3 + bias_3
    found = model(images.astype(np.float32), training=False).numpy()
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.tensorflow
def test_the_convolutional_network() -> None:
    model = build_with(model="cnn", inputs=image((28, 28, 1)), outputs=10)
    shapes = {layer.name: tuple(layer.output.shape[1:]) for layer in model.layers}
    assert shapes == {
        "inputs": (28, 28, 1),
        "conv_1": (26, 26, 32),
        "conv_1_activation": (26, 26, 32),
        "pool_1": (13, 13, 32),
        "conv_2": (11, 11, 64),
        "conv_2_activation": (11, 11, 64),
        "pool_2": (5, 5, 64),
        "conv_3": (3, 3, 64),
        "conv_3_activation": (3, 3, 64),
        "flatten": (576,),
        "dense_1": (64,),
        "dense_1_activation": (64,),
        "output": (10,),
    }
    # 9·1·32 + 32, 9·32·64 + 64, 9·64·64 + 64, 576·64 + 64, 64·10 + 10
    assert trainable(model) == 320 + 18_496 + 36_928 + 36_928 + 650
    prelu = build_with(
        model="cnn", inputs=image((28, 28, 1)), outputs=10, activation="prelu(initial=0.25)"
    )
    assert trainable(prelu) == trainable(model) + 32 + 64 + 64 + 64


@pytest.mark.tensorflow
def test_the_convolutional_network_takes_other_images() -> None:
    model = build_with(model="cnn", inputs=image((18, 20, 3)), outputs=4, batch_norm=True)
    assert model.get_layer("flatten").output.shape == (None, 64)
    # 9·3·32 + 32, 9·32·64 + 64, 9·64·64 + 64, 64·64 + 64, 64·4 + 4; scale and shift of each unit
    expected = 896 + 18_496 + 36_928 + 4_160 + 260 + 2 * (32 + 64 + 64 + 64)
    assert trainable(model) == expected


@pytest.mark.tensorflow
def test_the_smallest_image_is_the_smallest_that_can_be_built() -> None:
    least = MODELS["cnn"].smallest_image
    build_with(model="cnn", inputs=image((least, least, 1)))
    with pytest.raises(ValueError, match="Computed output size would be"):
        build_with(model="cnn", inputs=image((least, least - 1, 1)))


def test_a_model_that_does_not_fit_the_data_says_so() -> None:
    check_fits("cnn", image((18, 18, 3)), "./letters")
    check_fits("mlp(hidden=[4])", image((1, 1, 1)), "./letters")
    for shape in ((17, 18, 1), (18, 17, 1), (8, 8, 1), (784,)):
        with pytest.raises(ConfigError) as caught:
            check_fits("cnn", image(shape), "./letters")
        assert str(caught.value) == (
            "model 'cnn' needs images of at least 18×18 pixels, but those of './letters' are "
            f"{'×'.join(map(str, shape))}. Take model: mlp."
        )


def test_a_model_for_other_data_is_refused() -> None:
    with pytest.raises(ConfigError) as caught:
        check_fits("cnn", Inputs("features", (9,), groups=(4, 5)), "ratings")
    assert str(caught.value).startswith(
        "model 'cnn' takes images, but 'ratings' has features. Take model: mlp"
    )


@pytest.mark.tensorflow
def test_the_deepest_perceptron_can_be_built() -> None:
    deepest = DEEPEST
    model = build_with(
        model=canonical(f"mlp(width=1, depth={deepest})"), batch_norm=True, dropout=0.5
    )
    assert len(model.layers) == 3 + 4 * deepest
    residual = canonical(f"mlp(width=1, depth={deepest}, residual=true)")
    model = build_with(model=residual, batch_norm=True, dropout=0.5)
    assert len(model.layers) == 3 + 5 * deepest - 1


def test_how_a_model_is_compiled_is_its_own_property() -> None:
    assert entry("mlp(hidden=[4])").xla
    assert not entry("cnn").xla
    assert all(0.1 < row.efficiency < 3 for row in MODELS.values())


INPUTS = Inputs("features", (5,), groups=(3, 2))


def recommender(**changed: Any) -> Any:
    """A network for ratings of features (3 of a user, 2 of an item)."""
    given = {"model": "recommender(hidden=[4, 3], tower=6)", "inputs": INPUTS, "outputs": 1}
    return build_with(**{**given, **changed})


def test_the_label_of_the_recommender() -> None:
    assert canonical("recommender") == "recommender(hidden=[128, 64], tower=64)"
    assert models.depth(canonical("recommender(hidden=[9])")) == 2


def test_the_recommender_takes_features_only() -> None:
    check_fits(canonical("recommender"), INPUTS, "synthetic_ratings")
    check_fits(canonical("mlp"), INPUTS, "synthetic_ratings")
    with pytest.raises(ConfigError, match=r"'recommender.*' takes features, but 'mnist' has image"):
        check_fits(canonical("recommender"), image((28, 28, 1)), "mnist")
    with pytest.raises(ConfigError, match="'cnn' takes images, but 'synthetic_ratings' has feat"):
        check_fits("cnn", INPUTS, "synthetic_ratings")


@pytest.mark.tensorflow
def test_features_that_are_not_of_two_groups_are_refused() -> None:
    for groups in ((), (5,), (2, 2, 1)):
        with pytest.raises(ConfigError, match=rf"make {len(groups)} groups. Take model: mlp."):
            recommender(inputs=Inputs("features", (5,), groups=groups))


@pytest.mark.tensorflow
def test_the_numbers_of_the_recommender_are_those_of_the_formula() -> None:
    random = np.random.default_rng(0)
    model = recommender()
    model.set_weights([random.normal(size=weights.shape) for weights in model.get_weights()])
    rows = random.normal(size=(7, 5)).astype(np.float32)

    def dense(name: str, values: np.ndarray) -> np.ndarray:
        layer = model.get_layer(name)
        found: np.ndarray = values @ layer.kernel.numpy() + layer.bias.numpy()
        return found

    user = np.maximum(dense("user", rows[:, :3]), 0)
    item = np.maximum(dense("item", rows[:, 3:]), 0)
    hidden = np.maximum(dense("dense_1", np.concatenate([user, item], axis=1)), 0)
    expected = dense("output", np.maximum(dense("dense_2", hidden), 0))
    np.testing.assert_allclose(model(rows), expected, rtol=1e-5, atol=1e-5)
    assert model.count_params() == (3 + 1) * 6 + (2 + 1) * 6 + (12 + 1) * 4 + (4 + 1) * 3 + 3 + 1


@pytest.mark.tensorflow
def test_every_hidden_layer_has_batch_norm_activation_and_dropout() -> None:
    model = recommender(activation="prelu(initial=0.25)", batch_norm=True, dropout=0.5)
    names = [layer.name for layer in model.layers]
    for hidden in ("user", "item", "dense_1", "dense_2"):
        places = [names.index(f"{hidden}{part}") for part in ("", *_PARTS)]
        assert places == sorted(places)
    assert names[-1] == "output"
    plain = {layer.name for layer in recommender().layers}
    assert plain == {name for name in names if not name.endswith(("_batch_norm", "_dropout"))}


_PARTS = ("_batch_norm", "_activation", "_dropout")


@cache
def trainer() -> Any:
    """One for all runs: it compiles their program once."""
    from relu_bench.training.trainer import Trainer

    return Trainer(xla=False)


def trained(**changes: Any) -> tuple[Spec, RunResult]:
    fields = {
        "dataset": "synthetic_ratings(users=100, items=40, ratings_per_user=30)",
        "model": "recommender(hidden=[16, 8], tower=8)",
        "batch_size": 32,
        "epochs": 6,
        "learning_rate": 0.01,
        **changes,
    }
    spec = Spec.model_construct(**dict(Setting.model_validate(fields)), seed=0, probes=True)
    return spec, trainer().train(spec)


@pytest.mark.tensorflow
def test_a_run_learns_and_is_seen_inside() -> None:
    _, result = trained()
    assert result.outcome == "learned"
    assert 0.4 < result.summary["test_rmse"] < result.summary["guess_test_rmse"]
    assert result.summary["test_mae"] < result.summary["guess_test_mae"]
    assert result.summary["test_loss"] == pytest.approx(result.summary["test_rmse"] ** 2, rel=1e-6)
    layers = [row["layer"] for row in result.layers if row["epoch"] == 6]
    assert layers == ["user", "item", "dense_1", "dense_2", "output"]
    hidden = [row for row in result.layers if row["layer"] != "output"]
    assert all(row["dead_fraction"] is not None for row in hidden)
    assert all(row["gradient_rms"] > 0 for row in hidden)


@pytest.mark.tensorflow
def test_the_best_epoch_is_the_one_with_the_smallest_error() -> None:
    _, result = trained(epochs=4)
    errors = {row["epoch"]: row["val_rmse"] for row in result.epochs[1:]}
    assert result.summary["best_epoch"] == min(errors, key=lambda epoch: errors[epoch])
    assert result.summary["best_epoch_val_rmse"] == min(errors.values())


@pytest.mark.tensorflow
@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({"learning_rate": 1e-6, "initializer": "zeros"}, "at_chance"),
        ({"learning_rate": 1000.0, "optimizer": "sgd"}, "diverged"),
    ],
)
def test_runs_that_do_not_learn(changes: dict[str, Any], outcome: str) -> None:
    _, result = trained(**changes)
    assert result.outcome == outcome
    assert result.summary["guess_test_rmse"] > 0.5
    assert (result.summary["test_rmse"] is None) == (outcome == "diverged")


def specs_of(text: str) -> tuple[Spec, ...]:
    return make_plan(from_document(yaml_source.parse(text, "test")))


def test_the_label_of_the_recurrent_network() -> None:
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


@pytest.mark.tensorflow
@pytest.mark.parametrize(("sequence", "shape"), [("rows", (5, 21)), ("pixels", (35, 3))])
def test_a_sequence_of_images_of_any_shape(sequence: str, shape: tuple[int, int]) -> None:
    model = build_with(model=canonical(f"rnn(units=6, sequence={sequence})"), outputs=4)
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
    model = build_with(model=canonical("rnn"), dropout=0.5, batch_norm=True)
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
