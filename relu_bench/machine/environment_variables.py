"""The variables of the environment that change numbers, and the threads of linear algebra."""

import os
import re
import subprocess
import sys

from relu_bench.errors import ReluBenchError
from relu_bench.machine import compile_cache

_BLAS_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
# Flags of XLA and TensorFlow, and what chooses other kernels or precisions on a processor.
_CHANGING = re.compile(
    r"(?:TF_)?XLA_FLAGS|TF_JITRT_FLAGS|TF_\w*(?:ONEDNN|MKL|DETERMINIS|CONV2D|NANPROP)\w*"
    r"|(?:ONEDNN|DNNL)_\w+|NPY_(?:DISABLE|ENABLE)_CPU_FEATURES"
)
# Set where a build of OpenBLAS does not know the processor: without it, results may be wrong.
_NEEDED = re.compile(r"OPENBLAS_(?:CORETYPE|L2_SIZE)")
_COMPILE = """
import tensorflow as tf
tf.function(lambda x: x + 1.0, jit_compile=True)(tf.constant(1.0))
"""


def one_blas_thread() -> None:
    """Linear algebra on one thread in this process and those it starts, if NumPy comes after it.

    Threads of small matrices wait for each other longer than they compute, and what is computed
    would depend on the number of cores.
    """
    os.environ.update(dict.fromkeys(_BLAS_THREADS, "1"))


def changing_variables() -> dict[str, str]:
    """Of the environment, what would change the numbers of a run, and can be left out."""
    return {
        name: value
        for name, value in os.environ.items()
        if _CHANGING.fullmatch(name) and value != compile_cache.FLAGS
    }


def variables_in_force() -> str:
    """All that is set now and changes numbers, as `NAME=value NAME=value`; empty as a rule."""
    needed = {name: value for name, value in os.environ.items() if _NEEDED.fullmatch(name)}
    found = sorted((changing_variables() | needed).items())
    return " ".join(f"{name}={value}" for name, value in found)


def check_flags() -> None:
    """Whether XLA knows its flags; it ends the process at its first operation if it does not.

    Raises:
        ReluBenchError: it does not know one.
    """
    given = changing_variables()
    flags = {name for name in ("XLA_FLAGS", "TF_XLA_FLAGS") if given.get(name)}
    if not flags:
        return
    tried = subprocess.run(
        [sys.executable, "-c", _COMPILE], capture_output=True, text=True, check=False
    )
    if tried.returncode:
        said = tried.stderr.strip().splitlines()
        raise ReluBenchError(
            f"XLA cannot work with {' and '.join(sorted(flags))} of its environment"
            f"{f' ({said[-1][-200:]})' if said else ''}. Start it without."
        )
