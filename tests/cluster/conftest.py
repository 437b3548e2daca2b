"""What the cluster's tests share: digits, loopback clusters, and the helpers of other folders."""

import gc
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from loopback import TESTS, Loopback

from relu_bench import data
from relu_bench.data import Dataset

# Stand-ins for training.
sys.path.insert(0, str(TESTS / "runs"))


@pytest.fixture(scope="session")
def digits() -> Dataset:
    return data.load("digits")


@pytest.fixture(scope="session", name="shared")
def shared_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loopback]:
    """Two workers without nannies for the tests that leave them as they were."""
    folder = tmp_path_factory.mktemp("shared")
    with Loopback(folder, env={"FAKE_FOLDER": str(folder)}) as cluster:
        cluster.workers("a", "b")
        yield cluster


@pytest.fixture(autouse=True)
def collect_what_dask_leaves() -> Iterator[None]:
    """Let no later test fail for a socket of Dask's.

    Of a request that is cancelled halfway, Dask leaves the socket to the garbage collector, which
    closes it and warns, whenever it comes by.
    """
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.fixture
def make_cluster(tmp_path: Path) -> Iterator[Callable[..., Loopback]]:
    """Starts a scheduler with the workers of these names; all is killed at the end."""
    started: list[Loopback] = []

    def make(*names: str, nanny: bool = False) -> Loopback:
        cluster = Loopback(tmp_path, env={"FAKE_FOLDER": str(tmp_path)})
        started.append(cluster)
        cluster.__enter__()
        cluster.workers(*names, nanny=nanny)
        return cluster

    yield make
    for cluster in started:
        cluster.__exit__()
