from pathlib import Path

import pandas as pd
import pytest
from store_samples import contents, failed, filled, record, run_id

from relu_bench.errors import StoreError
from relu_bench.store import Store, columns, read


def test_kinds(tmp_path: Path) -> None:
    filled(tmp_path, record(1), failed(2))
    runs = read(tmp_path, "runs")
    assert runs["seed"].dtype == "Int64"
    assert runs["learning_rate"].dtype == "float64"
    assert runs["batch_norm"].dtype == "bool"
    assert runs["started_at"].tolist() == ["2026-01-02T03:04:05+00:00"] * 2
    assert runs["error"].isna().tolist() == [True, False]
    assert runs["git_commit"].dtype == runs["model"].dtype


def test_a_boolean_that_is_missing(tmp_path: Path) -> None:
    filled(tmp_path, record(1), record(2, batch_norm=None))
    assert read(tmp_path, "runs")["batch_norm"].dtype == "boolean"
    assert read(tmp_path, "runs")["batch_norm"].isna().tolist() == [False, True]


def test_a_table_without_rows_has_its_kinds(tmp_path: Path) -> None:
    filled(tmp_path)
    runs = read(tmp_path, "runs")
    assert len(runs) == 0
    assert runs["seed"].dtype == "Int64"
    assert runs["val_loss"].dtype == "float64"
    assert len(read(tmp_path, "layers")) == 0


def test_columns_that_the_file_lacks_have_their_kinds(tmp_path: Path) -> None:
    (tmp_path / "runs.csv").write_text(
        "mine,run_id,experiment,status\n007,r1,'NA,completed\nNA,r2,b,failed\n"
    )
    runs = read(tmp_path, "runs")
    assert list(runs.columns)[:3] == ["experiment", "run_id", "status"]
    assert list(runs.columns)[-1] == "mine"
    assert runs["experiment"].tolist() == ["NA", "b"]
    assert runs["mine"].tolist() == ["007", "NA"]
    assert runs["seed"].dtype == "Int64"
    assert runs["val_loss"].dtype == "float64"
    assert runs["batch_norm"].dtype == "boolean"
    assert runs["model"].dtype == runs["run_id"].dtype
    assert runs[["seed", "val_loss", "batch_norm", "model"]].isna().all().all()


@pytest.mark.parametrize(
    ("name", "fault"),
    [("nothing", r"There is no folder .*nothing yet"), (".", r"store: it has no runs\.csv")],
)
def test_no_store(tmp_path: Path, name: str, fault: str) -> None:
    with pytest.raises(StoreError, match=fault):
        read(tmp_path / name, "epochs")


def test_a_foreign_header(tmp_path: Path) -> None:
    (tmp_path / "runs.csv").write_text("a,b\n1,2\n")
    for look in (lambda: read(tmp_path, "runs"), Store(tmp_path).statuses):
        with pytest.raises(StoreError, match="it has no experiment and no run_id and no status"):
            look()


def test_tables_that_were_deleted_are_empty(tmp_path: Path) -> None:
    filled(tmp_path, record(1))
    (tmp_path / "layers.csv").unlink()
    assert len(read(tmp_path, "layers")) == 0
    assert len(read(tmp_path, "epochs")) == 3


def test_rows_without_a_completed_run_do_not_count(tmp_path: Path) -> None:
    filled(tmp_path, record(1))
    rest = "," * (len(columns.EPOCHS) - 3)
    with (tmp_path / "epochs.csv").open("a") as file:
        file.write(f"one,{run_id(2)},0{rest}\none,{run_id(1)},9{rest}\n")
    assert read(tmp_path, "epochs")["epoch"].tolist() == [0, 1, 2, 9]


def test_a_header_alone_that_is_torn(tmp_path: Path) -> None:
    (tmp_path / "runs.csv").write_text("experiment,run_id,st")
    with pytest.raises(StoreError, match="no complete line"):
        read(tmp_path, "runs")


@pytest.mark.parametrize(
    ("column", "text", "kind"),
    [
        ("seed", "1.5", "integer"),
        ("seed", "abc", "integer"),
        ("seed", "1e30", "integer"),
        ("learning_rate", "fast", "number"),
        ("batch_norm", "maybe", "boolean"),
    ],
)
def test_a_cell_that_makes_no_sense_is_named(
    tmp_path: Path, column: str, text: str, kind: str
) -> None:
    filled(tmp_path, record(1), record(2))
    path = tmp_path / "runs.csv"
    frame = pd.read_csv(path, dtype="str", keep_default_na=False)
    frame.loc[1, column] = text
    frame.to_csv(path, index=False)
    with pytest.raises(
        StoreError,
        match=f"runs.csv, line 3: '{text}' is no value for the column {column}, which holds {kind}",
    ):
        read(tmp_path, "runs")


def test_what_pandas_wrote_reads_back(tmp_path: Path) -> None:
    """Someone adds a column in a notebook and saves: True for true, 1.0 for an integer."""
    store = filled(tmp_path, record(1), failed(2))
    frame = pd.read_csv(tmp_path / "runs.csv")
    frame["batch_size"] = [128.0, None]
    frame["note"] = ["two\nlines, quoted", None]
    frame.to_csv(tmp_path / "runs.csv", index=False)
    runs = read(tmp_path, "runs")
    assert runs["batch_norm"].tolist() == [False, True]
    assert runs["batch_size"].tolist()[0] == 128
    assert runs["note"].tolist()[0] == "two\nlines, quoted"
    assert set(store.statuses().values()) == {"completed", "failed"}
    assert store.append(record(2))
    assert read(tmp_path, "runs")["note"].tolist()[0] == "two\nlines, quoted"
    assert store.copy_run(run_id(1), source="one", target="two")
    assert read(tmp_path, "runs")["note"].tolist()[2] == "two\nlines, quoted"


def test_reading_writes_nothing(tmp_path: Path) -> None:
    filled(tmp_path, record(1))
    (tmp_path / ".lock").unlink()
    before = contents(tmp_path)
    (tmp_path / ".journal").write_text("torn")
    read(tmp_path, "layers")
    Store(tmp_path).statuses()
    Store(tmp_path).planned()
    assert contents(tmp_path) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*before, ".journal"])
