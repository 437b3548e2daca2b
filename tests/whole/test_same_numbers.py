"""The same numbers to the last digit: undisturbed, or interrupted and resumed elsewhere."""

import subprocess
import time
from pathlib import Path

from commands import command, interrupt, numbers, relu_bench

CONFIG = """
dataset: digits
model: mlp(hidden=[24])
activation: [relu, prelu]
batch_norm: true
batch_norm_momentum: 0.9
dropout: 0.1
epochs: 8
seeds: 5
"""


def test_two_workers_interrupted_and_resumed_in_another_environment_give_the_numbers_of_one(
    tmp_path: Path,
) -> None:
    (tmp_path / "config.yaml").write_text(CONFIG)
    one = relu_bench("run", "config.yaml", "--jobs", "1", "--out", "one", "--quiet", cwd=tmp_path)
    assert (one.returncode, one.stdout, one.stderr) == (0, "", "")
    out = tmp_path / "two"
    arguments = ("run", tmp_path / "config.yaml", "--jobs", "2", "--out", out)
    with subprocess.Popen(
        command(*arguments), cwd=tmp_path, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("[3/10]"):
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
    assert 3 <= kept < 10
    again = relu_bench(
        *arguments,
        cwd=tmp_path,
        env={"XLA_FLAGS": "--xla_cpu_enable_fast_math=true", "TF_DETERMINISTIC_OPS": "1"},
    )
    assert again.returncode == 0, again.stderr
    assert again.stderr.startswith(
        "relu-bench: TF_DETERMINISTIC_OPS, XLA_FLAGS: set here, and left"
    )
    assert f"Training {10 - kept} runs; {kept} runs are done already." in again.stderr
    assert numbers(out) == numbers(tmp_path / "one")
