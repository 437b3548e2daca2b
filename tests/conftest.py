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
    # As many as a small machine has: without --jobs, a sweep starts so many workers.
    "RELU_BENCH_MAX_WORKERS": "2",
}

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from commands import relu_bench
from expecting import SURROUNDINGS, Ended, Invoke, run_main
from filelock import FileLock
from hypothesis import settings

# The same examples at every call; `--hypothesis-profile thorough` looks further.
settings.register_profile("steady", deadline=None, derandomize=True, database=None, max_examples=60)
settings.register_profile("thorough", deadline=None, database=None, max_examples=3000)
settings.load_profile("steady")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The folders of the longest tests first, so that no process waits for another at the end."""
    items.sort(key=lambda item: item.path.parent.name not in ("whole", "cluster"))


@pytest.fixture(scope="session")
def session_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all processes of pytest-xdist."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session", autouse=True)
def own_folders(tmp_path_factory: pytest.TempPathFactory, session_folder: Path) -> Iterator[None]:
    """Sweeps of tests that run side by side, or beside another, share no locks of cores.

    What one of them has compiled serves all others of the session, and nobody else.
    """
    folder = str(tmp_path_factory.mktemp("temporary"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", folder)
        patch.setattr(tempfile, "tempdir", folder)
        patch.setenv("RELU_BENCH_COMPILE_CACHE", str(session_folder / "compiled"))
        yield


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to be in, of a user without data, settings or colours."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RELU_BENCH_DATA", raising=False)
    for name, value in SURROUNDINGS.items():
        monkeypatch.setenv(name, value)
    return tmp_path


@pytest.fixture
def invoke(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Invoke:
    """Run `relu-bench ARGUMENTS...` in this process, inside `folder`."""

    def run(*arguments: str) -> Ended:
        code = run_main(monkeypatch, arguments)
        return Ended(code, *capsys.readouterr())

    return run


TRAINED = {
    "config.yaml": """
experiment: trained
dataset: digits
model: mlp(hidden=[4])
activation: [relu, elu]
learning_rate: [0.001, 0.01, 0.1]
batch_size: 500
epochs: 1
seeds: 3
""",
    "warned.yaml": """
experiment: warned
dataset: digits
model: mlp(hidden=[4])
activation: selu
epochs: 1
seeds: 1
""",
    "same.yaml": """
experiment: same
dataset: digits
model: mlp(hidden=[24])
activation: [prelu, mine.py:ramp]
batch_norm: true
batch_norm_momentum: 0.9
dropout: 0.1
epochs: 8
seeds: 6
""",
    "mine.py": """
import tensorflow as tf

def ramp(x):
    return tf.clip_by_value(x, 0.0, 2.0)
""",
}


@pytest.fixture(scope="session")
def trained(session_folder: Path) -> Path:
    """One trained store for every test that asks what happens around a training, not in it.

    A folder with the files of TRAINED, configs of 18, 1 and 12 runs, and `results` of all, which
    one worker trained undisturbed. What training them said is in `stdout` and `stderr`. The folder
    is made once, by whichever process of pytest-xdist comes first; nobody may change what is in it.
    """
    folder = session_folder / "trained-once"
    with FileLock(f"{folder}.lock"):
        if not (folder / "stdout").exists():
            folder.mkdir(exist_ok=True)
            for name, text in TRAINED.items():
                (folder / name).write_text(text)
            configs = [name for name in TRAINED if name.endswith(".yaml")]
            done = relu_bench("run", *configs, "--jobs", "1", "--json", cwd=folder)
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
