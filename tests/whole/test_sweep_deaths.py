"""Timeouts, failures and rivals of whole `relu-bench run` processes, on the embedded digits."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from commands import command, interrupt, rest_said, started
from expecting import called

from relu_bench.machine import cores
from relu_bench.machine.cores import HostCores
from relu_bench.store import read
from relu_bench.store.status import progress

CONFIG = """
experiment: small
dataset: digits
model: mlp(hidden=[4])
activation: [relu, elu]
batch_size: 500
epochs: 1
seeds: 2
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "c.yaml").write_text(CONFIG)
    return tmp_path


def test_a_timeout_is_recorded_and_fail_fast_stops(folder: Path) -> None:
    arguments = ("run", "c.yaml", "--jobs", "1", "--set", "epochs=100000")
    done = called(*arguments, "--timeout", "0.5", "--fail-fast", cwd=folder)
    assert done.code == 1
    assert "it took longer than 0.5 seconds (--timeout)" in done.err
    assert "stopped at the first failed run (--fail-fast); 3 planned runs are left" in done.err
    (found,) = progress([folder / "results"])
    assert (found.planned, len(found.failures), len(found.missing)) == (4, 1, 3)
    assert found.failures[0].reason == "it took longer than 0.5 seconds (--timeout)"
    assert read(folder / "results", "runs")["attempts"].tolist() == [1]


def test_two_processes_that_are_asked_for_the_same_write_each_run_once(folder: Path) -> None:
    sets = [part for each in ("seeds=6", "activation=relu") for part in ("--set", each)]
    arguments = command("run", "c.yaml", "--jobs", "1", *sets)
    both = [
        subprocess.Popen(arguments, cwd=folder, stderr=subprocess.PIPE, text=True) for _ in range(2)
    ]
    said = [process.communicate(timeout=300)[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    runs = read(folder / "results", "runs")
    assert (len(runs), runs["run_id"].nunique()) == (6, 6)
    # What the other one has stored is said, however often that was.
    assert all(text.count("\n[") == 6 or "done already" in text for text in said), said


def test_waiting_for_a_core_is_told_and_can_be_interrupted(folder: Path) -> None:
    name = f"{cores.core_names()[0].rpartition('-worker-')[0]}-worker-0"
    taken = HostCores([name], folder / cores.default_folder().name).take()
    assert taken is not None
    environment = {"TMPDIR": str(folder), "RELU_BENCH_MAX_WORKERS": "1"}
    with started("run", "c.yaml", cwd=folder, env=environment) as process:
        assert process.stderr is not None
        lines = [process.stderr.readline(), process.stderr.readline()]
        interrupt(process)
        said = rest_said(process)
        assert process.wait(timeout=60) == 130, (lines, said)
    taken.release()
    assert lines == [
        "Training 4 runs.\n",
        "relu-bench: waiting for a free core: 1 worker of other relu-bench processes is running. "
        "The environment variable RELU_BENCH_MAX_WORKERS sets how many run at once.\n",
    ]
    assert "Interrupted. What had finished is kept in results" in said


def test_a_resumed_store_needs_no_config(folder: Path, put_trained: Callable[[Path], None]) -> None:
    put_trained(folder / "results")
    first = called("run", "c.yaml", "--shard", "1/2", "--quiet", cwd=folder)
    assert first.code == 0, first.err
    (folder / "c.yaml").unlink()
    again = called("run", "--resume", "results", cwd=folder)
    assert (again.code, again.err) == (0, "Nothing to train: 2 runs are done already.\n")
