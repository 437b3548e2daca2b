"""Run the real command in a process of its own, and compare stores."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd

from relu_bench.store import read

TIMES = ["train_seconds", "probe_seconds", "compile_seconds", "seconds", "started_at", "attempts"]


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "relu_bench", *(str(argument) for argument in arguments)]


def relu_bench(
    *arguments: str | Path, cwd: Path, env: dict[str, str] | None = None, timeout: float = 300
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command(*arguments),
        cwd=cwd,
        env={**os.environ, "COLUMNS": "80", **(env or {})},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def interrupt(process: "subprocess.Popen[str]") -> None:
    """Ctrl-C: the signal goes to the whole process group."""
    os.killpg(process.pid, signal.SIGINT)


def numbers(store: Path) -> dict[str, list[dict[str, Any]]]:
    """All that a store holds, sorted by key, times aside."""
    found = {}
    keys = {
        "runs": ["experiment", "run_id"],
        "epochs": ["experiment", "run_id", "epoch"],
        "layers": ["experiment", "run_id", "epoch", "layer"],
    }
    for table, key in keys.items():
        frame: pd.DataFrame = read(store, table)  # type: ignore[arg-type]
        frame = frame.drop(columns=[name for name in TIMES if name in frame]).sort_values(key)
        assert not frame.duplicated(key).any()
        frame = frame.astype(object).where(frame.notna(), None)
        found[table] = frame.to_dict(orient="records")
    return found
