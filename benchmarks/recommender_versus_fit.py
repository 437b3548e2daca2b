"""The recommender: two workers of relu-bench against one Keras `fit` on two threads.

The work is that of configs/recommender.yaml: an epoch on 32,000 made-up ratings in batches of 128,
Adam, then validation on 8,000. relu-bench trains two runs side by side, a process and a thread
each, as its workers do; a run then costs half of an epoch's seconds. `fit` trains the same Keras
model on two threads, with the root mean square error as its metric. Each side has its own
processes, the two alternate, and a ratio is that of a pair; a figure is the median epoch, the first
one not timed. What starting and compiling cost beside it is in `versus_keras.py`.

Last measured: see README.md beside this file.
"""

import argparse
import json
import statistics
import time
from pathlib import Path
from typing import Any

import common

CORES, BATCH = 2, 128
DATASET, MODEL = "synthetic_ratings", "recommender"
FIT, PROGRAM = "fit", "program"
GOAL = 3.0


def main() -> None:
    """Measure the pairs and print the table."""
    parser = common.options_of(__doc__)
    parser.add_argument("--epochs", type=int, default=5, help="timed epochs of a process")
    parser.add_argument("--side", choices=[FIT, PROGRAM], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.side:
        print(json.dumps(_fit(options.epochs) if options.side == FIT else _program(options.epochs)))
        return
    with common.told():
        common.use_cores(CORES)
        epochs = 1 if options.quick else options.epochs
        print(f"{common.machine_line(options.quick)}\n")
        fits, ours = [], []
        for number in range(1 if options.quick else options.repeats):
            common.note(f"{number + 1}: Keras fit on two threads")
            fits.append(statistics.mean(_measured(FIT, 1, epochs)))
            common.note(f"{number + 1}: two workers, after {fits[-1]:.2f} s an epoch of fit")
            ours.append(statistics.mean(_measured(PROGRAM, CORES, epochs)) / CORES)
        print(_table(fits, ours))


def _measured(side: str, processes: int, epochs: int) -> list[float]:
    """Seconds an epoch of processes that begin to train together."""
    options = ("--side", side, "--epochs", str(epochs))
    return common.side_by_side(processes, Path(__file__).name, *options)


def _parts() -> tuple[Any, Any]:
    """The data set and its parts, as a run has them."""
    from relu_bench import data

    dataset = data.load(DATASET)
    split = data.split(
        data.strata(dataset.info.task, dataset.train_targets),
        validation_split=0.2,
        split_seed=0,
        train_samples=None,
    )
    return dataset, split


def _architecture(dataset: Any) -> Any:
    from relu_bench.networks import models

    return models.Architecture(
        model=models.canonical(MODEL),
        activation="relu",
        batch_norm=False,
        batch_norm_momentum=0.99,
        dropout=0.0,
        dropout_kind="standard",
        inputs=dataset.info.inputs,
        outputs=dataset.info.outputs,
    )


def _fit(epochs: int) -> float:
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(CORES)
    tf.config.threading.set_inter_op_parallelism_threads(CORES)
    import keras

    from relu_bench.networks import models

    dataset, split = _parts()
    model = models.build(_architecture(dataset))
    model.compile(
        optimizer=keras.optimizers.Adam(0.001),
        loss="mean_squared_error",
        metrics=[keras.metrics.RootMeanSquaredError()],
    )
    times: list[float] = []
    clock = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda *_: times.append(-time.perf_counter()),
        on_epoch_end=lambda *_: times.append(times.pop() + time.perf_counter()),
    )
    inputs, targets = dataset.train_inputs, dataset.train_targets
    common.wait_for_the_others()
    model.fit(
        inputs[split.train],
        targets[split.train],
        batch_size=BATCH,
        epochs=1 + epochs,
        validation_data=(inputs[split.validation], targets[split.validation]),
        callbacks=[clock],
        verbose=0,
    )
    return statistics.median(times[1:])


def _program(epochs: int) -> float:
    from relu_bench.execution.preload import one_thread, tf

    one_thread()
    from relu_bench.networks import models, optimizers
    from relu_bench.training.loop import data_order
    from relu_bench.training.program import Program, Samples

    dataset, split = _parts()
    samples = Samples(tf.constant(dataset.train_inputs), tf.constant(dataset.train_targets))
    xla = models.entry(models.canonical(MODEL)).xla
    program = Program(
        _architecture(dataset), dataset.info.task, optimizers.canonical("adam"), BATCH, xla=xla
    )
    program.compile(samples, len(split.train))
    program.reset(
        seed=0, initializer="glorot_uniform", bias_initializer="zeros", learning_rate=0.001
    )
    common.wait_for_the_others()
    seconds = []
    for epoch in range(1 + epochs):
        begun = time.perf_counter()
        # Shuffling is part of an epoch, as it is in `fit`.
        program.train_epoch(samples, data_order(0, epoch, split.train))
        program.evaluate(samples, split.validation)
        seconds.append(time.perf_counter() - begun)
    return statistics.median(seconds[1:])


def _table(fits: list[float], ours: list[float]) -> str:
    fit, workers = common.sample(fits), common.sample(ours)
    ratio = common.ratios(fit, workers).text(2)
    rows = (
        ("Keras `fit`, two threads", fit.text(3), ""),
        ("relu-bench, two workers", workers.text(3), f"{ratio} (goal {GOAL:g})"),
    )
    return common.markdown(("side", "seconds of a run's epoch", "ratio"), rows)


if __name__ == "__main__":
    main()
