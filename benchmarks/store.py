"""What a large store costs: opening it, adding a run, resuming a sweep into it.

The store is synthetic: 100,000 runs of 10 epochs of a network with three layers (rows of epoch 0
included). Its rows are those of one run that the store itself has written, with the run_ids of a
plan of so many seeds. A new process opens it; seconds of each step, and the peak of its memory
after it. Below, whole commands on it: `relu-bench run` of that plan, of which 20 runs are missing
(training left out), and `relu-bench status`.

Last measured: see README.md beside this file.
"""

import multiprocessing
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import common

if TYPE_CHECKING:
    from relu_bench.executors import Finished, Wanted
    from relu_bench.plan import Spec
    from relu_bench.planning import Planned
    from relu_bench.store import RunRecord

EPOCHS = 10
NEW_RUNS = 20
LAYERS = ("dense_1", "dense_2", "output")
TABLES = ("runs", "epochs", "layers")

Step = tuple[str, float, float]
"""What was done, its seconds, and the peak memory so far in MiB."""
Measure = Callable[[Path, int, Any], None]


def main() -> None:
    """Make the store, measure, print the table."""
    parser = common.options_of(__doc__)
    parser.add_argument("--runs", type=int, default=100_000, help="default: %(default)s")
    options = parser.parse_args()
    runs, repeats = (1000, 1) if options.quick else (options.runs, options.repeats)
    with common.told(), tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "store"
        common.note(f"writing {runs:,} runs")
        _make_store(store, runs)
        # Each repetition adds runs that the ones before have not added.
        found = [_in_new_process(_measure, store, 2**40 * (1 + each)) for each in range(repeats)]
        sizes = ", ".join(
            f"{name}.csv {(store / f'{name}.csv').stat().st_size / 2**20:.0f} MiB"
            for name in TABLES
        )
        print(f"{common.machine_line(options.quick)}\n\n{runs:,} runs: {sizes}\n")
        rows = [
            (
                steps[0][0],
                common.sample(step[1] for step in steps).text(3),
                common.sample(step[2] for step in steps).text(0),
            )
            for steps in zip(*found, strict=True)
        ]
        print(common.markdown(("step", "s", "peak memory, MiB"), rows))
        common.note("resuming")
        resumed = [_in_new_process(_resume, store, runs + NEW_RUNS) for _ in range(repeats)]
        rows = [
            (
                steps[0][0],
                common.sample(step[1] for step in steps).text(2),
                common.sample(step[2] for step in steps).text(0),
            )
            for steps in zip(*resumed, strict=True)
        ]
        print(f"\n{common.markdown(('whole, in a new process', 's', 'peak memory, MiB'), rows)}")


def _make_store(folder: Path, runs: int) -> None:
    from relu_bench.store import Store

    store = Store(folder)
    store.prepare()
    headers = {name: (folder / f"{name}.csv").read_bytes() for name in TABLES}
    template, *others = (spec.run_id for spec in _planned(runs).specs)
    store.append(_record(template))
    for name, header in headers.items():
        path = folder / f"{name}.csv"
        rows = path.read_bytes()[len(header) :]
        with path.open("ab") as file:
            for run_id in others:
                file.write(rows.replace(template.encode(), run_id.encode()))


def _planned(runs: int) -> "Planned":
    """The synthetic experiment with so many seeds of the default settings."""
    from relu_bench.config import Experiment
    from relu_bench.plan import make_plan
    from relu_bench.planning import Planned

    experiment = Experiment("synthetic", {}, seeds=tuple(range(runs)))
    return Planned(experiment, make_plan(experiment))


def _run_id(number: int) -> str:
    return f"r{number:012x}"


def _record(run_id: str) -> "RunRecord":
    """A completed run of the default settings."""
    from relu_bench import columns, config, plan, provenance, yaml_source
    from relu_bench.store import RunRecord

    (spec,) = plan.make_plan(config.from_document(yaml_source.parse("seeds: 1", "store.yaml")))
    numbers = {c.name: 0.9755859375 for c in columns.RUNS if c.kind == "number"}
    cells: dict[str, Any] = {
        **numbers, **spec.row(), **provenance.describe(),
        "experiment": "synthetic", "run_id": run_id, "status": "completed", "outcome": "learned",
        "parameter_count": 109386, "metric": "accuracy", "best_epoch": 9, "attempts": 1,
        "numerics": plan.NUMERICS, "started_at": "2026-01-01T00:00:00+00:00",
    }  # fmt: skip
    measured = [c.name for c in columns.EPOCHS if c.kind == "number"]
    epochs: list[dict[str, Any]] = [
        {"epoch": epoch, **dict.fromkeys(measured, 0.0244140625 * epoch)}
        for epoch in range(EPOCHS + 1)
    ]
    layers: list[dict[str, Any]] = [
        {"epoch": epoch, "layer": layer, "units": 128, "kernel_norm": 12.3456789012345}
        for epoch in range(EPOCHS + 1)
        for layer in LAYERS
    ]
    return RunRecord(cells, epochs, layers)


def _in_new_process(measure: "Measure", folder: Path, number: int) -> list[Step]:
    """The steps, measured in a process that has done nothing before."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=measure, args=(folder, number, theirs))
    process.start()
    theirs.close()
    try:
        return list(ours.recv())
    except EOFError:
        raise common.BenchmarkError("the measuring process failed") from None
    finally:
        process.join()


def _measure(folder: Path, first_new: int, answer: "Connection[list[Step], None]") -> None:
    steps: list[Step] = []

    def step(name: str, do: Callable[[], object]) -> None:
        started = time.perf_counter()
        do()
        steps.append((name, time.perf_counter() - started, common.peak_mebibytes()))

    from relu_bench.store import Store, read

    records = [_record(_run_id(first_new + number)) for number in range(21)]
    step("nothing (imports are done)", lambda: None)
    store = Store(folder)
    step("open for writing: Store.prepare", store.prepare)
    step("Store.statuses", store.statuses)
    step("the first Store.append", lambda: store.append(records[0]))
    step("20 more", lambda: [store.append(record) for record in records[1:]])
    step("read runs.csv into a table", lambda: read(folder, "runs"))
    answer.send(steps)


def _resume(folder: Path, runs: int, answer: "Connection[list[Step], None]") -> None:
    """`runner.run` of a plan of so many runs, with training left out; then the status."""
    steps: list[Step] = []
    from relu_bench import runner
    from relu_bench.status import progress
    from relu_bench.store import Store

    started = time.perf_counter()
    planned = _planned(runs)
    seconds = time.perf_counter() - started
    steps.append((f"plan {runs:,} runs", seconds, common.peak_mebibytes()))
    before = {name: (folder / f"{name}.csv").stat().st_size for name in TABLES}
    started = time.perf_counter()
    tally = runner.run([planned], Store(folder), lambda count: _Instant(), common.Silent())
    seconds = time.perf_counter() - started
    steps.append((f"resume, {tally.completed} runs missing", seconds, common.peak_mebibytes()))
    # The next repetition finds the same runs missing.
    for name, size in before.items():
        with (folder / f"{name}.csv").open("rb+") as file:
            file.truncate(size)
    started = time.perf_counter()
    progress([folder])
    steps.append(("relu-bench status", time.perf_counter() - started, common.peak_mebibytes()))
    answer.send(steps)


class _Instant:
    """An executor whose runs end at once, all alike."""

    def submit(
        self, specs: "Sequence[Spec]", wanted: "Wanted" = lambda spec: True
    ) -> "list[Future[Finished]]":
        from relu_bench.executors import Finished
        from relu_bench.training import RunResult

        record = _record("r0")
        futures: list[Future[Finished]] = []
        for spec in specs:
            assert wanted(spec)
            result = RunResult("learned", {}, tuple(map(dict, record.epochs)), ())
            futures.append(Future())
            futures[-1].set_result(Finished(result, attempts=1))
        return futures

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        """Nothing runs."""


if __name__ == "__main__":
    main()
