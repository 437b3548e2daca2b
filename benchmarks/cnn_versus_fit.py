"""The small convolutional network: two workers of relu-bench against one `fit` on two threads.

The work is an epoch of MNIST: 48,000 images, Conv 32, pool, Conv 64, pool, Conv 64, Dense 64, ReLU,
batches of 128, Adam, then validation on 12,000 images. relu-bench trains two runs side by side, a
process and a thread each, as its workers do; a run then costs half of an epoch's seconds. `fit`
trains the same network of Keras with its defaults on two threads. The two alternate, and a ratio is
that of a pair; a figure is the median epoch, the first one not timed. `--samples` takes fewer
images, and a fourth of these for validation.

The share of the peak is that of the arithmetic: 2 x multiply-adds of a forward pass, three times
for each image trained on and once for each held out, over the seconds and what NumPy's matrix
products reach on two cores. What it lacks to 1 is what could be gained without other arithmetic.

Last measured: see README.md beside this file.
"""

import argparse
import json
import statistics
import time
from dataclasses import dataclass
from typing import Any

import common

CORES = 2
FIT, PROGRAM = "fit", "program"
GOAL = 1.5
BATCH = 128
SAMPLES = 48_000
# Multiply-adds of a forward pass for one image, layer by layer.
MULTIPLY_ADDS = 26 * 26 * 9 * 32 + 11 * 11 * 9 * 32 * 64 + 3 * 3 * 9 * 64 * 64 + 576 * 64 + 64 * 10


@dataclass(frozen=True)
class Work:
    """What both sides do: how many images are trained on, how many held out."""

    trained: int

    @property
    def held_out(self) -> int:
        """Images for validation."""
        return self.trained // 4

    @property
    def operations(self) -> int:
        """Of one epoch with its validation."""
        return 2 * MULTIPLY_ADDS * (3 * self.trained + self.held_out)


@dataclass(frozen=True)
class Pair:
    """Seconds that a run's epoch costs on either side, and the rate of one core beside ours."""

    fit: float
    ours: float
    rate: float


def main() -> None:
    """Measure the pairs and print the table."""
    parser = common.options_of(__doc__)
    common.add_data_dir(parser)
    parser.add_argument("--epochs", type=int, default=2, help="timed epochs of a process")
    parser.add_argument("--samples", type=int, default=SAMPLES, help="images to train on")
    parser.add_argument("--side", choices=[FIT, PROGRAM], help=argparse.SUPPRESS)
    options = parser.parse_args()
    work = Work(10 * BATCH if options.quick else options.samples)
    if options.side:
        print(json.dumps((_fit if options.side == FIT else _program)(work, options.epochs)))
        return
    with common.told():
        mnist = common.mnist_folder(options.data_dir)
        common.use_cores(CORES)
        epochs = 1 if options.quick else options.epochs
        shared = ["--samples", str(work.trained), "--epochs", str(epochs)]
        shared += ["--quick"] * options.quick
        print(f"{common.machine_line(options.quick)}\n")
        pairs = []
        for number in range(1 if options.quick else options.repeats):
            common.note(f"{number + 1}: Keras fit on two threads")
            (fit,) = common.side_by_side(1, __file__, "--side", FIT, *shared, mnist=mnist)
            common.note(f"{number + 1}: two workers, after {fit['seconds']:.2f} s an epoch of fit")
            ours = common.side_by_side(CORES, __file__, "--side", PROGRAM, *shared, mnist=mnist)
            seconds = statistics.mean(each["seconds"] for each in ours) / CORES
            pairs.append(Pair(fit["seconds"], seconds, min(each["rate"] for each in ours)))
        print(_table(pairs, work))


def _fit(work: Work, epochs: int) -> dict[str, float]:
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(CORES)
    tf.config.threading.set_inter_op_parallelism_threads(CORES)
    import keras
    import numpy as np

    from relu_bench import data

    dataset = data.load("mnist", fetch=False)
    inputs = dataset.train_inputs / np.float32(255)
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            keras.layers.Conv2D(32, 3, activation="relu"),
            keras.layers.MaxPooling2D(),
            keras.layers.Conv2D(64, 3, activation="relu"),
            keras.layers.MaxPooling2D(),
            keras.layers.Conv2D(64, 3, activation="relu"),
            keras.layers.Flatten(),
            keras.layers.Dense(64, activation="relu"),
            keras.layers.Dense(10),
        ]
    )
    model.compile(
        optimizer=keras.optimizers.Adam(0.001),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    times: list[float] = []
    clock = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda *_: times.append(-time.perf_counter()),
        on_epoch_end=lambda *_: times.append(times.pop() + time.perf_counter()),
    )
    trained, both = work.trained, work.trained + work.held_out
    common.wait_for_the_others()
    model.fit(
        inputs[:trained],
        dataset.train_targets[:trained],
        batch_size=BATCH,
        epochs=1 + epochs,
        validation_data=(inputs[trained:both], dataset.train_targets[trained:both]),
        callbacks=[clock],
        verbose=0,
    )
    return {"seconds": statistics.median(times[1:])}


def _program(work: Work, epochs: int) -> dict[str, float]:
    from relu_bench.preload import one_thread, tf

    one_thread()
    import numpy as np

    from relu_bench import data, estimate, models, optimizers
    from relu_bench.program import Program, Samples

    dataset = data.load("mnist", fetch=False)
    samples = Samples(tf.constant(dataset.train_inputs), tf.constant(dataset.train_targets))
    label = models.canonical("cnn")
    program = Program(
        _architecture(label, dataset),
        dataset.task,
        optimizers.canonical("adam"),
        BATCH,
        xla=models.entry(label).xla,
    )
    program.compile(samples, work.trained)
    program.reset(
        seed=0, initializer="glorot_uniform", bias_initializer="zeros", learning_rate=0.001
    )
    held_out = np.arange(work.trained, work.trained + work.held_out, dtype=np.int32)
    common.wait_for_the_others()
    rate = estimate.matrix_product_rate()
    seconds = []
    for epoch in range(1 + epochs):
        begun = time.perf_counter()
        # Shuffling is part of an epoch, as it is in `fit`.
        order = np.random.default_rng([0, epoch]).permutation(work.trained).astype(np.int32)
        program.train_epoch(samples, order)
        program.evaluate(samples, held_out)
        seconds.append(time.perf_counter() - begun)
    return {"seconds": statistics.median(seconds[1:]), "rate": rate}


def _architecture(label: str, dataset: Any) -> Any:
    from relu_bench import models

    return models.Architecture(
        model=label,
        activation="relu",
        batch_norm=False,
        batch_norm_momentum=0.99,
        dropout=0.0,
        dropout_kind="standard",
        inputs=dataset.inputs,
        outputs=dataset.classes,
    )


def _table(pairs: list[Pair], work: Work) -> str:
    fit = common.sample(pair.fit for pair in pairs)
    ours = common.sample(pair.ours for pair in pairs)
    peak = common.sample(CORES * pair.rate for pair in pairs).median
    ratio = f"{common.ratios(fit, ours).text(2)} (goal {GOAL:.1f})"
    rows = (
        ("Keras `fit`, two threads", fit, ""),
        ("relu-bench, two workers", ours, ratio),
    )
    return common.markdown(
        ("side", "seconds of a run's epoch", "share of peak", "ratio"),
        [
            (side, found.text(2), f"{work.operations / found.median / peak:.2f}", its_ratio)
            for side, found, its_ratio in rows
        ],
    )


if __name__ == "__main__":
    main()
