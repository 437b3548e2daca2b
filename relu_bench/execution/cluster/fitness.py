"""Whether a cluster can be used: workers of one thread, and the versions of the driver."""

from collections.abc import Mapping, Sequence

from relu_bench.execution.cluster import remote
from relu_bench.execution.cluster.connection import Connection

_MOST_SHOWN = 5


async def refusal(connection: Connection, workers: Mapping[str, int]) -> str | None:
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
