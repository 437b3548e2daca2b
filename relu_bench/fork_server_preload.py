"""What the fork server imports once for all workers.

It is started before it is known whether there is anything to train; a command that ends at once,
such as for a wrong config, takes it along.
"""

from relu_bench.fork_server import ending_with_parent

with ending_with_parent():
    from relu_bench import preload

__all__ = ["preload"]
