"""`relu-bench run --cluster` as a user calls it: real training on two Dask workers."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from commands import command, interrupt, numbers, relu_bench
from loopback import Loopback

MakeCluster = Callable[..., Loopback]

CONFIG = """
dataset: digits
model: mlp(hidden=[24])
activation: [relu, "{folder}/mine.py:ramp"]
dropout: 0.1
epochs: 8
seeds: 5
"""

OWN = """
import tensorflow as tf


def ramp(x):
    return tf.clip_by_value(x, 0.0, 2.0)
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.yaml"
    (tmp_path / "mine.py").write_text(OWN)
    path.write_text(CONFIG.format(folder=tmp_path))
    return path


def said_until(process: "subprocess.Popen[str]", start: str) -> list[str]:
    """The lines on stderr up to one that starts so."""
    lines = []
    assert process.stderr is not None
    for line in process.stderr:
        lines.append(line)
        if line.startswith(start):
            return lines
    raise AssertionError(f"it never said {start!r}, but: {''.join(lines)}")


def without_seconds(store: Path) -> dict[str, list[dict[str, Any]]]:
    """All that a store holds but times, however they are called."""
    return {
        table: [{name: row[name] for name in row if not name.endswith("_seconds")} for row in rows]
        for table, rows in numbers(store).items()
    }


def test_interrupted_resumed_and_a_worker_killed_every_run_is_there_once_with_its_bits(
    make_cluster: MakeCluster, config: Path, tmp_path: Path
) -> None:
    cluster = make_cluster("a", "b", nanny=True)
    arguments = ("run", config, "--cluster", cluster.address, "--out", tmp_path / "cluster")
    options = {"stderr": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command(*arguments), start_new_session=True, **options) as process:  # type: ignore[call-overload]
        said_until(process, "[3/10]")
        interrupt(process)
        said = process.stderr.read()
        assert process.wait(timeout=30) == 130
    assert "Interrupted. What had finished is kept in" in said
    assert "Traceback" not in said
    kept = len(numbers(tmp_path / "cluster")["runs"])
    assert 3 <= kept < 10

    with subprocess.Popen(command(*arguments), start_new_session=True, **options) as process:  # type: ignore[call-overload]
        opening = said_until(process, f"[1/{10 - kept}]")
        cluster.kill("a")
        said = process.stderr.read()
        assert process.wait(timeout=120) == 0, said
    assert f"Training {10 - kept} runs; {kept} runs are done already.\n" in opening
    assert "Traceback" not in said
    assert "distributed" not in said

    # The workers of other tests on this machine need not be waited for.
    local = relu_bench(
        *("run", config, "--jobs", "2", "--out", tmp_path / "local"),
        cwd=tmp_path,
        env={"RELU_BENCH_MAX_WORKERS": "64"},
    )
    assert local.returncode == 0, local.stderr
    found = without_seconds(tmp_path / "cluster")
    assert len(found["runs"]) == 10
    assert len(found["epochs"]) == 10 * 9
    assert found == without_seconds(tmp_path / "local")


def test_an_interrupt_while_no_worker_is_there_ends_at_once(
    make_cluster: MakeCluster, config: Path, tmp_path: Path
) -> None:
    arguments = ("run", config, "--cluster", make_cluster().address, "--out", tmp_path / "out")
    with subprocess.Popen(
        command(*arguments), start_new_session=True, stderr=subprocess.PIPE, text=True
    ) as process:
        said_until(process, "relu-bench: no Dask worker is connected to tcp://")
        interrupt(process)
        assert process.stderr is not None
        said = process.stderr.read()
        assert process.wait(timeout=30) == 130
    assert said.startswith("Interrupted.")
    assert len(said.splitlines()) == 1


def test_jobs_and_a_cluster_are_told_apart(config: Path, tmp_path: Path) -> None:
    done = relu_bench("run", config, "--cluster", "tcp://here:1", "--jobs", "2", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "--jobs counts workers on this machine" in done.stderr
    assert not (tmp_path / "results").exists()


def test_without_a_scheduler_nothing_is_written(config: Path, tmp_path: Path) -> None:
    done = relu_bench("run", config, "--cluster", "tcp://127.0.0.1:9", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "No Dask scheduler answers at tcp://127.0.0.1:9" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "results").exists()
