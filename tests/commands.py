"""Run the real command in a process of its own, and compare stores."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd

from relu_bench.store import read

OF_THE_OCCASION = r"(.*_)?seconds|started_at|attempts"


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


def started(
    *arguments: str | Path, cwd: Path, env: dict[str, str] | None = None
) -> "subprocess.Popen[str]":
    """The command at the head of a process group of its own, its standard error to be read."""
    return subprocess.Popen(
        command(*arguments),
        cwd=cwd,
        env={**os.environ, **(env or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def said_until(process: "subprocess.Popen[str]", start: str) -> list[str]:
    """The lines on its standard error up to one that starts so."""
    lines = []
    assert process.stderr is not None
    for line in process.stderr:
        lines.append(line)
        if line.startswith(start):
            return lines
    raise AssertionError(f"it never said {start!r}, but: {''.join(lines)}")


def rest_said(process: "subprocess.Popen[str]") -> str:
    assert process.stderr is not None
    return process.stderr.read()


def interrupt(process: "subprocess.Popen[str]") -> None:
    """Ctrl-C: the signal goes to the whole process group."""
    os.killpg(process.pid, signal.SIGINT)


def numbers(store: Path, experiment: str | None = None) -> dict[str, list[dict[str, Any]]]:
    """All that a store holds, or of one experiment, sorted by key, times aside."""
    found = {}
    keys = {
        "runs": ["experiment", "run_id"],
        "epochs": ["experiment", "run_id", "epoch"],
        "layers": ["experiment", "run_id", "epoch", "layer"],
        "test_samples": ["experiment", "run_id"],
    }
    for table, key in keys.items():
        frame: pd.DataFrame = read(store, table)  # type: ignore[arg-type]
        if experiment is not None:
            frame = frame[frame["experiment"] == experiment]
        times = [name for name in frame if re.fullmatch(OF_THE_OCCASION, name)]
        frame = frame.drop(columns=times).sort_values(key)
        assert not frame.duplicated(key).any()
        frame = frame.astype(object).where(frame.notna(), None)
        found[table] = frame.to_dict(orient="records")
    return found
