"""test_samples.csv: a run is whole without it, and a version that does not know it may append."""

import base64
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from store_power import power
from store_samples import FILES, contents, failed, filled, record, right, run_id

from relu_bench.errors import StoreError
from relu_bench.store import RunRecord, Store, check, merge, partial, read
from relu_bench.store import journal as store_journal
from relu_bench.store import merging as store_merging
from relu_bench.store import writer as store_writer
from relu_bench.store.tables import TABLES, TableName


@contextmanager
def version_0_1_0() -> Iterator[None]:
    """The store as it was when it knew three files."""
    known: tuple[TableName, ...] = ("layers", "epochs")
    with pytest.MonkeyPatch.context() as patch:
        patch.delitem(TABLES, "test_samples")  # type: ignore[arg-type]
        patch.setattr(store_journal, "_FILE_NAMES", FILES[:3])
        patch.setattr(store_writer, "OF_A_RUN", known)
        patch.setattr(store_merging, "OF_A_RUN", known)
        yield


def without_bits(number: int) -> RunRecord:
    """As a version stores a run that does not know the file, or as one of ratings is stored."""
    whole = record(number)
    return RunRecord(whole.run, whole.epochs, whole.layers)


def stored_bits(folder: Path) -> dict[tuple[str, str], str]:
    table = read(folder, "test_samples")
    assert not table.duplicated(["experiment", "run_id"]).any()
    keys = zip(table["experiment"], table["run_id"], strict=True)
    return dict(zip(keys, table["correct"], strict=True))


def test_version_0_1_0_may_append(tmp_path: Path) -> None:
    folder = filled(tmp_path / "new", record(1), failed(2)).folder
    bits = contents(folder)["test_samples.csv"]
    with version_0_1_0():
        store = Store(folder)
        assert store.prepare() == []
        assert store.append(without_bits(2))
        assert store.append(without_bits(3))
        assert store.copy_run(run_id(1), source="one", target="old")
        merge([folder], tmp_path / "merged")
    assert contents(folder)["test_samples.csv"] == bits
    assert {path.name for path in folder.iterdir()} == {*FILES, ".lock"}
    store = Store(folder)
    assert store.prepare() == []
    assert store.append(record(4))
    for copied in (run_id(1), run_id(3)):
        assert store.copy_run(copied, source="one", target="two")
    assert partial(folder) == []
    keys = {("one", run_id(1)), ("one", run_id(4)), ("two", run_id(1))}
    assert set(stored_bits(folder)) == keys
    assert merge([folder], tmp_path / "merged").partial == {}
    assert set(stored_bits(tmp_path / "merged")) == {("one", run_id(4)), *keys} - {
        ("one", run_id(1))
    }
    assert merge([folder], tmp_path / "anew").taken == {folder: 7}
    assert stored_bits(tmp_path / "anew") == stored_bits(folder)


def test_what_this_version_left_half_written_waits_for_it(tmp_path: Path) -> None:
    """Version 0.1.0 would cut three files of four, so it must not take the journal for its own."""
    folder = filled(tmp_path / "new", record(1)).folder
    before = contents(folder)
    with power(800):
        Store(folder).append(record(2))
    crashed = contents(folder)
    assert crashed != before
    with (
        version_0_1_0(),
        pytest.raises(StoreError, match=r"\.journal is not what relu-bench wrote"),
    ):
        Store(folder).prepare()
    assert contents(folder) == crashed
    (notice,) = Store(folder).prepare()
    assert "bytes of test_samples.csv" in notice
    assert contents(folder) == before


def test_what_version_0_1_0_left_half_written_is_mended(tmp_path: Path) -> None:
    folder = filled(tmp_path / "new", record(1)).folder
    before = contents(folder)
    with version_0_1_0(), power(600):
        Store(folder).append(without_bits(2))
    assert contents(folder) != before
    assert "was cut off" in Store(folder).prepare()[0]
    assert contents(folder) == before


def test_without_the_file_every_run_is_whole(tmp_path: Path) -> None:
    """A store that is older, or whose file was deleted to save room."""
    old = filled(tmp_path / "old", record(1), record(2)).folder
    (old / "test_samples.csv").unlink()
    assert partial(old) == []
    assert len(read(old, "test_samples")) == 0
    new = filled(tmp_path / "new", record(2), record(3)).folder
    assert merge([old, new], tmp_path / "merged").taken == {old: 2, new: 1}
    assert set(stored_bits(tmp_path / "merged")) == {("one", run_id(3))}
    assert Store(old).prepare() == []
    assert Store(old).append(record(4))
    assert set(stored_bits(old)) == {("one", run_id(4))}


def test_bits_read_back_with_pandas_alone(tmp_path: Path) -> None:
    """Also such that a spreadsheet or pandas would misread, and more than a text cell may hold."""
    random = np.random.default_rng(0)
    given = [
        base64.b64decode("null"),
        base64.b64decode("+AAA"),
        base64.b64decode("NaN+"),
        random.integers(0, 256, 100_000, np.uint8).tobytes(),
    ]
    store = filled(tmp_path)
    for number, packed in enumerate(given):
        row = {"samples": 8 * len(packed), "correct": base64.b64encode(packed).decode()}
        its = without_bits(number)
        assert store.append(RunRecord(its.run, its.epochs, its.layers, [row]))
    check(tmp_path)
    assert [base64.b64decode(text) for text in read(tmp_path, "test_samples")["correct"]] == given
    plain = pd.read_csv(tmp_path / "test_samples.csv")
    assert [base64.b64decode(text) for text in plain["correct"]] == given


@pytest.mark.parametrize("value", ["not base64!", 7, True, b"+AAA"])
def test_what_are_no_bits_is_not_stored(tmp_path: Path, value: object) -> None:
    store = filled(tmp_path, record(1))
    before = contents(tmp_path)
    its = without_bits(2)
    rows = [{**right(2), "correct": value}]
    with pytest.raises(StoreError, match="the column correct takes bits values"):
        store.append(RunRecord(its.run, its.epochs, its.layers, rows))  # type: ignore[arg-type]
    assert contents(tmp_path) == before


@pytest.mark.parametrize("samples", ["96", "121", "0", "-101", ""])
def test_bits_of_another_number_of_samples_are_damage(tmp_path: Path, samples: str) -> None:
    filled(tmp_path, record(1), record(2))
    path = tmp_path / "test_samples.csv"
    path.write_text(path.read_text("utf-8").replace(",101,", f",{samples},", 1), "utf-8")
    for look in (
        Store(tmp_path).prepare,
        lambda: check(tmp_path),
        lambda: read(tmp_path, "test_samples"),
        lambda: merge([tmp_path], tmp_path / "merged"),
    ):
        with pytest.raises(StoreError, match="line 2: the column correct does not hold the bits"):
            look()


def test_a_repaired_run_has_the_bits_of_its_own_training(tmp_path: Path) -> None:
    """`merge` replaces all of its rows by those of another store, which may have none here."""
    half = filled(tmp_path / "half", record(1), record(2)).folder
    epochs = (half / "epochs.csv").read_bytes().splitlines(keepends=True)
    (half / "epochs.csv").write_bytes(b"".join(epochs[:-1]))
    whole = shutil.copytree(half, tmp_path / "whole")
    (whole / "epochs.csv").write_bytes(b"".join(epochs))
    (whole / "test_samples.csv").unlink()
    assert merge([whole], half).taken == {whole: 1}
    assert set(stored_bits(half)) == {("one", run_id(1))}
