"""What to do about a cluster without workers to use: say so, wait, or end."""

import time
from collections.abc import Callable, Mapping

from relu_bench.execution.cluster.connection import ClusterLostError, Connection

Notice = Callable[[str], None]


class Absence:
    """Knows since when no worker could be used, and whether that was told."""

    def __init__(self, connection: Connection, notice: Notice) -> None:
        self.connection = connection
        self.notice = notice
        self._last_seen = time.monotonic()
        self._told = False

    def mind(
        self, *, connected: bool, in_use: bool, unfit: Mapping[str, str], patience: float
    ) -> None:
        """Look again.

        Args:
            connected: whether any worker is connected.
            in_use: whether any of them gets runs.
            unfit: why others do not.
            patience: seconds to wait in silence: a worker that is restarted comes back.

        Raises:
            ClusterLostError: when it is no use to wait any longer.
        """
        now = time.monotonic()
        if in_use:
            self._last_seen, self._told = now, False
            return
        absent = now - self._last_seen
        if absent < patience:
            return
        if connected:
            reason = next(iter(unfit.values()), "they are lost as soon as they get a run.")
            raise ClusterLostError(
                f"No worker of the cluster can be used: {reason} What had finished is kept."
            )
        if not self._told:
            self._told = True
            self.notice(
                f"no Dask worker is connected to {self.connection.address}; waiting for one "
                "(dask worker ADDRESS --nthreads 1)."
            )
        limit = self.connection.no_workers_timeout
        if limit is not None and absent > limit:
            raise ClusterLostError(
                f"No Dask worker was connected to {self.connection.address} for {limit:g} seconds "
                "(distributed.scheduler.no-workers-timeout). What had finished is kept."
            )
