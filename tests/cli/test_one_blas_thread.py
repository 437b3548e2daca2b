"""What reads results computes on one thread: its numbers are the same on any number of cores."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_NAMES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_GIVEN = {name: text for name, text in os.environ.items() if name not in _NAMES}
_THREADS = """
import json, sys
from relu_bench.cli import main
try:
    main()
except SystemExit:
    pass
import numpy as np, threadpoolctl
np.ones((2, 2)) @ np.ones((2, 2))
print(json.dumps([each["num_threads"] for each in threadpoolctl.threadpool_info()]))
"""
_ON_CORES = """
import json, os, sys
os.sched_setaffinity(0, json.loads(sys.argv[1]))
os.execv(sys.argv[2], sys.argv[2:])
"""


@pytest.mark.parametrize("command", ["compare", "plot", "report"])
def test_linear_algebra_has_one_thread(command: str, tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", _THREADS, command, "missing"],
        cwd=tmp_path,
        env=_GIVEN | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    threads = json.loads(ended.stdout)
    assert threads
    assert set(threads) == {1}


@pytest.mark.skipif(
    not hasattr(os, "sched_setaffinity") or len(os.sched_getaffinity(0)) < 2,
    reason="this system has one core, or does not let a process choose",
)
def test_answers_are_the_same_on_one_core_and_on_two() -> None:
    command = [sys.executable, "-m", "relu_bench", "compare", "results/reference"]
    command += ["--where", "experiment=tuning", "--effects"]
    cores = sorted(os.sched_getaffinity(0))[:2]
    found = [
        subprocess.run(
            [sys.executable, "-c", _ON_CORES, json.dumps(chosen), *command, "--format", "json"],
            cwd=ROOT,
            env=_GIVEN,
            capture_output=True,
            check=True,
        ).stdout
        for chosen in (cores[:1], cores)
    ]
    assert found[0]
    assert found[0] == found[1]
