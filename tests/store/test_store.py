import math
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store_samples import AWKWARD, FILES, contents, failed, filled, record, run_id

from relu_bench.errors import StoreError, StoreWriteError
from relu_bench.store import RunRecord, Store, Value, columns, read
from relu_bench.store import tables as store_tables
from relu_bench.store.cells import clean
from relu_bench.store.columns import Column
from relu_bench.store.tables import Span, TableName


def test_a_run_is_three_tables(tmp_path: Path) -> None:
    filled(tmp_path, record(1), record(2, epochs=0))
    runs, epochs, layers = (read(tmp_path, name) for name in ("runs", "epochs", "layers"))
    assert runs["run_id"].tolist() == [run_id(1), run_id(2)]
    assert runs["model"].tolist() == [AWKWARD, AWKWARD]
    assert runs["learning_rate"].tolist() == [1.1, 2.1]
    assert runs["batch_norm"].tolist() == [False, True]
    assert runs["val_loss"].isna().all()
    assert epochs["train_loss"].tolist() == [1.0, 1 + 1 / 7, 1 + 2 / 7]
    assert epochs["run_id"].tolist() == [run_id(1)] * 3
    assert layers["layer"].tolist() == ["dense_1"] * 3
    assert layers["experiment"].tolist() == ["one"] * 3


def test_headers_are_the_columns(tmp_path: Path) -> None:
    filled(tmp_path)
    for name, known in (
        ("runs", columns.RUNS),
        ("epochs", columns.EPOCHS),
        ("layers", columns.LAYERS),
        ("test_samples", columns.TEST_SAMPLES),
    ):
        expected = ",".join(columns.names(known)) + "\n"
        assert (tmp_path / f"{name}.csv").read_text("utf-8") == expected


def test_nothing_else_is_left_behind(tmp_path: Path) -> None:
    store = filled(tmp_path, failed(1), record(1), record(2))
    store.copy_run(run_id(1), source="one", target="two")
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {*FILES, ".lock"}


def test_pandas_needs_no_options(tmp_path: Path) -> None:
    filled(tmp_path, record(1, host="NA", dataset="null", error="=cmd|' /C calc'!A0"))
    runs = pd.read_csv(tmp_path / "runs.csv")
    assert runs.loc[0, ["host", "dataset", "error"]].tolist() == [
        "'NA",
        "'null",
        "'=cmd|' /C calc'!A0",
    ]
    assert runs["batch_norm"].dtype == bool
    for name in ("epochs", "layers"):
        assert len(pd.read_csv(tmp_path / f"{name}.csv")) == 3


def test_a_completed_run_stays(tmp_path: Path) -> None:
    store = filled(tmp_path, record(1))
    before = contents(tmp_path)
    assert not store.append(record(1, learning_rate=9.0))
    assert not store.append(failed(1))
    assert not Store(tmp_path).append(record(1))
    assert contents(tmp_path) == before


def test_a_failed_run_is_replaced_by_whatever_comes(tmp_path: Path) -> None:
    store = filled(tmp_path, record(1), failed(2), record(3))
    assert store.append(failed(2, error="again"))
    assert read(tmp_path, "runs")["error"].dropna().tolist() == ["again"]
    assert store.append(record(2))
    assert store.statuses() == {("one", run_id(n)): "completed" for n in (1, 3, 2)}
    plain = filled(tmp_path / "plain", record(1), record(3), record(2))
    assert contents(tmp_path) == contents(plain.folder)


@pytest.mark.parametrize("position", [0, 1, 2])
def test_replacing_leaves_the_other_rows_as_they_are(tmp_path: Path, position: int) -> None:
    numbers = [1, 2, 3]
    store = filled(tmp_path, *(failed(n) if n - 1 == position else record(n) for n in numbers))
    lines = (tmp_path / "runs.csv").read_bytes().splitlines()
    del lines[1 + position]
    assert store.append(record(numbers[position]))
    assert (tmp_path / "runs.csv").read_bytes().splitlines()[:-1] == lines


def test_one_run_in_two_experiments_is_two_rows(tmp_path: Path) -> None:
    store = filled(tmp_path, record(1), record(1, experiment="two"))
    assert set(store.statuses()) == {("one", run_id(1)), ("two", run_id(1))}


def test_a_failed_run_has_nothing_but_its_row(tmp_path: Path) -> None:
    store = filled(tmp_path)
    with pytest.raises(StoreError, match="failed, so it has no rows"):
        store.append(RunRecord(run=failed(1).run, epochs=[{"epoch": 0}]))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"status": "running"}, "a run is completed or failed, got 'running'"),
        ({"status": None}, "a run is completed or failed, got None"),
        ({"run_id": ""}, "a run needs an experiment and a run_id, got 'one', ''"),
        ({"experiment": None}, "a run needs an experiment and a run_id, got None, "),
        ({"seed": "three"}, "the column seed takes integer values, got 'three'"),
        ({"val_lost": 1.0}, "runs.csv has no column val_lost"),
    ],
)
def test_a_record_that_does_not_fit_changes_nothing(
    tmp_path: Path, changes: dict[str, Value], message: str
) -> None:
    store = filled(tmp_path, record(1))
    before = contents(tmp_path)
    bad = record(2)
    with pytest.raises(StoreError, match=message):
        store.append(RunRecord(run={**bad.run, **changes}, epochs=bad.epochs))
    assert contents(tmp_path) == before


def test_copy_under_another_name(tmp_path: Path) -> None:
    original = record(1, error="=x", host="NA")
    store = filled(tmp_path, record(0), original, record(2))
    assert store.copy_run(run_id(1), source="one", target="NA")
    assert not store.copy_run(run_id(1), source="one", target="NA")
    assert not store.copy_run(run_id(1), source="one", target="one")
    assert store.statuses()[("NA", run_id(1))] == "completed"
    tables: tuple[TableName, ...] = ("runs", "epochs", "layers", "test_samples")
    for name in tables:
        frame = read(tmp_path, name)
        frame = frame[frame["run_id"] == run_id(1)]
        old, new = (
            frame[frame["experiment"] == e].drop(columns="experiment") for e in ("one", "NA")
        )
        pd.testing.assert_frame_equal(old.reset_index(drop=True), new.reset_index(drop=True))
        assert len(new) == (1 if name in ("runs", "test_samples") else 3)


def test_copy_replaces_a_failed_run(tmp_path: Path) -> None:
    store = filled(tmp_path, record(1), failed(1, experiment="two"))
    assert store.copy_run(run_id(1), source="one", target="two")
    assert set(store.statuses().values()) == {"completed"}
    assert len(read(tmp_path, "epochs")) == 6


@pytest.mark.parametrize("source", ["one", "nobody"])
def test_only_a_completed_run_is_copied(tmp_path: Path, source: str) -> None:
    store = filled(tmp_path, failed(1))
    with pytest.raises(StoreError, match=f"has no completed run {run_id(1)} of {source} to copy"):
        store.copy_run(run_id(1), source=source, target="two")


def test_what_others_wrote_is_seen(tmp_path: Path) -> None:
    ours = filled(tmp_path, record(1))
    others = Store(tmp_path)
    assert others.append(failed(2))
    assert others.append(record(3))
    assert not ours.append(record(3))
    # Twice, since a file system may give the inode of the first version to the third.
    assert ours.append(failed(2, error="a longer reason than the one before"))
    assert ours.append(record(2))
    assert not others.append(record(2))
    assert others.copy_run(run_id(3), source="one", target="two")
    assert not ours.append(record(3, experiment="two"))
    assert len(read(tmp_path, "runs")) == 4
    assert len(read(tmp_path, "epochs")) == 12


@pytest.mark.parametrize(("number", "how"), [(1, "beside"), (2, "beside"), (2, "in place")])
def test_a_file_that_someone_wrote_anew_is_read_anew(tmp_path: Path, number: int, how: str) -> None:
    """An editor may put a new file in place, or write into the old one; the size tells nothing."""
    store = filled(tmp_path, record(1), record(2))
    path = tmp_path / "runs.csv"
    edited = path if how == "in place" else tmp_path / "edited"
    edited.write_bytes(path.read_bytes().replace(run_id(number).encode(), run_id(4).encode()))
    edited.replace(path)
    assert store.append(record(number))
    assert not store.append(record(4))


def test_an_append_reads_only_what_was_added(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = filled(tmp_path, *(record(n) for n in range(20)))
    scanned: list[Span] = []
    rows = store_tables.rows

    def watched(
        file: BinaryIO, names: Sequence[str], wanted: Sequence[str], start: int, stop: int | None
    ) -> Iterator[tuple[Span, bytes, list[str]]]:
        for row in rows(file, names, wanted, start, stop):
            scanned.append(row[0])
            yield row

    monkeypatch.setattr(store_tables, "rows", watched)
    store.append(record(20))
    store.append(record(21))
    assert len(scanned) == 2


def test_results_that_were_moved_away_are_not_begun_anew(tmp_path: Path) -> None:
    store = filled(tmp_path / "results", record(1))
    store.folder.rename(tmp_path / "elsewhere")
    with pytest.raises(StoreWriteError, match=r"runs\.csv has gone, so nothing more can be stored"):
        store.append(record(2))
    assert not store.folder.exists()


def test_a_store_of_an_older_version_in_place_is_widened_by_an_append(tmp_path: Path) -> None:
    store = filled(tmp_path, record(1))
    (tmp_path / "epochs.csv").write_text("experiment,run_id,epoch\n")
    assert store.append(record(2))
    assert read(tmp_path, "epochs")["train_loss"].tolist() == [2.0, 2 + 1 / 7, 2 + 2 / 7]


@pytest.mark.parametrize("last", ["completed", "failed"])
def test_of_rows_that_someone_put_together_the_completed_one_counts(
    tmp_path: Path, last: str
) -> None:
    store = filled(tmp_path, record(1))
    filled(tmp_path / "other", failed(1))
    rows = {
        status: (folder / "runs.csv").read_bytes().splitlines(keepends=True)
        for status, folder in (("completed", tmp_path), ("failed", tmp_path / "other"))
    }
    header = rows["failed"][0]
    order = sorted(rows, key=last.__eq__)
    (tmp_path / "runs.csv").write_bytes(header + b"".join(rows[status][1] for status in order))
    store.prepare()
    assert store.statuses() == {("one", run_id(1)): "completed"}
    assert not store.append(record(1))


def test_making_a_store_touches_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path / "results")
    assert store.statuses() == {}
    assert store.planned() == {}
    assert list(tmp_path.iterdir()) == []


KINDS: dict[str, st.SearchStrategy[Value]] = {
    "text": st.text(st.characters(), max_size=12) | st.text("'=+-@\tNA\"\n,", max_size=5),
    "time": st.just("2026-01-02T03:04:05.678+00:00"),
    "integer": st.integers(-(2**63), 2**63 - 1),
    "number": st.sampled_from([math.nan, math.inf, -math.inf]),
    "boolean": st.booleans(),
}


def any_row(table: tuple[Column, ...]) -> st.SearchStrategy[dict[str, Value]]:
    cells = {
        c.name: st.none()
        | (st.sampled_from(c.choices) if c.choices else KINDS[c.kind])
        | (st.floats(*c.limits) if c.kind == "number" else st.none())
        for c in table
        if c.name not in KEY
    }
    return st.fixed_dictionaries({}, optional=cells)


KEY = ("experiment", "run_id", "status", "epoch", "layer")
records = st.builds(
    lambda run, epochs, layers: (run, epochs, layers),
    any_row(columns.RUNS),
    st.lists(any_row(columns.EPOCHS), max_size=2),
    st.lists(any_row(columns.LAYERS), max_size=2),
)


def as_read(column: Column, value: Value) -> Value:
    if value is None or value == "" or (isinstance(value, float) and not math.isfinite(value)):
        return column.before or None
    return clean(str(value)) if column.kind in ("text", "time") else value


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(records, min_size=1, max_size=3))
def test_whatever_is_stored_reads_back(
    tmp_path_factory: pytest.TempPathFactory,
    given_runs: list[tuple[dict[str, Value], list[dict[str, Value]], list[dict[str, Value]]]],
) -> None:
    folder = tmp_path_factory.mktemp("store")
    expected: dict[TableName, list[dict[str, Value]]] = {"runs": [], "epochs": [], "layers": []}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: None)
        store = filled(folder)
        for number, (run, epochs, layers) in enumerate(given_runs):
            owner: dict[str, Value] = {"experiment": "NA", "run_id": f"r{number}"}
            row = {**run, **owner, "status": "completed"}
            expected["runs"].append(row)
            at: dict[str, Value] = {"epoch": 0}
            place: dict[str, Value] = {"epoch": 0, "layer": "=x"}
            assert store.append(
                RunRecord(row, [{**e, **at} for e in epochs], [{**e, **place} for e in layers])
            )
            expected["epochs"] += [{**cells, **owner, **at} for cells in epochs]
            expected["layers"] += [{**cells, **owner, **place} for cells in layers]
    tables: dict[TableName, tuple[Column, ...]] = {
        "runs": columns.RUNS,
        "epochs": columns.EPOCHS,
        "layers": columns.LAYERS,
    }
    for name, known in tables.items():
        frame = read(folder, name)
        assert list(frame.columns) == list(columns.names(known))
        assert len(pd.read_csv(folder / f"{name}.csv")) == len(frame)
        for column in known:
            cells = [None if pd.isna(value) else value for value in frame[column.name]]
            wanted = [as_read(column, row.get(column.name)) for row in expected[name]]
            assert [repr(c) for c in map(plain, cells)] == [repr(w) for w in map(plain, wanted)]


def plain(value: Any) -> Any:
    """NumPy's scalars as Python's, whose texts tell -0.0 from 0.0."""
    return value.item() if hasattr(value, "item") else value
