"""A run on its way to a worker and back."""

import asyncio
from concurrent.futures import Future
from dataclasses import dataclass

from relu_bench.config.plan import Spec
from relu_bench.execution.executor import Finished, Wanted


@dataclass(eq=False)
class Job:
    """A run on its way; `wanted` is asked before it is handed out for the first time."""

    spec: Spec
    future: "Future[Finished]"
    wanted: Wanted
    attempts: int = 0


async def still_wanted(job: Job) -> bool:
    """Whether to do a run that nobody has tried yet; ends its future if not."""
    try:
        # It may read the store, which takes time that other workers need not lose.
        wanted = await asyncio.to_thread(job.wanted, job.spec)
    except Exception as error:
        job.future.set_exception(error)
        return False
    if not wanted:
        job.future.cancel()
    return job.future.set_running_or_notify_cancel()
