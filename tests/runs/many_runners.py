"""A sweep of a process of its own, with training left out; importable by a fork server."""

import random
from collections.abc import Sequence
from concurrent.futures import Future
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Self

from fake_training import RAISES, result_of

from relu_bench.config.experiment import Experiment
from relu_bench.config.plan import Spec, make_plan
from relu_bench.config.planning import Planned
from relu_bench.execution import runner
from relu_bench.execution.executor import Finished, RunFailed, Wanted, always
from relu_bench.store import RunRecord, Store


def planned(seeds: Sequence[int]) -> Planned:
    experiment = Experiment("many", {"epochs": (2,)}, seeds=tuple(seeds), probes=False)
    return Planned(experiment, make_plan(experiment))


class Inline:
    """Does what is wanted at once, in an order of its own."""

    def __init__(self, number: int) -> None:
        self.chance = random.Random(number)
        self.trained = 0

    def submit(self, specs: Sequence[Spec], wanted: Wanted = always) -> "list[Future[Finished]]":
        futures = {spec.seed: Future[Finished]() for spec in specs}
        for spec in self.chance.sample(list(specs), len(specs)):
            self._do(spec, futures[spec.seed], wanted)
        return list(futures.values())

    def _do(self, spec: Spec, future: "Future[Finished]", wanted: Wanted) -> None:
        if not wanted(spec):
            future.cancel()
            future.set_running_or_notify_cancel()
        elif spec.seed == RAISES:
            future.set_exception(RunFailed("no such\nluck", attempts=1))
        else:
            self.trained += 1
            future.set_result(Finished(result_of(spec), attempts=1))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        return None


class Silent:
    """Counts what was stored here."""

    def __init__(self) -> None:
        self.stored: list[int] = []

    def skipped(self, experiment: str, spec: Spec, status: str) -> None:
        """Not counted."""

    def starting(self, count: int) -> None:
        """Not counted."""

    def finished(self, record: RunRecord) -> None:
        self.stored.append(int(str(record.run["seed"])))

    def done_elsewhere(self, experiment: str, spec: Spec, status: str) -> None:
        """Not counted."""

    def notice(self, text: str) -> None:
        raise AssertionError(text)


def sweep(folder: Path, number: int, seeds: Sequence[int], answer: "Connection[Any, Any]") -> None:
    """Run it; answers with the seeds that this process has stored, and its tally."""
    listener = Silent()
    tally = runner.run([planned(seeds)], Store(folder), lambda count: Inline(number), listener)
    answer.send((listener.stored, tally))
