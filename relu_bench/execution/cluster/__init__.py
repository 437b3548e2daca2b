"""`--cluster`: the plan runs on Dask distributed; what comes back is stored by this process."""

from collections.abc import Sequence
from pathlib import Path

from relu_bench import data
from relu_bench.config.planning import Planned
from relu_bench.execution.cluster.connection import (
    ClusterError,
    ClusterLostError,
    Connection,
)
from relu_bench.execution.cluster.driver import ClusterExecutor, Driver, Notice
from relu_bench.execution.executor import OnProgress

__all__ = ["ClusterError", "ClusterExecutor", "ClusterLostError", "connect"]


def connect(
    address: str,
    planned: Sequence[Planned],
    data_dir: Path | None = None,
    *,
    on_progress: OnProgress,
    notice: Notice,
    timeout: float | None = None,
) -> ClusterExecutor:
    """An executor on the cluster at `address`, for the plan's data sets as they are found here.

    Workers need no data of their own: they are sent what was verified here.

    Raises:
        DataError: when a data set is missing or damaged.
        ClusterError: when the cluster cannot be used.
    """
    names = dict.fromkeys(spec.dataset for each in planned for spec in each.specs)
    datasets = [data.load(name, data_dir) for name in names]
    driver = Driver(Connection(address), datasets, on_progress, notice, timeout=timeout)
    return ClusterExecutor(driver)
