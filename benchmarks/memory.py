"""Memory of its own that a worker needs: MNIST, the 784-128-64-10 perceptron, one worker.

Private memory (what the worker's end would set free: Private_Clean and Private_Dirty of the kernel,
elsewhere psutil's `uss`; unchanged pages of files, which several workers share, count in full for
this only one) at the end of an epoch on the whole of MNIST; in the first and in the last of 200
runs of one program (one epoch of 1,280 images each); and in a new worker while it trains its 1st,
10th and 20th distinct program. At most 300 MB are wanted, at most 10 % of growth over the 200 runs,
and a new worker after 20 programs.

Last measured: see README.md beside this file.
"""

import multiprocessing
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import common
from common import PrivateMemory

if TYPE_CHECKING:
    from relu_bench.plan import Spec
    from relu_bench.training import Progress
    from relu_bench.worker import WorkerSettings

FEW = 1280

Found = tuple[int, PrivateMemory]
"""A process id and its memory."""


def main() -> None:
    """Measure and print the tables."""
    parser = common.options_of(__doc__, repeats=None)
    common.add_data_dir(parser)
    options = parser.parse_args()
    with common.told():
        mnist = common.mnist_folder(options.data_dir)
        runs, programs = (3, 2) if options.quick else (200, 21)
        print(f"{common.machine_line(options.quick)}\n")
        print(f"{_one_program(runs, mnist.parent)}\n", flush=True)
        print(_many_programs(programs, mnist.parent))


def _one_program(runs: int, data_dir: Path) -> str:
    """A worker's memory after one run on everything, and as runs of one program follow."""
    few = f"epochs: 1\ntrain_samples: {FEW}\nseeds: {runs}\n"
    whole, *same = _in_each_run([*_specs("epochs: 1\nseeds: 1\n"), *_specs(few)], data_dir)
    processes = {process_id for process_id, _ in (whole, *same)}
    if len(processes) > 1:
        raise common.BenchmarkError("the worker was replaced between runs of one program")
    first, last = same[0][1], same[-1][1]
    rows = [
        ("in a run on all of MNIST", *_cells(whole[1]), "300"),
        ("in the first run of a second program", *_cells(first), ""),
        (f"in run {runs} of it", *_cells(last), f"{1.1 * first.total:.0f}"),
        ("growth", f"{100 * (last.total / first.total - 1):.1f} %", "", "10 %"),
    ]
    header = ("private memory of the worker", "MB", "of it pages of files", "at most")
    return common.markdown(header, rows)


def _many_programs(programs: int, data_dir: Path) -> str:
    """A new worker's memory while it trains one distinct program after the other."""
    slopes = ", ".join(f"leaky_relu(negative_slope={0.01 * n:.2f})" for n in range(programs))
    rest = f"epochs: 1\ntrain_samples: {FEW}\nseeds: 1\n"
    found = _in_each_run(_specs(f"activation: [{slopes}]\n{rest}"), data_dir)
    shown = [n for n in (1, 10, 20, 21) if n <= programs]
    rows = [
        (f"while training program {n}", str(_workers(found[:n])), *_cells(found[n - 1][1]))
        for n in shown
    ]
    header = ("distinct programs", "in worker", "private MB", "of it pages of files")
    return common.markdown(header, rows)


def _cells(memory: PrivateMemory) -> tuple[str, str]:
    return f"{memory.total:.0f}", "" if memory.of_files is None else f"{memory.of_files:.0f}"


def _workers(found: "Sequence[Found]") -> int:
    """How many workers there have been."""
    return len({process_id for process_id, _ in found})


def _in_each_run(specs: "Sequence[Spec]", data_dir: Path) -> list[Found]:
    """The worker's process and memory at the end of each run's only epoch.

    A worker may be gone when the run is over.
    """
    from relu_bench.executors import LocalExecutor

    found = []

    def on_progress(spec: "Spec", progress: "Progress") -> None:
        found.append(_worker_memory())

    with LocalExecutor(1, _settings(data_dir), on_progress) as executor:
        for future in executor.submit(specs):
            future.result()
    return found


def _settings(data_dir: Path) -> "WorkerSettings":
    """What `relu-bench run` tells its workers: the data are in memory already."""
    from relu_bench import data
    from relu_bench.worker import WorkerSettings

    shared = data.share(data.load("mnist", data_dir, fetch=False))
    return WorkerSettings(data_dir, () if shared is None else (shared,))


def _worker_memory() -> Found:
    """The one worker's process id, and its private memory."""
    (worker,) = multiprocessing.active_children()
    assert worker.pid is not None
    return worker.pid, common.private_memory(worker.pid)


def _specs(text: str) -> "tuple[Spec, ...]":
    from relu_bench import config, plan, yaml_source

    return plan.make_plan(config.from_document(yaml_source.parse(text, "memory.yaml")))


if __name__ == "__main__":
    main()
