"""Streams that are closed, full or no longer read, and signals to end: in real processes."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from relu_bench.store import read

ROOT = Path(__file__).parent.parent.parent
CONFIG = "dataset: digits\nmodel: mlp(hidden=[8])\nseeds: 2\nepochs: 1\n"
SLOW = CONFIG.replace("epochs: 1", "epochs: [1, 100000]")
WHOLE = (
    "relu-bench: standard output cannot be written (No space left on device). What was stored or "
    "written to files before is whole.\n"
)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="streams as a Linux shell has them")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "c.yaml").write_text(CONFIG)
    (tmp_path / "slow.yaml").write_text(SLOW)
    (tmp_path / "tmp").mkdir()
    return tmp_path


def environment(folder: Path) -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(folder / "tmp")}


def shell(folder: Path, command: str) -> tuple[int, str, str]:
    """How `relu-bench` in a line of shell ends, and what comes out."""
    program = f"{sys.executable} -m relu_bench"
    ended = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command.replace('relu-bench', program)}"],
        cwd=folder, env=environment(folder), capture_output=True, text=True, check=False,
        timeout=300,
    )  # fmt: skip
    return ended.returncode, ended.stdout, ended.stderr


@pytest.mark.parametrize("closed", ["0<&-", "1>&-", "2>&-", "0<&- 1>&- 2>&-"])
def test_a_closed_stream_is_as_one_that_leads_nowhere(closed: str, folder: Path) -> None:
    code, out, err = shell(folder, f"relu-bench init quickstart {closed}")
    told = "Now: relu-bench run quickstart.yaml\n"
    assert code == 0
    assert out == ("" if "1>&-" in closed else "quickstart.yaml\n")
    assert err.startswith("" if "2>&-" in closed else told)
    assert (folder / "quickstart.yaml").read_text().startswith("# ReLU")


def test_with_all_streams_closed_it_trains(folder: Path) -> None:
    assert shell(folder, "relu-bench run c.yaml --jobs 1 0<&- 1>&- 2>&-") == (0, "", "")
    assert read(folder / "results", "runs")["status"].tolist() == ["completed"] * 2


@pytest.mark.parametrize(
    ("command", "ended"),
    [
        ("relu-bench schema > /dev/full", (1, "", WHOLE)),
        ("relu-bench --help > /dev/full", (1, "", WHOLE)),
        ("relu-bench nothing 2> /dev/full", (2, "", "")),
        ("relu-bench init variants 2> /dev/full", (0, "variants.yaml\n", "")),
        ("relu-bench schema | true", (141, "", "")),  # which has ended before anything is written
        ("relu-bench schema 2>&1 | true", (141, "", "")),
    ],
)
def test_streams_that_cannot_be_written(
    command: str, ended: tuple[int, str, str], folder: Path
) -> None:
    assert shell(folder, command) == ended


def test_what_was_stored_before_an_error_is_told(folder: Path) -> None:
    code, _, err = shell(folder, "relu-bench run c.yaml --jobs 1 --json > /dev/full")
    assert (code, err) == (
        1,
        f"Training 2 runs.\n{WHOLE}"
        "1 run was stored in results by then; the same command goes on from there.\n",
    )
    assert len(read(folder / "results", "runs")) == 1


def test_a_signal_to_end_keeps_what_had_finished_and_leaves_nothing_behind(folder: Path) -> None:
    """The other signals: speed, in test_speed_command.py."""
    command = [sys.executable, "-m", "relu_bench", "run", "slow.yaml", "--jobs", "1"]
    process = subprocess.Popen(
        command, cwd=folder, env=environment(folder), stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    # Seed by seed: the second run of the first seed is the endless one.
    lines = [process.stderr.readline() for _ in range(2)]
    process.send_signal(signal.SIGTERM)
    _, rest = process.communicate(timeout=60)

    assert process.returncode == 128 + signal.SIGTERM
    assert lines[-1].startswith("[1/4] ")
    assert rest == (
        "Interrupted. What had finished is kept in results; the same command goes on from there.\n"
    )
    assert len(read(folder / "results", "runs")) == 1
    # The locks of the cores, which all calls share.
    assert [path.name for path in (folder / "tmp").iterdir()] == [f"relu-bench-{os.getuid()}"]


CLEANING_UP = """
import time
from relu_bench.cli import process
process.set_up()
try:
    print("begun", flush=True)
    time.sleep(60)
finally:
    print("ending", flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_second_signal_ends_at_once(name: str, folder: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", CLEANING_UP], env=environment(folder), stdout=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    assert process.stdout is not None
    for line in ("begun\n", "ending\n"):
        assert process.stdout.readline() == line
        process.send_signal(getattr(signal, name))
    started = time.monotonic()
    assert process.wait(timeout=30) == -getattr(signal, name)
    assert time.monotonic() - started < 20
    process.stdout.close()


def test_a_signal_that_is_ignored_stays_ignored(folder: Path) -> None:
    code, out, _ = shell(
        folder,
        f"trap '' HUP; {sys.executable} -c 'import os, signal; from relu_bench.cli import process; "
        "process.set_up(); os.kill(os.getpid(), signal.SIGHUP); print(1)'",
    )
    assert (code, out) == (0, "1\n")


def test_warnings_of_libraries_are_hidden_unless_asked_for(folder: Path) -> None:
    code = (
        "from relu_bench.cli import process; process.set_up(); "
        "import numpy as np; np.float64(1e308) * 10"
    )
    assert shell(folder, f"{sys.executable} -c '{code}'") == (0, "", "")
    assert "overflow" in shell(folder, f"{sys.executable} -W default -c '{code}'")[2]
