"""Before anything is timed: compile, warm up, and find out how much one sample should do."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from relu_bench.speed.cells import Cell
from relu_bench.speed.sizes import UNITS
from relu_bench.speed.timing import Clock, seconds_each
from relu_bench.speed.work import MakeWork, Work

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
