"""Timing in rounds: every cell once a round, in an order drawn anew, so that drift favours none."""

import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import numpy as np

from relu_bench.speed.cells import Cell
from relu_bench.speed.preparing import Prepared
from relu_bench.speed.timing import Clock, seconds_each

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
