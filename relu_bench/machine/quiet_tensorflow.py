"""Import TensorFlow and Keras quietly and quickly: what every part that needs them imports.

Importing this module does it, once a process.
"""

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from relu_bench.machine import compile_cache, environment_variables

# Keras imports these eagerly when they are installed, for features that nothing here uses. Hiding
# them while it is imported saves more than a third of the start (measured: 1.2 of 3.0 seconds).
_UNUSED_HERE = ("sklearn", "matplotlib", "pandas", "scipy")

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# Same bits need the same device: runs belong to the processor.
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
# What a user has set for other work (environment, ~/.keras/keras.json) must not change numbers.
os.environ["KERAS_BACKEND"] = "tensorflow"
if "tensorflow" not in sys.modules:
    for _name in environment_variables.changing_variables():
        del os.environ[_name]
ENVIRONMENT = environment_variables.variables_in_force()
"""What could not be left out: a TensorFlow that runs already goes on with it. Empty as a rule."""
if compile_cache.is_on():
    # Read at the first operation: in time even where TensorFlow is imported already.
    os.environ.setdefault("TF_XLA_FLAGS", compile_cache.FLAGS)


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


@contextmanager
def _uncollected() -> Iterator[None]:
    """Import without garbage collection, and keep it away from what was imported.

    It would look at a million lasting objects over and over (measured: 0.5 of 1.9 seconds), and
    forked processes share the memory of objects that it never touches.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if collecting:
            gc.enable()


with _quiet(), _hidden(_UNUSED_HERE), _uncollected():
    import keras
    import tensorflow as tf

keras.config.set_floatx("float32")
keras.config.set_epsilon(1e-7)
keras.config.set_image_data_format("channels_last")

__all__ = ["ENVIRONMENT", "keras", "one_thread", "tf"]


def one_thread() -> None:
    """One thread for this process: the best use of a core, and bits that depend on nothing else."""
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
