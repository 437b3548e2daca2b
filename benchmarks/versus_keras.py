"""`relu-bench run` against the usual Keras script: whole processes, the same work, two cores.

The script (`usual_keras_script.py`) builds, compiles, fits with Keras's defaults and evaluates one
variant after the other. relu-bench runs configs/variants.yaml (4 runs) and configs/tuning.yaml (32
runs) with one seed and a fresh results folder, twice: the first call compiles every program, the
second finds them in the compile cache (`RELU_BENCH_COMPILE_CACHE`, here a folder of each pair's
own). Both sides train 10 epochs on 48,000 images of MNIST, validate on 12,000 after each and test
on 10,000; imports, reading the data and writing results count on both sides. Probes are off, since
the script has none. The sides alternate (A B B A B B), and a ratio is that of a pair. The second
table says where the time of relu-bench's second call goes, for the pair with the median ratio.

Last measured: see README.md beside this file.
"""

import csv
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import common
from common import RELU_BENCH, BenchmarkError

CORES = 2
GOALS = {"variants": (5.0, 6.0), "tuning": (8.0, 8.5)}
"""Times as fast as the script: the first call, and the second."""
REPEATS = {"variants": 3, "tuning": 1}

_RUN_ENDED = re.compile(r"\[\d+/\d+\] ")
_KERAS_ACCURACY = re.compile(r": test loss .*, test accuracy ([0-9.]+)$")


@dataclass(frozen=True)
class Lines:
    """A finished process: its wall seconds, and its lines with the second at which each came."""

    seconds: float
    lines: tuple[tuple[float, str], ...]


@dataclass(frozen=True)
class Parts:
    """Where the worker-seconds (wall seconds times workers) of `relu-bench run` went."""

    start: float
    compiling: float
    before_training: float
    training: float
    idle_at_end: float
    end: float
    total: float

    def rows(self) -> Iterator[tuple[str, float]]:
        """What each part is called, and its worker-seconds; they add up to the total."""
        yield "start-up: imports, data, first worker's first model", self.start
        yield "compiling (`compile_seconds`)", self.compiling
        yield "evaluating the untrained network (epoch 0)", self.before_training
        yield "training and validation (`train_seconds`)", self.training
        yield "one worker idle while the other finishes the last run", self.idle_at_end
        yield "after the last run: summary, exit", self.end
        known = [getattr(self, name) for name in self.__annotations__ if name != "total"]
        yield "the rest: models, weights, test, messages, store", self.total - sum(known)


@dataclass(frozen=True)
class Pair:
    """One repetition: the script and both calls of relu-bench, measured one after the other.

    `parts` are those of the second call.
    """

    keras_seconds: float
    first_seconds: float
    second_seconds: float
    keras_accuracies: tuple[float, ...]
    our_accuracies: tuple[float, ...]
    parts: Parts

    @property
    def ratio(self) -> float:
        """How many times as fast relu-bench's second call was."""
        return self.keras_seconds / self.second_seconds


def main() -> None:
    """Measure the pairs of both experiments and print the tables."""
    parser = common.options_of(__doc__, repeats=None)
    common.add_data_dir(parser)
    parser.add_argument(
        "--repeats", type=int, help="pairs; default: 3 for variants, 1 for tuning (minutes each)"
    )
    parser.add_argument("--only", choices=list(GOALS), help="one of the two experiments")
    options = parser.parse_args()
    with common.told():
        mnist = common.mnist_folder(options.data_dir)
        common.use_cores(CORES)
        epochs = 1 if options.quick else 10
        print(f"{common.machine_line(options.quick)}\n")
        for experiment in [options.only] if options.only else list(GOALS):
            repeats = 1 if options.quick else options.repeats or REPEATS[experiment]
            pairs = [_pair(experiment, epochs, mnist) for _ in range(repeats)]
            print(f"{_sides_table(experiment, pairs)}\n\n{_parts_table(pairs)}\n", flush=True)


def _pair(experiment: str, epochs: int, mnist: Path) -> Pair:
    common.note(f"{experiment}: the usual Keras script")
    keras = _keras(experiment, epochs, mnist)
    common.note(f"{experiment}: relu-bench run, after {keras.seconds:.1f} s of Keras")
    with tempfile.TemporaryDirectory() as folder:
        cache, results = Path(folder) / "cache", Path(folder) / "second"
        first = _relu_bench(experiment, epochs, Path(folder) / "first", mnist, cache)
        second = _relu_bench(experiment, epochs, results, mnist, cache)
        runs, rows = _rows(results / "runs.csv"), _rows(results / "epochs.csv")
    found = [_KERAS_ACCURACY.search(line) for _, line in keras.lines]
    return Pair(
        keras.seconds,
        first.seconds,
        second.seconds,
        tuple(float(match.group(1)) for match in found if match),
        # A diverged run has no test accuracy and counts as the constant guess.
        tuple(float(run["test_accuracy"] or run["guess_test_accuracy"]) for run in runs),
        _parts(second, runs, rows),
    )


def _keras(experiment: str, epochs: int, mnist: Path) -> Lines:
    script = common.BENCHMARKS / "usual_keras_script.py"
    command = (sys.executable, str(script), experiment, str(mnist), "--epochs", str(epochs))
    return _watched(command, common.environment(mnist))


def _relu_bench(experiment: str, epochs: int, results: Path, mnist: Path, cache: Path) -> Lines:
    config = common.CONFIGS / f"{experiment}.yaml"
    # The script measures nothing of the network's inside (what that costs: `probes.py`).
    fields = ("seeds=1", f"epochs={epochs}", "probes=false")
    settings = (*(part for field in fields for part in ("--set", field)), "--out", str(results))
    command = (*RELU_BENCH, "run", str(config), *settings)
    return _watched(command, common.environment(mnist, cache))


def _watched(command: Sequence[str], environment: dict[str, str]) -> Lines:
    """Run a process to its end, both outputs read as they come.

    Raises:
        BenchmarkError: when it fails.
    """
    lines: list[tuple[float, str]] = []
    started = time.perf_counter()
    with subprocess.Popen(
        command,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    ) as process:

        def read() -> None:
            assert process.stdout is not None
            for line in process.stdout:
                lines.append((time.perf_counter() - started, line.rstrip()))

        reader = threading.Thread(target=read)
        reader.start()
        # The end of the process counts, not that of the pipe: helpers that it leaves to end by
        # themselves hold the pipe a little longer.
        code = process.wait()
        seconds = time.perf_counter() - started
        reader.join()
    if code:
        raise BenchmarkError(common.ended(command, code, "\n".join(line for _, line in lines)))
    return Lines(seconds, tuple(lines))


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _parts(ours: Lines, runs: Sequence[dict[str, str]], rows: Sequence[dict[str, str]]) -> Parts:
    """Take the time apart with what the store holds (in the order in which runs ended)."""
    ends = [seconds for seconds, line in ours.lines if _RUN_ENDED.match(line)]
    if len(ends) != len(runs):
        raise BenchmarkError(f"{len(runs)} runs in the store, {len(ends)} were reported.")
    epochs = {run["run_id"]: 0.0 for run in runs}
    for row in rows:
        epochs[row["run_id"]] += float(row["seconds"])
    first = runs[0]
    start = ends[0] - float(first["compile_seconds"]) - epochs[first["run_id"]]
    workers = min(CORES, len(runs))
    return Parts(
        start=workers * start,
        compiling=sum(float(run["compile_seconds"]) for run in runs),
        before_training=sum(float(row["seconds"]) for row in rows if row["epoch"] == "0"),
        training=sum(float(run["train_seconds"]) for run in runs),
        # No worker stays idle while runs wait, so the last results come from different workers.
        idle_at_end=sum(ends[-1] - end for end in ends[-workers:]),
        end=workers * (ours.seconds - ends[-1]),
        total=workers * ours.seconds,
    )


def _sides_table(experiment: str, pairs: Sequence[Pair]) -> str:
    keras = common.sample(pair.keras_seconds for pair in pairs)
    calls = {
        "first": common.sample(pair.first_seconds for pair in pairs),
        "second": common.sample(pair.second_seconds for pair in pairs),
    }
    rows = [
        (
            f"{experiment}, {len(pairs[0].our_accuracies)} runs",
            call,
            keras.text(1),
            ours.text(1),
            common.ratios(keras, ours).text(2),
            f"{goal:g}",
            f"{statistics.median(pairs[0].keras_accuracies):.4f}",
            f"{statistics.median(pairs[0].our_accuracies):.4f}",
        )
        for (call, ours), goal in zip(calls.items(), GOALS[experiment], strict=True)
    ]
    header = ("experiment", "call", "Keras script, s", "relu-bench run, s", "times as fast", "goal",
              "median test accuracy, Keras", "relu-bench")  # fmt: skip
    return common.markdown(header, rows)


def _parts_table(pairs: Sequence[Pair]) -> str:
    parts = sorted(pairs, key=lambda pair: pair.ratio)[len(pairs) // 2].parts
    rows = [
        (name, f"{seconds:.1f}", f"{100 * seconds / parts.total:.0f} %")
        for name, seconds in parts.rows()
    ]
    rows.append(("all", f"{parts.total:.1f}", "100 %"))
    return common.markdown(("where the time goes", "worker-seconds", "share"), rows)


if __name__ == "__main__":
    main()
