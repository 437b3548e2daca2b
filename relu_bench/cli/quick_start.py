"""A process that draws and leaves: what it need not do while it starts."""

import gc
import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from relu_bench.machine import one_blas_thread


@contextmanager
def quick_start(*modules: str) -> Iterator[None]:
    """Import and read without collecting garbage, of which imports leave none; then go on as usual.

    The linear algebra of this process and of those forked from it uses one thread: threads of small
    matrices wait for each other longer than they compute, and take the cores from processes that
    draw. So what is computed does not depend on the number of cores either.

    Where NumPy is there already, this is no fresh process, and nothing is done.

    Args:
        modules: what is imported at the end, unless there was an error, and will be needed.
    """
    if "numpy" in sys.modules:
        yield
        return
    one_blas_thread()
    gc.disable()
    try:
        yield
        for name in modules:
            importlib.import_module(name)
        gc.freeze()  # modules live as long as the process: no collection need look at them
    finally:
        gc.enable()
