"""Cores that many processes share; the processes here hold locks and train nothing."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

import relu_bench
from relu_bench.errors import ReluBenchError
from relu_bench.machine import cores, hardware
from relu_bench.machine.cores import HostCores

PROJECT = Path(relu_bench.__file__).parents[1]
HOLDER = """
import sys
from pathlib import Path
from relu_bench.machine.cores import HostCores
held = HostCores(sys.argv[2:], Path(sys.argv[1])).take()
print(held and held.number, flush=True)
sys.stdin.read()
"""


def holder(folder: Path, *names: str) -> "subprocess.Popen[str]":
    """Another process that takes a core and keeps it until it ends."""
    return process_of(HOLDER, folder, *names)


def process_of(program: str, folder: Path, *names: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", program, str(folder), *names],
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cores"


def test_each_core_is_given_once_and_again_when_it_was_given_back(folder: Path) -> None:
    host = HostCores(["a", "b"], folder)
    assert host.limit == 2
    first, second = host.take(), host.take()
    assert first is not None
    assert second is not None
    assert (first.number, second.number) == (0, 1)
    # What this process uses itself is not used by others.
    assert (first.others, second.others) == (0.0, 0.0)
    assert host.take() is None
    host.give_back(first)
    again = host.take()
    assert again is not None
    assert again.number == 0
    host.give_back(again)
    host.give_back(second)


def test_another_process_has_its_cores_until_it_is_killed(folder: Path) -> None:
    with holder(folder, "a", "b") as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "0\n"
        host = HostCores(["a", "b"], folder)
        mine = host.take()
        assert mine is not None
        assert (mine.number, mine.others) == (1, 0.5)
        assert host.take() is None
        assert host.used_by_others() == 1
        other.kill()
        other.wait()
        freed = host.take()
    assert freed is not None
    assert freed.number == 0
    for core in (mine, freed):
        host.give_back(core)


def test_who_has_waited_longest_goes_first(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cores, "SILENT_SECONDS", 600.0)
    holds, first, second, late = (HostCores(["a", "b"], folder) for _ in range(4))
    taken = [holds.take(), holds.take()]
    assert [first.take(), second.take()] == [None, None]
    for core in taken:
        assert core is not None
        holds.give_back(core)
    # Both cores are free now, and left to those who came before.
    assert [late.take(), second.take()] == [None, None]
    taken.append(first.take())
    assert late.take() is None
    taken.append(second.take())
    assert None not in taken
    assert late.take() is None


WAITER = """
import sys, time
from pathlib import Path
from relu_bench.machine.cores import HostCores
cores = HostCores(sys.argv[2:], Path(sys.argv[1]))
while cores.take() is None:
    print("waits", flush=True)
    time.sleep(0.05)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="needs signals of POSIX")
@pytest.mark.parametrize("number", ["SIGKILL", "SIGSTOP"])
def test_one_that_waits_no_more_is_passed_by(
    folder: Path, number: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cores, "SILENT_SECONDS", 0.5)
    holds, behind = HostCores(["a"], folder), HostCores(["a"], folder)
    mine = holds.take()
    assert mine is not None
    with process_of(WAITER, folder, "a") as waiter:
        assert waiter.stdout is not None
        assert waiter.stdout.readline() == "waits\n"
        waiter.send_signal(getattr(signal, number))
        assert behind.take() is None
        holds.give_back(mine)
        while (core := behind.take()) is None:
            time.sleep(0.05)
        waiter.kill()
    behind.give_back(core)
    assert holds.take() is not None
    assert not list(folder.glob("*-waiting-*"))


def test_a_core_is_wanted_by_those_who_have_none(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cores, "SILENT_SECONDS", 600.0)
    holds, other = HostCores(["a", "b"], folder), HostCores(["a", "b"], folder)
    first, second = holds.take(), holds.take()
    assert first is not None
    assert second is not None
    assert not holds.is_wanted(first)
    elsewhere = HostCores(["c"], folder)
    foreign = elsewhere.take()
    assert HostCores(["c"], folder).take() is None
    assert not holds.is_wanted(first)
    assert other.take() is None
    # One core for one that waits, though it has not come to take it yet.
    assert holds.is_wanted(first)
    assert not holds.is_wanted(second)
    holds.give_back(first)
    others = other.take()
    assert others is not None
    third = HostCores(["b"], folder)
    assert third.take() is None
    # The only one is handed over after a turn.
    assert not holds.is_wanted(second)
    monkeypatch.setattr(cores, "TURN_SECONDS", 0.0)
    assert holds.is_wanted(second)
    assert foreign is not None


def test_processes_with_other_cores_do_not_wait_for_each_other(folder: Path) -> None:
    with holder(folder, "a") as other:
        assert other.stdout is not None
        other.stdout.readline()
        mine = HostCores(["b"], folder).take()
        other.communicate("")
    assert mine is not None
    mine.release()


def test_the_folder_is_for_this_user_alone(folder: Path) -> None:
    folder.mkdir(mode=0o755)
    HostCores(["a"], folder)
    assert folder.stat().st_mode & 0o777 == 0o700


def test_the_folder_may_be_swept_away_while_it_is_used(folder: Path) -> None:
    host = HostCores(["a"], folder)
    folder.rmdir()
    mine = host.take()
    assert mine is not None
    mine.release()


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="needs symbolic links")
def test_what_somebody_put_in_its_place_is_not_used(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    folder.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ReluBenchError, match=r"it is no folder. Remove it, or let TMPDIR"):
        HostCores(["a"], folder)
    folder.unlink()
    folder.write_text("mine")
    with pytest.raises(ReluBenchError, match="cannot be used: File exists"):
        HostCores(["a"], folder)


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give folders away"
)
def test_a_folder_of_another_user_is_not_used(folder: Path) -> None:
    folder.mkdir()
    os.chown(folder, 65534, 65534)
    with pytest.raises(ReluBenchError, match="it belongs to another user"):
        HostCores(["a"], folder)


def test_its_place_is_the_temporary_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert cores.default_folder().parent == tmp_path
    assert cores.default_folder().name.startswith("relu-bench-")


@pytest.fixture
def four_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(cores.VARIABLE, raising=False)
    monkeypatch.setattr(hardware, "host", lambda: "a host/b")
    monkeypatch.setattr(hardware, "core_numbers", lambda: (0, 1, 6, 7))
    monkeypatch.setattr(hardware, "available_cores", lambda: 4)


@pytest.mark.usefixtures("four_cores")
def test_a_core_is_called_by_its_number_and_its_host() -> None:
    assert cores.core_names() == [f"a_host_b-core-{number}" for number in (0, 1, 6, 7)]


@pytest.mark.usefixtures("four_cores")
def test_a_quota_has_places_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hardware, "available_cores", lambda: 2)
    monkeypatch.setenv("SLURM_JOB_ID", "1")
    first = cores.core_names()
    assert len(set(first)) == 2
    assert cores.core_names() == first
    monkeypatch.setenv("SLURM_JOB_ID", "2")
    assert not set(cores.core_names()) & set(first)


@pytest.mark.usefixtures("four_cores")
def test_the_variable_sets_the_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(cores.VARIABLE, "7")
    assert len(cores.core_names()) == 7


@pytest.mark.usefixtures("four_cores")
@pytest.mark.parametrize("given", ["0", "-1", "two", "1.5"])
def test_a_wrong_number_is_an_error(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv(cores.VARIABLE, given)
    with pytest.raises(ReluBenchError, match=f"RELU_BENCH_MAX_WORKERS='{given}': expected"):
        cores.core_names()
