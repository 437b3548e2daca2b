"""The driver's line to a Dask scheduler: Dask's client, with its errors in our words.

All is asynchronous and belongs to one event loop.
"""

import asyncio
import contextlib
import logging
import re
import uuid
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from relu_bench.data import Dataset
from relu_bench.errors import ReluBenchError
from relu_bench.execution.cluster import remote

CONNECT_SECONDS = 5.0
_ANSWER_SECONDS = 30.0
_IMPORT_SECONDS = 120.0
_RESTART_SECONDS = 60.0
_CLOSE_SECONDS = 5.0
_ADDRESS = re.compile(r"(?:[a-z]+://)?.+:\d{1,5}")
_LOGGERS = ("distributed", "distributed.client", "tornado", "tornado.application", "asyncio")


class ClusterError(ReluBenchError):
    """A cluster cannot be used as it is; told before anything is trained."""


class ClusterLostError(ReluBenchError):
    """The cluster went away in a sweep; what had finished is stored."""

    exit_code = 1


class WorkerLostError(Exception):
    """A worker went away, or was taken from us; the message says which."""


class DisconnectedError(Exception):
    """The line to the scheduler was broken and is mended: nothing sent before is answered."""


class Connection:
    """A line to a scheduler.

    Args:
        address: `tcp://host:port` or `tls://host:port`; certificates come from Dask's own
            configuration.

    Raises:
        ClusterError: when the address is none, or Dask is not installed.
    """

    def __init__(self, address: str) -> None:
        if not _ADDRESS.fullmatch(address):
            raise ClusterError(
                f"--cluster is {address!r}, expected the address that `dask scheduler` shows when "
                "it starts, such as tcp://host:8786."
            )
        try:
            import distributed  # noqa: F401
        except ImportError:
            raise ClusterError(
                '--cluster needs Dask, which is not installed: pip install "relu-bench[cluster]"'
            ) from None
        self.address = address
        self._client: Any = None
        self._levels: dict[str, int] = {}

    @property
    def no_workers_timeout(self) -> float | None:
        """Seconds that Dask's configuration gives a cluster without workers, None: for ever."""
        import dask
        from dask.utils import parse_timedelta

        limit = dask.config.get("distributed.scheduler.no-workers-timeout", None)
        return None if limit is None else float(parse_timedelta(limit, "s"))

    async def open(self) -> list[str]:
        """Connect; returns what Dask has to say of versions that differ.

        Raises:
            ClusterError: when no scheduler answers within a few seconds.
        """
        import distributed
        from distributed.versions import VersionMismatchWarning

        make_client: Any = distributed.Client  # Dask's client has hardly any types
        self._levels = _quiet_loggers()
        try:
            with warnings.catch_warnings(record=True) as found:
                warnings.simplefilter("always", VersionMismatchWarning)
                self._client = make_client(
                    self.address, asynchronous=True, set_as_default=False, timeout=CONNECT_SECONDS
                )
                await self._client
        except Exception as error:
            raise ClusterError(self._no_scheduler(error)) from None
        return [str(warning.message) for warning in found]

    async def close(self) -> None:
        """Disconnect; without a line, nothing is to do."""
        if self._client is not None:
            with contextlib.suppress(Exception):
                await asyncio.wait_for(self._client.close(), _CLOSE_SECONDS)
        for name, level in self._levels.items():
            logging.getLogger(name).setLevel(level)

    async def workers(self) -> Mapping[str, int]:
        """The connected workers' addresses, and the threads of each.

        Raises:
            ClusterLostError: when the scheduler is gone.
        """
        while True:
            try:
                found = await asyncio.wait_for(self._client.scheduler.ncores(), _ANSWER_SECONDS)
            except TimeoutError:
                raise self._gone() from None
            except Exception:  # whatever Dask raises for a line that broke
                await self._mended()
                await asyncio.sleep(0.1)
            else:
                return dict(found)

    async def running(self) -> set[str] | None:
        """The workers to which Dask gives new work; None when it cannot tell."""
        try:
            scheduler = self._client.scheduler
            return set(await asyncio.wait_for(scheduler.ncores_running(), _ANSWER_SECONDS))
        except Exception:
            return None  # asked again soon; `workers` says it when the scheduler is lost

    async def versions(self, workers: Sequence[str]) -> dict[str, Mapping[str, str] | Exception]:
        """For each worker `remote.versions()`, or why it could not tell them.

        An OSError says that the worker did not answer.
        """
        asked = self._client.run(remote.versions, workers=list(workers), on_error="return")
        try:
            return dict(await asyncio.wait_for(asked, _IMPORT_SECONDS))
        except Exception as error:
            return dict.fromkeys(workers, OSError(str(error)))

    async def scheduler_versions(self) -> Mapping[str, str] | Exception:
        """`remote.versions()` of the scheduler, which unpacks what it passes on; or why not."""
        try:
            found: Mapping[str, str] = await self._client.run_on_scheduler(remote.versions)
        except Exception as error:
            return error
        return found

    async def call(
        self, worker: str, gone: asyncio.Event, function: Callable[..., Any], *arguments: Any
    ) -> Any:
        """What `function` returns in the worker's one thread, when it is free.

        `gone` is set by whoever watches the workers: Dask itself would wait for the worker to
        come back. What the function raises is raised here.

        Raises:
            WorkerLostError: when the worker went away.
            DisconnectedError: when the scheduler was away meanwhile.
            ClusterLostError: when it stays away.
        """
        from distributed import CancelledError, KilledWorker

        future = self._client.submit(
            function,
            *arguments,
            key=f"relu-bench-{function.__name__}-{uuid.uuid4().hex}",
            workers=[worker],
            allow_other_workers=False,
            pure=False,
        )
        answer = asyncio.ensure_future(future)
        lost = asyncio.ensure_future(gone.wait())
        try:
            await asyncio.wait({answer, lost}, return_when=asyncio.FIRST_COMPLETED)
            if not answer.done():
                raise WorkerLostError(f"the Dask worker {worker} was lost")
            return answer.result()
        except CancelledError:
            if self._client.status != "running":
                await self._mended()
                raise DisconnectedError from None
            raise WorkerLostError(f"the Dask worker {worker} was restarted") from None
        except KilledWorker:
            raise WorkerLostError(f"the Dask worker {worker} was lost several times") from None
        finally:
            answer.cancel()
            lost.cancel()
            future.release()

    async def send(self, worker: str, gone: asyncio.Event, digest: str, dataset: Dataset) -> None:
        """Have the worker hold a data set. Raises like `call`."""
        try:
            held = await self._client.scatter(dataset, workers=[worker], hash=False)
        except Exception as error:
            raise WorkerLostError(f"the Dask worker {worker} took no data: {error}") from None
        # Dask lets its own reference go with `held`; the worker keeps the arrays.
        await self.call(worker, gone, remote.keep, digest, held)

    async def restart(self, worker: str) -> None:
        """Have the worker's nanny replace its process; it may come back by another address."""
        with contextlib.suppress(Exception):  # what is connected shows how it went
            await self._client.restart_workers(
                [worker], timeout=_RESTART_SECONDS, raise_for_error=False
            )

    def on_progress(self, handle: Callable[[Mapping[str, Any]], None]) -> None:
        """Have `handle` called with the events that workers send."""
        self._client.subscribe_topic(remote.PROGRESS_TOPIC, lambda event: handle(event[1]))

    async def _mended(self) -> None:
        """Wait while Dask tries to connect again. Raises ClusterLostError when it gives up."""
        while self._client.status == "connecting":
            await asyncio.sleep(0.1)
        if self._client.status != "running":
            raise self._gone()

    def _gone(self) -> ClusterLostError:
        return ClusterLostError(
            f"The Dask scheduler at {self.address} was lost. What had finished is kept; when "
            "the scheduler is there again, the same command goes on from there."
        )

    def _no_scheduler(self, error: Exception) -> str:
        why = " ".join(str(error).split()) or type(error).__name__
        secured = (
            " A tls:// address needs certificates in Dask's configuration "
            "(distributed.comm.tls); see docs/cluster.md."
            if self.address.startswith("tls")
            else ""
        )
        return (
            f"No Dask scheduler answers at {self.address} ({why[:200]}). Start one with "
            f"`dask scheduler`, and give the address that it shows.{secured}"
        )


def _quiet_loggers() -> dict[str, int]:
    """Keep Dask's log off the terminal: what matters is told in our words, once.

    Returns the levels as they were.
    """
    import dask

    if dask.config.get("logging", None) is not None:
        return {}  # the user has said what to log
    levels = {name: logging.getLogger(name).level for name in _LOGGERS}
    for name in levels:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    return levels


_MOST_SHOWN = 5


async def refusal_of(connection: Connection, workers: Mapping[str, int]) -> str | None:
    """What keeps a sweep from starting on the cluster with these workers (address: threads)."""
    # The scheduler unpacks what it passes on. It trains nothing: TensorFlow may differ there.
    found = await connection.scheduler_versions()
    reason = _mismatch(found, ("relu_bench", "numerics"))
    if reason:
        return f"The Dask scheduler at {connection.address} cannot be used: {reason}"
    unfit = await unfit_workers(connection, workers)
    return _listed(unfit, len(workers)) if unfit else None


async def unfit_workers(connection: Connection, workers: Mapping[str, int]) -> dict[str, str]:
    """Why workers (address: threads) cannot be used, for those that tell and cannot."""
    unfit = {
        address: f"it has {threads} threads, and a run needs a worker with one (--nthreads 1)."
        for address, threads in workers.items()
        if threads != 1
    }
    rest = [address for address in workers if address not in unfit]
    for address, found in (await connection.versions(rest)).items() if rest else ():
        reason = _mismatch(found, tuple(remote.versions()))
        # A worker that does not answer is no misfit; whether it is lost will show.
        if reason and not isinstance(found, OSError):
            unfit[address] = reason
    return unfit


def _listed(unfit: Mapping[str, str], connected: int) -> str:
    shown = [f"  {address}: {reason}" for address, reason in list(unfit.items())[:_MOST_SHOWN]]
    if len(unfit) > _MOST_SHOWN:
        shown.append(f"  ... and {len(unfit) - _MOST_SHOWN} more")
    return "\n".join(
        [f"{len(unfit)} of the cluster's {connected} Dask workers cannot be used:", *shown]
    )


def _mismatch(found: Mapping[str, str] | Exception, names: Sequence[str]) -> str | None:
    if isinstance(found, Exception):
        text = " ".join(str(found).split())
        return (
            f"relu-bench cannot be imported there ({type(found).__name__}: {text[:200]}). Install "
            'the same version as here: pip install "relu-bench[cluster]".'
        )
    here = remote.versions()
    differing = [
        f"{name} {found.get(name)} there, {here[name]} here"
        for name in names
        if found.get(name) != here[name]
    ]
    if not differing:
        return None
    return (
        f"{'; '.join(differing)}. Results would not be comparable: install the same versions "
        "and start it again."
    )
