"""The compiled epoch against Keras, step by step."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from keras_steps import keras_losses
from numpy.typing import NDArray

from relu_bench.data import image, tasks
from relu_bench.networks import models, optimizers
from relu_bench.networks.models import Architecture
from relu_bench.training.program import Program, Samples

BATCH = 16
COUNT = 50 * BATCH + 7
SHAPE = (6, 5, 2)
CLASSES = 4


def architecture(**changes: Any) -> Architecture:
    fields: dict[str, Any] = {
        "model": "mlp(hidden=[24, 12])",
        "activation": "relu",
        "batch_norm": False,
        "batch_norm_momentum": 0.99,
        "dropout": 0.0,
        "dropout_kind": "standard",
        "inputs": image(SHAPE),
        "outputs": CLASSES,
    }
    return Architecture(**{**fields, **changes})


def random_samples(count: int = COUNT) -> Samples:
    random = np.random.default_rng(7)
    images = random.integers(0, 256, (count, *SHAPE), dtype=np.uint8)
    return Samples(tf.constant(images), tf.constant(random.integers(0, CLASSES, count, np.uint8)))


def start(program: Program, learning_rate: float = 0.01, seed: int = 0) -> None:
    program.reset(
        seed=seed,
        initializer="he_normal",
        bias_initializer="random_normal(mean=0.0, stddev=0.05)",
        learning_rate=learning_rate,
    )


def of_keras(program: Program, optimizer: str, order: NDArray[np.int32]) -> list[float]:
    """The losses of the same network by Keras's own steps."""
    import keras

    model = models.build(program.architecture)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizers.build(optimizer, learning_rate=0.01), loss=loss, jit_compile=False)
    given = random_samples()
    images = np.asarray(given.inputs).astype(np.float32) / np.float32(255)
    return keras_losses(program, model, (images, given.targets.numpy()), order, batch=BATCH)


RESIDUAL = "mlp(depth=2, residual=true, width=12)"


@pytest.mark.parametrize(
    ("optimizer", "changes"),
    [
        ("adam", {"model": RESIDUAL, "batch_norm": True}),
        *[(name, {}) for name in ("adam", "sgd(momentum=0.9)", "rmsprop")],
        *[(name, {"batch_norm": True}) for name in ("adam", "sgd(momentum=0.9)", "rmsprop")],
    ],
)
def test_losses_equal_those_of_keras(optimizer: str, changes: dict[str, Any]) -> None:
    design = architecture(**changes)
    label = optimizers.canonical(optimizer)
    samples = random_samples()
    order = np.random.default_rng(3).permutation(COUNT).astype(np.int32)
    expected: list[float] = []
    for xla in (True, False):
        program = Program(design, tasks.CLASSIFICATION, label, BATCH, xla=xla)
        program.compile(samples, COUNT)
        start(program)
        expected = expected or of_keras(program, label, order)
        measured = program.train_epoch(samples, order)
        assert len(expected) == 51
        np.testing.assert_allclose(measured.losses, expected, rtol=1e-5)
        assert measured.counts.tolist() == [BATCH] * 50 + [7]


def test_evaluation_equals_keras_and_every_sample_counts_once() -> None:
    design = architecture(batch_norm=True)
    program = Program(design, tasks.CLASSIFICATION, optimizers.canonical("adam"), BATCH, xla=False)
    samples = random_samples(2345)
    start(program)
    images = np.asarray(samples.inputs).astype(np.float32) / np.float32(255)
    logits = program.model.predict(images, verbose=0).astype(np.float64)
    targets = np.asarray(samples.targets)
    log_shares = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    measured = program.evaluate(samples)
    assert measured.count == 2345
    assert measured.loss == pytest.approx(-log_shares[range(2345), targets].mean(), rel=1e-5)
    assert measured.metrics["accuracy"] == pytest.approx((logits.argmax(axis=1) == targets).mean())
    few = np.array([5, 2, 2000], np.int32)
    part = program.evaluate(samples, few)
    assert part.loss == pytest.approx(-log_shares[few, targets[few]].mean(), rel=1e-5)


def test_one_program_serves_every_seed_and_learning_rate_with_the_same_bits() -> None:
    # Adagrad's slots do not start at 0, dropout has a stream of its own: both must be restored.
    design = architecture(dropout=0.3, batch_norm=True, activation="prelu(initial=0.25)")
    label = optimizers.canonical("adagrad")
    samples, order = random_samples(), np.arange(COUNT, dtype=np.int32)

    def losses(program: Program, learning_rate: float, seed: int) -> bytes:
        start(program, learning_rate, seed)
        program.train_epoch(samples, order)
        return program.train_epoch(samples, order).losses.tobytes()

    used = Program(design, tasks.CLASSIFICATION, label, BATCH, xla=True)
    first = losses(used, 0.01, 0)
    others = {losses(used, 0.1, 0), losses(used, 0.01, 1)}
    fresh = Program(design, tasks.CLASSIFICATION, label, BATCH, xla=True)
    assert losses(used, 0.01, 0) == first == losses(fresh, 0.01, 0)
    assert len(others | {first}) == 3


def test_compiling_twice_for_the_same_shapes_takes_no_time() -> None:
    program = Program(
        architecture(), tasks.CLASSIFICATION, optimizers.canonical("sgd"), BATCH, xla=False
    )
    samples = random_samples()
    assert program.compile(samples, COUNT) > 0
    assert program.compile(samples, COUNT) == 0
    assert program.compile(samples, COUNT - 1) > 0


def test_dropout_and_batch_norm_are_off_in_evaluation() -> None:
    design = architecture(dropout=0.5)
    program = Program(design, tasks.CLASSIFICATION, optimizers.canonical("adam"), BATCH, xla=False)
    start(program)
    samples = random_samples(100)
    assert program.evaluate(samples) == program.evaluate(samples)
