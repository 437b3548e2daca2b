"""Which run a free worker takes next: programs stay where they are compiled. Pure."""

from collections import deque
from collections.abc import Hashable
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Schedule(Generic[Item]):
    """The waiting runs, grouped by the program that they need.

    A worker takes, in this order: a run of a program that it has compiled; a run of a program
    that no other worker has; a run of the program with the most waiting runs, compiling it anew.
    """

    def __init__(self) -> None:
        self._waiting: dict[Hashable, deque[Item]] = {}
        self._owned: dict[Hashable, set[Hashable]] = {}

    def add(self, program: Hashable, item: Item) -> None:
        """Put an item at the end of its program's queue."""
        self._waiting.setdefault(program, deque()).append(item)

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits."""
        return not self._waiting

    def begin_at(self, share: float) -> None:
        """Turn the list of what waits so that it begins after this share of it, from 0 to 1.

        Processes that are asked for the same runs begin at different places, and then find much
        of the rest done.
        """
        waiting = [(program, item) for program, queue in self._waiting.items() for item in queue]
        cut = int(len(waiting) * share)
        self._waiting.clear()
        for program, item in waiting[cut:] + waiting[:cut]:
            self.add(program, item)

    def take(self, worker: Hashable) -> Item | None:
        """The next item for `worker`, None when nothing waits."""
        program = self._choose(worker)
        if program is None:
            return None
        queue = self._waiting[program]
        item = queue.popleft()
        if not queue:
            del self._waiting[program]
        self._owned.setdefault(worker, set()).add(program)
        return item

    def forget(self, worker: Hashable) -> None:
        """`worker` was replaced: its programs are gone."""
        self._owned.pop(worker, None)

    def clear(self) -> list[Item]:
        """Empty the schedule; returns what was waiting."""
        waiting = [item for queue in self._waiting.values() for item in queue]
        self._waiting.clear()
        return waiting

    def _choose(self, worker: Hashable) -> Hashable | None:
        if not self._waiting:
            return None
        own = self._owned.get(worker, set())
        mine = [program for program in self._waiting if program in own]
        if mine:
            return mine[0]
        others = {program for owned in self._owned.values() for program in owned}
        free = [program for program in self._waiting if program not in others]
        if free:
            return free[0]
        return max(self._waiting, key=lambda program: len(self._waiting[program]))
