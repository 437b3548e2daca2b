"""Plan -> executor -> store: skip what is done, keep going, say so."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, as_completed
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from relu_bench import plan, provenance
from relu_bench.executors import Executor, Finished, RunFailed
from relu_bench.plan import Spec
from relu_bench.planning import Planned
from relu_bench.store import RunRecord, Store


@dataclass
class Tally:
    """What became of the planned runs. `failed` counts those of earlier calls, too."""

    skipped: int = 0
    copied: int = 0
    completed: int = 0
    failed: int = 0
    failures: list[str] = field(default_factory=list)


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
) -> Tally:
    """Train what the store does not have yet, and store each run as it ends.

    Args:
        planned: the experiments. A run that two of them share is trained once.
        store: where results are kept; made when it is new.
        make_executor: gives an executor for a number of runs; not called when nothing is to do.
        listener: is told what happens.
        retry_failed: do failed runs again.

    Raises:
        StoreError: when the store cannot be read or written; before any training.
        StoreWriteError: when a result cannot be written; what was stored before is whole.
    """
    tally = Tally()
    statuses = store.statuses()
    missing = _missing(planned, statuses, retry_failed)
    # Whatever keeps an executor from starting (data that are not there) is told before a write.
    executor = make_executor(len(missing)) if missing else None
    for text in store.prepare():
        listener.notice(text)
    for each in planned:
        name = each.experiment.name
        store.keep_plan(name, each.experiment.resolved(), [spec.run_id for spec in each.specs])
    _settle_the_rest(planned, missing, statuses, store=store, listener=listener, tally=tally)
    listener.starting(sum(len(experiments) for experiments in missing.values()))
    told: frozenset[str] = frozenset()
    if executor is not None:
        with executor:
            specs = list(missing)
            futures = dict(zip(executor.submit(specs), specs, strict=True))
            for future in as_completed(futures):
                spec = futures[future]
                for experiment in missing[spec]:
                    _store(_record(experiment, spec, future), store, listener, tally)
                told = _tell(future, listener, told)
    return tally


def _tell(future: "Future[Finished]", listener: Listener, told: frozenset[str]) -> frozenset[str]:
    """Pass on what a worker had to say, each sentence once."""
    if future.exception() is not None:
        return told
    said = future.result().result.notices
    for text in said:
        if text not in told:
            listener.notice(text)
    return told | frozenset(said)


Missing = dict[Spec, list[str]]
Statuses = Mapping[tuple[str, str], str]


def _missing(planned: Iterable[Planned], statuses: Statuses, retry_failed: bool) -> Missing:
    """The runs to train, each with the experiments that want it."""
    completed = {run_id for (_, run_id), status in statuses.items() if status == "completed"}
    missing: Missing = {}
    for each in planned:
        name = each.experiment.name
        for spec in each.specs:
            failed = statuses.get((name, spec.run_id)) == "failed"
            if spec.run_id not in completed and (retry_failed or not failed):
                names = missing.setdefault(spec, [])
                if name not in names:
                    names.append(name)
    return missing


def _settle_the_rest(
    planned: Iterable[Planned],
    missing: Missing,
    statuses: Statuses,
    *,
    store: Store,
    listener: Listener,
    tally: Tally,
) -> None:
    """Say what is done; copy what another experiment of the store has trained."""
    trained_for = {
        run_id: name for (name, run_id), status in statuses.items() if status == "completed"
    }
    for each in planned:
        name = each.experiment.name
        for spec in each.specs:
            if name in missing.get(spec, ()):
                continue
            status = statuses.get((name, spec.run_id))
            if status != "completed" and spec.run_id in trained_for:
                store.copy_run(spec.run_id, source=trained_for[spec.run_id], target=name)
                status = "completed"
                tally.copied += 1
            else:
                tally.skipped += 1
            tally.failed += status == "failed"
            listener.skipped(name, spec, str(status))


def _record(experiment: str, spec: Spec, future: "Future[Finished]") -> RunRecord:
    cells: dict[str, Any] = {"experiment": experiment, "run_id": spec.run_id}
    cells |= spec.row() | provenance.describe() | {"numerics": plan.NUMERICS}
    try:
        finished = future.result()
    except RunFailed as failure:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        ended: Mapping[str, Any] = {
            "status": "failed", "started_at": now,
            "attempts": failure.attempts, "error": str(failure),
        }  # fmt: skip
        return RunRecord({**cells, **ended})
    result = finished.result
    cells |= {"status": "completed", "outcome": result.outcome, "attempts": finished.attempts}
    return RunRecord({**cells, **result.summary}, result.epochs, result.layers)


def _store(record: RunRecord, store: Store, listener: Listener, tally: Tally) -> None:
    store.append(record)
    if record.run["status"] == "failed":
        tally.failed += 1
        tally.failures.append(f"{record.run['run_id']}: {record.run['error']}")
    else:
        tally.completed += 1
    for text in store.take_notices():
        listener.notice(text)
    listener.finished(record)
