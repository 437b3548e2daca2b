"""Every activation trains; and three ways to the same ReLU train alike."""

from functools import cache

import numpy as np
import pytest

from relu_bench.config.plan import Spec
from relu_bench.data import image, tasks
from relu_bench.networks import weights
from relu_bench.networks.activations import ACTIVATIONS, canonical
from relu_bench.networks.models import Architecture
from relu_bench.training.program import Program, Samples
from relu_bench.training.trainer import Trainer

pytestmark = pytest.mark.tensorflow

SAME_AS_RELU = ("relu_lambda", "relu_custom_gradient")


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


@cache
def trained(activation: str, xla: bool) -> tuple[bytes, ...]:
    """All variables, as bytes, after an epoch of 40 steps with a smaller last one."""
    import tensorflow as tf

    random = np.random.default_rng(7)
    count = 40 * 16 + 5
    images = random.integers(0, 256, (count, 6, 5, 1), dtype=np.uint8)
    samples = Samples(tf.constant(images), tf.constant(random.integers(0, 4, count, np.uint8)))
    design = Architecture(
        "mlp(hidden=[24, 12])", activation, False, 0.99, 0.0, "standard", image((6, 5, 1)), 4
    )
    program = Program(design, tasks.CLASSIFICATION, "adam", 16, xla=xla)
    program.reset(seed=0, initializer="he_normal", bias_initializer="zeros", learning_rate=0.01)
    order = random.permutation(count).astype(np.int32)
    program.train_epoch(samples, order)
    return tuple(values.tobytes() for values in weights.snapshot(program.model.variables))


@pytest.mark.parametrize("xla", [True, False])
@pytest.mark.parametrize("activation", SAME_AS_RELU)
def test_three_ways_to_relu_train_bit_for_bit_alike(activation: str, xla: bool) -> None:
    assert trained(canonical(activation), xla) == trained("relu", xla)
    assert trained("relu", xla) != trained(canonical("leaky_relu"), xla)
