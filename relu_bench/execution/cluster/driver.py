"""The executor for a Dask cluster: it hands each worker one run at a time, and stores nothing.

A coroutine for each worker asks the schedule for its next run, seed by seed, if possible of a
program that it has; another one watches which workers there are.
"""

import asyncio
import contextlib
import threading
import time
import uuid
from collections.abc import Callable, Coroutine, Hashable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Self, TypeVar

from relu_bench.config.plan import Spec
from relu_bench.data import Dataset
from relu_bench.execution.cluster import remote
from relu_bench.execution.cluster.connection import (
    ClusterError,
    ClusterLostError,
    Connection,
    DisconnectedError,
    WorkerLostError,
    refusal_of,
    unfit_workers,
)
from relu_bench.execution.cluster.remote import (
    DataWanted,
    Failed,
    HeldData,
    Order,
    Touched,
    Trained,
    digest_of,
)
from relu_bench.execution.executor import (
    Finished,
    Job,
    OnProgress,
    RunFailed,
    Schedule,
    Wanted,
    always,
)
from relu_bench.execution.local import MOST_ATTEMPTS
from relu_bench.execution.worker import MakeTrainer, make_tensorflow_trainer
from relu_bench.machine.child_process import one_line
from relu_bench.networks.activations.own import content_of
from relu_bench.training.loop import Progress

Notice = Callable[[str], None]


MOST_MEMORY = 0.7
"""Above this share of its memory limit a worker gets no further program: at 0.8 Dask pauses it."""

_POLL_SECONDS = 0.5
_GRACE_SECONDS = 15.0
_NO_NANNY = (
    "The runs with an activation of your own need a Dask worker with a nanny: it is restarted "
    "before other runs, so that a file of your own cannot change their numbers. Start workers "
    "without --no-nanny. What had finished is kept."
)


@dataclass(eq=False)
class _InUse:
    """A worker that gets runs. `gone` is set when it is no longer connected.

    `nanny` is None until it is known. `programs` are those that it has for this sweep, `memory` is
    the share of its memory limit that it used after its last run.
    """

    threads: int
    gone: asyncio.Event
    nanny: bool | None = None
    life: "asyncio.Task[None] | None" = None
    programs: set[Hashable] = field(default_factory=set)
    memory: float = 0.0
    full: bool = False

    def has_done(self, spec: Spec, answer: Trained) -> None:
        """Note how worn it is; a single program cannot be helped by another process."""
        self.programs.add(spec.program_key)
        self.memory = answer.memory
        self.full = answer.programs > 1 and answer.memory > MOST_MEMORY


class Driver:
    """Drives a sweep on a cluster; all of it runs in one event loop.

    Args:
        connection: the line to the scheduler; opened and closed here.
        datasets: every data set that the runs need; sent to each worker that needs it, once.
        on_progress: called, from another thread than the caller's, after epochs of a run.
        notice: called, also from another thread, with what the user should know.
        timeout: seconds after which a run is ended at its next epoch, None for no limit.
        make_trainer: importable function that makes the trainer inside a worker.
    """

    def __init__(
        self,
        connection: Connection,
        datasets: Iterable[Dataset] = (),
        on_progress: OnProgress = lambda spec, progress: None,
        notice: Notice = lambda text: None,
        *,
        timeout: float | None = None,
        make_trainer: MakeTrainer = make_tensorflow_trainer,
    ) -> None:
        self.connection = connection
        self.make_trainer = make_trainer
        self.on_progress = on_progress
        self.notice = notice
        self.timeout = timeout
        self._session = uuid.uuid4().hex
        self._datasets = {digest_of(dataset): dataset for dataset in datasets}
        self._tables = tuple(
            HeldData(digest, dataset.name) for digest, dataset in self._datasets.items()
        )
        self._sources: dict[str, bytes] = {}
        self._schedule: Schedule[Job] = Schedule()
        self._jobs: dict[str, Job] = {}
        self._more = asyncio.Event()
        self._in_use: dict[str, _InUse] = {}
        self._unfit: dict[str, str] = {}
        self._paused: set[str] = set()
        self._last_in_use = time.monotonic()
        self._told_absence = False
        self._lost: ClusterError | ClusterLostError | None = None
        self._watching: asyncio.Task[None] | None = None
        self._closing = asyncio.Event()

    async def open(self) -> None:
        """Connect, wait for the first workers and start them.

        Raises:
            ClusterError: when there is no scheduler, or a worker that cannot be used.
        """
        for text in await self.connection.open():
            self.notice(f"warning: {text}")
        self.connection.on_progress(self._progress)
        connected = await self.connection.workers()
        while not connected:
            self._mind_absence(connected=False, patience=0.0)
            await asyncio.sleep(_POLL_SECONDS)
            connected = await self.connection.workers()
        refusal = await refusal_of(self.connection, connected)
        if refusal:
            raise ClusterError(refusal)
        for address, threads in connected.items():
            self._use(address, threads)
        self._watching = asyncio.create_task(self._watch())

    async def close(self) -> None:
        """Cancel what waits, and go. What a worker has begun, it finishes for nobody."""
        for job in self._schedule.clear():
            job.future.cancel()
        tasks = [
            task for task in (self._watching, *(w.life for w in self._in_use.values())) if task
        ]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.connection.close()

    def add(self, jobs: Sequence[Job], sources: Mapping[str, bytes]) -> None:
        """Queue jobs; `sources` are the files of the user's own that they need, by SHA-256."""
        self._sources.update(sources)
        for job in jobs:
            self._jobs[job.spec.run_id] = job
            if self._lost is not None:
                job.future.set_exception(self._lost)
            else:
                self._put(job)

    def _put(self, job: Job) -> None:
        spec = job.spec
        self._schedule.add(spec.seed, spec.program_key, job, files=spec.source)
        self._more.set()

    # Which workers there are

    async def _watch(self) -> None:
        try:
            while not self._closing.is_set():
                await self._look()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._closing.wait(), _POLL_SECONDS)
        except ClusterLostError as error:
            self._lose(error)
        except Exception as error:  # without the watcher, lost workers would be waited for
            self._lose(ClusterLostError(f"The cluster cannot be watched: {one_line(error)}"))

    async def _look(self) -> None:
        connected = await self.connection.workers()
        for address in self._in_use.keys() - connected.keys():
            self._in_use.pop(address).gone.set()
        self._unfit = {each: why for each, why in self._unfit.items() if each in connected}
        for address in connected.keys() - self._in_use.keys() - self._unfit.keys():
            self._use(address, connected[address])
        running = await self.connection.running()
        if running is not None:
            self._tell_paused(set(connected) - running)
        self._mind_absence(connected=bool(connected), patience=_GRACE_SECONDS)

    def _mind_absence(self, *, connected: bool, patience: float) -> None:
        """What to do when no worker can be used: say so, wait, or end.

        Args:
            connected: whether any worker is connected.
            patience: seconds to wait in silence: a worker that is restarted comes back.

        Raises:
            ClusterLostError: when it is no use to wait any longer.
        """
        if self._in_use:
            self._last_in_use, self._told_absence = time.monotonic(), False
            return
        absent = time.monotonic() - self._last_in_use
        if absent < patience:
            return
        if connected:
            reason = next(iter(self._unfit.values()), "they are lost as soon as they get a run.")
            raise ClusterLostError(
                f"No worker of the cluster can be used: {reason} What had finished is kept."
            )
        address, limit = self.connection.address, self.connection.no_workers_timeout
        if not self._told_absence:
            self._told_absence = True
            self.notice(
                f"no Dask worker is connected to {address}; waiting for one "
                "(dask worker ADDRESS --nthreads 1)."
            )
        if limit is not None and absent > limit:
            raise ClusterLostError(
                f"No Dask worker was connected to {address} for {limit:g} seconds "
                "(distributed.scheduler.no-workers-timeout). What had finished is kept."
            )

    def _tell_paused(self, paused: set[str]) -> None:
        for address in sorted(paused - self._paused):
            self.notice(
                f"the Dask worker {address} takes nothing new for now: Dask has paused it, mostly "
                "because its memory is nearly full (--memory-limit), or it is about to end."
            )
        self._paused = paused

    def _use(self, address: str, threads: int) -> None:
        worker = self._in_use[address] = _InUse(threads, asyncio.Event())
        worker.life = asyncio.create_task(self._serve(address, worker))

    def _refuse(self, address: str, reason: str) -> None:
        self._unfit[address] = reason
        self.notice(f"the Dask worker {address} gets no runs: {reason}")

    def _lose(self, error: ClusterError | ClusterLostError) -> None:
        """The sweep cannot go on: every run that is not done ends with the reason."""
        self._lost = error
        for worker in self._in_use.values():
            if worker.life is not None:
                worker.life.cancel()
        self._schedule.clear()
        for job in self._jobs.values():
            if not job.future.done():
                job.future.set_exception(error)

    # One worker

    async def _serve(self, address: str, worker: _InUse) -> None:
        """The life of a worker with us: check and prepare it, then give it run after run."""
        try:
            unfit = await unfit_workers(self.connection, {address: worker.threads})
            if unfit:
                self._refuse(address, unfit[address])
                return
            worker.nanny = await self.connection.call(
                address, worker.gone, remote.prepare, self.make_trainer, self._tables
            )
            while True:
                job = await self._take(address, worker)
                if job is None:
                    why = f"it uses {worker.memory:.0%} of its memory limit"
                    break
                answer = await self._do(job, address, worker.gone)
                if isinstance(answer, Touched):
                    why = "a file of a user's own has run there"
                    break
                if isinstance(answer, Trained):
                    worker.has_done(job.spec, answer)
            self._schedule.forget(address)
            await self._replace(address, worker.nanny, why)
        except (WorkerLostError, DisconnectedError):
            return  # when it is connected again, the watcher takes it up again
        except (ClusterError, ClusterLostError) as error:
            self._lose(error)
        except Exception as error:
            self._refuse(address, one_line(error))
        finally:
            self._schedule.forget(address)
            if self._in_use.get(address) is worker:
                del self._in_use[address]
            self._more.set()  # what only it could do, others must know of

    async def _take(self, address: str, worker: _InUse) -> Job | None:
        """The worker's next run that is still wanted; waits for one, and while it is paused.

        None: it has to be replaced before it can go on.

        Raises:
            WorkerLostError: when the worker is no longer connected.
            ClusterError: when only runs are left that no worker may get.
        """
        while True:
            while address in self._paused:
                if worker.full:
                    return None
                await asyncio.sleep(_POLL_SECONDS)
            if worker.gone.is_set():
                raise WorkerLostError(address)
            # Without a nanny, nothing could free it from what a user's file has done to it.
            job = self._schedule.take(address, full=worker.full, with_files=bool(worker.nanny))
            if job is None:
                if not self._schedule.is_empty and not self._may_have_nanny():
                    raise ClusterError(_NO_NANNY)
                self._more.clear()
                await self._more.wait()
            elif job.future.running() or await asyncio.to_thread(job.begin):
                if worker.full and job.spec.program_key not in worker.programs:
                    self._put(job)
                    return None
                return job
            else:
                self._schedule.skip(address)

    def _may_have_nanny(self) -> bool:
        return any(worker.nanny is not False for worker in self._in_use.values())

    async def _do(self, job: Job, address: str, gone: asyncio.Event) -> Trained | Failed | Touched:
        """Have a run done, and end its future unless it must be tried again."""
        job.attempts += 1
        try:
            answer = await self._train(job.spec, address, gone)
        except DisconnectedError:
            job.attempts -= 1
            self._put(job)
            raise
        except WorkerLostError as error:
            if job.attempts < MOST_ATTEMPTS:
                self._put(job)
            else:
                job.future.set_exception(RunFailed(f"{error} with this run", job.attempts))
            raise
        except ClusterLostError:
            raise
        except Exception as error:
            answer = Failed(one_line(error))
        if isinstance(answer, Touched):
            job.attempts -= 1
            self._put(job)
        elif isinstance(answer, Trained):
            job.future.set_result(Finished(answer.result, job.attempts))
        else:
            job.future.set_exception(RunFailed(answer.reason, job.attempts))
        return answer

    async def _train(
        self, spec: Spec, address: str, gone: asyncio.Event
    ) -> Trained | Failed | Touched:
        source = None if spec.source is None else self._sources[spec.source.sha256]
        order = Order(spec, source, self._tables, self.make_trainer, self._session, self.timeout)
        while True:
            answer = await self.connection.call(address, gone, remote.train, order)
            if not isinstance(answer, DataWanted):
                assert isinstance(answer, Trained | Failed | Touched)
                return answer
            data = self._datasets[answer.digest]
            await self.connection.send(address, gone, answer.digest, data)

    async def _replace(self, address: str, nanny: bool, why: str) -> None:
        if nanny:
            await self.connection.restart(address)
            return
        self._refuse(
            address,
            f"{why}, and no nanny can restart it. Start workers with a nanny, or with a larger "
            "--memory-limit.",
        )

    def _progress(self, event: Mapping[str, Any]) -> None:
        if event.get("session") == self._session:
            job = self._jobs[event["run_id"]]
            if not job.future.done():
                self.on_progress(job.spec, Progress(**event["progress"]))


_PATIENCE_SECONDS = 8.0

Value = TypeVar("Value")


class ClusterExecutor:
    """Dask workers, wherever they run. Made when the cluster can be used, not before.

    Args:
        driver: of the sweep; it runs in an event loop of its own, in another thread.

    Raises:
        ClusterError: when no scheduler answers, or a connected worker cannot be used. Without any
            worker, the first one is waited for.
    """

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="relu-bench cluster", daemon=True
        )
        self._thread.start()
        try:
            self._await(self._driver.open())
        except BaseException:
            self._end()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._end()

    def submit(self, specs: Sequence[Spec], wanted: Wanted = always) -> "list[Future[Finished]]":
        """Queue specs; see `executors.Executor`. `ClusterLostError` ends the sweep.

        Raises:
            ActivationError: when the file of an activation of the user's own has changed.
        """
        sources = {spec.source for spec in specs if spec.source is not None}
        contents = {source.sha256: content_of(source) for source in sources}
        jobs = [Job(spec, wanted) for spec in specs]
        self._loop.call_soon_threadsafe(self._driver.add, jobs, contents)
        return [job.future for job in jobs]

    def _await(self, coroutine: Coroutine[Any, Any, Value], timeout: float | None = None) -> Value:
        future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        try:
            return future.result(timeout)
        except BaseException:
            future.cancel()  # an interrupt comes here, and not there
            raise

    def _end(self) -> None:
        """Leave within seconds, whatever the network does."""
        try:
            self._await(self._finish(), _PATIENCE_SECONDS)
        except TimeoutError:
            pass
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(_PATIENCE_SECONDS)
            if not self._thread.is_alive():
                self._loop.close()

    async def _finish(self) -> None:
        await self._driver.close()
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)
