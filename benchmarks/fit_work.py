"""What `versus_fit.py` has both sides train: data, the model of Keras and that of relu-bench."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

UNITS = 100  # of the recurrent layer
LENGTH, VOCABULARY = 100, 10_000  # of texts
# Of a forward pass of the convolutional network for one image, layer by layer.
_CONVOLUTIONS = 26 * 26 * 9 * 32 + 11 * 11 * 9 * 32 * 64 + 3 * 3 * 9 * 64 * 64 + 576 * 64 + 64 * 10


@dataclass(frozen=True)
class Work:
    """An epoch of one model.

    Attributes:
        words: what it is.
        label: of relu-bench's model.
        multiply_adds: of a forward pass of one sample.
        trained: samples that an epoch trains on.
        held_out: samples that it is validated on.
        batch: samples in a batch.
        learning_rate: of Adam.
        dropout: behind each hidden layer.
        goal: how many times as fast as `fit` a run is to be.
        shape: of one sample as Keras takes it.
        layers: Keras's hidden layers; None to give Keras the very model of relu-bench.
    """

    words: str
    label: str
    multiply_adds: int
    trained: int
    held_out: int
    batch: int
    learning_rate: float
    dropout: float
    goal: float
    shape: tuple[int, ...]
    layers: Callable[[Any], list[Any]] | None

    @property
    def operations(self) -> int:
        """Of one epoch with its validation: a backward pass is two forward passes."""
        return 2 * self.multiply_adds * (3 * self.trained + self.held_out)


def _recurrent(layers: Any) -> list[Any]:
    return [layers.SimpleRNN(UNITS, activation="relu")]


def _convolutional(layers: Any) -> list[Any]:
    return [
        layers.Conv2D(32, 3, activation="relu"),
        layers.MaxPooling2D(),
        layers.Conv2D(64, 3, activation="relu"),
        layers.MaxPooling2D(),
        layers.Conv2D(64, 3, activation="relu"),
        layers.Flatten(),
        layers.Dense(64, activation="relu"),
    ]


def _multiply_adds_of_steps(steps: int, features: int) -> int:
    return steps * UNITS * (features + UNITS) + 10 * UNITS


WORK: Mapping[str, Work] = {
    "cnn": Work(
        words="MNIST, Conv 32, pool, Conv 64, pool, Conv 64, Dense 64",
        label="cnn",
        multiply_adds=_CONVOLUTIONS,
        trained=48_000,
        held_out=12_000,
        batch=128,
        learning_rate=0.001,
        dropout=0.0,
        goal=1.5,
        shape=(28, 28, 1),
        layers=_convolutional,
    ),
    "rnn": Work(
        words=f"MNIST row by row: 28 steps of 28 pixels, {UNITS} units",
        label=f"rnn(units={UNITS}, sequence=rows)",
        multiply_adds=_multiply_adds_of_steps(28, 28),
        trained=48_000,
        held_out=12_000,
        batch=128,
        learning_rate=0.0001,
        dropout=0.0,
        goal=3.0,
        shape=(28, 28),
        layers=_recurrent,
    ),
    "rnn-pixels": Work(
        words=f"MNIST pixel by pixel: 784 steps, {UNITS} units",
        label=f"rnn(units={UNITS}, sequence=pixels)",
        multiply_adds=_multiply_adds_of_steps(784, 1),
        trained=1_600,
        held_out=200,
        batch=16,
        learning_rate=0.0001,
        dropout=0.0,
        goal=3.0,
        shape=(784, 1),
        layers=_recurrent,
    ),
    "text": Work(
        words=f"texts of {LENGTH} tokens from {VOCABULARY:,} words, as long as IMDb",
        label="text",
        multiply_adds=LENGTH * 128 * 256 + 256 * 128 + 128,
        trained=20_000,
        held_out=5_000,
        batch=128,
        learning_rate=0.001,
        dropout=0.5,
        goal=1.2,
        shape=(LENGTH,),
        layers=None,
    ),
}


def loaded(work: Work) -> tuple[Any, Any]:
    """Inputs as they are stored and targets, first those to train on, then those held out."""
    import numpy as np

    from relu_bench import data

    count = work.trained + work.held_out
    if work.label != "text":
        mnist = data.load("mnist", fetch=False)
        return mnist.train_inputs[:count], mnist.train_targets[:count]
    random = np.random.default_rng(0)
    tokens = np.minimum(random.zipf(1.2, (count, LENGTH)) + 1, VOCABULARY - 1)
    return tokens.astype(np.int32), random.integers(0, 2, count, np.uint8)


def task_of(work: Work) -> Any:
    """What the outputs are for."""
    from relu_bench.data import tasks

    return tasks.TWO_CLASSES if work.label == "text" else tasks.CLASSIFICATION


def architecture(work: Work) -> Any:
    """relu-bench's model, with ReLU."""
    from relu_bench.data import Inputs
    from relu_bench.networks import models

    text = work.label == "text"
    return models.Architecture(
        model=models.canonical(work.label),
        activation="relu",
        batch_norm=False,
        batch_norm_momentum=0.99,
        dropout=work.dropout,
        dropout_kind="standard",
        inputs=Inputs("tokens", (LENGTH,), VOCABULARY) if text else Inputs("image", (28, 28, 1)),
        outputs=1 if text else 10,
    )


def for_keras(work: Work, inputs: Any) -> tuple[Any, Any, Any]:
    """A Keras model that is not compiled, its loss, and the inputs as it takes them."""
    import keras
    import numpy as np

    if work.layers is None:
        from relu_bench.networks import models

        model = models.build(architecture(work))
        return model, keras.losses.BinaryCrossentropy(from_logits=True), inputs
    hidden = work.layers(keras.layers)
    model = keras.Sequential([keras.Input(work.shape), *hidden, keras.layers.Dense(10)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    return model, loss, (inputs / np.float32(255)).reshape(-1, *work.shape)
