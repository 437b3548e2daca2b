"""How far experiments are, over one or several stores that are never written to."""

from pathlib import Path

import pytest

from relu_bench.errors import StoreError
from relu_bench.store import RunRecord, Store, scan
from relu_bench.store.status import CELLS, Failure, partial, progress


def record(run_id: str, *, experiment: str = "one", **cells: str) -> RunRecord:
    row = {"status": "completed", "outcome": "learned", **cells}
    return RunRecord({"experiment": experiment, "run_id": run_id, **row})


def failed(run_id: str, error: str) -> RunRecord:
    return RunRecord(
        {"experiment": "one", "run_id": run_id, "status": "failed", "error": error, "attempts": 2}
    )


def made(folder: Path, *records: RunRecord, plan: str = "") -> Path:
    store = Store(folder)
    store.prepare()
    for each in records:
        assert store.append(each)
    if plan:
        store.keep_plan("one", {"plan": plan}, plan.split())
    return folder


def test_planned_is_the_union_of_all_calls(tmp_path: Path) -> None:
    folder = made(
        tmp_path,
        record("r1"),
        record("r2", outcome="diverged"),
        record("r3", outcome="at_chance"),
        failed("r4", "=no luck"),
        plan="r1 r2 r3",
    )
    Store(folder).keep_plan("one", {}, ["r3", "r4", "r5", "r6"])
    Store(folder).keep_plan("two", {}, ["r1"])
    one, two = progress([folder])
    assert (one.experiment, one.planned, one.completed, one.diverged) == ("one", 6, 3, 1)
    assert one.failures == (Failure("r4", "=no luck", folder),)
    assert sorted(one.missing) == ["r5", "r6"]
    assert one.unplanned == 0
    assert (two.experiment, two.planned, two.completed, two.missing) == ("two", 1, 0, ("r1",))


def test_of_several_stores_a_run_counts_once_and_completed_first(tmp_path: Path) -> None:
    a = made(tmp_path / "a", record("r1"), failed("r2", "died"), failed("r3", "here"), plan="r1 r2")
    b = made(tmp_path / "b", record("r1"), record("r2"), failed("r3", "there"), plan="r3 r4")
    (both,) = progress([a, b, a])
    assert (both.planned, both.completed, both.missing) == (4, 2, ("r4",))
    assert both.failures == (Failure("r3", "here", a),)


def test_stored_runs_that_nobody_asked_for_are_counted_and_told(tmp_path: Path) -> None:
    (one,) = progress([made(tmp_path, record("r1"), record("r2"), plan="r1")])
    assert (one.planned, one.completed, one.unplanned) == (2, 2, 1)


def test_a_new_store_has_nothing(tmp_path: Path) -> None:
    assert progress([made(tmp_path)]) == ()


def test_nothing_is_written(tmp_path: Path) -> None:
    folder = made(tmp_path / "a", record("r1"), plan="r1 r2")
    (folder / ".lock").unlink()
    for path in (*folder.rglob("*"), folder):
        path.chmod(0o555 if path.is_dir() else 0o444)
    before = {path: path.stat().st_mtime_ns for path in (folder, *folder.rglob("*"))}
    (one,) = progress([folder])
    assert one.completed == 1
    assert {path: path.stat().st_mtime_ns for path in (folder, *folder.rglob("*"))} == before
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755)


def test_what_is_no_store(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="is not a relu-bench store: it has no runs"):
        progress([tmp_path])
    with pytest.raises(StoreError, match=r"There is no folder .*nowhere yet"):
        progress([tmp_path / "nowhere"])


def test_a_damaged_plan_is_named(tmp_path: Path) -> None:
    folder = made(tmp_path, plan="r1")
    (path,) = (folder / "plans").iterdir()
    path.write_text("{")
    with pytest.raises(StoreError, match=f"{path.name} cannot be read"):
        progress([folder])


def test_rows_that_are_known_are_not_read_again(tmp_path: Path) -> None:
    here = made(tmp_path / "here", record("r1"), failed("r2", "died"), plan="r1 r2 r3")
    there = made(tmp_path / "there", record("r3"))
    rows = [tuple(row) for row in scan(here, CELLS)]

    assert progress([here, there], {here: rows}) == progress([here, there])
    (told,) = progress([here], {here: [*rows, ("one", "r9", "completed", "diverged", "")]})
    assert (told.planned, told.completed, told.diverged) == (4, 2, 1)


@pytest.mark.parametrize("table", ["epochs", "layers"])
def test_a_run_that_lacks_rows_in_every_store_is_named(tmp_path: Path, table: str) -> None:
    rows = [{"epoch": epoch, "train_loss": 1.0, "val_loss": 1.0} for epoch in (0, 1)]
    layers = [{"epoch": epoch, "layer": name} for epoch in (0, 1) for name in ("dense", "output")]
    run = {"experiment": "one", "status": "completed", "outcome": "learned", "epochs": 1}
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    for folder in (whole, cut):
        runs = [{**run, "run_id": name, "probes": True} for name in ("r1", "r2")]
        made(folder, *(RunRecord(each, rows, layers) for each in runs))
    path = cut / f"{table}.csv"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))
    assert partial([whole]) == {}
    assert partial([cut]) == {"one": ("r2",)}
    assert partial([cut, whole]) == {}
