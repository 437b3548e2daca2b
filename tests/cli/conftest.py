import sys
from pathlib import Path

import pytest
from expecting import Ended, Invoke

from relu_bench.cli import main


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to be in, of a user without data, settings or colours."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RELU_BENCH_DATA", raising=False)
    monkeypatch.setenv("KERAS_HOME", "keras")
    monkeypatch.setenv("RELU_BENCH_DEBUG", "")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


@pytest.fixture
def invoke(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Invoke:
    """Run `relu-bench ARGUMENTS...` in this process, inside `folder`."""

    def run(*arguments: str) -> Ended:
        monkeypatch.setattr(sys, "argv", ["relu-bench", *arguments])
        code = 0
        try:
            main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 0
        return Ended(code, *capsys.readouterr())

    return run
