"""A damaged file is named with the line and the remedy, by whoever reads it, before a training."""

import csv
import json
import os
import socket
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pandas as pd
import pytest
from store_samples import FILES, contents, failed, filled, record, run_id

from relu_bench.errors import StoreError
from relu_bench.store import Store, check, columns, merge, read, status
from relu_bench.store.cells import cells_of, line
from relu_bench.store.tables import TABLES, TableName

REMEDY = "Correct that line, or delete it and its run's lines in the other CSVs"
QUOTE = "a quotation mark (that does not enclose a cell|opens a cell that nothing closes)"


def looks(folder: Path, table: TableName) -> list[Callable[[], object]]:
    """What reads this table."""
    every: list[Callable[[], object]] = [
        Store(folder).prepare,
        lambda: read(folder, table),
        lambda: merge([folder], folder / "merged"),
    ]
    other = folder / "other"
    if not other.exists():
        filled(other, record(9))
    runs: list[Callable[[], object]] = [
        Store(folder).stored,
        lambda: status.progress([folder]),
        lambda: merge([other], folder),
    ]
    return every + (runs if table == "runs" else [])


def damage(path: Path, number: int, change: Callable[[bytes], bytes]) -> None:
    """Change one line, counted from 1."""
    lines = path.read_bytes().splitlines(keepends=True)
    lines[number - 1] = change(lines[number - 1])
    path.write_bytes(b"".join(lines))


def with_cell(text: bytes, place: int) -> Callable[[bytes], bytes]:
    def change(row: bytes) -> bytes:
        cells = [line([cell]).rstrip(b"\n") for cell in cells_of(row)]
        cells[place] = text
        return b",".join(cells) + b"\n"

    return change


@pytest.mark.parametrize("table", ["runs", "epochs", "layers", "test_samples"])
@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (with_cell(b'o"ne', 0), QUOTE),
        (with_cell(b'"one', 0), QUOTE),
        (with_cell(b'"o"ne', 0), QUOTE),
        (lambda row: row.replace(b",", b"", 1), r"\d+ cells under a header of"),
        (lambda row: row[:-1] + b",\n", r"\d+ cells under a header of"),
        (with_cell(b"", 1), "no value for the column run_id"),
        (with_cell(b"\rone", 0), "a line end or NUL within a cell"),
        (with_cell(b"o\0ne", 0), "a line end or NUL within a cell"),
        (with_cell(b"\xff", 0), r"not UTF-8 \(invalid start byte\)"),
    ],
)
def test_a_damaged_line(
    tmp_path: Path, table: TableName, change: Callable[[bytes], bytes], fault: str
) -> None:
    filled(tmp_path, record(1), record(2), record(3))
    damage(tmp_path / f"{table}.csv", 3, change)
    before = contents(tmp_path)
    for look in looks(tmp_path, table):
        with pytest.raises(StoreError, match=rf"{table}\.csv, line 3: {fault}.*{REMEDY}"):
            look()
    assert contents(tmp_path) == before


@pytest.mark.parametrize("table", ["runs", "epochs", "layers", "test_samples"])
def test_a_header_in_the_middle(tmp_path: Path, table: TableName) -> None:
    """Two files joined by `cat`."""
    filled(tmp_path, record(1), record(2))
    path = tmp_path / f"{table}.csv"
    path.write_bytes(path.read_bytes() * 2)
    number = {"runs": 4, "test_samples": 4}.get(table, 8)
    for look in looks(tmp_path, table):
        with pytest.raises(StoreError, match=f"line {number}: the header stands here again"):
            look()


@pytest.mark.parametrize("table", ["runs", "epochs", "layers", "test_samples"])
@pytest.mark.parametrize("cut", [1, 2, 40])
def test_a_last_line_without_an_end(tmp_path: Path, table: TableName, cut: int) -> None:
    filled(tmp_path, record(1), failed(2))
    path = tmp_path / f"{table}.csv"
    path.write_bytes(path.read_bytes()[:-cut])
    number = {"runs": 3, "test_samples": 2}.get(table, 4)
    for look in looks(tmp_path, table):
        with pytest.raises(StoreError, match=f"line {number}: the last line does not end with"):
            look()


def test_a_quotation_mark_that_nothing_closes(tmp_path: Path) -> None:
    filled(tmp_path, record(1), failed(2, error="x"))
    damage(tmp_path / "runs.csv", 3, lambda row: row.replace(b",x\n", b',"x\n'))
    for look in looks(tmp_path, "runs"):
        with pytest.raises(StoreError, match="line 3: a quotation mark opens a cell that nothing"):
            look()


def test_a_status_that_is_none(tmp_path: Path) -> None:
    filled(tmp_path, record(1), record(2))
    damage(tmp_path / "runs.csv", 2, lambda row: row.replace(b"completed", b"complete"))
    for look in looks(tmp_path, "runs"):
        with pytest.raises(StoreError, match=r"line 2: no status \(completed or failed\)"):
            look()


@pytest.mark.parametrize(
    "text", ["abc", "nan", "1e400", "1e308", "-inf", "1_0", "9" * 400, "9" * 5000]
)
def test_a_value_of_another_kind_is_told_before_a_training(tmp_path: Path, text: str) -> None:
    filled(tmp_path, record(1), record(2, learning_rate=0.125))
    damage(tmp_path / "runs.csv", 3, lambda row: row.replace(b"0.125", text.encode()))
    for look in (
        Store(tmp_path).prepare,
        lambda: read(tmp_path, "runs"),
        lambda: merge([tmp_path], tmp_path / "merged"),
    ):
        with pytest.raises(StoreError, match=r"line 3: '.{3,60}' is no value for .* learning_rate"):
            look()


@pytest.mark.parametrize(
    ("table", "name", "text"),
    [
        ("epochs", "train_loss", "abc"),
        ("epochs", "train_loss", "1e61"),
        ("epochs", "train_loss", "1-2"),
        ("epochs", "val_accuracy", "1.5"),
        ("epochs", "val_accuracy", "-0.5"),
        ("epochs", "epoch", "1.5"),
        ("epochs", "epoch", "last"),
        ("layers", "kernel_norm", "--1"),
        ("layers", "dead_fraction", "2e-0"),
        ("layers", "units", "9" * 30),
        ("layers", "epoch", "x"),
        ("test_samples", "samples", "many"),
        ("test_samples", "correct", "+A*A"),
        ("test_samples", "correct", "+AA"),
    ],
)
def test_a_wrong_cell_of_the_other_tables_too(
    tmp_path: Path, table: TableName, name: str, text: str
) -> None:
    filled(tmp_path, record(1), record(2), record(3))
    path = tmp_path / f"{table}.csv"
    place = path.read_text().splitlines()[0].split(",").index(name)
    damage(path, 4, with_cell(text.encode(), place))
    for look in (
        Store(tmp_path).prepare,
        lambda: check(tmp_path),
        lambda: read(tmp_path, table),
        lambda: merge([tmp_path], tmp_path / "merged"),
    ):
        with pytest.raises(StoreError, match=f"line 4: '.+' is no value for the column {name}"):
            look()


@pytest.mark.parametrize("text", ["5", "1e+59", "1.0e59", " 0.5", "1E-3", "+1", "07", "1e0"])
def test_a_number_as_another_program_writes_it_is_one(tmp_path: Path, text: str) -> None:
    filled(tmp_path, record(1))
    path = tmp_path / "epochs.csv"
    place = path.read_text().splitlines()[0].split(",").index("train_loss")
    damage(path, 3, with_cell(text.encode(), place))
    check(tmp_path)
    assert read(tmp_path, "epochs")["train_loss"][1] == float(text)


@pytest.mark.parametrize("name", columns.REQUIRED)
@pytest.mark.parametrize("how", ["a cell", "the column"])
def test_a_completed_run_says_what_it_is(tmp_path: Path, name: str, how: str) -> None:
    filled(tmp_path, record(1), failed(2, error="x"))
    path = tmp_path / "runs.csv"
    table = pd.read_csv(path, dtype=str)
    if how == "a cell":
        table.loc[0, name] = None
    else:
        table = table.drop(columns=name)
    table.to_csv(path, index=False)
    for look in (
        Store(tmp_path).prepare,
        lambda: check(tmp_path),
        lambda: merge([tmp_path], tmp_path / "merged"),
    ):
        with pytest.raises(StoreError, match=f"line 2: .* without a value in the column {name}:"):
            look()


@pytest.mark.parametrize("text", ["-0.5", "1.5", "1e308"])
def test_a_share_lies_between_0_and_1(tmp_path: Path, text: str) -> None:
    filled(tmp_path, record(1, test_accuracy=0.123))
    damage(tmp_path / "runs.csv", 2, lambda row: row.replace(b"0.123", text.encode()))
    for look in (Store(tmp_path).prepare, lambda: read(tmp_path, "runs")):
        with pytest.raises(StoreError, match="test_accuracy, which holds number values from 0 to"):
            look()


def test_the_line_counts_line_ends_within_cells(tmp_path: Path) -> None:
    (tmp_path / "runs.csv").write_text(
        'experiment,run_id,status,note\n\n"a",r1,failed,"so\n""so"", \n"\na,r2,failed\n'
    )
    for look in looks(tmp_path, "runs"):
        with pytest.raises(StoreError, match=r"line 6: 3 cells under a header of 4: 'a,r2,failed'"):
            look()


def test_legal_cells_are_read(tmp_path: Path) -> None:
    notes = ["two\nlines", 'so "called", µ', "x" * 200_000, '"', ""]
    with (tmp_path / "runs.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["experiment", "run_id", "status", "my note"])
        writer.writerows(["a", f"r{n}", "failed", note] for n, note in enumerate(notes))
    merge([tmp_path], tmp_path / "merged")
    assert Store(tmp_path).prepare()
    for folder in (tmp_path, tmp_path / "merged"):
        assert len(Store(folder).statuses()) == 5
        assert read(folder, "runs")["my note"].fillna("").tolist() == notes


def test_an_unnamed_column_is_the_users_own(tmp_path: Path) -> None:
    """What pandas' `to_csv` makes of its index."""
    filled(tmp_path, record(1), record(2))
    path = tmp_path / "runs.csv"
    rows = path.read_text("utf-8").splitlines()
    path.write_text("".join(f"{n - 1 if n else ''},{row}\n" for n, row in enumerate(rows)), "utf-8")
    merge([tmp_path], tmp_path / "merged")
    for folder in (tmp_path, tmp_path / "merged"):
        assert Store(folder).append(record(3))
        runs = read(folder, "runs")
        assert runs["seed"].tolist() == [1, 2, 3]
        assert runs[""].tolist()[:2] == [0, 1]


def test_messages_are_short_however_long_the_cells_are(tmp_path: Path) -> None:
    filled(tmp_path, record(1, dataset="x"), record(2))
    damage(tmp_path / "runs.csv", 2, lambda row: row.replace(b",x,", b"," + b"x" * 200_000))
    for look in looks(tmp_path, "runs"):
        with pytest.raises(StoreError) as caught:
            look()
        assert len(str(caught.value)) < 400


def signed(payload: str) -> str:
    return f"{payload}\n{sha256(payload.encode()).hexdigest()}\n"


@pytest.mark.parametrize(
    "content",
    [
        [],
        7,
        {"sizes": {}},
        {"sizes": [], "replaces": 3},
        {"sizes": 3, "replaces": None},
        {"sizes": {"runs.csv": -1}, "replaces": None},
        {"sizes": {"runs.csv": "9"}, "replaces": None},
        {"sizes": {"runs.csv": True}, "replaces": None},
        {"sizes": {"../runs.csv": 0}, "replaces": None},
        {"sizes": {}, "replaces": "../runs.csv"},
    ],
)
def test_a_whole_journal_that_says_something_else(tmp_path: Path, content: object) -> None:
    filled(tmp_path, record(1))
    before = contents(tmp_path)
    for text in (signed(json.dumps(content)), signed("[" * 100_000)):
        (tmp_path / ".journal").write_text(text)
        for look in looks(tmp_path, "runs"):
            with pytest.raises(StoreError, match=r"\.journal is not what relu-bench wrote.*delete"):
                look()
    assert contents(tmp_path) == before


def linked(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    path.symlink_to(path.with_name("elsewhere"))


def piped(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def socketed(path: Path) -> None:
    path.unlink()
    with socket.socket(socket.AF_UNIX) as made:
        os.chdir(path.parent)  # a socket's path may have some hundred bytes
        made.bind(path.name)


def foldered(path: Path) -> None:
    path.unlink()
    path.mkdir()


TABLE_OF = {table.file_name: name for name, table in TABLES.items()}
PLACES = [*FILES, ".journal", "plan"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="files as POSIX has them")
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("change", [piped, socketed, foldered])
def test_what_is_no_file_is_not_waited_for(
    tmp_path: Path, place: str, change: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    store = filled(tmp_path, record(1))
    store.keep_plan("one", {}, [run_id(1)])
    (plan,) = (tmp_path / "plans").iterdir()
    path = plan if place == "plan" else tmp_path / place
    path.touch()
    change(path)
    wanted = [lambda: store.keep_plan("one", {}, [run_id(1)])]
    if place == "plan":
        wanted += [store.planned, lambda: merge([tmp_path], tmp_path / "merged")]
    else:
        wanted += [store.prepare, lambda: store.append(record(2))]
        table = TABLE_OF.get(place, "epochs")
        wanted += [lambda: read(tmp_path, table)]
    for look in wanted:
        with pytest.raises(StoreError, match=path.name):
            look()
    assert not path.is_file()


@pytest.mark.skipif(os.name == "nt", reason="links need a right there")
@pytest.mark.parametrize("place", PLACES)
def test_a_link_is_read_and_never_replaced(tmp_path: Path, place: str) -> None:
    store = filled(tmp_path, failed(1))
    names: dict[str, object] = {"labels": {"relu": "A"}}
    store.keep_plan("one", names, [run_id(1)])
    store.keep_plan("one", {"labels": {"relu": "B"}}, [run_id(1)])
    plan = next(p for p in (tmp_path / "plans").iterdir() if '"A"' in p.read_text())
    path = plan if place == "plan" else tmp_path / place
    path.touch()
    linked(path)
    assert len(read(tmp_path, "runs")) == len(store.planned()) == 1
    writes = [lambda: store.keep_plan("one", names, [run_id(1)])]
    if place != "plan":
        writes += [store.prepare, lambda: store.append(record(1))]
    for write in writes:
        with pytest.raises(StoreError, match=f"{path.name} is a symbolic link, and relu-bench"):
            write()
    assert path.is_symlink()


def test_a_linked_folder_is_a_store(tmp_path: Path) -> None:
    filled(tmp_path / "scratch", record(1))
    (tmp_path / "results").symlink_to(tmp_path / "scratch")
    filled(tmp_path / "results", record(2))
    assert len(read(tmp_path / "scratch", "runs")) == 2
