"""How many times as fast two local workers are as one, and what scheduling and writing cost.

`tuning.yaml` is run with --jobs 1 and with --jobs 2 in turn, each in a process of its own. Start-up
is left out: the time counts from the moment when the first worker begins with its first run.

- ratio: the time with one worker by that with two.
- scheduling: what a worker waits between the end of a run and the begin of its next one, as a share
  of all the workers' time. Asking the store whether the run is still missing is part of it.
- writing: the seconds that the parent spends in storing runs, as a share of the same.
- waiting at the end: what a worker waits, once nothing is left to do, for the others to end.

Last measured: see README.md beside this file.
"""

import json
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import common

if TYPE_CHECKING:
    from relu_bench.config.plan import Spec
    from relu_bench.store import RunRecord
    from relu_bench.training.loop import RunResult

MEASURE = "--measure"


def main() -> None:
    """Measure and print the tables."""
    if MEASURE in sys.argv:
        print(json.dumps(_measured(*sys.argv[2:])))
        return
    parser = common.options_of(__doc__)
    common.add_data_dir(parser)
    parser.add_argument("--seeds", type=int, default=1, help="default: %(default)s")
    options = parser.parse_args()
    with common.told():
        common.use_cores(2)
        mnist = common.mnist_folder(options.data_dir)
        sets = [f"seeds={options.seeds}"]
        if options.quick:
            sets += ["epochs=1", "train_samples=2000", "initializer=he_normal"]
        found: dict[int, list[dict[str, float]]] = {1: [], 2: []}
        for repeat in range(1 if options.quick else options.repeats):
            for jobs, results in found.items():
                common.note(f"repetition {repeat + 1}, {jobs} workers")
                results.append(common.json_of("scaling.py", MEASURE, str(jobs), *sets, mnist=mnist))
    _print(found, quick=options.quick)


def _print(found: dict[int, list[dict[str, float]]], *, quick: bool) -> None:
    print(f"{common.machine_line(quick)}\n")
    seconds = {
        jobs: common.sample(each["seconds"] for each in results) for jobs, results in found.items()
    }
    rows = [
        (
            f"{jobs} worker{'s' if jobs > 1 else ''}",
            seconds[jobs].text(1),
            *(
                common.sample(100 * each[share] for each in results).text(2, " %")
                for share in ("scheduling", "writing", "waiting")
            ),
        )
        for jobs, results in found.items()
    ]
    header = ("tuning.yaml", "s, start-up aside", "scheduling", "writing", "waiting at the end")
    print(common.markdown(header, rows))
    print(
        f"\nTwo workers are {common.ratios(seconds[1], seconds[2]).text(2)} times as fast as one."
    )


def _measured(jobs: str, *sets: str) -> dict[str, float]:
    """The plan with so many workers: seconds, and shares of the workers' time."""
    from relu_bench.config import planning
    from relu_bench.execution import runner
    from relu_bench.execution.local import LocalExecutor
    from relu_bench.execution.worker import WorkerSettings
    from relu_bench.machine.child_process import ChildProcess
    from relu_bench.store import Store

    begins: dict[int, list[float]] = defaultdict(list)
    ends: dict[int, list[float]] = defaultdict(list)
    writing = 0.0

    class Timed(LocalExecutor):
        """Remembers when each of its workers begins and ends a run."""

        def start_worker(self, slot: int, *, trial: bool = False) -> ChildProcess:
            worker = super().start_worker(slot, trial=trial)
            ask = worker.ask

            def timed(spec: "Spec", *arguments: Any) -> "tuple[RunResult, int]":
                thread = threading.get_ident()
                asked = time.perf_counter()
                result, programs = ask(spec, *arguments)
                ended = time.perf_counter()
                # Of a worker's first run, what it took before training is its start.
                begins[thread].append(asked if begins[thread] else _begin(asked, ended, result))
                ends[thread].append(ended)
                return result, programs

            worker.ask = timed  # type: ignore[assignment, method-assign]
            return worker

    class TimedStore(Store):
        """Remembers how long it writes."""

        def append(self, record: "RunRecord") -> bool:
            nonlocal writing
            started = time.perf_counter()
            stored = super().append(record)
            writing += time.perf_counter() - started
            return stored

    with tempfile.TemporaryDirectory() as folder:
        planned = planning.plan_configs([common.CONFIGS / "tuning.yaml"], sets)
        settings = WorkerSettings(None, planning.ready_data(planned))
        tally = runner.run(
            planned,
            TimedStore(Path(folder) / "store"),
            lambda count: Timed(int(jobs), settings),
            common.Silent(),
        )
    if tally.failed or len(begins) != int(jobs):
        raise common.BenchmarkError(f"{tally.failed} runs failed, {len(begins)} workers ran.")
    begun, ended = min(map(min, begins.values())), max(map(max, ends.values()))
    total = sum(ended - each[0] for each in begins.values())
    gaps = sum(
        begin - end
        for thread in begins
        for end, begin in zip(ends[thread], begins[thread][1:], strict=False)
    )
    waiting = sum(ended - each[-1] for each in ends.values())
    return {
        "seconds": ended - begun,
        "scheduling": gaps / total,
        "writing": writing / total,
        "waiting": waiting / total,
    }


def _begin(asked: float, ended: float, result: "RunResult") -> float:
    """When a run whose worker may have had to start first began."""
    parts: Sequence[str] = ("compile_seconds", "train_seconds", "probe_seconds")
    return max(asked, ended - sum(result.summary.get(part) or 0.0 for part in parts))


if __name__ == "__main__":
    main()
