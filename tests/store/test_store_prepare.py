"""What `prepare` finds out, mends and makes before any training."""

import errno
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from store_samples import FILES, contents, failed, filled, record, run_id

import relu_bench
from relu_bench.errors import StoreError, StoreWriteError
from relu_bench.store import Store, columns, read

PROJECT = Path(relu_bench.__file__).parents[1]
PREPARE_AS_NOBODY = """
import os, sys
from pathlib import Path
import pandas  # now, since nobody may be unable to read where it lies
from relu_bench.errors import StoreError
from relu_bench.store import Store, read
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
folder = Path(sys.argv[1])
try:
    print(Store(folder).prepare())
except StoreError as error:
    print(type(error).__name__, error)
if (folder / "runs.csv").exists():
    print(len(read(folder, "runs")), len(read(folder, "epochs")), Store(folder).statuses())
"""


def test_the_folder_is_made_with_its_parents(tmp_path: Path) -> None:
    assert Store(tmp_path / "a" / "b").prepare() == []
    assert (tmp_path / "a" / "b" / "runs.csv").is_file()


def test_a_second_call_changes_nothing(tmp_path: Path) -> None:
    filled(tmp_path, record(1), failed(2))
    before = contents(tmp_path)
    assert Store(tmp_path).prepare() == []
    assert contents(tmp_path) == before


@pytest.mark.parametrize("below", [".", "deeper", "deeper/still"])
def test_a_file_where_the_folder_should_be(tmp_path: Path, below: str) -> None:
    (tmp_path / "results").write_text("mine")
    with pytest.raises(StoreError, match="a file is in the way where a folder is needed: ") as info:
        Store(tmp_path / "results" / below).prepare()
    assert "choose another folder with --out" in str(info.value)
    assert info.value.exit_code == 2
    assert (tmp_path / "results").read_text() == "mine"


def test_a_folder_where_a_file_should_be(tmp_path: Path) -> None:
    (tmp_path / "runs.csv").mkdir()
    with pytest.raises(StoreError, match=r"runs\.csv is a folder, and relu-bench writes only to"):
        Store(tmp_path).prepare()


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="access rights as POSIX has them")
@pytest.mark.parametrize("kind", ["empty", "folder", "file", "unreadable"])
def test_a_folder_that_may_not_be_written(kind: str) -> None:
    """In a process of its own: root may write anything, so root becomes nobody there."""
    # Not in the folder of the tests, which nobody else may enter.
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        folder = Path(name) / "results"
        folder.mkdir()
        Path(name).chmod(0o755)
        if kind != "empty":
            filled(folder, record(1))
        if kind == "unreadable":
            (folder / "runs.csv").chmod(0o200)
        if kind in ("file", "unreadable"):
            (folder / ".lock").chmod(0o666)
            (folder / "epochs.csv").chmod(0o444)
        folder.chmod(0o777 if kind == "file" else 0o555)
        done = subprocess.run(
            [sys.executable, "-c", PREPARE_AS_NOBODY, str(folder)],
            env={**os.environ, "PYTHONPATH": str(PROJECT)},
            capture_output=True,
            text=True,
            check=False,
        )
        folder.chmod(0o755)
    if kind == "unreadable":
        assert (
            f"StoreError: {folder / 'runs.csv'} cannot be read (Permission denied)" in done.stderr
        )
        return
    assert done.stderr == ""
    said, *then = done.stdout.splitlines()
    where = {"empty": ".lock", "folder": ".lock", "file": "runs.csv"}[kind]
    assert said.startswith(f"StoreError {folder} cannot be written ({folder / where}: permission")
    assert said.endswith("choose another folder with --out.")
    if kind != "empty":
        assert then == [f"1 3 {{('one', '{run_id(1)}'): 'completed'}}"]


@pytest.mark.parametrize(
    ("name", "text", "fault"),
    [
        ("runs.csv", "date,amount\n1,2\n", "it has no experiment and no run_id and no status"),
        ("epochs.csv", "experiment,run_id\n", "it has no epoch"),
        ("layers.csv", "experiment,run_id,epoch,layer,layer\n", "it names a column twice"),
        ("runs.csv", "experiment;run_id;status\n", "it has no experiment and no run_id"),
        ("runs.csv", "\n", "its header is '\\(no complete line\\)'"),
    ],
)
def test_a_header_that_is_not_ours(tmp_path: Path, name: str, text: str, fault: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(StoreError, match=f"{name} is not a relu-bench store: .*{fault}"):
        Store(tmp_path).prepare()
    assert (tmp_path / name).read_text() == text


def test_a_torn_line_that_no_crash_of_ours_explains(tmp_path: Path) -> None:
    filled(tmp_path, record(1))
    path = tmp_path / "epochs.csv"
    path.write_bytes(path.read_bytes()[:-3])
    before = contents(tmp_path)
    for write in (Store(tmp_path).prepare, lambda: Store(tmp_path).append(record(2))):
        with pytest.raises(StoreError, match=r"epochs\.csv, line 4: the last line does not end"):
            write()
    assert contents(tmp_path) == before


def test_an_empty_file_gets_its_header(tmp_path: Path) -> None:
    (tmp_path / "runs.csv").touch()
    filled(tmp_path, record(1))
    assert len(read(tmp_path, "runs")) == 1


def narrow(folder: Path) -> None:
    """Make the store one of a release that knew fewer columns, with one of the user's own."""
    for name, table in (("runs", columns.RUNS), ("epochs", columns.EPOCHS)):
        path = folder / f"{name}.csv"
        lines = path.read_text("utf-8").splitlines()
        keep = columns.names(table).index("train_loss")
        if name == "runs":
            lines = [
                line.replace('"mlp(hidden=[128, 64]), ""so called""; it\'s µ"', "a model")
                for line in lines
            ]
        cut = [line.split(",")[:keep] for line in lines]
        mine = ["mine", *('"so, so"' for _ in lines[1:])]
        path.write_text("".join(",".join([*c, m]) + "\n" for c, m in zip(cut, mine, strict=True)))


def test_a_store_of_an_older_release_is_widened(tmp_path: Path) -> None:
    filled(tmp_path, record(1), record(2), failed(3))
    narrow(tmp_path)
    older = contents(tmp_path)
    assert read(tmp_path, "runs")["mine"].tolist() == ["so, so"] * 3
    assert read(tmp_path, "runs")["train_loss"].isna().all()
    notices = Store(tmp_path).prepare()
    assert len(notices) == 2
    assert notices[1] == (
        f"{tmp_path / 'epochs.csv'} was written by another version of relu-bench; columns added, "
        "empty for what it holds: train_loss, train_accuracy, train_auc, train_rmse, train_mae, "
        "val_loss, val_accuracy, val_auc, val_rmse, val_mae, seconds"
    )
    for name, before in older.items():
        for old, new in zip(
            before.splitlines(), (tmp_path / name).read_bytes().splitlines(), strict=True
        ):
            assert new.startswith(old)
    assert Store(tmp_path).prepare() == []
    store = Store(tmp_path)
    assert store.append(record(3))
    assert store.append(record(4))
    runs, epochs = read(tmp_path, "runs"), read(tmp_path, "epochs")
    assert runs["mine"].tolist()[:2] == ["so, so"] * 2
    assert runs["mine"].isna().tolist() == [False, False, True, True]
    assert runs["attempts"].tolist()[2:] == [1, 1]
    assert epochs["train_loss"].notna().tolist() == [False] * 6 + [True] * 6


def test_a_spreadsheets_ways_are_kept(tmp_path: Path) -> None:
    """Byte order mark, carriage returns, empty lines."""
    (tmp_path / "epochs.csv").write_bytes(
        b"\xef\xbb\xbfexperiment,run_id,epoch,seconds\r\none,r1,1,2.5\r\n\r\none,r1,2,\r\n"
    )
    (made,) = filled(tmp_path / "made", record(1)).folder.glob("runs.csv")
    runs = made.read_bytes().replace(run_id(1).encode(), b"r1")
    (tmp_path / "runs.csv").write_bytes(b"\xef\xbb\xbf" + runs.replace(b"\n", b"\r\n"))
    store = Store(tmp_path)
    assert len(store.prepare()) == 1
    assert store.statuses() == {("one", "r1"): "completed"}
    assert store.append(record(2))
    assert store.copy_run("r1", source="one", target="two")
    epochs = read(tmp_path, "epochs")
    assert epochs["epoch"].tolist() == [1, 2, 0, 1, 2, 1, 2]
    assert epochs["seconds"].dropna().tolist() == [2.5, 2.5]
    added = b"," * (len(columns.EPOCHS) - 4)
    kept = b"one,r1,1,2.5" + added + b"\r\n\r\none,r1,2," + added + b"\r\n"
    assert kept in (tmp_path / "epochs.csv").read_bytes()


def test_what_a_crash_staged_is_removed(tmp_path: Path) -> None:
    filled(tmp_path, record(1))
    for name in ("runs.csv.new", "layers.csv.new", "test_samples.csv.new"):
        (tmp_path / name).write_text("half a fi")
    before = contents(tmp_path)
    Store(tmp_path).prepare()
    assert contents(tmp_path) == before
    assert {path.name for path in tmp_path.iterdir()} == {*FILES, ".lock"}


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_told_before_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    filled(tmp_path, record(1))
    before = contents(tmp_path)

    def full(descriptor: int, data: bytes) -> int:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(StoreWriteError, match="What was stored before is whole") as info:
        Store(tmp_path).prepare()
    assert info.value.exit_code == 1
    assert contents(tmp_path) == before


def test_access_rights_are_kept_when_a_file_is_written_anew(tmp_path: Path) -> None:
    store = filled(tmp_path, failed(1))
    (tmp_path / "runs.csv").chmod(0o664)
    assert store.append(record(1))
    assert (tmp_path / "runs.csv").stat().st_mode & 0o777 == 0o664
