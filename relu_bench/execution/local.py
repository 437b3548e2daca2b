"""Where runs are trained: worker processes on this machine, one run a core, one thread a run.

Each slot is a thread that owns one worker process, so a worker that dies costs only the run that it
had. A slot holds one of the machine's cores while its worker lives, and waits for one before it
takes a run.
"""

import math
import tempfile
import threading
import time
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Self

from relu_bench.config.plan import Spec
from relu_bench.errors import ReluBenchError, WorkerStartError
from relu_bench.execution.executor import (
    Finished,
    Job,
    OnProgress,
    RunFailed,
    Schedule,
    Wanted,
    always,
)
from relu_bench.execution.worker import (
    MakeTrainer,
    WorkerSettings,
    make_tensorflow_trainer,
    make_training,
)
from relu_bench.machine import fork_server, hardware
from relu_bench.machine.child_process import (
    ChildDiedError,
    ChildProcess,
    RequestFailedError,
    TookTooLongError,
    one_line,
)
from relu_bench.machine.cores import Core, HostCores
from relu_bench.networks.activations import Source

MOST_ATTEMPTS = 2
MOST_MEMORY = 0.5
"""This share of the machine's memory the programs of all workers may take.

A worker that has more than its part of it is replaced before it compiles another program.
"""

_PATIENCE_SECONDS = 0.5
_LOOK_AGAIN_SECONDS = 0.2
"""How long a slot waits before it tries again to get a core."""
_LINGER_SECONDS = 1.0
"""How long a slot without work keeps its worker: what came out may lead to further runs."""


class LocalExecutor:
    """Worker processes on this machine.

    Args:
        jobs: how many at once; never more than `cores` has.
        settings: what each worker is told.
        on_progress: called from the slots' threads after each epoch of a run.
        timeout: seconds that a run may take in its worker; None: as long as it wants.
        cores: what the workers share with those of other processes.
        on_waiting: called from a slot's thread when all cores are used by so many workers of other
            processes and no run has begun here, and once more, with 0, when the first begins.
        make_trainer: importable function that makes the trainer inside the worker.
        preload: modules that the fork server imports once for all workers.
    """

    def __init__(
        self,
        jobs: int,
        settings: WorkerSettings | None = None,
        on_progress: OnProgress = lambda spec, progress: None,
        *,
        timeout: float | None = None,
        cores: HostCores | None = None,
        on_waiting: Callable[[int], None] = lambda others: None,
        make_trainer: MakeTrainer = make_tensorflow_trainer,
        preload: tuple[str, ...] = (fork_server.PRELOAD,),
    ) -> None:
        self.settings = settings or WorkerSettings()
        self.on_progress = on_progress
        self.timeout = timeout
        self.cores = cores or HostCores()
        self.on_waiting = on_waiting
        self.make_trainer = make_trainer
        self.context = fork_server.start(preload)
        memory = hardware.memory_gib() or math.inf
        self.most_memory = MOST_MEMORY * memory * 2**30 / self.cores.limit
        self._schedule: Schedule[Job] = Schedule()
        self._changed = threading.Condition()
        self._stopping = self._started = self._had_core = self._told = False
        self._share_of_others = 0.0
        self._slots = [_Slot(self, number) for number in range(min(jobs, self.cores.limit))]

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
        self.cores.stop_waiting()
        self._logs.cleanup()

    def submit(self, specs: Sequence[Spec], wanted: Wanted = always) -> "list[Future[Finished]]":
        """Queue specs, and start the slots at the first call."""
        jobs = [Job(spec, wanted) for spec in specs]
        with self._changed:
            for job in jobs:
                spec = job.spec
                self._schedule.add(spec.seed, spec.program_key, job, files=spec.source)
            self._schedule.begin_at(self._share_of_others, self.cores.limit)
            self._changed.notify_all()
        if not self._started:
            self._started = True
            for slot in self._slots:
                slot.start()
        return [job.future for job in jobs]

    def start_worker(self, slot: int, *, trial: bool = False) -> ChildProcess:
        """A new process for a slot; for `trial`, see `WorkerSettings`. Raises WorkerStartError."""
        settings = replace(self.settings, trial=trial)
        return ChildProcess(
            self.context,
            f"relu-bench worker {slot}",
            partial(make_training, self.make_trainer, settings),
            self.log_folder / f"worker-{slot}.log",
        )

    @property
    def log_folder(self) -> Path:
        """Where the output of the workers goes."""
        return Path(self._logs.name)

    def take(self, slot: int, *, full: bool = False) -> Job | None:
        """The next job of a slot, None when there is none now; for `full`, see `Schedule`."""
        with self._changed:
            return None if self._stopping else self._schedule.take(slot, full=full)

    def wait_for_work(self, timeout: float | None = None) -> bool:
        """Wait, at most so many seconds, for something to do; whether there is something.

        False when the executor stops.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._stopping or not self._schedule.is_empty, timeout)
            return not (self._stopping or self._schedule.is_empty)

    def wait_for_core(self) -> Core | None:
        """A core for a slot; None, after a moment, when other workers have them all."""
        core = self.cores.take()
        with self._changed:
            first = not self._had_core
            if core is not None and first:
                self._had_core = True
                self._share_of_others = core.others
                self._schedule.begin_at(core.others, self.cores.limit)
            # Waiting is told once, and its end if it was.
            tell = first and self._told == (core is not None)
            self._told = self._told or tell
            if core is None and not tell:
                self._changed.wait(_LOOK_AGAIN_SECONDS)
        if tell:
            self.on_waiting(0 if core is not None else self.cores.used_by_others())
        return core

    def skip(self, slot: int) -> None:
        """What the slot took last is not wanted."""
        with self._changed:
            self._schedule.skip(slot)

    def forget(self, slot: int, job: Job | None = None) -> None:
        """The slot's worker is gone with its compiled programs; `job` is for the next one."""
        with self._changed:
            self._schedule.forget(slot, None if job is None else job.spec.program_key)


class _Slot(threading.Thread):
    """One core's worth of work: a thread that owns a core and one worker process at a time."""

    def __init__(self, executor: LocalExecutor, number: int) -> None:
        super().__init__(name=f"slot-{number}", daemon=True)
        self.executor = executor
        self.number = number
        self.core: Core | None = None
        self.worker: ChildProcess | None = None
        self.files: Source | None = None
        self.programs: set[Hashable] = set()
        self.full = False
        self.stopped = False

    def run(self) -> None:
        while not self.stopped:
            if not self.executor.wait_for_work(_LINGER_SECONDS):
                # Others may use the core meanwhile.
                self._rest()
                if not self.executor.wait_for_work():
                    break
            if self._has_core():
                job = self.executor.take(self.number, full=self.full)
                if job is not None and job.begin():
                    self._do(job)
                    self._let_others_in()
                elif job is not None:
                    self.executor.skip(self.number)
        self._rest()

    def stop(self) -> None:
        """End the worker at once; the job it had stays undone. For other threads to call."""
        self.stopped = True
        worker = self.worker
        if worker is not None:
            worker.process.kill()

    def _has_core(self) -> bool:
        try:
            self.core = self.core or self.executor.wait_for_core()
        except ReluBenchError as error:
            # The folder of the locks is gone for good: that ends the sweep, by way of a run.
            job = self.executor.take(self.number)
            if job is not None and job.future.set_running_or_notify_cancel():
                job.future.set_exception(error)
        return self.core is not None

    def _rest(self) -> None:
        self._replace_worker()
        if self.core is not None:
            self.executor.cores.give_back(self.core)
            self.core = None

    def _let_others_in(self) -> None:
        """Between two runs: hand the core over where another process waits and has none."""
        if self.core is not None and self.executor.cores.is_wanted(self.core):
            self._rest()

    def _do(self, job: Job) -> None:
        starts = 0
        while not self.stopped:
            job.attempts += 1
            try:
                outcome: Finished | RunFailed = self._trained(job)
            except WorkerStartError as error:
                self._replace_worker(job)
                starts, job.attempts = starts + 1, job.attempts - 1
                if starts < MOST_ATTEMPTS:
                    continue
                # Not the run's fault: that ends the sweep, and the run stays missing.
                job.future.set_exception(error)
                return
            except ChildDiedError as death:
                self._replace_worker(job)
                if job.attempts < MOST_ATTEMPTS or self.stopped:
                    continue
                outcome = RunFailed(str(death), job.attempts)
            except TookTooLongError:
                self._replace_worker()
                limit = f"{self.executor.timeout:g} seconds (--timeout)"
                outcome = RunFailed(f"it took longer than {limit}", job.attempts)
            except RequestFailedError as error:
                outcome = RunFailed(str(error), job.attempts)
            except Exception as error:  # a slot must never die silently with its job
                self._replace_worker()
                outcome = RunFailed(one_line(error), job.attempts)
            if isinstance(outcome, RunFailed):
                job.future.set_exception(outcome)
            else:
                job.future.set_result(outcome)
            return

    def _trained(self, job: Job) -> Finished:
        source, program = job.spec.source, job.spec.program_key
        # What a user's file has done to its process must reach no run without that file.
        touched = self.files not in (None, source)
        if touched or (self.full and program not in self.programs):
            self._replace_worker(job)
        if self.worker is None:
            self.worker = self.executor.start_worker(self.number, trial=job.attempts > 1)
        if self.files != source:
            self.programs.clear()  # they are for runs that this process may not do any more
        self.files = source
        report = partial(self.executor.on_progress, job.spec)
        result, memory = self.worker.ask(job.spec, report, self.executor.timeout)
        self.programs.add(program)
        # A single program cannot be helped by another process.
        self.full = len(self.programs) > 1 and memory > self.executor.most_memory
        return Finished(result, job.attempts)

    def _replace_worker(self, job: Job | None = None) -> None:
        """End the worker; the next one begins with `job`, if one is given."""
        if self.worker is not None:
            self.worker.kill()
        self.worker = self.files = None
        self.full = False
        self.programs = set()
        self.executor.forget(self.number, job)
