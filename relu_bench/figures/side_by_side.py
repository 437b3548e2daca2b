"""Work that is cut into independent parts, in as many processes as there are processors."""

from __future__ import annotations

import multiprocessing
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

from relu_bench.machine.hardware import available_cores

Part = TypeVar("Part")

_MOST_PROCESSES = 8
# Below this many parts, processes take longer to start than they save.
_LEAST_PARTS = 4

# In a process of the pool: what it does. A fork inherits what is too large to send.
_work: Callable[[int], Any]


def each_part(count: int, work: Callable[[int], Part]) -> Iterator[Part]:
    """`work(0)`, `work(1)`, ... in this order; begun now, so that other work may go on beside it.

    In processes forked from this one, which hold all that it holds; one by one, here, where it
    cannot be forked safely, or when a process ends before its time.

    Args:
        count: how many parts there are.
        work: makes one part, which can be pickled, and changes nothing else.
    """
    processes = min(available_cores(), _MOST_PROCESSES, count)
    if count < _LEAST_PARTS or processes < 2 or not _can_fork():
        return map(work, range(count))
    executor = ProcessPoolExecutor(
        processes, multiprocessing.get_context("fork"), _begin, initargs=(work,)
    )
    with warnings.catch_warnings():
        # Python 3.12 warns where libraries have threads; those of BLAS are forked safely.
        warnings.simplefilter("ignore", DeprecationWarning)
        begun = [executor.submit(_part, number) for number in range(count)]
    return _gathered(executor, begun, work)


def _gathered(
    executor: ProcessPoolExecutor, begun: Sequence[Future[Part]], work: Callable[[int], Part]
) -> Iterator[Part]:
    try:
        for number, part in enumerate(begun):
            try:
                done = part.result()
            except BrokenProcessPool:
                done = work(number)
            yield done
    finally:
        executor.shutdown(cancel_futures=True)


def _begin(work: Callable[[int], Any]) -> None:
    """What a process does before its first part."""
    global _work  # noqa: PLW0603 - the pool hands nothing else from here to `_part`
    _work = work
    # Ctrl-C reaches all processes; the first one alone has something to say about it. It ends these
    # by the other signals, which must not do here what they do there.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def _part(number: int) -> Any:
    return _work(number)


def _can_fork() -> bool:
    """Whether nothing in this process would be left half-done in a copy of it."""
    return (
        sys.platform == "linux"
        and threading.active_count() == 1
        and "tensorflow" not in sys.modules
        and not multiprocessing.current_process().daemon
    )
