"""`relu-bench run --until-resolved` as whole processes, on the embedded digits."""

import os
import signal
from pathlib import Path

from commands import numbers, relu_bench, said_until, started

from relu_bench.store import Store, read
from relu_bench.store.status import progress

CONFIG = """
experiment: small
dataset: digits
model: mlp(hidden=[4])
activation: [relu, relu_lambda, tanh]
batch_size: 100
epochs: 1
"""
ARGUMENTS = ("run", "c.yaml", "--until-resolved", "--margin", "0.5", "--max-seeds", "20")


def test_a_killed_and_resumed_sweep_ends_as_a_whole_one(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text(CONFIG)
    whole = relu_bench(*ARGUMENTS, "--out", "whole", cwd=tmp_path)
    assert whole.returncode == 0, whole.stderr
    # The same function under two labels is never told apart.
    assert "relu_lambda practically equal (the same at all seeds, at 15 seeds)" in whole.stdout, (
        whole.stdout
    )
    seeds = read(tmp_path / "whole", "runs").groupby("activation")["seed"].count().to_dict()
    assert seeds["relu_lambda"] == 15
    assert seeds["relu"] == seeds["tanh"]
    lines = [line for line in whole.stderr.splitlines() if line.startswith("small: 1")]
    assert lines[0] == "small: 10 seeds: 0 of 2 comparisons with relu decided."

    with started(*ARGUMENTS, "--out", "cut", cwd=tmp_path) as process:
        said_until(process, "[33/45]")  # in the middle of the second look's runs
        os.killpg(process.pid, signal.SIGKILL)
    (found,) = progress([tmp_path / "cut"])
    assert (found.planned, found.unplanned) == (45, 0)
    assert 33 <= found.completed < 45
    (tmp_path / "c.yaml").unlink()
    resumed = relu_bench("run", "--resume", "cut", cwd=tmp_path)
    assert resumed.returncode == 0, resumed.stderr
    assert numbers(tmp_path / "cut") == numbers(tmp_path / "whole")
    assert Store(tmp_path / "cut").plans() == Store(tmp_path / "whole").plans()
    assert not progress([tmp_path / "cut"])[0].missing

    said = [relu_bench("compare", name, cwd=tmp_path) for name in ("whole", "cut")]
    assert said[0].stdout == said[1].stdout
    assert "Seeds were added until each comparison was decided, at most 20" in said[0].stdout


def test_two_processes_end_as_one(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text(CONFIG)
    arguments = (*ARGUMENTS, "--jobs", "1", "--out", "results")
    both = [started(*arguments, cwd=tmp_path) for _ in range(2)]
    said = [process.communicate(timeout=300) for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    verdicts = [
        [line for line in out.splitlines() if line.startswith(("Decided", "Undecided"))]
        for out, _ in said
    ]
    assert verdicts[0] == verdicts[1] != []
    runs = read(tmp_path / "results", "runs")
    assert not runs.duplicated(["experiment", "run_id"]).any()
    (plan,) = Store(tmp_path / "results").plans()
    assert set(plan.run_ids) == set(runs["run_id"])
