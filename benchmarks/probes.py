"""What the probes cost: the same runs with and without them, in one process, alternating.

For each network: a program is compiled once and serves ten seeds of ten epochs on MNIST, on one
thread, as in a worker. Each seed is trained with and without probes, in turns. The cost of a seed
is the difference, divided by the run without probes and its tenth of the compilation.
"""

import statistics
import time
from collections.abc import Mapping
from pathlib import Path

import common

NETWORKS: Mapping[str, str] = {
    "relu": "",
    "prelu": "activation: prelu",
    "relu, batch norm": "batch_norm: true",
    "relu, learning rate 0.03 (many die)": "learning_rate: 0.03",
    "tanh, 20 layers of 64": "{activation: tanh, model: 'mlp(width=64, depth=20)'}",
}
SEEDS = 10


def main() -> None:
    """Measure every network and print a table."""
    parser = common.options_of(__doc__, repeats=None)
    common.add_data_dir(parser)
    options = parser.parse_args()
    with common.told():
        mnist = common.mnist_folder(options.data_dir)
        epochs, seeds = (1, 1) if options.quick else (10, SEEDS)
        print(f"{common.machine_line(options.quick)}\n")
        rows = []
        for name, text in NETWORKS.items():
            rows.append((name, *_measure(text, epochs, seeds, mnist)))
            common.note(" | ".join(rows[-1]))
        header = ("network", "s a run without", "s more with probes", "cost (%)", "dead at the end")
        print(common.markdown(header, rows))


def _measure(text: str, epochs: int, seeds: int, mnist: Path) -> tuple[str, ...]:
    from relu_bench.execution.preload import one_thread, trainer

    one_thread()
    from dataclasses import replace

    from relu_bench.config import yaml_source
    from relu_bench.config.experiment import from_document
    from relu_bench.config.plan import make_plan

    document = yaml_source.parse(text or "{activation: relu}", "benchmark.yaml")
    experiment = from_document(document, [f"epochs={epochs}", f"seeds={seeds}"])
    trains = trainer.Trainer(mnist.parent)
    runs = [make_plan(replace(experiment, probes=probes)) for probes in (True, False)]
    compiling = trains.train(runs[1][0]).summary["compile_seconds"] / SEEDS
    without, more, dead = [], [], []
    for seed, pair in enumerate(zip(*runs, strict=True)):
        seconds = {}
        for spec in pair if seed % 2 else reversed(pair):
            started = time.perf_counter()
            summary = trains.train(spec).summary
            seconds[spec.probes] = time.perf_counter() - started
            if spec.probes:
                dead.append(summary["final_dead_fraction"] or 0.0)
        without.append(seconds[False] + compiling)
        more.append(seconds[True] - seconds[False])
    cost = common.sample(100 * a / b for a, b in zip(more, without, strict=True))
    return (
        common.sample(without).text(2),
        common.sample(more).text(3),
        cost.text(1),
        f"{100 * statistics.fmean(dead):.1f} %",
    )


if __name__ == "__main__":
    main()
