"""Plan -> executor -> store: skip what is done, keep going, say so.

The plan comes from configs, or from what a store has kept of them (`plan_kept`, `run --resume`).
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, as_completed
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from relu_bench.config import planning
from relu_bench.config.experiment import Experiment, from_document
from relu_bench.config.plan import Spec
from relu_bench.config.planning import Planned
from relu_bench.config.settings import FIELDS
from relu_bench.config.yaml_source import Document
from relu_bench.data import is_path
from relu_bench.errors import ConfigError, StoreError
from relu_bench.execution.executor import Executor, Finished, RunFailed
from relu_bench.machine import provenance
from relu_bench.store import KeptPlan, RunRecord, Store, Stored
from relu_bench.store import partial as lacking_rows
from relu_bench.store.reading import check_is_store

StoredRuns = Mapping[tuple[str, str], Stored]


@dataclass
class Missing:
    """A run to train: `spec`, and for each experiment that wants it the spec as that one says it.

    The two differ at most in how a data folder is called, and in whether to measure the inside.
    """

    spec: Spec
    asked: dict[str, Spec]


@dataclass(frozen=True)
class Present:
    """A run that needs no training: of this status, or to be copied from another experiment."""

    experiment: str
    spec: Spec
    status: str
    copy_from: str | None = None


@dataclass
class Agenda:
    """The runs of a call, each once.

    `missing` by run_id, in the order of the plan; `without_probes` counts the completed ones that
    lack measurements of the inside which this call asks for.
    """

    missing: dict[str, Missing] = field(default_factory=dict)
    present: list[Present] = field(default_factory=list)
    without_probes: int = 0


def agenda_of(
    planned: Iterable[Planned],
    stored: StoredRuns,
    *,
    retry_failed: bool,
    lacking: Collection[tuple[str, str]] = (),
    without: Collection[tuple[str, str]] = (),
) -> Agenda:
    """Divide the planned runs into those to train and those that the store has.

    A run that two experiments ask for is trained once, and measured inside if one of them asks.
    One that the store has under another experiment's name is to be copied, unless it is `lacking`:
    completed, and without all of its rows. Runs of `without` are not looked at.
    """
    trained_for = {
        key[1]: key[0] for key, run in stored.items() if _is_completed(run) and key not in lacking
    }
    agenda = Agenda()
    for name, run_id, spec in _each_once(planned, without):
        run = stored.get((name, run_id))
        if not _is_completed(run) and run_id in trained_for:
            source = trained_for[run_id]
            run = stored[source, run_id]
            agenda.present.append(Present(name, spec, run.status, copy_from=source))
        elif run is not None and (_is_completed(run) or not retry_failed):
            agenda.present.append(Present(name, spec, run.status))
        else:
            missing = agenda.missing.setdefault(run_id, Missing(spec, {}))
            missing.asked[name] = spec
            if spec.probes:
                missing.spec = spec
            continue
        agenda.without_probes += spec.probes and _is_completed(run) and not run.probes
    return agenda


def _is_completed(run: Stored | None) -> bool:
    return run is not None and run.status == "completed"


def _each_once(
    planned: Iterable[Planned], without: Collection[tuple[str, str]]
) -> Iterator[tuple[str, str, Spec]]:
    """Experiment, run_id and spec; calls with equal names may overlap."""
    seen = set(without)
    for each in planned:
        name = each.experiment.name
        for spec in each.specs:
            key = (name, spec.run_id)
            if key not in seen:
                seen.add(key)
                yield *key, spec


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
    further: Callable[[], Sequence[Planned]] = tuple,
) -> Tally:
    """Train what the store does not have yet, and store each run as it ends.

    Args:
        planned: the experiments. A run that two of them share is trained once.
        store: where results are kept; made when it is new.
        make_executor: gives an executor for a number of runs; not called when nothing is to do.
        listener: is told what happens.
        retry_failed: do failed runs again.
        fail_fast: stop at the first run that fails; what had finished by then is stored.
        further: is asked, whenever all is stored, for plans that have grown since, until there is
            none: for runs that depend on what came out. One executor does all of them.

    Raises:
        StoreError: when the store cannot be read or written; before any training.
        StoreWriteError: when a result cannot be written; what was stored before is whole.
    """
    sweep = _Sweep(store, listener)
    with ExitStack() as stack:
        executor: Executor | None = None
        while planned:
            sweep.look_up(planned, retry_failed=retry_failed)
            missing = len(sweep.todo.missing)
            # What keeps an executor from starting (data that are not there) is told before a write.
            new = make_executor(missing) if missing and executor is None else None
            for text in store.prepare():
                listener.notice(text)
            sweep.keep(planned)
            sweep.settle_what_is_there()
            executor = stack.enter_context(new) if new is not None else executor
            if executor is not None:
                sweep.train(executor, fail_fast=fail_fast)
            if fail_fast and sweep.tally.failures:
                break
            planned = further()
    return sweep.tally


class _Sweep:
    """One call of `run`, with all that its steps share."""

    def __init__(self, store: Store, listener: Listener) -> None:
        self.store = store
        self.listener = listener
        self.stored: StoredRuns = {}
        self.todo = Agenda()
        self.tally = Tally()
        self._seen_to: set[tuple[str, str]] = set()
        self._told: set[str] = set()

    def look_up(self, planned: Sequence[Planned], *, retry_failed: bool) -> None:
        """Find out what is to do of the runs that no earlier plan of this call had."""
        self.stored = stored = self.store.stored()
        find = partial(agenda_of, planned, stored, retry_failed=retry_failed, without=self._seen_to)
        todo = find()
        there = {(run.copy_from or run.experiment, run.spec.run_id) for run in todo.present}
        copies = any(run.copy_from for run in todo.present)
        if there and (lacking := lacking_rows(self.store.folder, keys=there, layers=copies)):
            todo = find(lacking=lacking)
            done = sorted({(run.experiment, run.spec.run_id) for run in todo.present} & {*lacking})
            if done:
                self.listener.notice(
                    f"stored runs that count as done lack rows ({len(done):,}, such as "
                    f"{done[0][1]}); relu-bench merge takes them from a store that has them whole."
                )
        self.todo = todo

    def keep(self, planned: Sequence[Planned]) -> None:
        """Keep the plans in the store."""
        for each in planned:
            name, run_ids = each.experiment.name, [spec.run_id for spec in each.specs]
            if run_ids:  # a shard may have none of an experiment
                resolved = each.experiment.resolved()
                self.store.keep_plan(name, resolved, run_ids, each.until_resolved)
            self._seen_to.update((name, run_id) for run_id in run_ids)

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
        missing = list(self.todo.missing.values())
        futures = executor.submit([each.spec for each in missing], self._is_wanted)
        waiting = dict(zip(futures, missing, strict=True))
        for future in as_completed(list(waiting)):
            # Taken out, so that its result is not kept in memory.
            self._settle(waiting.pop(future), future)
            if fail_fast and self.tally.failures:
                for other in [other for other in waiting if other.done()]:
                    self._settle(waiting.pop(other), other)
                self.tally.left = sum(len(missing.asked) for missing in waiting.values())
                return

    def _is_wanted(self, spec: Spec) -> bool:
        """Whether a run stands in the store as it did when the call began: any thread may ask."""
        for experiment in self.todo.missing[spec.run_id].asked:
            before = self.stored.get((experiment, spec.run_id))
            now = self.store.status(experiment, spec.run_id)
            if now == (before.status if before else None):
                return True
        return False

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
    return RunRecord({**cells, **result.summary}, result.epochs, result.layers, result.test_samples)


def plan_kept(folder: Path, data_dir: Path | None = None) -> tuple[Planned, ...]:
    """Every run that any call asked this store for.

    Args:
        folder: a results folder.
        data_dir: where to look for data sets first.

    Raises:
        StoreError: it is no store, has no kept plan, or one that is damaged.
        ConfigError: a plan asks for other runs today, since data or own source have changed.
        DataError: a data folder cannot be read.
    """
    check_is_store(folder, lone=True)
    kept = Store(folder).plans()
    if not kept:
        raise StoreError(
            f"{folder} has no plans, so nothing tells what is missing: they are in its folder "
            "`plans`. Give the YAML instead: relu-bench run CONFIG --out " + str(folder)
        )
    names = [f"{folder}: the kept plan of {plan.experiment}" for plan in kept]
    experiments = [
        (name, experiment_of(plan, name)) for plan, name in zip(kept, names, strict=True)
    ]
    planned = planning.plan_experiments(experiments, data_dir)
    return tuple(_as_asked(*each) for each in zip(planned, kept, names, strict=True))


def experiment_of(plan: KeptPlan, name: str) -> Experiment:
    """The experiment that a kept plan says, read anew by the rules of any config.

    Raises:
        ConfigError: it is none, or a file of the user's own has changed; `name` is its place.
    """
    # As a value above the cases, a list of one would be an axis, which no case may name.
    values = {
        key: value[0] if key in FIELDS and isinstance(value, list) and len(value) == 1 else value
        for key, value in plan.config.items()
    }
    return from_document(Document(name, "", values, {}), default_name=plan.experiment)


def _as_asked(planned: Planned, kept: KeptPlan, name: str) -> Planned:
    """The planned runs that the call asked for: a shard asked for a part of them."""
    asked = set(kept.run_ids)
    specs = tuple(spec for spec in planned.specs if spec.run_id in asked)
    gone = len(asked) - len({spec.run_id for spec in specs})
    if gone:
        raise ConfigError(
            f"{name}: {gone} of its {len(asked)} runs are other runs today. {_why(planned)} "
            "What is stored stays as it is. Give the YAML to train the new runs beside it: "
            "relu-bench run CONFIG"
        )
    return replace(planned, specs=specs, until_resolved=kept.until_resolved)


def _why(planned: Planned) -> str:
    folders = _folders(planned.experiment)
    if folders:
        listed = ", ".join(folders)
        return f"The content of {listed} has changed since (or that of an own source file)."
    return (
        "An own source file has changed since, or the store was written by a version of "
        "relu-bench that computes other numbers."
    )


def _folders(experiment: Experiment) -> Sequence[str]:
    groups = (experiment.axes, *experiment.cases)
    names = dict.fromkeys(str(name) for group in groups for name in group.get("dataset", ()))
    return [name for name in names if is_path(name)]
