"""What is told before anything is trained: on real schedulers, or on none."""

import asyncio
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import dask
import distributed
import fake_remote
import pytest
from fake_training import specs_of
from loopback import Loopback, until

from relu_bench.data import Dataset
from relu_bench.execution.cluster import (
    ClusterError,
    ClusterExecutor,
    ClusterLostError,
    connection,
    driver,
    remote,
)
from relu_bench.execution.cluster.connection import Connection
from relu_bench.execution.cluster.driver import Driver

MakeCluster = Callable[..., Loopback]


def executor_on(cluster: Loopback, *datasets: Dataset, **options: Any) -> ClusterExecutor:
    options = {"make_trainer": fake_remote.make_trainer, **options}
    line = Connection(cluster.address)
    return ClusterExecutor(Driver(line, datasets, **options))


def test_without_a_scheduler_the_error_comes_within_seconds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connection, "CONNECT_SECONDS", 1.0)
    started = time.monotonic()
    with pytest.raises(ClusterError, match=r"No Dask scheduler answers at tcp://127\.0\.0\.1:9 \("):
        ClusterExecutor(Driver(Connection("tcp://127.0.0.1:9")))
    assert time.monotonic() - started < 10
    assert not [t for t in threading.enumerate() if t.name == "relu-bench cluster"]


@pytest.mark.parametrize("address", ["", "here", "tcp://here", "tcp://here:port"])
def test_what_is_no_address_is_said_so(address: str) -> None:
    with pytest.raises(ClusterError, match=r"expected the address .* such as tcp://host:8786"):
        ClusterExecutor(Driver(Connection(address)))


def test_an_unknown_scheme_is_an_error_of_ours() -> None:
    with pytest.raises(ClusterError, match="known schemes"):
        ClusterExecutor(Driver(Connection("carrier://pigeon:1")))


def test_without_the_extra_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ClusterError, match=r'pip install "relu-bench\[cluster\]"') as error:
        ClusterExecutor(Driver(Connection("tcp://127.0.0.1:9")))
    assert error.value.exit_code == 2


def test_workers_with_several_threads_are_refused(shared: Loopback) -> None:
    shared.worker("threaded", threads=2)
    until(lambda: shared.connected("threaded"))
    with pytest.raises(ClusterError) as error:
        executor_on(shared)
    shared.kill("threaded")
    first, second = str(error.value).splitlines()
    assert first == "1 of the cluster's 3 Dask workers cannot be used:"
    assert second.endswith("it has 2 threads, and a run needs a worker with one (--nthreads 1).")


@pytest.mark.parametrize("broken", ["scheduler", "worker"])
def test_where_relu_bench_is_missing_is_said(
    broken: str, make_cluster: MakeCluster, tmp_path: Path
) -> None:
    (tmp_path / "relu_bench.py").write_text("raise ModuleNotFoundError('no relu_bench')\n")
    hidden = {"PYTHONPATH": str(tmp_path)}
    with Loopback(tmp_path, env=hidden if broken == "scheduler" else None) as cluster:
        cluster.env |= hidden
        cluster.workers("a")
        with pytest.raises(ClusterError, match="relu-bench cannot be imported there") as error:
            executor_on(cluster)
    assert (f"The Dask {broken}" in str(error.value)) == (broken == "scheduler")


class Told:
    """A connection on which everybody tells the same versions."""

    address = "tcp://here:1"

    def __init__(self, **versions: str) -> None:
        self.told = {**remote.versions(), **versions}

    async def scheduler_versions(self) -> Mapping[str, str]:
        return self.told

    async def versions(self, workers: list[str]) -> dict[str, Mapping[str, str]]:
        return dict.fromkeys(workers, self.told)


def refusal(**versions: str) -> str | None:
    told: Any = Told(**versions)
    return asyncio.run(connection.refusal_of(told, {"tcp://there:2": 1}))


def test_other_versions_are_refused() -> None:
    assert refusal() is None
    assert str(refusal(relu_bench="0.0.1")).startswith(
        "The Dask scheduler at tcp://here:1 cannot be used: relu_bench 0.0.1 there, "
    )
    first, second = str(refusal(tensorflow="1.15", keras="2.3")).splitlines()
    assert first == "1 of the cluster's 1 Dask workers cannot be used:"
    assert second.startswith("  tcp://there:2: tensorflow 1.15 there, ")
    assert "; keras 2.3 there, " in second


def test_what_dask_says_of_its_own_versions_is_passed_on(
    shared: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = distributed.versions.get_versions()
    mine["packages"]["dask"] = "1.0"
    monkeypatch.setattr(distributed.versions, "get_versions", lambda: mine)
    told: list[str] = []
    with executor_on(shared, notice=told.append):
        (text,) = told
    assert text.startswith("warning: Mismatched versions found\n")
    assert "| dask " in text


def test_the_first_worker_is_waited_for_and_later_ones_join(
    make_cluster: MakeCluster, digits: Dataset
) -> None:
    cluster = make_cluster()
    told: list[str] = []
    found: list[ClusterExecutor] = []
    opening = threading.Thread(
        target=lambda: found.append(executor_on(cluster, digits, notice=told.append))
    )
    opening.start()
    until(lambda: told)
    assert told == [
        f"no Dask worker is connected to {cluster.address}; waiting for one "
        "(dask worker ADDRESS --nthreads 1)."
    ]
    cluster.workers("a")
    opening.join(timeout=30)
    with found[0] as executor:
        cluster.worker("threaded", threads=3)
        until(lambda: len(told) == 2)
        (future,) = executor.submit(specs_of(0, dataset=("digits",)))
        assert future.result(timeout=60).attempts == 1
    assert "gets no runs: it has 3 threads" in told[1]


def test_how_long_to_wait_for_workers_is_set_by_dask_s_configuration(
    make_cluster: MakeCluster,
) -> None:
    cluster = make_cluster()
    with (
        dask.config.set({"distributed.scheduler.no-workers-timeout": "1s"}),
        pytest.raises(ClusterLostError, match=r"No Dask worker was connected to .* for 1 sec"),
    ):
        executor_on(cluster)


def test_workers_that_cannot_make_a_trainer_are_not_waited_for(
    shared: Loopback, digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driver, "_GRACE_SECONDS", 1.0)
    told: list[str] = []
    options = {"make_trainer": fake_remote.make_no_trainer, "notice": told.append}
    with executor_on(shared, digits, **options) as executor:
        (future,) = executor.submit(specs_of(0, dataset=("digits",)))
        with pytest.raises(ClusterLostError, match="No worker of the cluster can be used: Runtime"):
            future.result(timeout=60)
    assert len(told) == 2
    assert all("RuntimeError: Intra op parallelism cannot be modified" in text for text in told)


def test_a_worker_that_dask_pauses_is_told(make_cluster: MakeCluster, digits: Dataset) -> None:
    cluster = make_cluster()
    # Less than an empty worker needs.
    cluster.worker("a", "--memory-limit", "50MB")
    until(lambda: cluster.connected("a"))
    told: list[str] = []
    with executor_on(cluster, digits, notice=told.append) as executor:
        executor.submit(specs_of(0, dataset=("digits",)))
        until(lambda: told)
    assert "Dask has paused it, mostly because its memory is nearly full" in told[0]
    assert len(told) == 1


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificate")
def test_certificates_come_from_dask_s_configuration(tmp_path: Path, digits: Dataset) -> None:
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"),
            *("-subj", "/CN=localhost", "-out", certificate, "-keyout", key),
        ],
        check=True,
        capture_output=True,
    )
    files = {"ca-file": certificate, "client.cert": certificate, "client.key": key}
    tls = {f"distributed.comm.tls.{name}": str(path) for name, path in files.items()}
    options = ("--tls-ca-file", certificate, "--tls-cert", certificate, "--tls-key", key)
    env = {"FAKE_FOLDER": str(tmp_path)}
    with Loopback(tmp_path, *map(str, options), scheme="tls", env=env) as cluster:
        cluster.workers("a")
        assert cluster.address.startswith("tls://")
        with pytest.raises(ClusterError, match=r"needs certificates in Dask's configuration"):
            executor_on(cluster)
        with (
            dask.config.set(tls),
            executor_on(cluster, digits) as executor,
        ):
            (future,) = executor.submit(specs_of(0, dataset=("digits",)))
            assert future.result(timeout=60).attempts == 1
