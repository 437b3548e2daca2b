"""What the fork server imports once for all workers.

It is started before it is known whether there is anything to train; a command that ends at once,
such as for a wrong config, takes it along.
"""

import contextlib

from relu_bench.machine.fork_server import ending_with_parent

# What cannot be imported here, a worker tries again: it can say why.
with ending_with_parent(), contextlib.suppress(Exception):
    import relu_bench.execution.preload
    import relu_bench.execution.worker  # noqa: F401
