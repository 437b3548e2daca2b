"""What any executor does: it trains specs somewhere, with the meaning of `concurrent.futures`.

`submit` gives for each spec a future of `Finished`, or of the exception `RunFailed`.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Protocol, Self

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
