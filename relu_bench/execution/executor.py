"""What any executor does: it trains specs somewhere, with the meaning of `concurrent.futures`.

`submit` gives for each spec a future of `Finished`, or of the exception `RunFailed`. Which run a
free worker takes next is the same wherever it is: `Schedule`.
"""

from collections import deque
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Generic, Protocol, Self, TypeVar

from relu_bench.config.plan import Spec
from relu_bench.errors import ReluBenchError
from relu_bench.training.loop import Progress, RunResult

Wanted = Callable[[Spec], bool]
OnProgress = Callable[[Spec, Progress], None]


@dataclass(frozen=True)
class Finished:
    """A run that ended, and at which attempt."""

    result: RunResult
    attempts: int


class RunFailed(ReluBenchError):  # noqa: N818 - it is the outcome of a run, like Finished
    """A run that could not be done; the sweep goes on."""

    exit_code = 1

    def __init__(self, reason: str, attempts: int) -> None:
        super().__init__(reason)
        self.attempts = attempts


@dataclass(eq=False)
class Job:
    """A run on its way to a worker and back; `wanted` is asked before it is first handed out."""

    spec: Spec
    wanted: Wanted
    future: "Future[Finished]" = field(default_factory=Future)
    attempts: int = 0

    def begin(self) -> bool:
        """Whether the run is to be done now; if not, its future is settled. Any thread may ask."""
        try:
            wanted = self.wanted(self.spec)
        except Exception as error:  # the store may be gone: for the caller of `submit` to know
            if self.future.set_running_or_notify_cancel():
                self.future.set_exception(error)
            return False
        if not wanted:
            self.future.cancel()
        return self.future.set_running_or_notify_cancel()


def always(spec: Spec) -> bool:
    """Every run is wanted."""
    return True


class Executor(Protocol):
    """Trains specs somewhere. Leaving the context stops what still runs."""

    def submit(self, specs: Sequence[Spec], wanted: Wanted = always) -> "list[Future[Finished]]":
        """Queue specs, all at once so that runs of one program can be kept together.

        `wanted` is asked, from any thread, right before a run is given to a worker. When it says
        no, the run is not done and its future is cancelled; what it raises becomes the future's
        exception.
        """
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *exception: object) -> None: ...


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
