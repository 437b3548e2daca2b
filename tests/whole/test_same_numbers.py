"""The same numbers to the last digit: one worker or two, undisturbed or interrupted and resumed."""

import subprocess
import time
from pathlib import Path

import pytest
from commands import command, interrupt, numbers, relu_bench

CONFIG = """
dataset: digits
model: mlp(hidden=[24])
activation: [relu, prelu]
batch_norm: [false, true]
batch_norm_momentum: 0.9
dropout: 0.1
epochs: 8
seeds: 4
"""


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("undisturbed")
    (folder / "config.yaml").write_text(CONFIG)
    done = relu_bench("run", "config.yaml", "--jobs", "1", "--quiet", cwd=folder)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    return folder


def test_two_workers_in_another_environment_give_the_numbers_of_one(
    undisturbed: Path, tmp_path: Path
) -> None:
    done = relu_bench(
        *("run", undisturbed / "config.yaml", "--jobs", "2", "--out", tmp_path / "two"),
        cwd=tmp_path,
        env={"XLA_FLAGS": "--xla_cpu_enable_fast_math=true", "TF_DETERMINISTIC_OPS": "1"},
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith("relu-bench: TF_DETERMINISTIC_OPS, XLA_FLAGS: set here, and left")
    assert numbers(tmp_path / "two") == numbers(undisturbed / "results")


def test_an_interrupted_run_stops_at_once_and_is_resumed(undisturbed: Path, tmp_path: Path) -> None:
    out = tmp_path / "results"
    arguments = ("run", undisturbed / "config.yaml", "--jobs", "2", "--out", out)
    with subprocess.Popen(
        command(*arguments), cwd=tmp_path, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("[3/16]"):
                break
        interrupt(process)
        started = time.monotonic()
        said = process.stderr.read()
        assert process.wait(timeout=30) == 130
        stopped_after = time.monotonic() - started
    assert "Interrupted. What had finished is kept in" in said
    assert "Traceback" not in said
    # Two seconds are the promise on an idle machine; here other tests may share it.
    assert stopped_after < 10
    kept = len(numbers(out)["runs"])
    assert 3 <= kept < 16
    again = relu_bench(*arguments, cwd=tmp_path)
    assert again.returncode == 0
    assert f"Training {16 - kept} runs; {kept} runs are done already." in again.stderr
    assert numbers(out) == numbers(undisturbed / "results")
