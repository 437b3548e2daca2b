"""The very lines of docs/sweeps.md, on the embedded digits with tiny settings.

What training does is asked elsewhere: where a line trains, most of these tests put the runs into
the store first, under another name, and the line copies them.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from relu_bench.store import read
from relu_bench.store.status import Progress, progress

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "sweeps.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```sh\n(.*?)```", DOCUMENT, re.DOTALL)
CONFIG = """
dataset: digits
model: mlp(hidden=[4])
activation: [relu, elu]
batch_size: 500
epochs: 1
seeds: 2
"""

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")


def block(start: str) -> str:
    """The one block that has a line beginning with `start`."""
    (found,) = [text for text in BLOCKS if re.search(rf"^{re.escape(start)}", text, re.MULTILINE)]
    return str(found)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a small configs/variants.yaml, and `relu-bench` on the path."""
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "variants.yaml").write_text(CONFIG)
    (tmp_path / "bin").mkdir()
    script = tmp_path / "bin" / "relu-bench"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m relu_bench "$@"\n')
    script.chmod(0o755)
    return tmp_path


def shell(text: str, folder: Path, **environment: str) -> str:
    """Run lines of the document; what they print."""
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", text],
        cwd=folder,
        env={
            **os.environ,
            "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            **environment,
        },
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout


def status(*stores: Path) -> Progress:
    """How far the document's own experiment is."""
    (found,) = (each for each in progress(stores) if each.experiment == "variants")
    return found


def rows(folder: Path) -> pd.DataFrame:
    """The runs of the document's own experiment."""
    runs = read(folder / "results", "runs")
    return runs[runs["experiment"] == "variants"]


def needs(program: str) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")


def test_every_block_is_run_by_a_test() -> None:
    tested = Path(__file__).read_text(encoding="utf-8")
    starts = set(re.findall(r"block\(\"(.+?)\"\)", tested))
    assert sorted(block(start) for start in starts) == sorted(BLOCKS)


def test_resuming_and_status(folder: Path, put_trained: Callable[[Path], None]) -> None:
    needs("jq")
    put_trained(folder / "results")
    said = shell(block("relu-bench run --resume results"), folder)
    table = [line.split() for line in said.splitlines()]
    assert ["variants", "4", "4", "0", "0", "0"] in table
    assert ["variants", "4", "0"] in table
    assert status(folder / "results").completed == 4


def test_confirming(folder: Path, put_trained: Callable[[Path], None]) -> None:
    put_trained(folder / "results")
    said = shell(block("relu-bench run configs/variants.yaml --set learning_rate=0.1,0.01"), folder)
    assert "variants-confirm: test accuracy" in said
    runs = read(folder / "results", "runs")
    fresh = runs[runs["experiment"] == "variants-confirm"]
    assert set(fresh["seed"]) == {2, 3, 4, 5, 6}
    assert len(fresh) == 10
    assert (fresh.groupby("activation")["learning_rate"].nunique() == 1).all()


def test_a_loop_and_json(folder: Path, put_trained: Callable[[Path], None]) -> None:
    needs("jq")
    put_trained(folder / "results")
    shell(block("for rate in"), folder)
    both = status(folder / "results")
    assert (both.planned, both.completed) == (8, 8)
    assert sorted(set(rows(folder)["learning_rate"])) == [0.01, 0.1]
    said = shell(block("relu-bench run configs/variants.yaml --json"), folder)
    lines = [line.split("\t") for line in said.splitlines()]
    assert sorted((name, seed) for name, seed, _, _ in lines) == [
        (name, seed) for name in ("elu(alpha=1.0)", "relu") for seed in "01"
    ]
    assert {skipped for *_, skipped in lines} == {"true"}


def test_two_processes_at_once(folder: Path, put_trained: Callable[[Path], None]) -> None:
    needs("xargs")
    put_trained(folder / "results")
    shell(block("seq 0 2 | xargs -P 2"), folder)
    done = status(folder / "results")
    assert (done.planned, done.completed) == (6, 6)
    assert not rows(folder).duplicated("run_id").any()


def test_gnu_parallel(folder: Path, put_trained: Callable[[Path], None]) -> None:
    needs("parallel")
    put_trained(folder / "results")
    shell(block("parallel -j 2"), folder)
    assert status(folder / "results").completed == 8


def test_a_slurm_array(folder: Path) -> None:
    script = block("relu-bench run configs/variants.yaml --shard")
    found = re.search(r"^#SBATCH --array=1-(\d+)$", script, re.MULTILINE)
    assert found is not None
    count = int(found[1])
    for task in range(1, count + 1):
        shell(
            script,
            folder,
            SLURM_ARRAY_TASK_ID=str(task),
            SLURM_ARRAY_TASK_COUNT=found[1],
            RELU_BENCH_MAX_WORKERS="1",
        )
    parts = [folder / "shards" / str(task) for task in range(1, count + 1)]
    assert [status(part).completed for part in parts] == [2, 2]
    said = shell(block("relu-bench plot shards/*"), folder)
    assert (folder / "figures" / "variants-comparison.png").stat().st_size > 1000
    assert "2 runs taken from shards/1" in said
    assert status(*parts).completed == status(folder / "merged").completed == 4


def test_a_task_number_that_counts_from_0_is_told_how_to_mend_it(folder: Path) -> None:
    line = block("relu-bench run configs/variants.yaml --shard").splitlines()[-1]
    done = subprocess.run(
        ["bash", "-c", line],
        cwd=folder,
        env={
            **os.environ,
            "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "SLURM_ARRAY_TASK_ID": "0",
            "SLURM_ARRAY_TASK_COUNT": "4",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "--array=1-N" in done.stderr
    assert not (folder / "results").exists()
