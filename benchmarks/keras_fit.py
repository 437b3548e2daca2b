"""One way to train with Keras `fit`, in a process of its own; prints seconds an epoch as JSON.

A child of `epoch.py`: thread counts are fixed at TensorFlow's first operation, so each way needs
its own process.
"""

import argparse
import json
import time
from typing import Any


def main() -> None:
    """Train the perceptron and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--samples", type=int, required=True)
    parser.add_argument("--epochs", type=int, required=True, help="a first one, not timed, aside")
    parser.add_argument("--batch-norm", action="store_true")
    parser.add_argument(
        "--steps-per-execution", type=int, default=1, help="above 1: compiled with XLA, too"
    )
    options = parser.parse_args()

    import keras
    import numpy as np
    import tensorflow as tf

    from relu_bench import data

    tf.config.threading.set_intra_op_parallelism_threads(options.threads)
    tf.config.threading.set_inter_op_parallelism_threads(options.threads)
    dataset = data.load("mnist", fetch=False)
    inputs = dataset.train_inputs[: options.samples].astype(np.float32) / 255
    targets = dataset.train_targets[: options.samples]
    model = _perceptron(keras, options.batch_norm)
    steps = options.steps_per_execution
    model.compile(
        optimizer=keras.optimizers.Adam(0.001),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        steps_per_execution=steps,
        jit_compile=True if steps > 1 else "auto",
    )
    times: list[float] = []
    clock = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda *_: times.append(-time.perf_counter()),
        on_epoch_end=lambda *_: times.append(times.pop() + time.perf_counter()),
    )
    history = model.fit(
        inputs,
        targets,
        batch_size=128,
        epochs=1 + options.epochs,
        callbacks=[clock],
        verbose=0,
    )
    print(json.dumps({"epoch_seconds": times[1:], "loss": history.history["loss"][-1]}))


def _perceptron(keras: Any, batch_norm: bool) -> Any:
    model = keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Flatten()])
    for units in (128, 64):
        model.add(keras.layers.Dense(units))
        if batch_norm:
            model.add(keras.layers.BatchNormalization())
        model.add(keras.layers.ReLU())
    model.add(keras.layers.Dense(10))
    return model


if __name__ == "__main__":
    main()
