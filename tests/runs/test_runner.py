"""Skip, train, copy, fail and resume, with an executor that trains nothing."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import pytest
from fake_training import result_of

from relu_bench import runner
from relu_bench.config import Experiment
from relu_bench.errors import DataError, StoreWriteError
from relu_bench.executors import Finished, RunFailed
from relu_bench.plan import Spec, make_plan
from relu_bench.planning import Planned
from relu_bench.store import RunRecord, Store, read


class InlineExecutor:
    """Does each spec when it is submitted; those of the given seeds fail."""

    def __init__(self, failing: Sequence[int] = ()) -> None:
        self.failing = failing
        self.done: list[Spec] = []

    def submit(self, specs: Sequence[Spec]) -> "list[Future[Finished]]":
        return [self._do(spec) for spec in specs]

    def _do(self, spec: Spec) -> "Future[Finished]":
        future: Future[Finished] = Future()
        self.done.append(spec)
        if spec.seed in self.failing:
            future.set_exception(RunFailed("the worker process died", attempts=2))
        else:
            future.set_result(Finished(result_of(spec), attempts=1))
        return future

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        return None


class Log:
    """A listener that remembers."""

    def __init__(self) -> None:
        self.events: list[tuple[Any, ...]] = []

    def skipped(self, experiment: str, spec: Spec, status: str) -> None:
        self.events.append(("skipped", experiment, spec.seed, status))

    def starting(self, count: int) -> None:
        self.events.append(("starting", count))

    def finished(self, record: RunRecord) -> None:
        self.events.append(("finished", record.run["experiment"], record.run["seed"]))

    def notice(self, text: str) -> None:
        self.events.append(("notice", text))


def planned(name: str = "one", seeds: int = 3, **axes: tuple[Any, ...]) -> Planned:
    experiment = Experiment(name, {"epochs": (2,), **axes}, seeds=tuple(range(seeds)))
    return Planned(experiment, make_plan(experiment))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(tmp_path / "results")
    store.prepare()
    return store


def run(
    store: Store, *plans: Planned, failing: Sequence[int] = (), **options: Any
) -> tuple[runner.Tally, list[Spec], list[tuple[Any, ...]]]:
    executor, log = InlineExecutor(failing), Log()
    tally = runner.run(plans, store, lambda count: executor, log, **options)
    return tally, executor.done, log.events


def test_what_is_missing_is_trained_and_stored(store: Store) -> None:
    tally, done, events = run(store, planned())
    assert tally == runner.Tally(completed=3)
    assert events[0] == ("starting", 3)
    assert sorted(events[1:]) == [("finished", "one", seed) for seed in range(3)]
    rows = read(store.folder, "runs")
    assert set(rows["run_id"]) == {spec.run_id for spec in done}
    assert rows["learning_rate"].tolist() == [0.001] * 3
    assert rows["numerics"].tolist() == [1] * 3
    assert rows["host"].notna().all()
    assert len(read(store.folder, "epochs")) == 9
    assert len(read(store.folder, "layers")) == 3
    assert set(store.planned()["one"]) == set(rows["run_id"])


def test_the_same_call_again_trains_nothing(store: Store) -> None:
    run(store, planned())

    def refuse(count: int) -> Any:
        raise AssertionError("an executor was made for nothing")

    tally = runner.run([planned()], store, refuse, Log())
    assert tally == runner.Tally(skipped=3)


def test_a_new_seed_or_value_runs_only_what_is_new(store: Store) -> None:
    run(store, planned(seeds=2))
    tally, done, _ = run(store, planned(seeds=3))
    assert (tally.skipped, [spec.seed for spec in done]) == (2, [2])
    tally, done, _ = run(store, planned(seeds=3, activation=("relu", "elu")))
    assert {spec.activation for spec in done} == {"elu(alpha=1.0)"}
    assert tally == runner.Tally(skipped=3, completed=3)


def test_a_failed_run_is_stored_counted_and_done_again_only_when_asked(store: Store) -> None:
    tally, _, _ = run(store, planned(), failing=[1])
    assert (tally.completed, tally.failed) == (2, 1)
    assert "the worker process died" in tally.failures[0]
    rows = read(store.folder, "runs").set_index("seed")
    assert rows.loc[1, "status"] == "failed"
    assert rows.loc[1, "error"] == "the worker process died"
    assert rows.loc[1, "attempts"] == 2
    tally, done, _ = run(store, planned())
    assert (tally.skipped, tally.failed, done) == (3, 1, [])
    tally, done, _ = run(store, planned(), retry_failed=True)
    assert ([spec.seed for spec in done], tally.failed) == ([1], 0)
    assert read(store.folder, "runs")["status"].tolist() == ["completed"] * 3


def test_experiments_that_share_a_run_train_it_once(store: Store) -> None:
    both = planned("one"), planned("two", activation=("relu", "tanh"))
    tally, done, _ = run(store, *both)
    assert len(done) == 6
    assert tally.completed == 9
    rows = read(store.folder, "runs")
    assert rows.groupby("experiment").size().to_dict() == {"one": 3, "two": 6}


def test_a_run_of_another_experiment_is_copied(store: Store) -> None:
    run(store, planned("one"))
    tally, done, events = run(store, planned("two"))
    assert (tally, done) == (runner.Tally(copied=3), [])
    assert events[0] == ("skipped", "two", 0, "completed")
    rows = read(store.folder, "epochs")
    assert rows.groupby("experiment").size().to_dict() == {"one": 9, "two": 9}


def test_nothing_is_written_when_the_executor_cannot_start(store: Store) -> None:
    def no_data(count: int) -> Any:
        raise DataError("no MNIST here")

    with pytest.raises(DataError):
        runner.run([planned()], store, no_data, Log())
    assert store.planned() == {}


def test_what_workers_notice_is_told_once(store: Store) -> None:
    class Noticing(InlineExecutor):
        def _do(self, spec: Spec) -> "Future[Finished]":
            future: Future[Finished] = Future()
            result = replace(result_of(spec), notices=("no XLA here",))
            future.set_result(Finished(result, attempts=1))
            return future

    log = Log()
    runner.run([planned()], store, lambda count: Noticing(), log)
    assert log.events.count(("notice", "no XLA here")) == 1


def test_a_full_disk_stops_the_sweep(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    append: Callable[[RunRecord], bool] = store.append
    room = [True, False]

    def full(record: RunRecord) -> bool:
        if not room.pop(0):
            raise StoreWriteError("no space left")
        return append(record)

    monkeypatch.setattr(store, "append", full)
    with pytest.raises(StoreWriteError):
        run(store, planned())
    assert list(store.statuses().values()) == ["completed"]
