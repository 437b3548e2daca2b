"""`relu-bench run --cluster` as a user calls it: real training on two Dask workers."""

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from commands import interrupt, numbers, rest_said, said_until, started
from expecting import Invoke
from loopback import Loopback

from relu_bench.wording import counted

MakeCluster = Callable[..., Loopback]


@pytest.fixture
def config(trained: Path, tmp_path: Path) -> Path:
    """Twelve runs, half of them with a function of the user's own."""
    for name in ("same.yaml", "mine.py"):
        shutil.copy(trained / name, tmp_path)
    return tmp_path / "same.yaml"


def test_interrupted_resumed_and_a_worker_killed_every_run_is_there_once_with_its_bits(
    make_cluster: MakeCluster, config: Path, trained: Path, tmp_path: Path
) -> None:
    cluster = make_cluster("a", "b", nanny=True)
    arguments = ("run", config, "--cluster", cluster.address, "--out", "cluster")
    begun = time.time()
    # Workers use their own machine's cache, whatever the driver's is.
    of_driver = {"RELU_BENCH_COMPILE_CACHE": str(tmp_path / "compiled")}
    with started(*arguments, cwd=tmp_path, env=of_driver) as process:
        said_until(process, "[3/12]")
        interrupt(process)
        said = rest_said(process)
        assert process.wait(timeout=30) == 130
    assert "Interrupted. What had finished is kept in" in said
    assert "Traceback" not in said
    kept = len(numbers(tmp_path / "cluster")["runs"])
    assert 3 <= kept < 12
    assert not (tmp_path / "compiled").exists()
    of_workers = Path(os.environ["RELU_BENCH_COMPILE_CACHE"]).glob("*/*.xla")
    assert any(path.stat().st_mtime > begun for path in of_workers)

    with started(*arguments, cwd=tmp_path) as process:
        opening = said_until(process, f"[1/{12 - kept}]")
        cluster.kill("a")
        said = rest_said(process)
        assert process.wait(timeout=120) == 0, said
    remaining = counted(12 - kept, "run")
    assert f"Training {remaining}; {kept} runs are done already.\n" in opening
    assert "Traceback" not in said
    assert "distributed" not in said

    found = numbers(tmp_path / "cluster")
    assert len(found["runs"]) == 12
    assert len(found["epochs"]) == 12 * 9
    assert found == numbers(trained / "results", "same")


def test_a_confirmation_trains_there_too(
    make_cluster: MakeCluster, trained: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(trained, tmp_path / "copy")
    address = make_cluster("a", nanny=True).address
    arguments = ("run", "config.yaml", "--confirm", "2", "--cluster", address)
    with started(*arguments, cwd=folder) as process:
        said = rest_said(process)
        assert process.wait(timeout=120) == 0, said
    found = numbers(folder / "results", "trained-confirm")["runs"]
    assert [run["status"] for run in found] == ["completed"] * 4


def test_an_interrupt_while_no_worker_is_there_ends_at_once(
    make_cluster: MakeCluster, config: Path, tmp_path: Path
) -> None:
    arguments = ("run", config, "--cluster", make_cluster().address, "--out", tmp_path / "out")
    with started(*arguments, cwd=tmp_path) as process:
        said_until(process, "relu-bench: no Dask worker is connected to tcp://")
        interrupt(process)
        said = rest_said(process)
        assert process.wait(timeout=30) == 130
    assert said.startswith("Interrupted.")
    assert len(said.splitlines()) == 1


def test_jobs_and_a_cluster_are_told_apart(config: Path, invoke: Invoke) -> None:
    code, out, err = invoke("run", str(config), "--cluster", "tcp://here:1", "--jobs", "2")
    assert (code, out) == (2, "")
    assert "--jobs counts workers on this machine" in err
    assert not Path("results").exists()


def test_without_a_scheduler_nothing_is_written(config: Path, invoke: Invoke) -> None:
    code, out, err = invoke("run", str(config), "--cluster", "tcp://127.0.0.1:9")
    assert (code, out) == (2, "")
    assert "No Dask scheduler answers at tcp://127.0.0.1:9" in err
    assert not Path("results").exists()
