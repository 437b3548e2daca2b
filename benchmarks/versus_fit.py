"""A model that is no perceptron: two workers of relu-bench against one Keras `fit` on two threads.

The work is an epoch and its validation, ReLU and Adam:

- `cnn`: 48,000 images of MNIST, Conv 32, pool, Conv 64, pool, Conv 64, Dense 64;
- `rnn`: the same images row by row, 28 steps, 100 units; `rnn-pixels`: 784 steps of one pixel, in
  batches of 16 and on 1,600 images;
- `text`: 20,000 texts of 100 tokens with dropout 0.5. They are made up, with words as frequent as
  in a language (Zipf's law), so no data are needed.

relu-bench trains two runs side by side, a process and a thread each, as its workers do; a run then
costs half of an epoch's seconds. `fit` trains the same network of Keras on two threads. Each side
has its own processes, the two alternate, and a ratio is that of a pair; a figure is the median
epoch, the first one not timed. `--samples` takes fewer, and as large a part of them for validation.

The share of the peak is that of the arithmetic: 2 x multiply-adds of a forward pass, three times
for each sample trained on and once for each held out, over the seconds and what NumPy's matrix
products reach on two cores. What it lacks to 1 is what could be gained without other arithmetic.

Last measured: see README.md beside this file.
"""

import argparse
import json
import statistics
import time
from dataclasses import dataclass, replace
from pathlib import Path

import common
import fit_work
from fit_work import WORK, Work

CORES = 2
FIT, PROGRAM = "fit", "program"


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
    parser.add_argument("--model", choices=list(WORK), default="cnn")
    parser.add_argument("--epochs", type=int, default=3, help="timed epochs of a process")
    parser.add_argument("--samples", type=int, help="samples to train on")
    parser.add_argument("--side", choices=[FIT, PROGRAM], help=argparse.SUPPRESS)
    options = parser.parse_args()
    whole = WORK[options.model]
    samples = options.samples or (10 * whole.batch if options.quick else whole.trained)
    work = replace(whole, trained=samples, held_out=samples * whole.held_out // whole.trained)
    if options.side:
        print(json.dumps((_fit if options.side == FIT else _program)(work, options.epochs)))
        return
    with common.told():
        mnist = None if options.model == "text" else common.mnist_folder(options.data_dir)
        common.use_cores(CORES)
        epochs = 1 if options.quick else options.epochs
        print(f"{common.machine_line(options.quick)}\n\n{work.words}.\n")
        given = ("--model", options.model, "--samples", str(samples), "--epochs", str(epochs))
        repeats = 1 if options.quick else options.repeats
        print(_table([_pair(number + 1, given, mnist) for number in range(repeats)], work))


def _pair(number: int, given: tuple[str, ...], mnist: Path | None) -> Pair:
    common.note(f"{number}: Keras fit on two threads")
    (fit,) = common.side_by_side(1, __file__, "--side", FIT, *given, mnist=mnist)
    common.note(f"{number}: two workers, after {fit['seconds']:.2f} s an epoch of fit")
    ours = common.side_by_side(CORES, __file__, "--side", PROGRAM, *given, mnist=mnist)
    seconds = statistics.mean(each["seconds"] for each in ours) / CORES
    return Pair(fit["seconds"], seconds, min(each["rate"] for each in ours))


def _fit(work: Work, epochs: int) -> dict[str, float]:
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(CORES)
    tf.config.threading.set_inter_op_parallelism_threads(CORES)
    import keras

    stored, targets = fit_work.loaded(work)
    model, loss, inputs = fit_work.for_keras(work, stored)
    model.compile(
        optimizer=keras.optimizers.Adam(work.learning_rate), loss=loss, metrics=["accuracy"]
    )
    times: list[float] = []
    clock = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda *_: times.append(-time.perf_counter()),
        on_epoch_end=lambda *_: times.append(times.pop() + time.perf_counter()),
    )
    common.wait_for_the_others()
    model.fit(
        inputs[: work.trained],
        targets[: work.trained],
        batch_size=work.batch,
        epochs=1 + epochs,
        validation_data=(inputs[work.trained :], targets[work.trained :]),
        callbacks=[clock],
        verbose=0,
    )
    return {"seconds": statistics.median(times[1:])}


def _program(work: Work, epochs: int) -> dict[str, float]:
    from relu_bench.execution.preload import one_thread, tf

    one_thread()
    import numpy as np

    from relu_bench.networks import models, optimizers
    from relu_bench.training import estimate
    from relu_bench.training.program import Program, Samples

    samples = Samples(*map(tf.constant, fit_work.loaded(work)))
    program = Program(
        fit_work.architecture(work),
        fit_work.task_of(work),
        optimizers.canonical("adam"),
        work.batch,
        xla=models.entry(models.canonical(work.label)).xla,
    )
    program.compile(samples, work.trained)
    program.reset(
        seed=0,
        initializer="glorot_uniform",
        bias_initializer="zeros",
        learning_rate=work.learning_rate,
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


def _table(pairs: list[Pair], work: Work) -> str:
    fit = common.sample(pair.fit for pair in pairs)
    ours = common.sample(pair.ours for pair in pairs)
    peak = common.sample(CORES * pair.rate for pair in pairs).median
    ratio = f"{common.ratios(fit, ours).text(2)} (goal {work.goal:g})"
    rows = (
        ("Keras `fit`, two threads", fit, ""),
        ("relu-bench, two workers", ours, ratio),
    )
    return common.markdown(
        ("side", "seconds of a run's epoch", "share of peak", "ratio"),
        [
            (side, found.text(3), f"{work.operations / found.median / peak:.2f}", its_ratio)
            for side, found, its_ratio in rows
        ],
    )


if __name__ == "__main__":
    main()
