"""The usual script: build, compile, fit, evaluate, one variant after the other.

What `versus_keras.py` compares relu-bench with. It uses nothing of relu-bench and no setting that
is not a default of Keras, apart from what the experiments prescribe. The variants are those of
configs/variants.yaml and configs/tuning.yaml, with one seed.
"""

import argparse
import gzip
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

VALIDATION = 12_000


def main() -> None:
    """Train every variant of one experiment."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("experiment", choices=["variants", "tuning"])
    parser.add_argument("mnist", type=Path, help="folder of MNIST's four gzipped IDX files")
    parser.add_argument("--epochs", type=int, default=10)
    options = parser.parse_args()

    import keras

    # Unseeded, as scripts usually are. (After keras.utils.set_random_seed, `fit` would see the data
    # in the same order in every epoch: see docs/decisions.md.)
    x_train, y_train = load(options.mnist, "train")
    x_test, y_test = load(options.mnist, "t10k")
    held_out = x_train[-VALIDATION:], y_train[-VALIDATION:]
    x_train, y_train = x_train[:-VALIDATION], y_train[:-VALIDATION]

    variants = {"variants": activations, "tuning": grid}[options.experiment]
    for name, model, learning_rate in variants(keras):
        model.compile(
            optimizer=keras.optimizers.Adam(learning_rate),
            loss="sparse_categorical_crossentropy",
            metrics=["accuracy"],
        )
        model.fit(x_train, y_train, batch_size=128, epochs=options.epochs, validation_data=held_out)
        loss, accuracy = model.evaluate(x_test, y_test)
        print(f"{name}: test loss {loss:.4f}, test accuracy {accuracy:.4f}", flush=True)


def load(folder: Path, part: str) -> tuple[Any, Any]:
    """Images as float32 in [0, 1] of shape (n, 28, 28, 1), and labels (n,)."""
    import numpy as np

    images = gzip.decompress((folder / f"{part}-images-idx3-ubyte.gz").read_bytes())
    labels = gzip.decompress((folder / f"{part}-labels-idx1-ubyte.gz").read_bytes())
    x = np.frombuffer(images, np.uint8, offset=16).reshape(-1, 28, 28, 1)
    return x.astype("float32") / 255, np.frombuffer(labels, np.uint8, offset=8)


def activations(keras: Any) -> Iterator[tuple[str, Any, float]]:
    """ReLU and three of its variants."""
    layers = {
        "relu": keras.layers.ReLU,
        "leaky_relu": lambda: keras.layers.LeakyReLU(negative_slope=0.01),
        "prelu": lambda: keras.layers.PReLU(alpha_initializer=keras.initializers.Constant(0.25)),
        "elu": keras.layers.ELU,
    }
    for name, make in layers.items():
        yield name, build(keras, make, "glorot_uniform", batch_norm=False), 0.001


def grid(keras: Any) -> Iterator[tuple[str, Any, float]]:
    """Learning rate x initializer x batch norm for ReLU."""
    rates = [0.1, 0.01, 0.001, 0.0001]
    initializers = ["he_normal", "he_uniform", "glorot_normal", "random_normal"]
    for rate, initializer, batch_norm in itertools.product(rates, initializers, [False, True]):
        name = f"learning rate {rate}, {initializer}, batch norm {batch_norm}"
        yield name, build(keras, keras.layers.ReLU, initializer, batch_norm=batch_norm), rate


def build(keras: Any, activation: Any, initializer: str, *, batch_norm: bool) -> Any:
    """The 784-128-64-10 perceptron."""
    model = keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Flatten()])
    for units in (128, 64):
        model.add(keras.layers.Dense(units, kernel_initializer=initializer))
        if batch_norm:
            model.add(keras.layers.BatchNormalization())
        model.add(activation())
    output = keras.layers.Dense(10, activation="softmax", kernel_initializer=initializer)
    model.add(output)
    return model


if __name__ == "__main__":
    main()
