"""What any executor does: it trains specs somewhere, with the meaning of `concurrent.futures`.

`submit` gives for each spec a future of `Finished`, or of the exception `RunFailed`. Which run a
free worker takes next is the same wherever it is: `choose`.
"""

from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Hashable, Mapping, Sequence, Set
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


SEEDS_AHEAD = 2
"""How many seeds a worker may be ahead of the lowest one that waits, so as not to compile."""


def choose(
    waiting: Sequence[Mapping[Hashable, int]],
    own: Set[Hashable],
    others: Set[Hashable],
    at_hand: Set[Hashable],
    *,
    full: bool = False,
) -> tuple[int, Hashable]:
    """Which of the waiting runs a worker takes: how many seeds ahead, and of which program.

    Runs go seed by seed, so that a sweep that is interrupted has complete seeds, as far as nothing
    is compiled twice for it. A worker takes, in this order: of the lowest seed, a program that it
    has; of that seed, a program that nobody has; of the seeds after it, the lowest of a program
    that it has; of the lowest seed, the program with the most waiting runs, compiling it anew.

    Args:
        waiting: for the lowest seed that waits and the `SEEDS_AHEAD` after it, how many runs of
            each program wait, in the plan's order. The first is not empty.
        own: the programs that the worker has.
        others: those that other workers have, here or in other processes.
        at_hand: those for which it need not be replaced; of several, such a one is taken.
        full: it has no room for another program, so it does first what it can do without.
    """
    lowest, *later = waiting
    mine = [program for program in lowest if program in own]
    if mine:
        return 0, mine[0]
    ahead = [
        (number, program)
        for number, programs in enumerate(later, start=1)
        for program in programs
        if program in own
    ]
    if full and ahead:
        return ahead[0]
    free = [program for program in lowest if program not in others]
    if free:
        return 0, next((program for program in free if program in at_hand), free[0])
    if ahead:
        return ahead[0]
    return 0, max(lowest, key=lambda program: (program in at_hand, lowest[program]))


Item = TypeVar("Item")


class Schedule(Generic[Item]):
    """The waiting runs, by their seeds and the programs that they need; `choose` is the rule."""

    def __init__(self) -> None:
        self._waiting: dict[int, dict[Hashable, deque[Item]]] = {}
        self._first_seed: int | None = None
        self._seeds: list[int] = []
        """Every seed that was ever added, in order: what is done still counts as a step ahead."""
        self._done = 0
        """So many of the first of them wait no more."""
        self._owned: dict[Hashable, set[Hashable]] = {}
        self._elsewhere: set[Hashable] = set()
        self._claims: dict[Hashable, tuple[Hashable, bool]] = {}
        """What each worker took last, and whether it did not have that program before."""
        self._files: dict[Hashable, Hashable] = {}
        self._files_of_last: dict[Hashable, Hashable] = {}

    def add(self, seed: int, program: Hashable, item: Item, *, files: Hashable = None) -> None:
        """Put an item at the end of its program's queue of that seed.

        `files` are what the program needs of the user's own: a worker that has run others must be
        replaced first.
        """
        position = bisect_left(self._seeds, self._place(seed), key=self._place)
        if self._seeds[position : position + 1] != [seed]:
            self._seeds.insert(position, seed)
        self._done = min(self._done, position)
        self._waiting.setdefault(seed, {}).setdefault(program, deque()).append(item)
        self._files[program] = files

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits."""
        return not self._waiting

    def begin_at(self, share: float, cores: int) -> None:
        """Turn what waits of each seed so that it begins after this share of it, from 0 to 1.

        Processes that are asked for the same runs begin at different places, and then find much
        of the rest done. The order of the seeds stays, unless every seed has fewer runs than there
        are `cores`: then all processes would be at the same runs at once, and seeds are turned.
        """
        runs = [sum(map(len, programs.values())) for programs in self._waiting.values()]
        if max(runs, default=cores) < cores:
            self._first_seed = self._seeds[int(len(self._seeds) * share) % len(self._seeds)]
            self._seeds.sort(key=self._place)
            return
        for seed, programs in self._waiting.items():
            waiting = [(program, item) for program, queue in programs.items() for item in queue]
            cut = int(len(waiting) * share)
            turned: dict[Hashable, deque[Item]] = {}
            for program, item in waiting[cut:] + waiting[:cut]:
                turned.setdefault(program, deque()).append(item)
            self._waiting[seed] = turned

    def take(self, worker: Hashable, *, full: bool = False, with_files: bool = True) -> Item | None:
        """The next item for `worker`, None when nothing waits that it may get.

        A `full` worker is to be replaced before it does a run of a program that it does not have.
        Without `with_files`, those whose programs need a file of the user's own wait for others.
        """
        seeds = self._lowest_seeds(with_files=with_files)
        if not seeds:
            return None
        own = self._owned.setdefault(worker, set())
        others = self._elsewhere.union(
            *(owned for who, owned in self._owned.items() if who != worker)
        )
        waiting = [self._counts(seed, with_files=with_files) for seed in seeds]
        files = self._files_of_last.get(worker)
        at_hand = {program for program in waiting[0] if self._files[program] == files}
        ahead, program = choose(waiting, own, others, at_hand, full=full)
        if self._files[program] != files:
            # It leaves what it has: no process runs its file and then anything else.
            own.clear()
        self._claims[worker] = program, program not in own
        own.add(program)
        self._files_of_last[worker] = self._files[program]
        return self._pop(seeds[ahead], program)

    def skip(self, worker: Hashable) -> None:
        """What `worker` took last is not wanted: another process has that program, and did it.

        So programs are divided among processes as among workers, or they would meet in each seed.
        """
        program, new = self._claims[worker]
        self._elsewhere.add(program)
        if new:
            self._owned[worker].discard(program)

    def forget(self, worker: Hashable, kept: Hashable | None = None) -> None:
        """`worker` was replaced: its programs are gone, but for one that it is to compile now."""
        self._owned[worker] = set() if kept is None else {kept}

    def clear(self) -> list[Item]:
        """Empty the schedule; returns what was waiting."""
        waiting = [
            item
            for programs in self._waiting.values()
            for queue in programs.values()
            for item in queue
        ]
        self._waiting.clear()
        return waiting

    def _place(self, seed: int) -> tuple[bool, int]:
        """Where a seed stands in the order: ascending from the first, and then those below it."""
        return self._first_seed is not None and seed < self._first_seed, seed

    def _lowest_seeds(self, *, with_files: bool) -> list[int]:
        """The lowest seed of which something waits that may be taken, and those after it."""
        while self._done < len(self._seeds) and self._seeds[self._done] not in self._waiting:
            self._done += 1
        for position in range(self._done, len(self._seeds)):
            if self._counts(self._seeds[position], with_files=with_files):
                return self._seeds[position : position + 1 + SEEDS_AHEAD]
        return []

    def _counts(self, seed: int, *, with_files: bool) -> dict[Hashable, int]:
        return {
            program: len(queue)
            for program, queue in self._waiting.get(seed, {}).items()
            if with_files or self._files[program] is None
        }

    def _pop(self, seed: int, program: Hashable) -> Item:
        programs = self._waiting[seed]
        item = programs[program].popleft()
        if not programs[program]:
            del programs[program]
        if not programs:
            del self._waiting[seed]
        return item
