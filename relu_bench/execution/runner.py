"""Plan -> executor -> store: skip what is done, keep going, say so."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, as_completed
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from relu_bench.config.plan import Spec
from relu_bench.config.planning import Planned
from relu_bench.execution import agenda
from relu_bench.execution.agenda import Agenda, Missing, StoredRuns
from relu_bench.execution.executor import Executor, Finished, RunFailed, Wanted
from relu_bench.machine import provenance
from relu_bench.store import RunRecord, Store, partial


@dataclass
class Tally:
    """What became of the planned runs.

    `failed` counts those of earlier calls, too, `failures` are those of this one; `left` counts
    those that --fail-fast left undone.
    """

    skipped: int = 0
    copied: int = 0
    completed: int = 0
    failed: int = 0
    left: int = 0
    failures: list[RunRecord] = field(default_factory=list)


class Listener(Protocol):
    """Is told what happens, in the thread that called `run`."""

    def skipped(self, experiment: str, spec: Spec, status: str) -> None:
        """A run that the store already has (`completed` or `failed`), or that was copied there."""
        ...

    def starting(self, count: int) -> None:
        """So many runs are about to be trained, a shared one counted for each experiment."""
        ...

    def finished(self, record: RunRecord) -> None:
        """A run was trained and stored."""
        ...

    def done_elsewhere(self, experiment: str, spec: Spec, status: str) -> None:
        """One of the runs to be trained that another process has stored in the meantime."""
        ...

    def notice(self, text: str) -> None:
        """Something the user should know."""
        ...


def run(
    planned: Sequence[Planned],
    store: Store,
    make_executor: Callable[[int], Executor],
    listener: Listener,
    *,
    retry_failed: bool = False,
    fail_fast: bool = False,
) -> Tally:
    """Train what the store does not have yet, and store each run as it ends.

    Args:
        planned: the experiments. A run that two of them share is trained once.
        store: where results are kept; made when it is new.
        make_executor: gives an executor for a number of runs; not called when nothing is to do.
        listener: is told what happens.
        retry_failed: do failed runs again.
        fail_fast: stop at the first run that fails; what had finished by then is stored.

    Raises:
        StoreError: when the store cannot be read or written; before any training.
        StoreWriteError: when a result cannot be written; what was stored before is whole.
    """
    stored = store.stored()
    todo = agenda.compare(planned, stored, retry_failed=retry_failed)
    there = {(run.copy_from or run.experiment, run.spec.run_id) for run in todo.present}
    copies = any(run.copy_from for run in todo.present)
    if there and (lacking := partial(store.folder, keys=there, layers=copies)):
        todo = agenda.compare(planned, stored, retry_failed=retry_failed, partial=lacking)
        done = sorted({(run.experiment, run.spec.run_id) for run in todo.present} & {*lacking})
        if done:
            listener.notice(
                f"stored runs that count as done lack rows ({len(done):,}, such as {done[0][1]}); "
                "relu-bench merge takes them from a store that has them whole."
            )
    # Whatever keeps an executor from starting (data that are not there) is told before a write.
    executor = make_executor(len(todo.missing)) if todo.missing else None
    for text in store.prepare():
        listener.notice(text)
    for each in planned:
        run_ids = [spec.run_id for spec in each.specs]
        if run_ids:  # a shard may have none of an experiment
            store.keep_plan(each.experiment.name, each.experiment.resolved(), run_ids)
    sweep = _Sweep(store, listener, stored, todo)
    sweep.settle_what_is_there()
    if executor is not None:
        with executor:
            sweep.train(executor, fail_fast=fail_fast)
    return sweep.tally


class _Sweep:
    """One call of `run`, with all that its steps share."""

    def __init__(self, store: Store, listener: Listener, stored: StoredRuns, todo: Agenda) -> None:
        self.store = store
        self.listener = listener
        self.stored = stored
        self.todo = todo
        self.tally = Tally()
        self._told: set[str] = set()

    def settle_what_is_there(self) -> None:
        """Say what is done; copy what another experiment of the store has trained."""
        for run in self.todo.present:
            if run.copy_from is not None:
                self.store.copy_run(run.spec.run_id, source=run.copy_from, target=run.experiment)
                self.tally.copied += 1
            else:
                self.tally.skipped += 1
            self.tally.failed += run.status == "failed"
            self.listener.skipped(run.experiment, run.spec, run.status)
        if self.todo.without_probes:
            self.listener.notice(
                f"{self.todo.without_probes} stored runs have no probes (inside-the-network "
                "measurements); they count as done. To measure them, run again with another --out."
            )
        self.listener.starting(sum(len(missing.asked) for missing in self.todo.missing.values()))

    def train(self, executor: Executor, *, fail_fast: bool) -> None:
        """Train what is missing, and store each run as it ends."""
        waiting = self._submitted(executor)
        for future in as_completed(list(waiting)):
            # Taken out, so that its result is not kept in memory.
            self._settle(waiting.pop(future), future)
            if fail_fast and self.tally.failures:
                for other in [other for other in waiting if other.done()]:
                    self._settle(waiting.pop(other), other)
                self.tally.left = sum(len(missing.asked) for missing in waiting.values())
                return

    def _submitted(self, executor: Executor) -> "dict[Future[Finished], Missing]":
        missing = list(self.todo.missing.values())
        futures = executor.submit([each.spec for each in missing], self._still_wanted())
        return dict(zip(futures, missing, strict=True))

    def _still_wanted(self) -> Wanted:
        """Whether a run stands in the store as it did when the call began: any thread may ask."""

        def wanted(spec: Spec) -> bool:
            for experiment in self.todo.missing[spec.run_id].asked:
                before = self.stored.get((experiment, spec.run_id))
                now = self.store.status(experiment, spec.run_id)
                if now == (before.status if before else None):
                    return True
            return False

        return wanted

    def _settle(self, missing: Missing, future: "Future[Finished]") -> None:
        for experiment, spec in missing.asked.items():
            if future.cancelled():
                self._found_done(experiment, spec)
            else:
                self._store(experiment, spec, _record(experiment, spec, future))
        if not future.cancelled() and future.exception() is None:
            for text in future.result().result.notices:
                self._tell(text)

    def _store(self, experiment: str, spec: Spec, record: RunRecord) -> None:
        if not self.store.append(record):
            self._found_done(experiment, spec)
        elif record.run["status"] == "failed":
            self.tally.failed += 1
            self.tally.failures.append(record)
            self.listener.finished(record)
        else:
            self.tally.completed += 1
            self.listener.finished(record)
        for text in self.store.take_notices():
            self.listener.notice(text)

    def _found_done(self, experiment: str, spec: Spec) -> None:
        """Another process has stored the run since this call began."""
        status = self.store.status(experiment, spec.run_id) or "completed"
        self.tally.skipped += 1
        self.tally.failed += status == "failed"
        self.listener.done_elsewhere(experiment, spec, status)

    def _tell(self, text: str) -> None:
        """Pass on what a worker had to say, each sentence once."""
        if text not in self._told:
            self._told.add(text)
            self.listener.notice(text)


def _record(experiment: str, spec: Spec, future: "Future[Finished]") -> RunRecord:
    cells: dict[str, Any] = {"experiment": experiment, "run_id": spec.run_id}
    cells |= spec.row() | provenance.describe() | {"numerics": spec.numerics}
    try:
        finished = future.result()
    except RunFailed as failure:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        ended: Mapping[str, Any] = {
            "status": "failed", "started_at": now,
            "attempts": failure.attempts, "error": " ".join(str(failure).split()),
        }  # fmt: skip
        return RunRecord({**cells, **ended})
    result = finished.result
    cells |= {"status": "completed", "outcome": result.outcome, "attempts": finished.attempts}
    return RunRecord({**cells, **result.summary}, result.epochs, result.layers)
