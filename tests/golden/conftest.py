"""A user's empty folder, with the stores and configs that the frozen commands are about."""

import importlib.metadata
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from relu_bench.cli import main

ROOT = Path(__file__).parents[2]
PLACES = {
    "configs": ROOT / "configs",
    "reference": ROOT / "results" / "reference",
    "old": ROOT / "tests" / "store" / "golden" / "0.1.0",
    "old.yaml": ROOT / "tests" / "store" / "golden" / "config.yaml",
    "small": Path(__file__).with_name("stores") / "small",
    "ended": Path(__file__).with_name("stores") / "ended",
    "killed": Path(__file__).with_name("stores") / "killed",
}

# What computes is named in the paragraph for a paper, as it is installed.
VERSIONS = {"scipy": "1.17.1", "numpy": "2.4.6", "pandas": "3.1.1"}

Ended = tuple[int, str, str]
Invoke = Callable[..., Ended]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder to be in: the same paths, width, settings and versions on every machine."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RELU_BENCH_DATA", raising=False)
    monkeypatch.setenv("KERAS_HOME", "keras")
    monkeypatch.setenv("RELU_BENCH_DEBUG", "")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setenv("COLUMNS", "80")
    installed = importlib.metadata.version
    monkeypatch.setattr(
        importlib.metadata, "version", lambda name: VERSIONS.get(name) or installed(name)
    )
    for name, place in PLACES.items():
        (tmp_path / name).symlink_to(place)
    return tmp_path


@pytest.fixture
def invoke(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Invoke:
    """Run `relu-bench ARGUMENTS...` in this process, inside `folder`."""

    def run(*arguments: str) -> Ended:
        monkeypatch.setattr(sys, "argv", ["relu-bench", *arguments])
        # Else its usage begins with `python -m pytest.` where pytest was called so.
        monkeypatch.setattr(sys.modules["__main__"], "__package__", None, raising=False)
        code = 0
        try:
            main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 0
        out, err = capsys.readouterr()
        return code, out, err

    return run
