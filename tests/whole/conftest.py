"""One trained store for every test that asks what happens around a training, not in it."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from commands import relu_bench
from filelock import FileLock

CONFIG = """
experiment: trained
dataset: digits
model: mlp(hidden=[4])
activation: [relu, elu]
learning_rate: [0.001, 0.01, 0.1]
batch_size: 500
epochs: 1
seeds: 3
"""
WARNED = """
experiment: warned
dataset: digits
model: mlp(hidden=[4])
activation: selu
epochs: 1
seeds: 1
"""


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `config.yaml` of 18 runs and `warned.yaml` of one, and `results` of all.

    What training them said is in `stdout` and `stderr`. The folder is made once, by whichever
    process of pytest-xdist comes first; nobody may change what is in it.
    """
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "trained-once"
    with FileLock(f"{folder}.lock"):
        if not (folder / "stdout").exists():
            folder.mkdir(exist_ok=True)
            (folder / "config.yaml").write_text(CONFIG)
            (folder / "warned.yaml").write_text(WARNED)
            done = relu_bench("run", "config.yaml", "warned.yaml", "--json", cwd=folder)
            assert done.returncode == 0, done.stderr
            (folder / "stderr").write_text(done.stderr)
            (folder / "stdout").write_text(done.stdout)
    return folder


@pytest.fixture
def put_trained(trained: Path) -> Callable[[Path], None]:
    """Puts the runs into a results folder: a call that asks for one of them need not train it.

    Their plan is left behind: who resumes what is in the folder asks for none of them.
    """

    def put(results: Path) -> None:
        shutil.copytree(trained / "results", results, ignore=shutil.ignore_patterns("plans"))

    return put
