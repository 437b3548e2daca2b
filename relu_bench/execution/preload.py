"""What every worker needs imported, with TensorFlow.

Nothing here runs an operation: TensorFlow's thread counts cannot change after the first one, so
each worker calls `one_thread` before it.
"""

from relu_bench.machine.environment_variables import one_blas_thread

one_blas_thread()

from relu_bench.machine.quiet_tensorflow import one_thread, tf  # noqa: E402
from relu_bench.training import trainer  # noqa: E402 - the thread counts are read at import

__all__ = ["one_thread", "tf", "trainer"]
