"""Some cells of every run, and the status of one run as it is now."""

import threading
from pathlib import Path

import pytest
from store_samples import contents, failed, filled, record, run_id

from relu_bench.errors import StoreError, StoreWriteError
from relu_bench.store import Store, Stored, scan


def test_the_cells_that_are_asked_for_as_text(tmp_path: Path) -> None:
    filled(tmp_path, record(1, epochs=2), failed(2, error="=NA(), so"))
    assert list(scan(tmp_path, ("error", "seed", "run_id", "model"))) == [
        ("", "1", run_id(1), record(1).run["model"]),
        ("=NA(), so", "2", run_id(2), record(2).run["model"]),
    ]


def test_a_column_that_the_file_lacks_is_empty(tmp_path: Path) -> None:
    (tmp_path / "runs.csv").write_text("status,run_id,experiment\ncompleted,r1,'=a\n")
    assert list(scan(tmp_path, ("probes", "experiment"))) == [("", "=a")]
    assert Store(tmp_path).stored() == {("=a", "r1"): Stored("completed", probes=False)}


def test_no_store_and_a_file_in_its_place_have_no_runs(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "runs.csv").touch()
    for folder in ("nowhere", "file", "empty"):
        assert Store(tmp_path / folder).stored() == {}


def test_a_header_that_is_not_ours_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "runs.csv").write_text("date,amount\n1,2\n")
    with pytest.raises(StoreError, match="is not a relu-bench store"):
        Store(tmp_path).stored()


def test_whether_the_inside_was_measured(tmp_path: Path) -> None:
    store = filled(tmp_path, record(1, probes=True), record(2, probes=False), record(3), failed(4))
    assert [(run.status, run.probes) for run in store.stored().values()] == [
        ("completed", True),
        ("completed", False),
        ("completed", False),
        ("failed", False),
    ]


def test_the_status_of_a_run_follows_what_others_store(tmp_path: Path) -> None:
    mine, other = filled(tmp_path), Store(tmp_path)
    assert mine.status("one", run_id(1)) is None
    other.append(failed(1))
    assert mine.status("one", run_id(1)) == "failed"
    assert mine.status("two", run_id(1)) is None
    other.append(record(1))
    other.append(record(2))
    assert mine.status("one", run_id(1)) == mine.status("one", run_id(2)) == "completed"


def test_asking_for_a_status_mends_what_a_crash_left(tmp_path: Path) -> None:
    store = filled(tmp_path, record(1))
    before = contents(tmp_path)
    assert store.status("one", run_id(1)) == "completed"
    assert contents(tmp_path) == before
    (tmp_path / "runs.csv").unlink()
    with pytest.raises(StoreWriteError, match="has gone"):
        store.status("one", run_id(1))


def test_many_threads_may_ask_while_others_write(tmp_path: Path) -> None:
    store = filled(tmp_path)
    found: list[str | None] = []

    def work(number: int) -> None:
        store.append(record(number))
        found.append(store.status("one", run_id(number)))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["completed"] * 12
    assert len(store.statuses()) == 12
