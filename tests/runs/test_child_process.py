"""Processes of ours import what their parent runs, and keep what they write to themselves."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from fake_training import (
    make_dying_trainer,
    make_fake_trainer,
    make_unable_trainer,
    make_writing_trainer,
    specs_of,
)

import relu_bench
from relu_bench.errors import WorkerStartError
from relu_bench.execution.executor import RunFailed
from relu_bench.execution.local import LocalExecutor
from relu_bench.execution.worker import MakeTrainer, WorkerSettings
from relu_bench.machine import child_process, fork_server

PACKAGE = Path(relu_bench.__file__).parent

# At its top level, without a guard, as in a notebook; `{where}` is what it does first.
SCRIPT = """
import sys
{where}
from relu_bench.machine import fork_server
if {spawn}:
    import multiprocessing
    fork_server.start = lambda preload=(): multiprocessing.get_context("spawn")
from pathlib import Path
import relu_bench
sys.path.insert(0, "added later")
sys.path.append({fakes!r})
fork_server.SEARCH_PATH = (*fork_server.SEARCH_PATH, {fakes!r})
import fake_training
from relu_bench.execution.local import LocalExecutor
from relu_bench.execution.worker import WorkerSettings

settings = WorkerSettings(Path({folder!r}))
make_trainer = fake_training.make_fake_trainer
with LocalExecutor(1, settings, make_trainer=make_trainer, preload={preload}) as executor:
    print(executor.submit(fake_training.specs_of(1))[0].result(timeout=60).result.outcome)
print(Path(relu_bench.__file__).parent)
"""


def run_script(
    where: str, folder: Path, *, spawn: bool, preload: tuple[str, ...] = ()
) -> list[str]:
    fakes = str(Path(__file__).parent)
    script = SCRIPT.format(
        where=where, spawn=spawn, fakes=fakes, folder=str(folder), preload=preload
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


@pytest.mark.parametrize("spawn", [False, True])
def test_the_working_folder_shadows_nothing(tmp_path: Path, spawn: bool) -> None:
    for name in ("random", "signal", "socket", "keras", "numpy", "tempfile"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('taken from the working folder')")
    (tmp_path / "relu_bench").mkdir()
    (tmp_path / "relu_bench" / "__init__.py").write_text("raise SystemExit('another version')")
    # As the installed command, which does not have the working folder in its path.
    found = run_script("sys.path.remove('')", tmp_path, spawn=spawn)
    assert found == ["learned", str(PACKAGE)]


@pytest.mark.parametrize("spawn", [False, True])
def test_a_working_folder_in_the_path_of_the_parent_is_in_theirs(
    tmp_path: Path, spawn: bool
) -> None:
    shutil.copytree(PACKAGE, tmp_path / "relu_bench", ignore=shutil.ignore_patterns("__pycache__"))
    # As with `python -m relu_bench` in a checkout; where the process goes later does not matter.
    where = "import relu_bench, os; os.chdir('/')"
    found = run_script(where, tmp_path, spawn=spawn, preload=("relu_bench.execution.worker",))
    assert found == ["learned", str(tmp_path / "relu_bench")]


def run_with(
    make_trainer: MakeTrainer, folder: Path, specs: tuple[object, ...] = specs_of(1)
) -> BaseException | None:
    settings = WorkerSettings(folder)
    with LocalExecutor(1, settings, make_trainer=make_trainer, preload=()) as executor:
        return executor.submit(specs)[0].exception(timeout=60)  # type: ignore[arg-type]


def test_another_relu_bench_in_a_worker_ends_the_sweep(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child_process, "_own_folder", lambda: "/another/relu_bench")
    error = run_with(make_fake_trainer, tmp_path)
    assert isinstance(error, WorkerStartError)
    assert f"it imports relu_bench from {PACKAGE}, and this command runs the one in " in str(error)


@pytest.mark.parametrize(
    ("make_trainer", "reason"),
    [
        (make_unable_trainer, "MemoryError: not enough"),
        (make_dying_trainer, "the worker process died (SIGKILL, as the system does when memory"),
    ],
)
def test_a_worker_that_is_never_ready_ends_the_sweep_and_fails_no_run(
    tmp_path: Path, make_trainer: MakeTrainer, reason: str
) -> None:
    error = run_with(make_trainer, tmp_path)
    assert isinstance(error, WorkerStartError)
    assert not isinstance(error, RunFailed)
    assert str(error).startswith(f"A worker process cannot be started ({reason}")
    assert len((tmp_path / "started").read_text().splitlines()) == 2


def test_what_a_worker_writes_reaches_no_stream_of_ours(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run_with(make_writing_trainer, tmp_path) is None
    assert capfd.readouterr() == ("", "")
    # What it leaves in the temporary folder goes with the folder of the logs.
    (left,) = (tmp_path / "temporary").read_text().splitlines()
    assert not Path(left).exists()
    assert not Path(left).parent.exists()


def test_native_errors_are_told_without_their_stack(tmp_path: Path) -> None:
    from relu_bench.machine.fork_server import last_line

    log = tmp_path / "log"
    log.write_text(
        "something\nF0000 00:00:1 16024 env.cc:410] Check failed: no memory\n"
        "*** Check failure stack trace: ***\n    @     0x7fd516b1d314  (unknown)\n"
    )
    assert last_line(log) == "Check failed: no memory"
    log.write_text("x" * 50_000 + "\nthe end\n\n")
    assert last_line(log) == "the end"
    os.truncate(log, 0)
    assert last_line(log) == last_line(tmp_path / "none") == ""


def test_reasons_hold_nothing_that_steers_a_terminal(tmp_path: Path) -> None:
    """Keras writes bold letters into its errors, and a user's file may write anything."""
    written = "\x1b[1mbold\x1b[0m\x07,\n\tplain"
    log = tmp_path / "log"
    log.write_text(written.replace("\n", " "), encoding="utf-8")

    assert child_process.one_line(ValueError(written)) == "ValueError: bold, plain"
    assert fork_server.last_line(log) == "bold, \tplain"
