"""Where runs are trained: worker processes on this machine, one run a core, one thread a run.

An executor has the meaning of `concurrent.futures`: `submit` gives for each spec a future of
`Finished`, or of the exception `RunFailed`. Each slot is a thread that owns one worker process, so
a worker that dies costs only the run that it had.
"""

import multiprocessing
import multiprocessing.forkserver
import multiprocessing.resource_tracker
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import Protocol, Self

from relu_bench.errors import ReluBenchError
from relu_bench.plan import Spec
from relu_bench.schedule import Schedule
from relu_bench.training import Progress, RunResult
from relu_bench.worker import MakeTrainer, WorkerSettings, make_tensorflow_trainer, serve

MOST_ATTEMPTS = 2
PROGRAMS_PER_WORKER = 20
"""A worker is replaced after so many distinct programs, since each leaves memory behind."""

_PATIENCE_SECONDS = 0.5

PRELOAD = "relu_bench.preload"

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


class _WorkerDiedError(Exception):
    """The process is gone; the message says how."""


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
        # A slot that is just starting a worker may take seconds; as a daemon it need not be awaited.
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

    def log_of(self, slot: int) -> Path:
        """The file that the standard error of a slot's worker goes to."""
        return Path(self._logs.name) / f"worker-{slot}.log"

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
        self.worker: _Worker | None = None
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
                    self.worker = _Worker(self.executor, self.number)
                outcome = self.worker.train(job.spec)
            except _WorkerDiedError as death:
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


class _Worker:
    """The parent's end of one worker process."""

    def __init__(self, executor: LocalExecutor, slot: int) -> None:
        self.executor = executor
        self.log = executor.log_of(slot)
        self.log.unlink(missing_ok=True)
        self.programs = 0
        self.connection, theirs = executor.context.Pipe()
        self.process = executor.context.Process(  # type: ignore[attr-defined]
            target=serve,
            args=(theirs, executor.make_trainer, executor.settings, self.log),
            name=f"relu-bench worker {slot}",
            daemon=True,
        )
        self.process.start()
        # With our copy closed, a worker that dies shows as the end of the pipe.
        theirs.close()

    def train(self, spec: Spec) -> RunResult | str:
        """The result, or the reason why the run failed. Raises _WorkerDiedError."""
        try:
            self.connection.send(spec)
            while True:
                match self.connection.recv():
                    case ("progress", Progress() as progress):
                        self.executor.on_progress(spec, progress)
                    case ("result", RunResult() as result, int(programs)):
                        self.programs = programs
                        return result
                    case ("failed", str(reason)):
                        return reason
        except (EOFError, OSError):
            self.process.join(timeout=5)
            raise _WorkerDiedError(self._how_it_died()) from None

    def kill(self) -> None:
        """End the process at once."""
        self.process.kill()
        self.process.join(timeout=5)
        self.connection.close()

    def _how_it_died(self) -> str:
        code = self.process.exitcode
        how = f"exit code {code}"
        if code is not None and code < 0:
            names = {number.value: number.name for number in signal.Signals}
            how = names.get(-code, f"signal {-code}")
            if how == "SIGKILL":
                how += ", as the system does when memory runs out"
        last = _last_line(self.log)
        return f"the worker process died ({how})" + (f": {last}" if last else "")


def _last_line(log: Path) -> str:
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    except OSError:
        return ""
    return lines[-1][:300] if lines else ""


def warm_up(preload: tuple[str, ...] = (PRELOAD,)) -> BaseContext:
    """Start importing TensorFlow in the background; returns how workers will be started.

    On Linux a fork server imports it once for all workers, while the parent still reads data;
    elsewhere, where forking is unsafe, each worker is spawned and imports it for itself.
    """
    if not sys.platform.startswith("linux"):
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(preload))
    # The fork server and all workers inherit the mask: Ctrl-C reaches the whole process group, and
    # what becomes of them is for this process to decide.
    # (The resource tracker goes first, since starting it clears the mask.)
    multiprocessing.resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        multiprocessing.forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return context
