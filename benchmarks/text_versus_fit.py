"""The text model: two workers of relu-bench against one Keras `fit` on two threads.

The work is that of an epoch on IMDb: 20,000 texts of 100 tokens from 10,000 words in batches of
128, Adam, dropout 0.5, then validation on 5,000 texts. The texts are made up, with words as
frequent as in a language (Zipf's law), so no data are needed. relu-bench trains two runs side by
side, a process and a thread each, as its workers do; a run then costs half of an epoch's seconds.
`fit` trains the same Keras model. Each side has its own processes, the two alternate, and a ratio
is that of a pair; a figure is the median epoch, the first one not timed.

The share of the peak is that of the matrix products: 2 x multiply-adds of a forward pass, three
times for each text trained on and once for each held out, over the seconds and what NumPy's matrix
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
from common import Sample

CORES = 2
TEXTS, HELD_OUT, LENGTH, VOCABULARY, BATCH = 20_000, 5_000, 100, 10_000, 128
FIT, PROGRAM = "fit", "program"
GOAL = 1.2


@dataclass(frozen=True)
class Pair:
    """Seconds that a run's epoch costs on either side, and GFLOP/s of one core beside ours."""

    fit: float
    ours: float
    rate: float


def main() -> None:
    """Measure the pairs and print the table."""
    parser = common.options_of(__doc__)
    parser.add_argument("--epochs", type=int, default=3, help="timed epochs of a process")
    parser.add_argument("--side", choices=[FIT, PROGRAM], help=argparse.SUPPRESS)
    parser.add_argument("--texts", type=int, default=TEXTS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.side:
        side = _fit if options.side == FIT else _program
        print(json.dumps(side(options.texts, options.epochs)))
        return
    with common.told():
        common.use_cores(CORES)
        texts, epochs = (10 * BATCH, 1) if options.quick else (TEXTS, options.epochs)
        print(f"{common.machine_line(options.quick)}\n")
        work = ("--texts", str(texts), "--epochs", str(epochs))
        pairs = []
        for number in range(1 if options.quick else options.repeats):
            common.note(f"{number + 1}: Keras fit on two threads")
            (fit,) = common.side_by_side(1, __file__, "--side", FIT, *work)
            common.note(f"{number + 1}: two workers, after {fit['seconds']:.2f} s an epoch of fit")
            workers = common.side_by_side(CORES, __file__, "--side", PROGRAM, *work)
            ours = statistics.mean(each["seconds"] for each in workers) / CORES
            pairs.append(Pair(fit["seconds"], ours, min(each["rate"] for each in workers)))
        print(_table(pairs, texts))


def _made(texts: int) -> tuple[Any, Any]:
    """Tokens (texts, 100) and classes."""
    import numpy as np

    random = np.random.default_rng(0)
    tokens = np.minimum(random.zipf(1.2, (texts, LENGTH)) + 1, VOCABULARY - 1)
    return tokens.astype(np.int32), random.integers(0, 2, texts, np.uint8)


def _architecture() -> Any:
    from relu_bench import models
    from relu_bench.data import Inputs

    return models.Architecture(
        model=models.canonical("text"),
        activation="relu",
        batch_norm=False,
        batch_norm_momentum=0.99,
        dropout=0.5,
        dropout_kind="standard",
        inputs=Inputs("tokens", (LENGTH,), VOCABULARY),
        outputs=1,
    )


def _fit(texts: int, epochs: int) -> dict[str, float]:
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(CORES)
    tf.config.threading.set_inter_op_parallelism_threads(CORES)
    import keras

    from relu_bench import models

    tokens, classes = _made(texts + HELD_OUT)
    model = models.build(_architecture())
    model.compile(
        optimizer=keras.optimizers.Adam(0.001),
        loss=keras.losses.BinaryCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    times: list[float] = []
    clock = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda *_: times.append(-time.perf_counter()),
        on_epoch_end=lambda *_: times.append(times.pop() + time.perf_counter()),
    )
    common.wait_for_the_others()
    model.fit(
        tokens[:texts],
        classes[:texts],
        batch_size=BATCH,
        epochs=1 + epochs,
        validation_data=(tokens[texts:], classes[texts:]),
        callbacks=[clock],
        verbose=0,
    )
    return {"seconds": statistics.median(times[1:])}


def _program(texts: int, epochs: int) -> dict[str, float]:
    from relu_bench.preload import one_thread, tf

    one_thread()
    import numpy as np

    from relu_bench import estimate, models, optimizers
    from relu_bench.program import Program, Samples
    from relu_bench.tasks import TWO_CLASSES

    samples = Samples(*map(tf.constant, _made(texts + HELD_OUT)))
    xla = models.entry(models.canonical("text")).xla
    program = Program(_architecture(), TWO_CLASSES, optimizers.canonical("adam"), BATCH, xla=xla)
    program.compile(samples, texts)
    program.reset(
        seed=0, initializer="glorot_uniform", bias_initializer="zeros", learning_rate=0.001
    )
    held_out = np.arange(texts, texts + HELD_OUT, dtype=np.int32)
    common.wait_for_the_others()
    rate = estimate.matrix_product_rate()
    seconds = []
    for epoch in range(1 + epochs):
        begun = time.perf_counter()
        # Shuffling is part of an epoch, as it is in `fit`.
        program.train_epoch(
            samples, np.random.default_rng([0, epoch]).permutation(texts).astype(np.int32)
        )
        program.evaluate(samples, held_out)
        seconds.append(time.perf_counter() - begun)
    return {"seconds": statistics.median(seconds[1:]), "rate": rate}


def _table(pairs: list[Pair], texts: int) -> str:
    multiply_adds = LENGTH * 128 * 256 + 256 * 128 + 128
    operations = 2 * multiply_adds * (3 * texts + HELD_OUT)
    fit = common.sample(pair.fit for pair in pairs)
    ours = common.sample(pair.ours for pair in pairs)
    ratio = common.ratios(fit, ours)

    def share(seconds: Sample) -> str:
        peak = common.sample(CORES * pair.rate for pair in pairs)
        return f"{operations / seconds.median / peak.median:.2f}"

    rows = (
        ("Keras `fit`, two threads", fit.text(3), share(fit), ""),
        ("relu-bench, two workers", ours.text(3), share(ours), f"{ratio.text(2)} (goal {GOAL})"),
    )
    return common.markdown(("side", "seconds of a run's epoch", "share of peak", "ratio"), rows)


if __name__ == "__main__":
    main()
