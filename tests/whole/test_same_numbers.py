"""The same numbers to the last digit: undisturbed, or killed, interrupted and resumed elsewhere."""

import shutil
import sys
import time
from pathlib import Path

import psutil
import pytest
from commands import interrupt, numbers, relu_bench, rest_said, said_until, started

from relu_bench.wording import counted

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="kills processes of Linux"
)


def workers_of(command: int) -> list[psutil.Process]:
    """The children of the fork server, which is itself a child of the command."""
    return [
        each
        for child in psutil.Process(command).children()
        for each in child.children()
        if each.is_running()
    ]


def test_two_workers_killed_interrupted_and_resumed_give_the_numbers_of_one(
    trained: Path, tmp_path: Path
) -> None:
    for name in ("same.yaml", "mine.py"):
        shutil.copy(trained / name, tmp_path)
    arguments = ("run", "same.yaml", "--set", "activation=prelu", "--jobs", "2")

    with started(*arguments, cwd=tmp_path) as process:
        said_until(process, "[1/6]")
        workers = workers_of(process.pid)
        assert workers
        for worker in workers:
            worker.kill()
        said_until(process, "[2/6]")
        interrupt(process)
        begun = time.monotonic()
        said = rest_said(process)
        assert process.wait(timeout=30) == 130
    assert "Interrupted. What had finished is kept in" in said
    assert "Traceback" not in said
    # Two seconds are the promise on an idle machine; here other tests may share it.
    assert time.monotonic() - begun < 10
    kept = len(numbers(tmp_path / "results")["runs"])
    assert 2 <= kept < 6

    environment = {"XLA_FLAGS": "--xla_cpu_enable_fast_math=true", "TF_DETERMINISTIC_OPS": "1"}
    with started(*arguments, cwd=tmp_path, env=environment) as process:
        opening = said_until(process, f"[1/{6 - kept}]")
        family = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        process.wait()
        _, left = psutil.wait_procs(family, timeout=20)
        assert not left
    assert opening[0].startswith("relu-bench: TF_DETERMINISTIC_OPS, XLA_FLAGS: set here, and left")
    remaining = counted(6 - kept, "run")
    assert f"Training {remaining}; {kept} runs are done already.\n" in opening

    last = relu_bench(*arguments, "--quiet", cwd=tmp_path)
    assert last.returncode == 0, last.stderr
    found = numbers(tmp_path / "results")
    run_ids = {row["run_id"] for row in found["runs"]}
    assert len(run_ids) == 6
    for table, rows in numbers(trained / "results", "same").items():
        assert found[table] == [row for row in rows if row["run_id"] in run_ids]
