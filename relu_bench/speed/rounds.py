"""Timing in rounds: every cell once a round, in an order drawn anew, so that drift favours none.

Before anything is timed: compile, warm up, and find out how much one sample should do.
"""

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from relu_bench.speed.cells import UNITS, Cell
from relu_bench.speed.work import Clock, MakeWork, Work, seconds_each

LONGEST_SECONDS = 0.03
"""One application takes at most this long, or its tensor is made smaller."""

# A sample of the cache lasts 40 to 100 calls of eager operations; one of the memory, a few passes.
_SMALL_SAMPLE_SECONDS = 0.004
_LARGE_SAMPLE_SECONDS = 0.010
_LARGE = 1 << 20
# The first tensor of an activation of which nothing is known yet.
_FIRST = 1 << 18
_LEAST_SECONDS = 0.0005
_MOST_TIMES = 1 << 20
# Of a few timings the least is free of disturbances.
_TIMINGS = 3


@dataclass(frozen=True)
class Prepared:
    """A cell's work, warmed up, and how often one sample applies it."""

    work: Work
    times: int


def prepare(
    cells: Sequence[Cell], make: MakeWork, clock: Clock, on_cell: Callable[[int], None]
) -> Mapping[Cell, Prepared]:
    """Warm up every cell, and find how many elements and applications its samples should have.

    An activation so slow that one application would take more than 0.03 s has its tensor halved
    until it does not: it would take the time of all others, and where an element takes 4 ns and
    more, the way to memory no longer decides.

    Args:
        cells: from the smallest size on.
        make: makes the work of a cell for a number of elements.
        clock: seconds.
        on_cell: told before each cell how many are ready.
    """
    ready: dict[Cell, Prepared] = {}
    known: dict[tuple[str, str, str], float] = {}
    for number, cell in enumerate(cells):
        on_cell(number)
        key = cell.activation, cell.mode, cell.passes
        ready[cell], known[key] = _prepare(cell, make, clock, known.get(key))
    return ready


def _prepare(
    cell: Cell, make: MakeWork, clock: Clock, an_element: float | None
) -> tuple[Prepared, float]:
    """The cell, and the seconds that an element takes; `an_element` is that of a smaller size."""
    wanted = cell.size.elements
    elements = min(wanted, _FIRST) if an_element is None else _fitting(wanted, an_element)
    while True:
        work = make(cell, elements)
        work.apply(1)
        seconds = _seconds_of_one(work, clock)
        larger = _fitting(wanted, seconds / elements)
        if larger <= elements:
            break
        elements = larger  # the calls' own cost made it look slow
    sample = _SMALL_SAMPLE_SECONDS if wanted < _LARGE else _LARGE_SAMPLE_SECONDS
    times = min(max(1, round(sample / seconds)), _MOST_TIMES)
    return Prepared(work, times), seconds / elements


def _fitting(wanted: int, an_element: float) -> int:
    """The elements, halved until an application of so many seconds an element is short enough."""
    elements = wanted
    while elements * an_element > LONGEST_SECONDS and elements >= 2 * _FIRST:
        elements = elements // (2 * UNITS) * UNITS
    return elements


def _seconds_of_one(work: Work, clock: Clock) -> float:
    """Seconds of an application, from as many of them as take at least 0.5 ms."""
    times = 1
    while True:
        seconds = seconds_each(work, times, clock)
        if seconds < LONGEST_SECONDS:
            seconds = min(seconds, *(seconds_each(work, times, clock) for _ in range(_TIMINGS - 1)))
        if seconds * times >= _LEAST_SECONDS or times >= _MOST_TIMES:
            return max(seconds, _LEAST_SECONDS / _MOST_TIMES)
        times *= 4


LEAST_ROUNDS = 6
"""The fewest for which order statistics give an interval of the median at 95 %."""


def run_rounds(
    prepared: Mapping[Cell, Prepared],
    *,
    most: int,
    seconds: float,
    seed: int,
    clock: Clock,
    on_round: Callable[[int, float], None],
) -> dict[Cell, list[float]]:
    """Time every cell once a round; the order of each round is drawn from `seed`.

    Args:
        prepared: of `preparing.prepare`.
        most: rounds at most.
        seconds: once there are `LEAST_ROUNDS`, no round is begun that would end later.
        seed: of the orders.
        clock: seconds.
        on_round: told before each round how many are done, and the seconds that they took.

    Returns:
        For each cell, seconds an element, one value a round: the values of a round belong together.
    """
    random = np.random.default_rng(seed)
    every = list(prepared.items())
    samples: dict[Cell, list[float]] = {cell: [] for cell in prepared}
    started = clock()
    longest = 0.0
    with _uncollected():
        for number in range(most):
            begun = clock()
            if number >= LEAST_ROUNDS and begun - started + longest > seconds:
                break
            on_round(number, begun - started)
            for index in random.permutation(len(every)):
                cell, ready = every[index]
                seconds_of_one = seconds_each(ready.work, ready.times, clock)
                samples[cell].append(seconds_of_one / ready.work.elements)
            longest = max(longest, clock() - begun)
    return samples


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keep garbage collection out of the samples."""
    collecting = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()
