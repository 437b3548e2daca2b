"""Runs on real Dask workers that finish, raise and die, with training left out."""

import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import fake_remote
import pytest
from fake_training import (
    DIES_ALWAYS,
    DIES_ONCE,
    NEVER_ENDS,
    RAISES,
    attempts,
    processes_by_file,
    result_of,
    specs_of,
)
from loopback import Loopback, until

from relu_bench.config.plan import Spec
from relu_bench.data import Dataset
from relu_bench.execution.cluster import (
    ClusterError,
    ClusterExecutor,
    ClusterLostError,
    connection,
    driver,
)
from relu_bench.execution.cluster.connection import Connection
from relu_bench.execution.cluster.driver import Driver
from relu_bench.execution.local import RunFailed
from relu_bench.machine import hardware
from relu_bench.networks.activations import canonical
from relu_bench.training.loop import Progress, RunResult

MakeCluster = Callable[..., Loopback]


def specs(*seeds: int, **fields: tuple[Any, ...]) -> tuple[Spec, ...]:
    return specs_of(*seeds, dataset=("digits",), **fields)


def executor_on(cluster: Loopback, *datasets: Dataset, **options: Any) -> ClusterExecutor:
    options = {"make_trainer": fake_remote.make_trainer, **options}
    line = Connection(cluster.address)
    return ClusterExecutor(Driver(line, datasets, **options))


def without_place(result: RunResult) -> RunResult:
    """A result without the cells that say where it was made."""
    from relu_bench.machine import provenance

    cells = {key: result.summary[key] for key in result.summary.keys() - provenance.describe()}
    return replace(result, summary=cells)


def test_every_spec_is_trained_once_and_its_program_stays_with_a_worker(
    shared: Loopback, digits: Dataset
) -> None:
    seen: list[tuple[Spec, Progress]] = []
    many = specs(*range(8), batch_size=(1, 2))
    with executor_on(shared, digits, on_progress=lambda *both: seen.append(both)) as executor:
        futures = executor.submit(many)
        for spec, future in zip(many, futures, strict=True):
            finished = future.result(timeout=60)
            assert without_place(finished.result) == result_of(spec)
            assert finished.result.summary["host"] == hardware.host()
            assert finished.attempts == 1
        until(lambda: len(seen) == len(many))
    assert {spec for spec, _ in seen} == set(many)
    assert {progress for _, progress in seen} == {Progress(1, 2, 0.5, 0.5, "accuracy")}
    pids = [attempts(shared.folder, spec) for spec in many]
    assert all(len(each) == 1 for each in pids)
    workers = {shared.processes[name].pid for name in ("a", "b")}
    assert {pid for each in pids for pid in each} == workers
    # The last runs of one program may go to the worker that is done with the other one.
    changes = sum(pids[i] != pids[i + 1] for i in range(len(many) - 1))
    assert changes <= 3


def test_what_follows_from_results_is_submitted_to_the_same_workers(
    shared: Loopback, digits: Dataset
) -> None:
    found = []
    with executor_on(shared, digits) as executor:
        for seeds in (range(4), range(4, 6), range(6, 8)):
            futures = executor.submit(specs(*seeds, batch_size=(3,)))
            found += [without_place(each.result(timeout=60).result) for each in futures]
    assert found == [result_of(spec) for spec in specs(*range(8), batch_size=(3,))]


def test_data_are_sent_once_to_each_worker_that_needs_them(
    shared: Loopback, digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = replace(digits, train_inputs=255 - digits.train_inputs)
    sent: list[str] = []
    send = connection.Connection.send

    async def counted(self: connection.Connection, worker: str, *arguments: Any) -> None:
        sent.append(worker)
        await send(self, worker, *arguments)

    monkeypatch.setattr(connection.Connection, "send", counted)
    options = {"make_trainer": fake_remote.make_reading_trainer}
    for _ in range(2):
        with executor_on(shared, others, **options) as executor:
            for future in executor.submit(specs(*range(10), batch_size=(1, 2))):
                summary = future.result(timeout=60).result.summary
                assert summary["train_loss"] == float(others.train_inputs.sum())
    # The second sweep finds the data where the first one has left them.
    assert 1 <= len(sent) == len(set(sent)) <= 2


def test_a_failure_is_told_on_one_line_and_not_tried_again(
    shared: Loopback, digits: Dataset
) -> None:
    (spec,) = specs(RAISES)
    with (
        executor_on(shared, digits) as executor,
        pytest.raises(RunFailed, match=r"^ValueError: no such luck$") as failure,
    ):
        executor.submit([spec])[0].result(timeout=60)
    assert failure.value.attempts == len(attempts(shared.folder, spec)) == 1


def test_a_run_whose_worker_died_is_done_elsewhere(
    make_cluster: MakeCluster, digits: Dataset, tmp_path: Path
) -> None:
    many = specs(DIES_ONCE, *range(4))
    with executor_on(make_cluster("a", "b"), digits) as executor:
        found = [future.result(timeout=60) for future in executor.submit(many)]
    assert [finished.attempts for finished in found] == [2, 1, 1, 1, 1]
    assert [without_place(finished.result) for finished in found] == [result_of(s) for s in many]
    assert len(set(attempts(tmp_path, many[0]))) == 2


def test_a_run_that_loses_two_workers_is_failed_and_the_rest_goes_on(
    make_cluster: MakeCluster, digits: Dataset, tmp_path: Path
) -> None:
    many = specs(DIES_ALWAYS, *range(3))
    with executor_on(make_cluster("a", nanny=True), digits) as executor:
        bad, *good = executor.submit(many)
        with pytest.raises(RunFailed, match=r"^the Dask worker tcp://\S+ was lost") as failure:
            bad.result(timeout=60)
        assert [future.result(timeout=60).attempts for future in good] == [1] * 3
    assert failure.value.attempts == 2
    assert len(set(attempts(tmp_path, many[0]))) == 2


def test_a_worker_that_is_lost_while_it_is_idle_costs_no_attempt(
    make_cluster: MakeCluster, digits: Dataset
) -> None:
    cluster = make_cluster("a", "b")
    with executor_on(cluster, digits) as executor:
        cluster.kill("a")
        until(lambda: len(executor._driver._in_use) == 1)
        found = [future.result(timeout=60) for future in executor.submit(specs(*range(4)))]
    assert [finished.attempts for finished in found] == [1] * 4


def test_leaving_cancels_what_waits_and_leaves_alone_what_runs(
    make_cluster: MakeCluster, digits: Dataset, tmp_path: Path
) -> None:
    cluster = make_cluster("a")
    many = specs(NEVER_ENDS, *range(NEVER_ENDS + 1, NEVER_ENDS + 4))
    with executor_on(cluster, digits) as executor:
        futures = executor.submit(many)
        until((tmp_path / f"trained-{many[0].run_id}").exists)
        started = time.monotonic()
    assert time.monotonic() - started < 10
    assert all(future.cancelled() for future in futures[1:])
    assert not futures[0].done()
    (pid,) = attempts(tmp_path, many[0])
    assert pid == cluster.processes["a"].pid
    os.kill(pid, 0)
    assert not any((tmp_path / f"trained-{spec.run_id}").exists() for spec in many[1:])


def test_a_run_that_is_no_longer_wanted_is_cancelled(shared: Loopback, digits: Dataset) -> None:
    def wanted(spec: Spec) -> bool:
        if spec.seed == 2:
            raise OSError("the store is gone")
        return spec.seed != 1

    many = specs(0, 1, 2)
    with executor_on(shared, digits) as executor:
        first, second, third = executor.submit(many, wanted)
        assert first.result(timeout=60).attempts == 1
        with pytest.raises(OSError, match="the store is gone"):
            third.result(timeout=60)
        assert second.cancelled()
    assert not any((shared.folder / f"trained-{spec.run_id}").exists() for spec in many[1:])


def test_a_run_that_takes_too_long_is_ended(shared: Loopback, digits: Dataset) -> None:
    options = {"make_trainer": fake_remote.make_slow_trainer, "timeout": 0.5}
    with executor_on(shared, digits, **options) as executor:
        slow, quick = executor.submit(specs(0, epochs=(1000, 1)))
        reason = r"^it took longer than 0\.5 seconds \(--timeout\)$"
        with pytest.raises(RunFailed, match=reason) as failure:
            slow.result(timeout=60)
        assert failure.value.attempts == 1
        assert quick.result(timeout=60).attempts == 1


def test_a_worker_is_restarted_before_programs_pile_up(
    make_cluster: MakeCluster, digits: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driver, "MOST_MEMORY", -1.0)  # a single program is left alone
    many = specs(0, 1, 2, 3, batch_size=(1, 2, 3))
    with executor_on(make_cluster("a", nanny=True), digits) as executor:
        found = [future.result(timeout=60) for future in executor.submit(many)]
    assert all(finished.attempts == 1 for finished in found)
    pids = {(spec.batch_size, spec.seed): attempts(tmp_path, spec) for spec in many}
    # It does before what it can do with the programs that it has.
    assert len({tuple(pids[size, seed]) for size in (1, 2) for seed in (0, 1, 2)}) == 1
    assert pids[3, 0] == pids[3, 1] == pids[3, 2] != pids[1, 0]


@pytest.fixture
def with_own(tmp_path: Path) -> tuple[Spec, ...]:
    """Runs of relu, of a function of a user's own, and of another file's."""
    for name in ("a", "b"):
        (tmp_path / f"{name}.py").write_text(f"def f(x):\n    return x\n# {name}")
    own = [canonical(f"{tmp_path}/{name}.py:f") for name in ("a", "b")]
    return specs_of(8, 9, dataset=("digits",), activation=("relu", *own))


def test_a_worker_that_has_run_a_users_file_is_restarted_before_other_runs(
    make_cluster: MakeCluster, digits: Dataset, tmp_path: Path, with_own: tuple[Spec, ...]
) -> None:
    cluster = make_cluster("a", nanny=True)
    with executor_on(cluster, digits) as executor:
        for future in executor.submit(with_own):
            assert future.result(timeout=60).attempts == 1
    # Another driver knows nothing of it; the worker does.
    again = specs_of(7, dataset=("digits",))
    with executor_on(cluster, digits) as executor:
        assert executor.submit(again)[0].result(timeout=60).attempts == 1
    # One block a seed: plain, a, b; then b again, plain, a.
    assert processes_by_file(tmp_path, with_own) == [2, 2, 1]
    assert processes_by_file(tmp_path, [*with_own, *again]) == [3, 2, 1]


def test_without_a_nanny_a_worker_gets_no_users_file(
    make_cluster: MakeCluster, digits: Dataset, with_own: tuple[Spec, ...]
) -> None:
    with executor_on(make_cluster("a"), digits) as executor:
        for spec, future in zip(with_own, executor.submit(with_own), strict=True):
            if spec.source is None:
                assert future.result(timeout=60).attempts == 1
                continue
            with pytest.raises(ClusterError, match="need a Dask worker with a nanny") as error:
                future.result(timeout=60)
            assert error.value.exit_code == 2


def test_a_lost_scheduler_ends_the_sweep_and_keeps_what_is_done(
    make_cluster: MakeCluster, digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "CONNECT_SECONDS", 1.0)
    cluster = make_cluster("a")
    with executor_on(cluster, digits) as executor:
        done, *rest = executor.submit(specs(0, NEVER_ENDS, NEVER_ENDS + 1))
        finished = done.result(timeout=60)
        cluster.kill("scheduler")
        for future in rest:
            with pytest.raises(
                ClusterLostError, match=r"was lost\. What had finished is kept"
            ) as lost:
                future.result(timeout=60)
        (late,) = executor.submit(specs(2))
        with pytest.raises(ClusterLostError):
            late.result(timeout=60)
    assert finished.attempts == 1
    assert lost.value.exit_code == 1
