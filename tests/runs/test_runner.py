"""Skip, train, copy, fail and resume, with an executor that trains nothing."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import pytest
from fake_training import result_of

from relu_bench.config.experiment import Experiment
from relu_bench.config.plan import Spec, make_plan
from relu_bench.config.planning import Planned
from relu_bench.errors import DataError, StoreWriteError
from relu_bench.execution import runner
from relu_bench.execution.local import Finished, RunFailed, Wanted, always
from relu_bench.store import RunRecord, Store, partial, read


class InlineExecutor:
    """Does each spec when it is submitted; those of the given seeds fail."""

    def __init__(self, failing: Sequence[int] = ()) -> None:
        self.failing = failing
        self.done: list[Spec] = []

    def submit(self, specs: Sequence[Spec], wanted: Wanted = always) -> "list[Future[Finished]]":
        return [self._do(spec) if wanted(spec) else self._cancelled() for spec in specs]

    def _cancelled(self) -> "Future[Finished]":
        future: Future[Finished] = Future()
        future.cancel()
        future.set_running_or_notify_cancel()
        return future

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

    def done_elsewhere(self, experiment: str, spec: Spec, status: str) -> None:
        self.events.append(("elsewhere", experiment, spec.seed, status))

    def notice(self, text: str) -> None:
        self.events.append(("notice", text))


def planned(
    name: str = "one", seeds: int = 3, *, probes: bool = True, **axes: tuple[Any, ...]
) -> Planned:
    axes = {"epochs": (2,), **axes}
    experiment = Experiment(name, axes, seeds=tuple(range(seeds)), probes=probes)
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
    right = read(store.folder, "test_samples").set_index("run_id")["correct"]
    assert {spec.seed: right[spec.run_id] for spec in done} == {0: "oA==", 1: "UA==", 2: "oA=="}
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
    elu = "elu(alpha=1.0)"
    tally, done, _ = run(store, planned(seeds=3, activation=("relu", elu)))
    assert {spec.activation for spec in done} == {elu}
    assert tally == runner.Tally(skipped=3, completed=3)


def test_a_failed_run_is_stored_counted_and_done_again_only_when_asked(store: Store) -> None:
    tally, _, _ = run(store, planned(), failing=[1])
    assert (tally.completed, tally.failed) == (2, 1)
    assert "the worker process died" in tally.failures[0].run["error"]
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


def test_a_run_that_lacks_rows_is_trained_and_not_copied(store: Store) -> None:
    run(store, planned("one"))
    path = store.folder / "epochs.csv"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))
    tally, done, _ = run(store, planned("two"))
    assert tally == runner.Tally(copied=2, completed=1)
    assert len(done) == 1
    ((experiment, run_id),) = partial(store.folder)
    assert experiment == "one"
    # Of the experiment that has it, it counts as done; that is not passed over in silence.
    tally, _, events = run(store, planned("one"))
    assert tally == runner.Tally(skipped=3)
    assert any(run_id in text for kind, text, *_ in events if kind == "notice")


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


def test_a_call_that_overlaps_itself_does_each_run_once(store: Store) -> None:
    tally, done, events = run(store, planned(seeds=2), planned(seeds=3))
    assert sorted(spec.seed for spec in done) == [0, 1, 2]
    assert tally == runner.Tally(completed=3)
    tally, done, events = run(store, planned(seeds=2), planned(seeds=3))
    assert (tally, done) == (runner.Tally(skipped=3), [])
    assert [event[0] for event in events].count("skipped") == 3


def test_a_run_that_is_wanted_with_and_without_probes_is_measured(store: Store) -> None:
    for order in ((True, False), (False, True)):
        both = [planned(f"p{probes}{order[0]}", seeds=1, probes=probes) for probes in order]
        other = [replace_rate(each, 0.1 + order[0]) for each in both]
        _, done, _ = run(store, *other)
        assert [spec.probes for spec in done] == [True]


def replace_rate(each: Planned, rate: float) -> Planned:
    experiment = replace(each.experiment, axes={**each.experiment.axes, "learning_rate": (rate,)})
    return Planned(experiment, make_plan(experiment))


def test_stored_runs_without_the_probes_that_are_asked_for_are_named(store: Store) -> None:
    run(store, planned(probes=False))
    _, done, events = run(store, planned(probes=False))
    assert not [event for event in events if event[0] == "notice"]
    _, done, events = run(store, planned())
    assert done == []
    (text,) = [event[1] for event in events if event[0] == "notice"]
    assert text == (
        "3 stored runs have no probes (inside-the-network measurements); they count as done. "
        "To measure them, run again with another --out."
    )


def test_what_has_probes_is_not_named(store: Store) -> None:
    class Probing(InlineExecutor):
        def _do(self, spec: Spec) -> "Future[Finished]":
            future: Future[Finished] = Future()
            result = result_of(spec)
            measured = replace(result, summary={**result.summary, "probes": True})
            future.set_result(Finished(measured, attempts=1))
            return future

    runner.run([planned()], store, lambda count: Probing(), Log())
    _, _, events = run(store, planned())
    assert not [event for event in events if event[0] == "notice"]


def test_fail_fast_keeps_what_had_finished_and_leaves_the_rest(store: Store) -> None:
    class Lingering(InlineExecutor):
        """The run after the failed one is done as well, the one after it still runs."""

        def submit(
            self, specs: Sequence[Spec], wanted: Wanted = always
        ) -> "list[Future[Finished]]":
            return [*super().submit(specs[:3], wanted), *(Future() for _ in specs[3:])]

    log = Log()
    tally = runner.run([planned(seeds=5)], store, lambda count: Lingering([1]), log, fail_fast=True)
    assert (tally.completed, tally.failed, tally.left) == (2, 1, 2)
    assert sorted(read(store.folder, "runs")["seed"]) == [0, 1, 2]
    tally, done, _ = run(store, planned(seeds=5))
    assert [spec.seed for spec in done] == [3, 4]


def test_without_fail_fast_a_failure_stops_nothing(store: Store) -> None:
    tally, _, _ = run(store, planned(seeds=4), failing=[0])
    assert (tally.completed, tally.failed, tally.left) == (3, 1, 0)


class Rival(InlineExecutor):
    """Before each run is asked for, another process stores what `seeds` says."""

    def __init__(self, folder: Path, seeds: Sequence[int], failing: Sequence[int] = ()) -> None:
        super().__init__()
        self.rival, self.seeds, self.rival_fails = Store(folder), seeds, failing

    def submit(self, specs: Sequence[Spec], wanted: Wanted = always) -> "list[Future[Finished]]":
        for spec in specs:
            if spec.seed in self.seeds:
                failing = spec.seed in self.rival_fails
                status = {"status": "failed" if failing else "completed"}
                self.rival.append(
                    RunRecord({"experiment": "one", "run_id": spec.run_id, **spec.row(), **status})
                )
        return super().submit(specs, wanted)


def test_what_another_process_has_stored_meanwhile_is_not_trained(store: Store) -> None:
    rival, log = Rival(store.folder, [0, 2], failing=[2]), Log()
    tally = runner.run([planned()], store, lambda count: rival, log)
    assert [spec.seed for spec in rival.done] == [1]
    assert (tally.completed, tally.skipped, tally.failed) == (1, 2, 1)
    found = [event for event in log.events if event[0] == "elsewhere"]
    assert sorted(found) == [
        ("elsewhere", "one", 0, "completed"),
        ("elsewhere", "one", 2, "failed"),
    ]
    assert len(read(store.folder, "runs")) == 3


def test_of_two_that_train_the_same_run_one_writes_it(store: Store) -> None:
    class Slow(Rival):
        """The other process is the first to finish."""

        def _do(self, spec: Spec) -> "Future[Finished]":
            future = InlineExecutor._do(self, spec)
            self.rival.append(
                RunRecord(
                    {
                        "experiment": "one",
                        "run_id": spec.run_id,
                        **spec.row(),
                        "status": "completed",
                    }
                )
            )
            return future

    log = Log()
    executor = Slow(store.folder, [])
    executor.failing = [1]
    tally = runner.run([planned()], store, lambda count: executor, log)
    assert len(executor.done) == 3
    assert (tally.completed, tally.skipped, tally.failed) == (0, 3, 0)
    assert {event[0] for event in log.events} == {"starting", "elsewhere"}
    assert store.statuses() == {("one", spec.run_id): "completed" for spec in executor.done}


def test_a_failed_run_that_is_to_be_done_again_is_wanted(store: Store) -> None:
    run(store, planned(), failing=[1])
    _, done, _ = run(store, planned(), retry_failed=True, failing=[1])
    assert [spec.seed for spec in done] == [1]


def test_results_that_were_moved_away_end_the_sweep(store: Store) -> None:
    class Moving(InlineExecutor):
        def submit(
            self, specs: Sequence[Spec], wanted: Wanted = always
        ) -> "list[Future[Finished]]":
            (store.folder / "runs.csv").unlink()
            future: Future[Finished] = Future()
            try:
                wanted(specs[0])
            except StoreWriteError as error:
                future.set_exception(error)
            return [future, *(Future() for _ in specs[1:])]

    with pytest.raises(StoreWriteError, match="has gone"):
        runner.run([planned()], store, lambda count: Moving(), Log())


def test_plans_that_grow_by_what_came_out_are_done_by_one_executor(store: Store) -> None:
    made: list[int] = []
    executor, log = InlineExecutor(failing=[1]), Log()

    def make(count: int) -> InlineExecutor:
        made.append(count)
        return executor

    def further() -> list[Planned]:
        stored = len(read(store.folder, "runs"))
        return [planned(seeds=stored + 2)] if stored < 6 else []

    tally = runner.run([planned(seeds=2)], store, make, log, further=further)
    assert made == [2]
    assert [spec.seed for spec in executor.done] == [0, 1, 2, 3, 4, 5]
    # A run that was seen to before is not told again.
    assert tally == runner.Tally(completed=5, failed=1, failures=tally.failures)
    assert [event for event in log.events if event[0] == "starting"] == [("starting", 2)] * 3
    assert len(store.planned()["one"]) == 6
