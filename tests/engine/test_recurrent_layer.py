"""The recurrent network against Keras's SimpleRNN, step by step."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from keras_steps import keras_losses
from numpy.typing import NDArray

from relu_bench.data import image, tasks
from relu_bench.networks import activations, models, optimizers
from relu_bench.networks.models import Architecture
from relu_bench.training.program import Program, Samples

BATCH = 16
COUNT = 20 * BATCH + 7
SHAPE = (6, 5, 2)
CLASSES = 4
SEQUENCES = {"rows": (6, 10), "pixels": (30, 2)}


def architecture(sequence: str = "rows", activation: str = "relu", **changed: Any) -> Architecture:
    fields: dict[str, Any] = {
        "model": models.canonical(f"rnn(units=9, sequence={sequence})"),
        "activation": activations.canonical(activation),
        "batch_norm": False,
        "batch_norm_momentum": 0.99,
        "dropout": 0.0,
        "dropout_kind": "standard",
        "inputs": image(SHAPE),
        "outputs": CLASSES,
    }
    return Architecture(**(fields | changed))


def program_of(design: Architecture, *, xla: bool, optimizer: str = "adam", **more: Any) -> Program:
    label = optimizers.canonical(optimizer)
    return Program(design, tasks.CLASSIFICATION, label, BATCH, xla=xla, **more)


def start(program: Program, recurrent_initializer: str = "orthogonal(gain=1.0)") -> None:
    program.reset(
        seed=0,
        initializer="he_normal",
        bias_initializer="random_normal(mean=0.0, stddev=0.1)",
        recurrent_initializer=recurrent_initializer,
        learning_rate=0.01,
    )


def samples() -> Samples:
    random = np.random.default_rng(7)
    images = random.integers(0, 256, (COUNT, *SHAPE), dtype=np.uint8)
    return Samples(tf.constant(images), tf.constant(random.integers(0, CLASSES, COUNT, np.uint8)))


def keras_model(design: Architecture, sequence: str) -> Any:
    """The same network, of Keras's own layers, which holds one activation for all steps."""
    import keras

    activation = activations.build_layer(design.activation, "activation", 2)
    activation.build((None, 9))
    layers = [
        keras.layers.Reshape(SEQUENCES[sequence]),
        keras.layers.SimpleRNN(9, activation=activation.call),
    ]
    if design.batch_norm:
        layers.append(keras.layers.BatchNormalization(momentum=design.batch_norm_momentum))
    return keras.Sequential([keras.Input(SHAPE), *layers, keras.layers.Dense(CLASSES)])


def of_keras(program: Program, model: Any, optimizer: Any) -> list[float]:
    """The losses of the same network by Keras's own steps."""
    import keras

    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer, loss=loss, jit_compile=False)
    images = samples().inputs.numpy().astype(np.float32) / np.float32(255)
    return keras_losses(program, model, (images, samples().targets.numpy()), ORDER, batch=BATCH)


ORDER = np.random.default_rng(3).permutation(COUNT).astype(np.int32)


@pytest.mark.parametrize(
    ("sequence", "xla", "activation"),
    [
        ("rows", True, "relu"),
        ("pixels", True, "tanh"),
        ("rows", False, "elu"),
        ("pixels", False, "relu"),
    ],
)
def test_losses_equal_those_of_keras(sequence: str, xla: bool, activation: str) -> None:
    design = architecture(sequence, activation)
    program = program_of(design, xla=xla)
    program.compile(samples(), COUNT)
    start(program)
    optimizer = optimizers.build(optimizers.canonical("adam"), learning_rate=0.01)
    expected = of_keras(program, keras_model(design, sequence), optimizer)
    measured = program.train_epoch(samples(), ORDER)
    assert len(expected) == 21
    assert expected[0] > expected[-2]
    np.testing.assert_allclose(measured.losses, expected, rtol=1e-5)


def test_batch_norm_stands_between_the_last_state_and_the_output() -> None:
    design = architecture(batch_norm=True, batch_norm_momentum=0.9)
    program = program_of(design, xla=False)
    names = [layer.name for layer in program.model.layers]
    assert names == ["inputs", "sequence", "recurrent_1", "recurrent_1_batch_norm", "output"]
    start(program)
    optimizer = optimizers.build(optimizers.canonical("adam"), learning_rate=0.01)
    expected = of_keras(program, keras_model(design, "rows"), optimizer)
    np.testing.assert_allclose(program.train_epoch(samples(), ORDER).losses, expected, rtol=1e-5)


def loss_of(layer: Any, inputs: Any, unroll: bool) -> Any:
    """A loss of the last state, by the layer or by its definition, step by step."""
    weights = tf.range(1.0, 1.0 + layer.units)
    if not unroll:
        return tf.reduce_sum(tf.sin(layer(inputs)) * weights)
    state = tf.zeros((len(inputs), layer.units))
    for number in range(layer.steps):
        given = tf.matmul(inputs[:, number], layer.kernel.value) + layer.bias.value
        state = layer.activation.call(given + tf.matmul(state, layer.recurrent_kernel.value))
    return tf.reduce_sum(tf.sin(state) * weights)


@pytest.mark.parametrize("label", [*activations.ACTIVATIONS])
def test_gradients_of_every_activation_are_those_that_tensorflow_derives(label: str) -> None:
    program = program_of(architecture("rows", label), xla=False)
    start(program)
    layer = program.model.get_layer("recurrent_1")
    inputs = tf.constant(np.random.default_rng(1).normal(size=(5, 6, 10)).astype(np.float32))
    variables = [variable.value for variable in layer.trainable_variables]
    found = []
    for unroll in (False, True):
        with tf.GradientTape() as tape:
            loss = loss_of(layer, inputs, unroll)
        found.append((loss, tape.gradient(loss, variables, unconnected_gradients="zero")))
    (loss, gradients), (expected_loss, expected) = found
    assert float(loss) == pytest.approx(float(expected_loss), rel=1e-5)
    for gradient, right in zip(gradients, expected, strict=True):
        scale = float(tf.reduce_max(tf.abs(right)))
        np.testing.assert_allclose(gradient, right, rtol=1e-4, atol=1e-5 * scale + 1e-12)


@pytest.mark.parametrize("xla", [True, False])
def test_a_function_of_the_user_is_any_other_activation(
    xla: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = "import tensorflow as tf\n\n\ndef mine(x):\n    return tf.where(x > 0, x, 0.3 * x)\n"
    (tmp_path / "mine.py").write_text(text, encoding="utf-8")
    losses = []
    for activation in ("mine.py:mine", "leaky_relu(negative_slope=0.3)"):
        program = program_of(architecture(activation=activation), xla=xla)
        program.compile(samples(), COUNT)
        start(program)
        losses.append(program.train_epoch(samples(), ORDER).losses)
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-5)


def test_learned_slopes_learn() -> None:
    program = program_of(architecture(activation="prelu(initial=0.25)"), xla=True)
    program.compile(samples(), COUNT)
    start(program)
    program.train_epoch(samples(), ORDER)
    slopes = np.asarray(program.model.get_layer("recurrent_1").activation.alpha)
    assert slopes.shape == (9,)
    assert np.abs(slopes - 0.25).min() > 0


@pytest.mark.parametrize("xla", [True, False])
def test_random_slopes_are_drawn_in_training_alone(xla: bool) -> None:
    program = program_of(architecture(activation="rrelu", dropout=0.2), xla=xla)
    program.compile(samples(), COUNT)

    def losses(seed: int) -> bytes:
        program.reset(
            seed=seed, initializer="he_normal", bias_initializer="zeros", learning_rate=0.0
        )
        program.train_epoch(samples(), ORDER)
        return program.train_epoch(samples(), ORDER).losses.tobytes()

    assert losses(0) == losses(0) != losses(1)
    assert program.evaluate(samples()) == program.evaluate(samples())


def test_the_recurrent_kernel_is_drawn_by_its_own_initializer() -> None:
    program = program_of(architecture(), xla=False)
    layer = program.model.get_layer("recurrent_1")
    start(program, "identity(gain=0.5)")
    kernel = np.asarray(layer.kernel)
    np.testing.assert_array_equal(np.asarray(layer.recurrent_kernel), 0.5 * np.eye(9))
    start(program, "orthogonal(gain=2.0)")
    recurrent = np.asarray(layer.recurrent_kernel)
    np.testing.assert_allclose(recurrent @ recurrent.T, 4 * np.eye(9), atol=1e-5)
    np.testing.assert_array_equal(np.asarray(layer.kernel), kernel)
    assert kernel.shape == (10, 9)


@pytest.mark.parametrize("xla", [True, False])
def test_a_clipped_step_is_that_of_keras_and_of_its_definition(xla: bool) -> None:
    limit = 0.05
    design = architecture()
    program = program_of(design, xla=xla, optimizer="sgd", clip_norm=limit)
    program.compile(samples(), COUNT)
    start(program)
    import keras

    clipped = keras.optimizers.SGD(0.01, global_clipnorm=limit)
    expected = of_keras(program, keras_model(design, "rows"), clipped)
    np.testing.assert_allclose(program.train_epoch(samples(), ORDER).losses, expected, rtol=1e-5)
    # One step: the change is the gradient scaled down to the limit, times the learning rate.
    start(program)
    before = [variable.numpy() for variable in program.model.trainable_variables]
    chosen = ORDER[:BATCH]
    gradients = gradients_of(program, chosen)
    norm = np.sqrt(sum((gradient.astype(np.float64) ** 2).sum() for gradient in gradients))
    assert norm > 2 * limit
    program_of_one = program.train_epoch(samples(), chosen)
    assert len(program_of_one.losses) == 1
    for variable, old, gradient in zip(
        program.model.trainable_variables, before, gradients, strict=True
    ):
        step = old - 0.01 * gradient * (limit / norm)
        np.testing.assert_allclose(variable.numpy(), step, rtol=1e-5, atol=1e-7)


def gradients_of(program: Program, chosen: NDArray[np.int32]) -> list[NDArray[np.float32]]:
    """Of the mean loss of the chosen samples, by Keras's model as it stands."""
    images = tf.gather(samples().inputs, chosen)
    targets = tf.gather(samples().targets, chosen)
    variables = [variable.value for variable in program.model.trainable_variables]
    with tf.GradientTape() as tape:
        logits = program.model(tf.cast(images, tf.float32) / 255.0)
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(tf.cast(targets, tf.int32), logits)
        loss = tf.reduce_mean(losses)
    return [gradient.numpy() for gradient in tape.gradient(loss, variables)]


def test_a_limit_that_no_gradient_reaches_changes_nothing() -> None:
    found = []
    for limit in (None, 1e6):
        program = program_of(architecture(), xla=False, clip_norm=limit)
        start(program)
        found.append(program.train_epoch(samples(), ORDER).losses.tobytes())
    assert found[0] == found[1]
