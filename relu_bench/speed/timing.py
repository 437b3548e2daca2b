"""One sample: how long an application of an activation takes."""

from collections.abc import Callable

from relu_bench.speed.work import Work

Clock = Callable[[], float]
"""Seconds since some moment, as `time.perf_counter`."""


_OVERHEAD_TIMINGS = 2


def seconds_each(work: Work, times: int, clock: Clock) -> float:
    """Seconds of one application, from `times` of them in a row.

    Of a compiled program, what a call takes that applies nothing is subtracted: the lesser of two
    calls just before, since a disturbance in it would make the activation look cheaper than it is.
    """
    overhead = 0.0
    if work.compiled:
        overhead = min(_seconds(work, 0, clock) for _ in range(_OVERHEAD_TIMINGS))
    return (_seconds(work, times, clock) - overhead) / times


def _seconds(work: Work, times: int, clock: Clock) -> float:
    started = clock()
    work.apply(times)
    return clock() - started
