"""What every test shares: a quiet TensorFlow on one thread without GPU, and steady examples."""

import os

os.environ |= {
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "CUDA_VISIBLE_DEVICES": "-1",
    "KERAS_BACKEND": "tensorflow",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    # Tests that run side by side, or beside a sweep, must not wait for each other's cores.
    "RELU_BENCH_MAX_WORKERS": "64",
}

import sys
from pathlib import Path

import pytest
from expecting import Ended, Invoke
from hypothesis import settings

# The same examples at every call; `--hypothesis-profile thorough` looks further.
settings.register_profile("steady", deadline=None, derandomize=True, database=None, max_examples=60)
settings.register_profile("thorough", deadline=None, database=None, max_examples=3000)
settings.load_profile("steady")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The folders of the longest tests first, so that no process waits for another at the end."""
    items.sort(key=lambda item: item.path.parent.name not in ("whole", "cluster"))


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
    from relu_bench.cli import main

    def run(*arguments: str) -> Ended:
        monkeypatch.setattr(sys, "argv", ["relu-bench", *arguments])
        # Else its usage begins with `python -m pytest.` where pytest was called so.
        monkeypatch.setattr(sys.modules["__main__"], "__package__", None, raising=False)
        code = 0
        try:
            main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 0
        return Ended(code, *capsys.readouterr())

    return run
