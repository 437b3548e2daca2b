"""Import TensorFlow the way a worker wants it. Importing this module does it, once.

The fork server imports this module and never runs an operation; workers forked from it start with
everything in memory. TensorFlow's thread counts cannot change after its first operation, so each
worker calls `one_thread` before it.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

# Keras imports these eagerly when they are installed, for features that no worker uses. Hiding
# them while it is imported saves about a third of the start (measured: 1.1 of 3.0 seconds).
_UNUSED_BY_WORKERS = ("sklearn", "matplotlib", "pandas")

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# Same bits need the same device: a run belongs to one core of the processor.
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"


@contextmanager
def _hidden(packages: tuple[str, ...]) -> Iterator[None]:
    absent = [package for package in packages if package not in sys.modules]
    for package in absent:
        sys.modules[package] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        for package in absent:
            if sys.modules.get(package) is None:
                sys.modules.pop(package, None)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep TensorFlow's remarks about the processor off the standard error while it starts."""
    sys.stderr.flush()
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


with _quiet(), _hidden(_UNUSED_BY_WORKERS):
    import keras
    import tensorflow as tf

from relu_bench import training

__all__ = ["keras", "one_thread", "tf", "training"]


def one_thread() -> None:
    """One thread for this process: the best use of a core, and bits that depend on nothing else."""
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
