"""Cores that many processes share; the processes here hold locks and train nothing."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

import relu_bench
from relu_bench import cores, machine
from relu_bench.cores import HostCores
from relu_bench.errors import ReluBenchError

PROJECT = Path(relu_bench.__file__).parents[1]
HOLDER = """
import sys
from pathlib import Path
from relu_bench.cores import HostCores
held = HostCores(sys.argv[2:], Path(sys.argv[1])).take()
print(held and held.number, flush=True)
sys.stdin.read()
"""


def holder(folder: Path, *names: str) -> "subprocess.Popen[str]":
    """Another process that takes a core and keeps it until it ends."""
    return subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder), *names],
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
    monkeypatch.setattr(machine, "host", lambda: "a host/b")
    monkeypatch.setattr(machine, "core_numbers", lambda: (0, 1, 6, 7))
    monkeypatch.setattr(machine, "available_cores", lambda: 4)


@pytest.mark.usefixtures("four_cores")
def test_a_core_is_called_by_its_number_and_its_host() -> None:
    assert cores.core_names() == [f"a_host_b-core-{number}" for number in (0, 1, 6, 7)]


@pytest.mark.usefixtures("four_cores")
def test_a_quota_has_places_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "available_cores", lambda: 2)
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
