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

from relu_bench.machine import available_cores

Part = TypeVar("Part")

_MOST_PROCESSES = 8
# Below this many parts, processes take longer to start than they save.
_LEAST_PARTS = 4

# What the processes do: they inherit it, since a function of tables is too large to send.
_inherited: list[Callable[[int], Any]] = []


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
    executor = ProcessPoolExecutor(processes, multiprocessing.get_context("fork"), _ignore_signals)
    return _gathered(executor, _started(executor, count, processes, work), count, work)


def _gathered(
    executor: ProcessPoolExecutor,
    shares: list[Future[list[Part]]],
    count: int,
    work: Callable[[int], Part],
) -> Iterator[Part]:
    try:
        for number in range(count):
            row, place = divmod(number, len(shares))
            try:
                part = shares[place].result()[row]
            except BrokenProcessPool:
                part = work(number)
            yield part
    finally:
        executor.shutdown(cancel_futures=True)


def _started(
    executor: ProcessPoolExecutor, count: int, processes: int, work: Callable[[int], Part]
) -> list[Future[list[Part]]]:
    """A share of the parts for each process.

    Fixed before, not by who is free first: the layout of a figure differs in its last digits by
    what its process has drawn before, and the same results shall give the same bytes.
    """
    _inherited.append(work)
    try:
        with warnings.catch_warnings():
            # Python 3.12 warns where libraries have threads; those of BLAS are forked safely.
            warnings.simplefilter("ignore", DeprecationWarning)
            return [
                executor.submit(_share, range(first, count, processes))
                for first in range(processes)
            ]
    finally:
        _inherited.pop()


def _share(numbers: Sequence[int]) -> list[Any]:
    return [_inherited[-1](number) for number in numbers]


def _ignore_signals() -> None:
    """Ctrl-C reaches all processes; the first one alone has something to say about it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _can_fork() -> bool:
    """Whether nothing in this process would be left half-done in a copy of it."""
    return (
        sys.platform == "linux"
        and threading.active_count() == 1
        and "tensorflow" not in sys.modules
        and not multiprocessing.current_process().daemon
    )
