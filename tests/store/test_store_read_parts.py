"""Large tables are read in pieces: what stands in several of them is as if read at once."""

import os
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from store_samples import failed, filled, record, run_id

from relu_bench import store
from relu_bench.errors import StoreError
from relu_bench.store import columns, reading
from relu_bench.store import journal as store_journal
from relu_bench.store.reading import Committed
from relu_bench.store.tables import TABLES, TableName


@pytest.fixture(params=[1, 2, 3, 1000])
def rows_at_once(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(reading, "_ROWS_AT_ONCE", request.param)
    return int(request.param)


@pytest.mark.parametrize("table", ["runs", "epochs", "layers"])
def test_pieces_make_the_same_table(
    tmp_path: Path, table: TableName, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(tmp_path, record(1), record(2, batch_norm=None), failed(3), record(4))
    whole = store.read(tmp_path, table)
    assert len(whole) >= 4
    for count in (1, 2, 3):
        monkeypatch.setattr(reading, "_ROWS_AT_ONCE", count)
        pd.testing.assert_frame_equal(store.read(tmp_path, table), whole)


def test_only_rows_of_the_given_runs_are_kept(tmp_path: Path, rows_at_once: int) -> None:
    filled(tmp_path, record(1), record(2), record(3))
    whole = store.read(tmp_path, "epochs")
    experiment = str(whole["experiment"].iloc[0])

    some = store.read(tmp_path, "epochs", completed={(experiment, run_id(2))})

    expected = whole[whole["run_id"] == run_id(2)].reset_index(drop=True)
    assert 0 < len(some) < len(whole)
    pd.testing.assert_frame_equal(some, expected)
    assert not len(store.read(tmp_path, "epochs", completed={("other", run_id(2))}))


def test_a_run_is_told_by_its_experiment_too(tmp_path: Path, rows_at_once: int) -> None:
    (tmp_path / "runs.csv").write_text("experiment,run_id,status\na,r1,completed\nb,r1,completed\n")
    (tmp_path / "epochs.csv").write_text("experiment,run_id,epoch\na,r1,0\nb,r1,1\nb,r2,2\n")

    assert store.read(tmp_path, "epochs", ("epoch",))["epoch"].tolist() == [0, 1]
    kept = store.read(tmp_path, "epochs", ("epoch",), {("b", "r1")})
    assert kept["epoch"].tolist() == [1]


def test_guards_come_off_in_every_piece(tmp_path: Path, rows_at_once: int) -> None:
    (tmp_path / "runs.csv").write_text(
        "experiment,run_id,status\n'=e,r1,completed\nplain,r2,completed\n'NA,r3,failed\n"
    )

    assert store.read(tmp_path, "runs")["experiment"].tolist() == ["=e", "plain", "NA"]


def test_the_line_of_a_wrong_cell_is_counted_from_the_top(
    tmp_path: Path, rows_at_once: int
) -> None:
    rows = ["a,r1,failed,true", "a,r2,failed,false", "a,r3,failed,", "a,r4,failed,so"]
    (tmp_path / "runs.csv").write_text(
        "\n".join(["experiment,run_id,status,batch_norm", *rows, ""])
    )
    with pytest.raises(StoreError, match=r"runs\.csv, line 5: 'so' is no value for .* batch_norm"):
        store.read(tmp_path, "runs")

    rows[3] = "a,r4,failed,true"
    numbers = ["learning_rate", "0.1", "0.1", "0.1", "much"]
    lines = ["experiment,run_id,status,batch_norm", *rows]
    (tmp_path / "runs.csv").write_text(
        "".join(f"{line},{number}\n" for line, number in zip(lines, numbers, strict=True))
    )
    with pytest.raises(StoreError, match=r"runs\.csv, line 5: 'much' is no value for"):
        store.read(tmp_path, "runs")


def test_a_column_that_we_do_not_know_is_typed_by_all_of_its_cells(
    tmp_path: Path, rows_at_once: int
) -> None:
    (tmp_path / "runs.csv").write_text(
        "experiment,run_id,status,mine\na,r1,completed,1\na,r2,completed,2.5\na,r3,failed,x\n"
    )

    assert store.read(tmp_path, "runs")["mine"].tolist() == ["1", "2.5", "x"]


class _Watched(Committed):
    """Remembers how much was asked for at once."""

    most = 0

    def read(self, size: int = -1) -> bytes:
        data = super().read(size)
        type(self).most = max(type(self).most, len(data))
        return data


def test_a_large_file_is_never_in_memory_as_a_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(tmp_path, record(1))
    names = TABLES["layers"].columns
    experiment = str(store.read(tmp_path, "runs")["experiment"].iloc[0])
    cells = {"experiment": experiment, "run_id": run_id(1), "epoch": "0", "layer": "d"}
    row = ",".join(cells.get(each.name, "") or "" for each in names)
    head = ",".join(columns.names(columns.LAYERS))
    (tmp_path / "layers.csv").write_text(f"{head}\n" + f"{row}\n" * 40_000)
    monkeypatch.setattr(reading, "Committed", _Watched)
    monkeypatch.setattr(reading, "_ROWS_AT_ONCE", 1000)

    layers = store.read(tmp_path, "layers", ("epoch",))

    assert len(layers) == 40_000
    assert list(layers) == ["experiment", "run_id", "epoch"]
    assert 0 < _Watched.most < (tmp_path / "layers.csv").stat().st_size / 4


def _pieces(committed: Committed, size: int) -> Iterator[bytes]:
    while piece := committed.read(size):
        yield piece


@pytest.mark.parametrize("size", [1, 7, 1 << 20])
@pytest.mark.parametrize("tail", [20, 200_000])
def test_the_part_that_counts_ends_with_a_line(tmp_path: Path, size: int, tail: int) -> None:
    path = tmp_path / "runs.csv"
    whole = b"experiment,run_id,status\na,r1,completed\n"
    path.write_bytes(whole)
    with store_journal.journaled(tmp_path, store_journal.Journal({"runs.csv": len(whole)})):
        path.write_bytes(whole + b"a,r2," + b"x" * tail)
        with Committed(path, TABLES["runs"]) as committed:
            assert b"".join(_pieces(committed, size)) == whole
        with Committed(path, TABLES["runs"]) as committed:
            assert list(committed) == whole.splitlines(keepends=True)
            committed.check()


def test_what_is_appended_while_it_is_read_is_not_part_of_it(tmp_path: Path) -> None:
    path = tmp_path / "runs.csv"
    path.write_bytes(b"experiment,run_id,status\na,r1,completed\n")

    with Committed(path, TABLES["runs"]) as committed:
        first = committed.read(10)
        with path.open("ab") as file:
            file.write(b"a,r2,completed\n")
        assert first + committed.read() == b"experiment,run_id,status\na,r1,completed\n"


def test_a_missing_or_empty_file_is_a_new_one(tmp_path: Path) -> None:
    path = tmp_path / "epochs.csv"
    for _ in range(2):
        with Committed(path, TABLES["epochs"]) as committed:
            assert committed.names == list(columns.names(columns.EPOCHS))
            assert committed.read().decode() == ",".join(committed.names) + "\n"
        path.write_bytes(b"")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read all")
def test_a_file_that_may_not_be_read_is_said(tmp_path: Path) -> None:
    path = tmp_path / "runs.csv"
    path.write_bytes(b"experiment,run_id,status\n")
    path.chmod(0)
    with pytest.raises(StoreError, match="cannot be read"):
        Committed(path, TABLES["runs"])
