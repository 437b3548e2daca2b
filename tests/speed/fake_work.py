"""Work that takes as long as it is told, by a clock that only this work moves."""

from dataclasses import dataclass, field

from relu_bench.speed.cells import Cell
from relu_bench.speed.work import Work


@dataclass
class Bench:
    """A clock, and work whose applications and calls move it.

    Attributes:
        now: seconds on the clock.
        an_element: seconds of an element by activation; 1 ns for those not named.
        a_call: seconds that a call of a program or an operation costs besides.
        applied: (cell, elements, times) of every call, in order.
    """

    now: float = 0.0
    an_element: dict[str, float] = field(default_factory=dict)
    a_call: float = 0.0
    applied: list[tuple[Cell, int, int]] = field(default_factory=list)

    def clock(self) -> float:
        return self.now

    def make(self, cell: Cell, elements: int) -> Work:
        def apply(times: int) -> None:
            self.applied.append((cell, elements, times))
            calls = 1 if cell.mode == "compiled" else times
            seconds = self.an_element.get(cell.activation, 1e-9) * elements
            self.now += calls * self.a_call + times * seconds

        return Work(apply, elements, compiled=cell.mode == "compiled")
