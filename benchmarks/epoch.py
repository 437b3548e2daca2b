"""Seconds of one epoch of the 784-128-64-10 perceptron: relu-bench's program against Keras `fit`.

Ways: a whole epoch as one XLA-compiled function on one thread (what a worker runs), the same as a
plain graph, Keras `fit` with its defaults on one and on two threads, and `fit` as fast as its
options make it (steps_per_execution=25, jit_compile=True) on two. Adam, batches of 128, on MNIST.
Cases: 48,000 images; with batch norm; 48,010 images, so that the last batch holds 10. Each way
runs in its own process, one at a time, and the ways alternate; ratios are taken within a
repetition. A figure is the median epoch of a process; its first epoch is not timed.

Last measured: see README.md beside this file.
"""

import statistics
from collections.abc import Mapping
from pathlib import Path

import common
from common import Sample

FIT = "fit, 2 threads"
WAYS: Mapping[str, tuple[str, ...]] = {
    "program, XLA, 1 thread": ("one_program.py", "--xla"),
    "program, plain graph, 1 thread": ("one_program.py",),
    "fit, 1 thread": ("keras_fit.py", "--threads", "1"),
    FIT: ("keras_fit.py", "--threads", "2"),
    "fit, 2 threads, 25 steps an execution, XLA": (
        "keras_fit.py", "--threads", "2", "--steps-per-execution", "25",
    ),
}  # fmt: skip
CASES: Mapping[str, tuple[str, ...]] = {
    "48,000 images": ("--samples", "48000"),
    "with batch norm": ("--samples", "48000", "--batch-norm"),
    "a last smaller batch": ("--samples", "48010"),
}


def main() -> None:
    """Measure every way in every case, and print a table for each case."""
    parser = common.options_of(__doc__)
    common.add_data_dir(parser)
    parser.add_argument("--epochs", type=int, default=5, help="timed epochs of a process")
    options = parser.parse_args()
    with common.told():
        mnist = common.mnist_folder(options.data_dir)
        common.use_cores(2)
        repeats, epochs = (1, 1) if options.quick else (options.repeats, options.epochs)
        print(f"{common.machine_line(options.quick)}\n")
        for case, arguments in CASES.items():
            measured = _measure(arguments, epochs, repeats, mnist)
            print(f"{case}:\n\n{_table(measured)}\n", flush=True)


def _measure(case: tuple[str, ...], epochs: int, repeats: int, mnist: Path) -> dict[str, Sample]:
    """For each way, the median epoch in seconds of each repetition."""
    seconds: dict[str, list[float]] = {way: [] for way in WAYS}
    for repetition in range(repeats):
        for way, (script, *own) in WAYS.items():
            common.note(f"{repetition + 1}/{repeats} {' '.join(case)}: {way}")
            found = common.json_of(script, *own, *case, "--epochs", str(epochs), mnist=mnist)
            seconds[way].append(statistics.median(found["epoch_seconds"]))
    return {way: common.sample(values) for way, values in seconds.items()}


def _table(measured: Mapping[str, Sample]) -> str:
    rows = [
        (way, found.text(3), common.ratios(measured[FIT], found).text(2))
        for way, found in measured.items()
    ]
    return common.markdown(("way", "s/epoch", f"times as fast as {FIT}"), rows)


if __name__ == "__main__":
    main()
