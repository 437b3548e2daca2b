"""The layers of activations: their names, what they learn and draw, and how they train."""

from pathlib import Path

import numpy as np
import pytest
from own_files import write

from relu_bench.config.plan import Spec
from relu_bench.data import image, tasks
from relu_bench.networks import models, weights
from relu_bench.networks.activations import ACTIVATIONS, build_layer, canonical
from relu_bench.networks.models import Architecture
from relu_bench.training.program import Program, Samples
from relu_bench.training.trainer import Trainer

pytestmark = pytest.mark.tensorflow

LEARNED = {
    "prelu": {"alpha": 0.25},
    "learnable_relu": {"slope": 0.01},
    "arelu": {"alpha": 0.9, "beta": 2.0},
}


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_a_layer_has_its_name_and_learns_what_is_stated(name: str) -> None:
    layer = build_layer(canonical(name), "role", rank=2)
    layer(np.zeros((1, 3), np.float32))
    assert layer.name == "role"
    expected = LEARNED.get(name, {})
    starts = {v.path: np.unique(v.numpy()).tolist() for v in layer.trainable_variables}
    assert starts == {
        f"role/{variable}": [np.float32(start)] for variable, start in expected.items()
    }
    assert bool(expected) == bool(ACTIVATIONS[name].learned)


@pytest.mark.parametrize(
    ("inputs", "slopes"), [((3, 6), (6,)), ((3, 5, 7, 2), (1, 1, 2)), ((3, 4, 2), (1, 2))]
)
def test_prelu_learns_one_slope_a_unit(inputs: tuple[int, ...], slopes: tuple[int, ...]) -> None:
    layer = build_layer("prelu(initial=0.125)", "dense_1_activation", rank=len(inputs))
    layer(np.zeros(inputs, np.float32))
    (variable,) = layer.trainable_variables
    assert tuple(variable.shape) == slopes
    assert np.unique(variable.numpy()).tolist() == [0.125]


@pytest.mark.parametrize("name", ["learnable_relu", "arelu"])
@pytest.mark.parametrize("inputs", [(3, 6), (3, 5, 7, 2)])
def test_others_learn_one_a_layer(name: str, inputs: tuple[int, ...]) -> None:
    layer = build_layer(canonical(name), "role", rank=len(inputs))
    assert tuple(layer(np.ones(inputs, np.float32)).shape) == inputs
    assert {tuple(variable.shape) for variable in layer.trainable_variables} == {()}


def test_the_negative_slope_of_arelu_stays_within_its_bounds() -> None:
    layer = build_layer("arelu", "role", rank=2)
    inputs = np.array([[-1.0, 1.0]], np.float32)
    layer(inputs)
    for alpha, slope in ((-3.0, 0.01), (0.5, 0.5), (7.0, 0.99)):
        layer.alpha.assign(alpha)
        layer.beta.assign(0.0)
        np.testing.assert_allclose(layer(inputs), [[-slope, 1.5]], rtol=1e-6)


def test_rrelu_draws_in_training_only() -> None:
    layer = build_layer("rrelu(lower=0.25, upper=0.5)", "role", rank=2)
    inputs = np.concatenate([-np.ones((1, 20_000)), np.ones((1, 10))], axis=1).astype(np.float32)
    np.testing.assert_array_equal(layer(inputs)[0, :-10], -0.375)
    first, second = (np.asarray(layer(inputs, training=True))[0] for _ in range(2))
    assert not np.array_equal(first, second)
    drawn = -first[:-10]
    assert drawn.min() >= 0.25
    assert drawn.max() <= 0.5
    assert drawn.mean() == pytest.approx(0.375, abs=0.002)
    assert drawn.std() == pytest.approx(0.25 / np.sqrt(12), abs=0.002)
    np.testing.assert_array_equal(first[-10:], 1.0)


def test_the_stream_of_rrelu_belongs_to_the_seed_and_the_layer() -> None:
    design = Architecture(
        "mlp(hidden=[16, 16])",
        canonical("rrelu"),
        False,
        0.99,
        0.0,
        "standard",
        image((4, 4, 1)),
        3,
    )

    def states(seed: int) -> list[list[int]]:
        model = models.build(design)
        weights.draw(model, seed=seed, initializer="he_normal", bias_initializer="zeros")
        return [
            variable.numpy().tolist()
            for layer in model.layers
            for variable in layer.variables
            if variable.name == "seed_generator_state"
        ]

    expected = [weights.seed_of(5, f"dense_{n}_activation/seed_generator_state") for n in (1, 2)]
    assert states(5) == states(5) == [[seed, 0] for seed in expected]
    assert states(6) != states(5)


def test_a_model_draws_the_slopes_of_rrelu_anew_in_training_only() -> None:
    design = Architecture(
        "mlp(hidden=[16])", canonical("rrelu"), False, 0.99, 0.0, "standard", image((4, 4, 1)), 3
    )
    model = models.build(design)
    weights.draw(model, seed=0, initializer="he_normal", bias_initializer="zeros")
    images = np.random.default_rng(0).random((8, 4, 4, 1), np.float32)

    def outputs(training: bool) -> bytes:
        return np.asarray(model(images, training=training)).tobytes()

    assert outputs(training=True) != outputs(training=True)
    assert outputs(training=False) == outputs(training=False)


def test_two_epochs_on_digits_without_nan() -> None:
    trainer = Trainer(xla=False)
    for name in ACTIVATIONS:
        spec = Spec(
            seed=0,
            dataset="digits",
            model="mlp(hidden=[8])",
            activation=name,
            initializer="he_normal",
            learning_rate=0.01,
            epochs=2,
        )
        result = trainer.train(spec)
        losses = [epoch[f"{part}_loss"] for epoch in result.epochs for part in ("train", "val")]
        assert np.isfinite([loss for loss in losses if loss is not None]).all(), name
        assert result.outcome != "diverged", name


@pytest.mark.parametrize("name", ["rrelu", "arelu"])
def test_the_same_spec_gives_the_same_bits(name: str) -> None:
    """Whatever else the program trained in between: draws and learned slopes start anew."""
    trainer = Trainer(xla=False)
    model = "mlp(hidden=[8])"
    first, other, again = (
        trainer.train(Spec(seed=seed, dataset="digits", model=model, activation=name, epochs=2))
        for seed in (0, 1, 0)
    )
    losses = [[epoch["train_loss"] for epoch in run.epochs] for run in (first, other, again)]
    assert losses[0] == losses[2]
    assert losses[0] != losses[1]


def trained(activation: str, xla: bool) -> tuple[bytes, ...]:
    """All variables, as bytes, after an epoch of 40 steps with a smaller last one."""
    import tensorflow as tf

    random = np.random.default_rng(7)
    count = 40 * 16 + 5
    images = random.integers(0, 256, (count, 6, 5, 1), dtype=np.uint8)
    samples = Samples(tf.constant(images), tf.constant(random.integers(0, 4, count, np.uint8)))
    design = Architecture(
        "mlp(hidden=[24, 12])",
        canonical(activation),
        False,
        0.99,
        0.0,
        "standard",
        image((6, 5, 1)),
        4,
    )
    program = Program(design, tasks.CLASSIFICATION, "adam", 16, xla=xla)
    program.reset(seed=0, initializer="he_normal", bias_initializer="zeros", learning_rate=0.01)
    order = random.permutation(count).astype(np.int32)
    program.train_epoch(samples, order)
    return tuple(values.tobytes() for values in weights.snapshot(program.model.variables))


@pytest.mark.parametrize("xla", [True, False])
def test_four_ways_to_relu_train_bit_for_bit_alike(
    xla: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write("mine.py", "import tensorflow as tf\ndef my_relu(x): return tf.nn.relu(x)\n")
    expected = trained("relu", xla)
    for label in ("relu_lambda", "relu_custom_gradient", "mine.py:my_relu"):
        assert trained(label, xla) == expected, label
    assert trained("leaky_relu", xla) != expected
