"""XLA against a plain graph, model by model: what `Model.xla` and `Model.efficiency` rest on.

For every model of `relu_bench.networks.models.MODELS`, the deep perceptron beside the default one,
with and without batch norm: seconds to compile and seconds an epoch of 48,000 samples on one thread
(Adam, batches of 128), each in its own process, both ways in turn. Samples are MNIST's images, and
for the text model made-up texts, for the recommender made-up ratings. The small convolutional
network runs on fewer images, very few with XLA, and its epoch is extrapolated. XLA `pays after` so
many epochs of all runs that share the program in a worker: its longer compiling over what it saves
an epoch.

The share of the peak is 3 x 2 x multiply-adds of one forward pass x images / seconds, over the rate
of NumPy's matrix products in the same process. It may exceed 1: the first layer needs no gradient
by its inputs, and TensorFlow's products may be faster than NumPy's. `Model.efficiency` is this
share without the fixed cost of a step; the last table says which value makes the estimate of
`relu-bench check` come out right here.

Last measured: see README.md beside this file.
"""

import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import common
from common import Sample

if TYPE_CHECKING:
    from relu_bench.config.plan import Spec

EPOCH = 48_000
BATCH = 128


@dataclass(frozen=True)
class Case:
    """A model, and on how many samples an epoch is timed: with XLA, and as a plain graph.

    `dataset` is one that the model takes, and whose counts are known without its files.
    """

    model: str
    with_xla: int = EPOCH
    plain: int = EPOCH
    batch_norms: tuple[bool, ...] = (False, True)
    dataset: str = "mnist"


CASES: Mapping[str, tuple[Case, ...]] = {
    "mlp": (Case("mlp(hidden=[128, 64])"), Case("mlp(width=128, depth=10)")),
    # A step with XLA takes about a second here.
    "cnn": (Case("cnn", with_xla=4 * BATCH, plain=50 * BATCH, batch_norms=(False,)),),
    "text": (Case("text", 100 * BATCH, 100 * BATCH, batch_norms=(False,), dataset="imdb"),),
    "recommender": (Case("recommender", dataset="synthetic_ratings(users=1200)"),),
    "rnn": (
        Case("rnn", batch_norms=(False,)),
        Case("rnn(sequence=pixels)", 20 * BATCH, 20 * BATCH, batch_norms=(False,)),
    ),
}


@dataclass(frozen=True)
class Measured:
    """What was found for one model compiled in one way; an epoch has 48,000 images."""

    case: Case
    batch_norm: bool
    xla: bool
    compile_seconds: Sample
    epoch_seconds: Sample
    evaluate_seconds: Sample
    rate: Sample


def main() -> None:
    """Measure every model both ways and print the tables."""
    parser = common.options_of(__doc__)
    common.add_data_dir(parser)
    options = parser.parse_args()
    with common.told():
        mnist = common.mnist_folder(options.data_dir)
        repeats = 1 if options.quick else options.repeats
        found = [
            each
            for case in _cases()
            for batch_norm in case.batch_norms
            for each in _both_ways(case, batch_norm, repeats, options.quick, mnist)
        ]
        print(f"{common.machine_line(options.quick)}\n")
        print(f"{_ways_table(found, mnist.parent)}\n\n{_estimate_table(found, mnist.parent)}")


def _cases() -> list[Case]:
    """The cases of every model that there is.

    Raises:
        BenchmarkError: when a model of the registry has none.
    """
    from relu_bench.networks import models

    missing = sorted(models.MODELS.keys() - CASES.keys())
    if missing:
        raise common.BenchmarkError(f"CASES in this script lacks {', '.join(missing)}.")
    return [case for name in models.MODELS for case in CASES[name]]


def _both_ways(
    case: Case, batch_norm: bool, repeats: int, quick: bool, mnist: Path
) -> tuple[Measured, Measured]:
    found: dict[bool, list[dict[str, float]]] = {True: [], False: []}
    for repetition in range(repeats):
        for xla, several in found.items():
            way = "XLA" if xla else "plain graph"
            common.note(f"{repetition + 1}/{repeats} {case.model}, batch norm {batch_norm}: {way}")
            several.append(_once(case, batch_norm, xla, quick, mnist))
    with_xla, plain = (
        Measured(
            case,
            batch_norm,
            xla,
            *(common.sample(each[name] for each in several) for name in several[0]),
        )
        for xla, several in found.items()
    )
    return with_xla, plain


def _once(case: Case, batch_norm: bool, xla: bool, quick: bool, mnist: Path) -> dict[str, float]:
    """The measurements of one process, in the order of the fields of `Measured`."""
    images = case.with_xla if xla else case.plain
    images = min(images, 4 * BATCH) if quick else images
    arguments = ["--model", case.model, "--samples", str(images)]
    arguments += ["--epochs", "1" if quick or images < BATCH * 10 else "5"]
    arguments += ["--xla"] * xla + ["--batch-norm"] * batch_norm
    found = common.json_of("one_program.py", *arguments, mnist=mnist)
    return {
        "compile_seconds": found["build_seconds"] + found["compile_seconds"],
        "epoch_seconds": statistics.median(found["epoch_seconds"]) * EPOCH / images,
        "evaluate_seconds": found["evaluate_seconds"],
        "rate": found["matrix_product_rate"],
    }


def _ways_table(found: list[Measured], data_dir: Path) -> str:
    from relu_bench.networks import models

    rows = []
    for each in found:
        other = next(
            o for o in found
            if (o.case, o.batch_norm) == (each.case, each.batch_norm) and o.xla != each.xla
        )  # fmt: skip
        chosen = models.entry(models.canonical(each.case.model)).xla == each.xla
        rows.append(
            (
                _name(each),
                ("XLA" if each.xla else "plain graph") + (" (chosen)" if chosen else ""),
                each.compile_seconds.text(2),
                each.epoch_seconds.text(3),
                common.ratios(other.epoch_seconds, each.epoch_seconds).text(2),
                _pays_after(each, other) if each.xla else "",
                f"{_share(each, data_dir):.2f}",
            )
        )
    header = ("model", "way", "compile s", "s/epoch", "times as fast as the other way",
              "pays after, epochs", "share of peak")  # fmt: skip
    return common.markdown(header, rows)


def _pays_after(xla: Measured, plain: Measured) -> str:
    """After how many epochs XLA has earned what compiling cost more."""
    cost = xla.compile_seconds.median - plain.compile_seconds.median
    gain = plain.epoch_seconds.median - xla.epoch_seconds.median
    return f"{max(0.0, cost / gain):.0f}" if gain > 0 else "never"


def _estimate_table(found: list[Measured], data_dir: Path) -> str:
    """Measured and estimated seconds of an epoch and its validation, for the chosen way."""
    from relu_bench.networks import models

    rows = []
    for each in found:
        entry = models.entry(models.canonical(each.case.model))
        if entry.xla != each.xla:
            continue
        # 12,000 images are held out, 10,000 were evaluated.
        measured = each.epoch_seconds.median + 1.2 * each.evaluate_seconds.median
        estimated = _estimated_epoch(each, data_dir)
        rows.append(
            (
                _name(each),
                f"{each.rate.median / 1e9:.0f}",
                f"{measured:.3f}",
                f"{estimated:.3f}",
                f"{entry.efficiency:.2f}",
                f"{entry.efficiency * estimated / measured:.2f}",
            )
        )
    header = ("model", "peak, GFLOP/s", "s/epoch with validation", "as estimated",
              "efficiency now", "efficiency that fits")  # fmt: skip
    return common.markdown(header, rows)


def _estimated_epoch(each: Measured, data_dir: Path) -> float:
    """What one more epoch adds to the estimate of `relu-bench check`, in seconds."""
    import relu_bench.machine.quiet_tensorflow  # noqa: F401 - building the network starts TensorFlow
    from relu_bench import data
    from relu_bench.training import estimate

    one, two = (
        estimate.seconds(_specs(each, epochs), jobs=1, data_dir=data_dir, rate=each.rate.median)
        for epochs in (1, 2)
    )
    trained = 0.8 * data.info(each.case.dataset).train_count
    return (two - one) * EPOCH / trained


def _share(each: Measured, data_dir: Path) -> float:
    import relu_bench.machine.quiet_tensorflow  # noqa: F401 - building the network starts TensorFlow
    from relu_bench.training import estimate

    multiply_adds = estimate.network_of(_specs(each, 1)[0], data_dir).multiply_adds
    operations = 3 * 2 * multiply_adds * EPOCH
    return operations / each.epoch_seconds.median / each.rate.median


def _specs(each: Measured, epochs: int) -> "tuple[Spec, ...]":
    from relu_bench.config import plan, yaml_source
    from relu_bench.config.experiment import from_document

    text = (
        f"dataset: {each.case.dataset}\nmodel: '{each.case.model}'\n"
        f"batch_norm: {str(each.batch_norm).lower()}\nepochs: {epochs}\nseeds: 1\n"
    )
    return plan.make_plan(from_document(yaml_source.parse(text, "compilation")))


def _name(each: Measured) -> str:
    return each.case.model + (", batch norm" if each.batch_norm else "")


if __name__ == "__main__":
    main()
