"""Where runs are trained: worker processes on this machine, one run a core, one thread a run.

An executor has the meaning of `concurrent.futures`: `submit` gives for each spec a future of
`Finished`, or of the exception `RunFailed`. Each slot is a thread that owns one worker process, so
a worker that dies costs only the run that it had.
"""

import tempfile
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self

from relu_bench.errors import ReluBenchError
from relu_bench.plan import Spec
from relu_bench.schedule import Schedule
from relu_bench.training import RunResult
from relu_bench.worker import MakeTrainer, WorkerSettings, make_tensorflow_trainer
from relu_bench.worker_process import (
    PRELOAD,
    OnProgress,
    WorkerDiedError,
    WorkerProcess,
    warm_up,
)

MOST_ATTEMPTS = 2
PROGRAMS_PER_WORKER = 6
"""A worker is replaced after so many distinct programs: each leaves about 13 MB behind."""

_PATIENCE_SECONDS = 0.5


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


class Executor(Protocol):
    """Trains specs somewhere. Leaving the context stops what still runs."""

    def submit(self, specs: Sequence[Spec]) -> "list[Future[Finished]]":
        """Queue specs, all at once so that runs of one program can be kept together."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *exception: object) -> None: ...


@dataclass
class _Job:
    spec: Spec
    future: "Future[Finished]"
    attempts: int = 0


class LocalExecutor:
    """Worker processes on this machine.

    Args:
        jobs: how many at once.
        settings: what each worker is told.
        on_progress: called from the slots' threads after each epoch of a run.
        make_trainer: importable function that makes the trainer inside the worker.
        preload: modules that the fork server imports once for all workers.
    """

    def __init__(
        self,
        jobs: int,
        settings: WorkerSettings | None = None,
        on_progress: OnProgress = lambda spec, progress: None,
        make_trainer: MakeTrainer = make_tensorflow_trainer,
        preload: tuple[str, ...] = (PRELOAD,),
    ) -> None:
        self.settings = settings or WorkerSettings()
        self.on_progress = on_progress
        self.make_trainer = make_trainer
        self.context = warm_up(preload)
        self._schedule: Schedule[_Job] = Schedule()
        self._changed = threading.Condition()
        self._stopping = self._started = False
        self._slots = [_Slot(self, number) for number in range(jobs)]

    def __enter__(self) -> Self:
        self._logs = tempfile.TemporaryDirectory(prefix="relu-bench-")
        return self

    def __exit__(self, *exception: object) -> None:
        with self._changed:
            self._stopping = True
            for job in self._schedule.clear():
                job.future.cancel()
            self._changed.notify_all()
        for slot in self._slots:
            slot.stop()
        # A slot that is starting a worker may take seconds; as a daemon it need not be awaited.
        deadline = time.monotonic() + _PATIENCE_SECONDS
        for slot in self._slots:
            if slot.is_alive():
                slot.join(timeout=max(0.0, deadline - time.monotonic()))
        self._logs.cleanup()

    def submit(self, specs: Sequence[Spec]) -> "list[Future[Finished]]":
        """Queue specs, and start the slots at the first call."""
        jobs = [_Job(spec, Future()) for spec in specs]
        with self._changed:
            for job in jobs:
                self._schedule.add(job.spec.program_key, job)
            self._changed.notify_all()
        if not self._started:
            self._started = True
            for slot in self._slots:
                slot.start()
        return [job.future for job in jobs]

    def start_worker(self, slot: int) -> WorkerProcess:
        """A new process for a slot."""
        log = self.log_folder / f"worker-{slot}.log"
        return WorkerProcess(self.context, slot, (self.make_trainer, self.settings, log))

    @property
    def log_folder(self) -> Path:
        """Where the standard error of the workers goes."""
        return Path(self._logs.name)

    def take(self, slot: int) -> _Job | None:
        """Wait for the next job of a slot; None when the executor stops."""
        with self._changed:
            while not self._stopping:
                job = self._schedule.take(slot)
                if job is not None:
                    return job
                self._changed.wait()
            return None

    def forget(self, slot: int) -> None:
        """The slot's worker was replaced: its compiled programs are gone."""
        with self._changed:
            self._schedule.forget(slot)


class _Slot(threading.Thread):
    """One core's worth of work: a thread that owns one worker process at a time."""

    def __init__(self, executor: LocalExecutor, number: int) -> None:
        super().__init__(name=f"slot-{number}", daemon=True)
        self.executor = executor
        self.number = number
        self.worker: WorkerProcess | None = None
        self.stopped = False

    def run(self) -> None:
        while not self.stopped:
            job = self.executor.take(self.number)
            if job is None:
                break
            if job.future.set_running_or_notify_cancel():
                self._do(job)
        self._replace_worker()

    def stop(self) -> None:
        """End the worker at once; the job it had stays undone. For other threads to call."""
        self.stopped = True
        worker = self.worker
        if worker is not None:
            worker.process.kill()

    def _do(self, job: _Job) -> None:
        while not self.stopped:
            job.attempts += 1
            try:
                if self.worker is None:
                    self.worker = self.executor.start_worker(self.number)
                outcome = self.worker.train(job.spec, self.executor.on_progress)
            except WorkerDiedError as death:
                self._replace_worker()
                if job.attempts < MOST_ATTEMPTS or self.stopped:
                    continue
                outcome = str(death)
            except Exception as error:  # a slot must never die silently with its job
                outcome = f"{type(error).__name__}: {error}"
                self._replace_worker()
            if self.worker is not None and self.worker.programs >= PROGRAMS_PER_WORKER:
                self._replace_worker()
            if isinstance(outcome, str):
                job.future.set_exception(RunFailed(outcome, job.attempts))
            else:
                job.future.set_result(Finished(outcome, job.attempts))
            return

    def _replace_worker(self) -> None:
        if self.worker is not None:
            self.worker.kill()
        self.worker = None
        self.executor.forget(self.number)
