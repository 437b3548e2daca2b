"""A sweep that is killed again and again must end with the numbers of an undisturbed one.

`relu-bench run` of many short runs on the embedded digits is killed with SIGKILL at a random
moment, started again, and so on, until so many kills have come; a sweep that ends before is
compared, and a new one begun. With --workers a random worker process is killed instead, and the
sweep goes on by itself; runs that were killed twice are recorded as failed, and done again with
--retry-failed.

At the end the three CSVs, sorted by key, times aside, must equal those of a sweep that nobody
disturbed, to the last digit, and no process may be left behind. Linux.

Last measured: see README.md beside this file.
"""

import csv
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import common
import psutil

TABLES = ("runs", "epochs", "layers")
OF_THE_OCCASION = frozenset(
    {"train_seconds", "compile_seconds", "probe_seconds", "seconds", "started_at", "attempts"}
)
CONFIG = """
experiment: killed
dataset: digits
model: mlp(hidden=[16])
activation: {activations}
learning_rate: [0.1, 0.03, 0.01, 0.003]
dropout: 0.1
epochs: 5
seeds: {seeds}
"""
GONE_AFTER_SECONDS = 20.0


@dataclass
class Found:
    """What came out of it."""

    kills: int = 0
    sweeps: int = 0
    mended: int = 0
    failed: int = 0
    orphans: int = 0
    differing: list[str] = field(default_factory=list)


def main() -> None:
    """Kill, compare, print the counts; exit code 1 when anything differs."""
    parser = common.options_of(__doc__, repeats=None)
    parser.add_argument("--kills", type=int, default=100, help="default: %(default)s")
    parser.add_argument("--workers", action="store_true", help="kill workers, not the parent")
    parser.add_argument("--seeds", type=int, default=10, help="of 8 settings; default: %(default)s")
    parser.add_argument("--random-seed", type=int, default=0, help="default: %(default)s")
    options = parser.parse_args()
    kills, seeds = (1, 1) if options.quick else (options.kills, options.seeds)
    activations = ["relu"] if options.quick else ["relu", "prelu"]
    chance = random.Random(options.random_seed)
    with common.told(), tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "config.yaml").write_text(
            CONFIG.format(seeds=seeds, activations=activations), encoding="utf-8"
        )
        common.note("the undisturbed sweep")
        started = time.perf_counter()
        _finish(folder, "undisturbed")
        seconds = time.perf_counter() - started
        found = _disturbed(folder, kills, seconds, chance, workers=options.workers)
    print(f"{common.machine_line(options.quick)}\n")
    print(
        common.markdown(
            ("what", "count"), _rows(found, 4 * seeds * len(activations), options.workers)
        )
    )
    if found.differing or found.orphans:
        sys.exit("\n".join(found.differing) or "processes were left behind")


def _rows(found: Found, runs: int, workers: bool) -> list[tuple[str, str]]:
    return [
        ("runs of a sweep", str(runs)),
        (f"kills of {'a worker' if workers else 'the command'}", str(found.kills)),
        ("sweeps that took all of them", str(found.sweeps)),
        ("half-written rows that the next writer cut off", str(found.mended)),
        ("runs recorded as failed, and done again", str(found.failed)),
        ("processes left behind", str(found.orphans)),
        ("tables that differ from the undisturbed sweep", str(len(found.differing))),
    ]


def _disturbed(
    folder: Path, kills: int, seconds: float, chance: random.Random, *, workers: bool
) -> Found:
    """Sweeps with so many kills in all; `seconds` is what an undisturbed one takes."""
    found = Found()
    while found.kills < kills:
        found.sweeps += 1
        out = f"sweep-{found.sweeps}"
        ended = False
        while not ended and found.kills < kills:
            common.note(f"sweep {found.sweeps}, kill {found.kills + 1}")
            with _sweep(folder, out) as process:
                if workers:
                    ended = _kill_workers(process, kills, chance, found)
                else:
                    ended = _kill_parent(process, seconds, chance, found)
        _finish(folder, out)
        found.mended += _said(folder, out).count("half written was cut off")
        failed = re.findall(r"(\d+) of the planned runs failed", _said(folder, out))
        if failed:
            found.failed += int(failed[-1])
            _finish(folder, out, "--retry-failed")
        expected, got = _contents(folder / "undisturbed"), _contents(folder / out)
        found.differing += [f"{out}/{t}.csv differs" for t in TABLES if expected[t] != got[t]]
    return found


def _kill_parent(
    process: psutil.Popen, seconds: float, chance: random.Random, found: Found
) -> bool:
    """Kill the command at a random moment; whether it had ended before."""
    try:
        # Also early, while it starts, and late, when it is nearly done.
        process.wait(timeout=chance.uniform(0.0, max(seconds, 1.0)))
    except (subprocess.TimeoutExpired, psutil.TimeoutExpired):
        family = _family(process)
        process.send_signal(signal.SIGKILL)
        process.wait()
        found.kills += 1
        _, left = psutil.wait_procs(family, timeout=GONE_AFTER_SECONDS)
        found.orphans += len(left)
        return False
    return True


def _kill_workers(process: psutil.Popen, kills: int, chance: random.Random, found: Found) -> bool:
    """Kill workers at random moments until the command ends or all kills are done."""
    while process.poll() is None and found.kills < kills:
        time.sleep(chance.uniform(0.0, 0.8))
        workers = _workers(process)
        if workers and process.poll() is None:
            try:
                chance.choice(workers).send_signal(signal.SIGKILL)
            except psutil.NoSuchProcess:
                continue
            found.kills += 1
    process.wait()
    return True


def _family(process: psutil.Popen) -> list[psutil.Process]:
    try:
        return list(process.children(recursive=True))
    except psutil.NoSuchProcess:
        return []


def _workers(process: psutil.Popen) -> list[psutil.Process]:
    """The children of the fork server, which is itself a child of the command."""
    found: list[psutil.Process] = []
    for child in _family(process):
        try:
            parent = child.parent()
            if parent is not None and parent.pid != process.pid:
                found.append(child)
        except psutil.NoSuchProcess:
            continue
    return found


@contextmanager
def _sweep(folder: Path, out: str, *options: str) -> Iterator[psutil.Popen]:
    """The command in a process of its own; its standard error goes to a file."""
    command = (*common.RELU_BENCH, "run", "config.yaml", "--out", out, *options)
    with (folder / f"{out}.err").open("ab") as errors:
        process = psutil.Popen(
            command,
            cwd=folder,
            env=common.environment(),
            stdout=subprocess.DEVNULL,
            stderr=errors,
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()


def _finish(folder: Path, out: str, *options: str) -> None:
    """Do what is missing; failed runs are for the caller."""
    with _sweep(folder, out, *options) as process:
        code = process.wait()
    if code not in (0, 1) or (code == 1 and out == "undisturbed"):
        raise common.BenchmarkError(f"the sweep {out} ended with {code}:\n{_said(folder, out)}")


def _said(folder: Path, out: str) -> str:
    return (folder / f"{out}.err").read_text(encoding="utf-8", errors="replace")


def _contents(folder: Path) -> dict[str, list[tuple[tuple[str, str], ...]]]:
    """Every row of the three CSVs, sorted, without what differs between two trainings of a run."""
    found = {}
    for table in TABLES:
        with (folder / f"{table}.csv").open(newline="", encoding="utf-8") as file:
            found[table] = sorted(
                tuple((key, cell) for key, cell in row.items() if key not in OF_THE_OCCASION)
                for row in csv.DictReader(file)
            )
    return found


if __name__ == "__main__":
    main()
