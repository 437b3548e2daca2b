"""Which run a free worker takes next: programs stay where they are compiled. Pure."""

from collections import deque
from collections.abc import Hashable
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Schedule(Generic[Item]):
    """The waiting runs, grouped by the program that they need.

    A worker takes, in this order: a run of a program that it has compiled; a run of a program
    that no other worker has, if possible of one for which it need not be replaced; a run of the
    program with the most waiting runs, compiling it anew.
    """

    def __init__(self) -> None:
        self._waiting: dict[Hashable, deque[Item]] = {}
        self._owned: dict[Hashable, set[Hashable]] = {}
        self._files: dict[Hashable, Hashable] = {}
        self._files_of_last: dict[Hashable, Hashable] = {}

    def add(self, program: Hashable, item: Item, *, files: Hashable = None) -> None:
        """Put an item at the end of its program's queue.

        `files` are what the program needs of the user's own: a worker that has run others must be
        replaced first.
        """
        self._waiting.setdefault(program, deque()).append(item)
        self._files[program] = files

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
            self._waiting.setdefault(program, deque()).append(item)

    def take(self, worker: Hashable, *, with_files: bool = True) -> Item | None:
        """The next item for `worker`, None when nothing waits that it may get.

        Without `with_files`, those whose programs need a file of the user's own wait for others.
        """
        program = self._choose(worker, with_files=with_files)
        if program is None:
            return None
        queue = self._waiting[program]
        item = queue.popleft()
        if not queue:
            del self._waiting[program]
        self._owned.setdefault(worker, set()).add(program)
        self._files_of_last[worker] = self._files[program]
        return item

    def forget(self, worker: Hashable, kept: Hashable | None = None) -> None:
        """`worker` was replaced: its programs are gone, but for one that it is to compile now."""
        self._owned[worker] = set() if kept is None else {kept}

    def clear(self) -> list[Item]:
        """Empty the schedule; returns what was waiting."""
        waiting = [item for queue in self._waiting.values() for item in queue]
        self._waiting.clear()
        return waiting

    def _choose(self, worker: Hashable, *, with_files: bool) -> Hashable | None:
        waiting = [each for each in self._waiting if with_files or self._files[each] is None]
        if not waiting:
            return None
        own = self._owned.get(worker, set())
        mine = [program for program in waiting if program in own]
        if mine:
            return mine[0]
        others = {program for owned in self._owned.values() for program in owned}
        free = [program for program in waiting if program not in others]
        if free:
            files = self._files_of_last.get(worker)
            return next((program for program in free if self._files[program] == files), free[0])
        return max(waiting, key=lambda program: len(self._waiting[program]))
