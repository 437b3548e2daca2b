"""Train one program of relu-bench on one thread, in a process of its own; prints JSON.

A child of `compilation.py`: seconds to build and compile, for each epoch, and to
evaluate 10,000 images; the rate of matrix products just before and after.
"""

import argparse
import json
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from relu_bench.data import Dataset


def main() -> None:
    """Compile, train and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="mlp(hidden=[128, 64])")
    parser.add_argument("--samples", type=int, required=True)
    parser.add_argument("--epochs", type=int, required=True, help="a first one, not timed, aside")
    parser.add_argument("--batch-norm", action="store_true")
    parser.add_argument("--xla", action="store_true")
    print(json.dumps(_measure(parser.parse_args())))


def _measure(options: argparse.Namespace) -> dict[str, Any]:
    # The same start as a worker's.
    from relu_bench.execution.preload import one_thread, tf

    one_thread()
    import numpy as np

    from relu_bench import data
    from relu_bench.networks import models, optimizers
    from relu_bench.training import estimate
    from relu_bench.training.program import Program, Samples

    rate = estimate.matrix_product_rate()
    takes = models.entry(models.canonical(options.model)).takes
    dataset = _made_texts() if "tokens" in takes else data.load(_known(takes), fetch=False)
    train = Samples(tf.constant(dataset.train_inputs), tf.constant(dataset.train_targets))
    test = Samples(
        *(tf.constant(part[:10_000]) for part in (dataset.test_inputs, dataset.test_targets))
    )
    architecture = models.Architecture(
        model=models.canonical(options.model),
        activation="relu",
        batch_norm=options.batch_norm,
        batch_norm_momentum=0.99,
        dropout=0.0,
        dropout_kind="standard",
        inputs=dataset.info.inputs,
        outputs=dataset.info.outputs,
    )
    started = time.perf_counter()
    program = Program(
        architecture, dataset.info.task, optimizers.canonical("adam"), 128, xla=options.xla
    )
    built = time.perf_counter()
    compile_seconds = program.compile(train, options.samples)
    program.reset(
        seed=0, initializer="glorot_uniform", bias_initializer="zeros", learning_rate=0.001
    )
    seconds, loss = [], 0.0
    for epoch in range(1 + options.epochs):
        begun = time.perf_counter()
        # Shuffling is part of an epoch, as it is in `fit`.
        order = np.random.default_rng([0, epoch]).permutation(options.samples).astype(np.int32)
        loss = program.train_epoch(train, order).mean.loss
        seconds.append(time.perf_counter() - begun)
    program.evaluate(test)
    evaluated = time.perf_counter()
    program.evaluate(test)
    return {
        "build_seconds": built - started,
        "compile_seconds": compile_seconds,
        "epoch_seconds": seconds[1:],
        "evaluate_seconds": time.perf_counter() - evaluated,
        "loss": loss,
        "matrix_product_rate": max(rate, estimate.matrix_product_rate()),
    }


def _known(takes: tuple[str, ...]) -> str:
    """A data set whose samples a model takes, with 48,000 or more to train on."""
    return "mnist" if "image" in takes else "synthetic_ratings(users=1200)"


def _made_texts() -> "Dataset":
    """As many texts as MNIST has images, words as frequent as in a language (Zipf's law)."""
    import numpy as np

    from relu_bench.data import Dataset, info

    random = np.random.default_rng(0)
    known = info("imdb")
    most = known.inputs.vocabulary - 1

    def part(count: int) -> tuple[Any, Any]:
        tokens = np.minimum(random.zipf(1.2, (count, *known.inputs.shape)) + 1, most)
        return tokens.astype(np.int32), random.integers(0, 2, count, np.uint8)

    train, test = part(60_000), part(10_000)
    return Dataset(known, *train, *test, source="made up")


if __name__ == "__main__":
    main()
