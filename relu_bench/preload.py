"""What every worker needs imported, with TensorFlow.

Nothing here runs an operation: TensorFlow's thread counts cannot change after the first one, so
each worker calls `one_thread` before it.
"""

from relu_bench.machine import one_blas_thread

one_blas_thread()

from relu_bench import trainer  # noqa: E402 - the thread counts are read at import
from relu_bench.quiet_tensorflow import tf  # noqa: E402

__all__ = ["one_thread", "tf", "trainer"]


def one_thread() -> None:
    """One thread for this process: the best use of a core, and bits that depend on nothing else."""
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
