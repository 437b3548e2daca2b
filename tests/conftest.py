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

import pytest
from hypothesis import settings

# The same examples at every call; `--hypothesis-profile thorough` looks further.
settings.register_profile("steady", deadline=None, derandomize=True, database=None, max_examples=60)
settings.register_profile("thorough", deadline=None, database=None, max_examples=3000)
settings.load_profile("steady")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The folders of the longest tests first, so that no process waits for another at the end."""
    items.sort(key=lambda item: item.path.parent.name not in ("whole", "cluster"))
