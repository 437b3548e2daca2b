"""Two Dask workers against one on configs/tuning.yaml (32 runs of 10 epochs), start-up aside.

A scheduler and the workers run as processes on this machine's loopback. Each worker first trains
a little, so that TensorFlow is imported everywhere; then the time of `relu-bench run --cluster`
counts from its line "Training 32 runs" to the line of the last run: sending MNIST to each worker,
compiling, training, scheduling and writing. One and two workers alternate (1 2 1 2), and a ratio
is that of a pair. With fewer than three cores, scheduler and driver share those of the workers.

The goal is 1.7. Last measured: see README.md beside this file.
"""

import csv
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import common
from common import RELU_BENCH, BenchmarkError

GOAL = 1.7

_PATIENCE_SECONDS = 60.0
_WORK = ("train_seconds", "compile_seconds", "probe_seconds")
_QUICK = ("epochs=1", "learning_rate=0.01", "initializer=he_normal")
# As many programs as there may be workers, each with several runs: every worker gets some.
_WARM_UP = """
experiment: warm-up
dataset: digits
model: mlp(hidden=[8])
batch_size: [64, 128]
epochs: 40
seeds: 4
"""


@dataclass(frozen=True)
class Sweep:
    """One call on a warm cluster: its seconds, and those that its workers worked."""

    seconds: float
    training: float
    runs: int


def main() -> None:
    """Measure the pairs and print the table."""
    parser = common.options_of(__doc__)
    common.add_data_dir(parser)
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        dest="settings",
        help="change the grid, as in `relu-bench run`: --set epochs=2 --set learning_rate=0.01",
    )
    options = parser.parse_args()
    with common.told():
        mnist = common.mnist_folder(options.data_dir)
        common.use_cores(2)
        given = ("seeds=1", *(_QUICK if options.quick else ()), *options.settings)
        # The last word on a key counts.
        settings = tuple({setting.partition("=")[0]: setting for setting in given}.values())
        print(f"{common.machine_line(options.quick)}\n", flush=True)
        pairs = [
            tuple(_sweep(workers, settings, mnist) for workers in (1, 2))
            for _ in range(1 if options.quick else options.repeats)
        ]
        print(_table(pairs))


def _table(pairs: Sequence[tuple[Sweep, ...]]) -> str:
    times = [common.sample(pair[i].seconds for pair in pairs) for i in (0, 1)]
    rows = []
    for i, workers in enumerate(("one Dask worker", "two Dask workers")):
        used = common.sample(100 * pair[i].training / ((i + 1) * pair[i].seconds) for pair in pairs)
        rows.append((workers, str(pairs[0][i].runs), times[i].text(1, " s"), used.text(0, " %")))
    header = ("", "runs", "seconds", "workers training, compiling, probing")
    ratio = common.ratios(*times)
    return f"{common.markdown(header, rows)}\n\nRatio: {ratio.text(2)} (goal: {GOAL})"


def _sweep(workers: int, settings: Sequence[str], mnist: Path) -> Sweep:
    with tempfile.TemporaryDirectory() as name, _cluster(Path(name), workers, mnist) as address:
        folder = Path(name)
        (folder / "warm-up.yaml").write_text(_WARM_UP, encoding="utf-8")
        common.note(f"{workers} Dask worker(s): warming up")
        _run(folder / "warm-up.yaml", (), address, folder / "warm-up", mnist)
        common.note(f"{workers} Dask worker(s): measuring")
        config = common.CONFIGS / "tuning.yaml"
        seconds = _run(config, settings, address, folder / "results", mnist)
        with (folder / "results" / "runs.csv").open(encoding="utf-8", newline="") as file:
            runs = list(csv.DictReader(file))
    used = (float(run.get(column) or 0) for run in runs for column in _WORK)
    return Sweep(seconds, sum(used), len(runs))


def _run(config: Path, settings: Sequence[str], address: str, out: Path, mnist: Path) -> float:
    """Seconds from the start of training to the end of the last run."""
    changes = [word for setting in settings for word in ("--set", setting)]
    command = [*RELU_BENCH, "run", str(config), *changes, "--cluster", address, "--out", str(out)]
    begun = ended = None
    lines = []
    with subprocess.Popen(
        command,
        env=common.environment(mnist),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        errors="replace",
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            lines.append(line)
            if line.startswith("Training "):
                begun = time.perf_counter()
            elif re.match(r"\[\d+/\d+\] ", line):
                ended = time.perf_counter()
    if process.returncode or begun is None or ended is None:
        raise BenchmarkError(common.ended(command, process.returncode, "".join(lines)))
    return ended - begun


@contextmanager
def _cluster(folder: Path, workers: int, mnist: Path) -> Iterator[str]:
    """A scheduler and workers of one thread each on the loopback; yields the address."""
    known = folder / "scheduler.json"
    at = ("--host", "127.0.0.1", "--no-dashboard", "--scheduler-file", str(known))
    local = ("--nthreads", "1", "--no-nanny", "--local-directory", str(folder))
    with ExitStack() as processes:
        processes.enter_context(_process("scheduler", folder, mnist, *at, "--port", "0"))
        address = str(json.loads(_awaited(known, '"address"'))["address"])
        for number in range(workers):
            processes.enter_context(_process("worker", folder, mnist, *at, *local, number=number))
        for number in range(workers):
            _awaited(folder / f"worker-{number}.log", "Registered to:")
        yield address


@contextmanager
def _process(
    kind: str, folder: Path, mnist: Path, *arguments: str, number: int = 0
) -> Iterator[None]:
    command = [sys.executable, "-m", f"distributed.cli.dask_{kind}", *arguments]
    with (folder / f"{kind}-{number}.log").open("wb") as log:
        process = subprocess.Popen(
            command, env=common.environment(mnist), stdout=log, stderr=log, start_new_session=True
        )
    try:
        yield
    finally:
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _awaited(path: Path, word: str) -> str:
    """The file's text once it holds `word`."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if path.exists():
            text = path.read_text(encoding="utf-8", errors="replace")
            if word in text:
                return text
        time.sleep(0.1)
    raise BenchmarkError(f"{path.name} did not say {word} within {_PATIENCE_SECONDS:.0f} seconds.")


if __name__ == "__main__":
    main()
