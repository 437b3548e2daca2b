"""The cluster as an executor: the driver's event loop in a thread of its own."""

import asyncio
import threading
from collections.abc import Coroutine, Iterable, Sequence
from concurrent.futures import Future
from typing import Any, Self, TypeVar

from relu_bench.config.plan import Spec
from relu_bench.data import Dataset
from relu_bench.execution.cluster.absence import Notice
from relu_bench.execution.cluster.connection import Connection
from relu_bench.execution.cluster.driver import Driver
from relu_bench.execution.cluster.jobs import Job
from relu_bench.execution.cluster.sources import content_of
from relu_bench.execution.executor import Finished, OnProgress, Wanted, always
from relu_bench.execution.worker import MakeTrainer, make_tensorflow_trainer

_PATIENCE_SECONDS = 8.0

Value = TypeVar("Value")


class ClusterExecutor:
    """Dask workers, wherever they run. Made when the cluster can be used, not before.

    Args:
        address: of the scheduler, `tcp://host:port` or `tls://host:port`.
        datasets: every data set that the runs need; sent to each worker that needs it, once.
        on_progress: called from another thread after epochs of a run.
        notice: called, also from another thread, with what the user should know.
        timeout: seconds after which a run is ended at its next epoch, None for no limit.
        make_trainer: importable function that makes the trainer inside a worker.

    Raises:
        ClusterError: when Dask is not installed, no scheduler answers, or a connected worker cannot
            be used. Without any worker, the first one is waited for.
    """

    def __init__(
        self,
        address: str,
        datasets: Iterable[Dataset] = (),
        on_progress: OnProgress = lambda spec, progress: None,
        notice: Notice = lambda text: None,
        *,
        timeout: float | None = None,
        make_trainer: MakeTrainer = make_tensorflow_trainer,
    ) -> None:
        self._driver = Driver(
            Connection(address),
            datasets,
            on_progress=on_progress,
            notice=notice,
            timeout=timeout,
            make_trainer=make_trainer,
        )
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
        jobs = [Job(spec, Future(), wanted) for spec in specs]
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
