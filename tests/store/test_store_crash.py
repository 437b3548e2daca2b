"""Wherever a write ends, what was stored before is whole and the new run is all or nothing."""

import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from store_power import power
from store_samples import FILES, contents, failed, filled, record, run_id

import relu_bench
from relu_bench.errors import StoreError, StoreWriteError
from relu_bench.store import Store, read
from relu_bench.store import files as store_files
from relu_bench.store import journal as store_journal
from relu_bench.store.tables import TableName

PROJECT = Path(relu_bench.__file__).parents[1]
EVERYTHING = 10**9


def append(folder: Path) -> None:
    assert Store(folder).append(record(3, epochs=2))


def replace(folder: Path) -> None:
    assert Store(folder).append(record(2, epochs=2))


def fail_again(folder: Path) -> None:
    assert Store(folder).append(failed(2, error="again"))


def copy(folder: Path) -> None:
    assert Store(folder).copy_run(run_id(1), source="one", target="two")


def migrate(folder: Path) -> None:
    Store(folder).prepare()


@pytest.fixture
def before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store with a completed and a failed run; no waiting for the disk in these tests."""
    monkeypatch.setattr(os, "fsync", lambda _: None)
    return filled(tmp_path / "before", record(1, epochs=1), failed(2)).folder


def mend(folder: Path) -> tuple[dict[str, bytes], list[str]]:
    """The files after the next writer has come, which leaves nothing else behind; what it says."""
    notices = Store(folder).prepare()
    assert {path.name for path in folder.iterdir()} == {*contents(folder), ".lock"}
    return contents(folder), notices


@pytest.mark.parametrize("write", [append, replace, fail_again, copy])
def test_a_crash_at_every_byte(tmp_path: Path, before: Path, write: Callable[[Path], None]) -> None:
    old = contents(before)
    done = tmp_path / "done"
    shutil.copytree(before, done)
    write(done)
    new = contents(done)
    assert new != old
    told = set()
    folder = tmp_path / "crashed"
    for units in range(EVERYTHING):
        shutil.copytree(before, folder)
        with power(units) as supply:
            write(folder)
        statuses = Store(folder).statuses()
        assert statuses in (Store(before).statuses(), Store(done).statuses())
        if units % 25 == 0:
            assert len(read(folder, "runs")) == len(statuses)
            assert len(read(folder, "epochs")) in (1, 1 + len(new["epochs.csv"].splitlines()) - 2)
            assert len(read(folder, "test_samples")) == list(statuses.values()).count("completed")
        state, notices = mend(folder)
        told.add(len(notices))
        assert all("what it left half written was cut off" in notice for notice in notices)
        assert state in (old, new)
        assert statuses == Store(folder).statuses()
        if not supply.cut:
            assert state == new
            break
        if state == old:
            write(folder)
            assert contents(folder) == new
        shutil.rmtree(folder)
    assert units > 20
    assert told == ({0} if write is fail_again else {0, 1})


def test_a_reader_that_looked_for_the_journal_before_a_replacement(
    before: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the journal says of the file must not be applied to the version that replaces it."""
    sizes = []
    adopt_file = store_files.adopt

    def look_and_adopt(path: Path) -> None:
        sizes.extend(store_journal.committed_size(before, name) for name in contents(before))
        adopt_file(path)

    monkeypatch.setattr(store_files, "adopt", look_and_adopt)
    old = contents(before)
    replace(before)
    assert sizes == [None, *(len(old[name]) for name in FILES[1:])]


@pytest.mark.parametrize("write", [append, replace])
def test_a_reader_that_looked_for_the_journal_too_early(
    tmp_path: Path, before: Path, monkeypatch: pytest.MonkeyPatch, write: Callable[[Path], None]
) -> None:
    """It sees bytes that are not committed; of a run it takes all or nothing all the same."""
    old = Store(before).statuses()
    committed_size, looked = store_journal.committed_size, set[str]()

    def too_early(folder: Path, file_name: str) -> int | None:
        """Nothing at the first look; half a line makes a reader look again."""
        if file_name in looked:
            return committed_size(folder, file_name)
        looked.add(file_name)
        return None

    def rows_of(table: TableName) -> int:
        looked.clear()
        return len(read(folder, table))

    monkeypatch.setattr(store_journal, "committed_size", too_early)
    seen = set()
    for units in range(150, EVERYTHING, 11):
        folder = tmp_path / f"{units}"
        shutil.copytree(before, folder)
        with power(units) as supply:
            write(folder)
        looked.clear()
        statuses = Store(folder).statuses()
        new_run = statuses != old
        assert rows_of("runs") == len(statuses)
        assert rows_of("epochs") == rows_of("layers") == (3 if new_run else 1)
        assert rows_of("test_samples") == (2 if new_run else 1)
        seen.add((new_run, supply.cut))
        if not supply.cut:
            break
    assert seen >= {(False, True), (True, False)}


def test_a_crash_while_an_older_store_is_widened(tmp_path: Path, before: Path) -> None:
    for name in ("runs.csv", "epochs.csv"):
        lines = (before / name).read_text("utf-8").splitlines()
        cut = [line.rsplit(",", 2)[0] + "\n" for line in lines]
        (before / name).write_text("".join(cut), "utf-8")
    (before / "layers.csv").unlink()
    (before / "test_samples.csv").unlink()
    done = tmp_path / "done"
    shutil.copytree(before, done)
    migrate(done)
    folder = tmp_path / "crashed"
    for units in range(EVERYTHING):
        shutil.copytree(before, folder)
        with power(units) as supply:
            migrate(folder)
        assert Store(folder).statuses() == Store(before).statuses()
        assert len(read(folder, "epochs")) == 1
        assert mend(folder)[0] == contents(done)
        if not supply.cut:
            break
        shutil.rmtree(folder)
    assert units > 10


@pytest.mark.parametrize("write", [append, replace])
def test_a_crash_while_a_crash_is_mended(
    tmp_path: Path, before: Path, write: Callable[[Path], None]
) -> None:
    old = contents(before)
    crashed, folder = tmp_path / "crashed", tmp_path / "folder"
    shutil.copytree(before, crashed)
    for units in range(EVERYTHING):
        shutil.rmtree(crashed)
        shutil.copytree(before, crashed)
        with power(units):
            write(crashed)
        if contents(crashed)["epochs.csv"] != old["epochs.csv"]:
            break
    for units in range(0, EVERYTHING, 5):
        shutil.copytree(crashed, folder)
        with power(units) as supply:
            Store(folder).prepare()
        assert Store(folder).statuses() == Store(before).statuses()
        assert len(read(folder, "epochs")) == 1
        assert mend(folder)[0] == old
        if not supply.cut:
            break
        shutil.rmtree(folder)
    assert units > 100


def test_the_next_writer_mends_without_prepare(tmp_path: Path, before: Path) -> None:
    """A process that began before the crash of another one and goes on after it."""
    store = Store(before)
    store.prepare()
    with power(500):
        append(before)
    assert (before / ".journal").exists()
    assert store.append(record(4))
    (notice,) = store.take_notices()
    assert notice.startswith(f"{before}: a process ended in the middle of a write; ")
    assert "bytes of layers.csv" in notice
    assert store.take_notices() == []
    assert len(read(before, "runs")) == 3
    assert len(read(before, "epochs")) == 4


def test_a_torn_journal_cuts_nothing(before: Path) -> None:
    """It was not whole when the machine stopped, so nothing had been appended yet."""
    old = contents(before)
    with store_journal.journaled(before, store_journal.Journal({"runs.csv": 10})):
        whole = (before / ".journal").read_bytes()
    for size in range(len(whole)):
        (before / ".journal").write_bytes(whole[:size])
        assert len(Store(before).statuses()) == 2
        assert mend(before)[0] == old
    (before / ".journal").write_bytes(b"\0" * len(whole))
    assert mend(before)[0] == old


@pytest.mark.parametrize("name", ["runs.csv", "epochs.csv"])
def test_a_file_that_was_changed_since_the_crash_is_not_cut(before: Path, name: str) -> None:
    with power(500):
        append(before)
    path = before / name
    path.write_bytes(path.read_bytes()[:-30] + b"edited by hand, at some length, in a hurry\n" * 9)
    path.write_bytes(b"x" + path.read_bytes())
    old = contents(before)
    with pytest.raises(StoreError, match=rf"\.journal says that the first \d+ bytes of .*{name}"):
        Store(before).prepare()
    assert contents(before) == old


def test_files_that_were_deleted_since_the_crash(before: Path) -> None:
    with power(500):
        append(before)
    for name in contents(before):
        (before / name).unlink()
    assert Store(before).prepare() == []
    assert Store(before).statuses() == {}


@pytest.mark.parametrize("write", [append, replace, copy])
def test_an_error_at_every_byte_is_undone_at_once(
    tmp_path: Path, before: Path, monkeypatch: pytest.MonkeyPatch, write: Callable[[Path], None]
) -> None:
    """The disk is full: some bytes still fit, then each write fails, but removing works."""
    old = contents(before)
    left, said = 0, set()

    def fill_up(descriptor: int, data: bytes) -> int:
        nonlocal left
        if left == 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        fits = min(left, len(data))
        left -= fits
        return real_write(descriptor, bytes(data[:fits]))

    real_write = os.write
    monkeypatch.setattr(os, "write", fill_up)
    for room in range(0, 2000, 7):
        left = room
        try:
            write(before)
            break
        except StoreWriteError as error:
            said.add(str(error))
        assert contents(before) == old
        assert {path.name for path in before.iterdir()} == {*old, ".lock"}
    assert 300 < room < 1900
    assert said == {
        f"{before} cannot be written: no space left on device. What was stored before is whole. "
        "Free some space and give the same command again: it does what is missing."
    }


@pytest.mark.parametrize("stop", [KeyboardInterrupt, OSError(errno.EIO, "Input/output error")])
def test_a_flush_that_fails_is_undone(
    before: Path, monkeypatch: pytest.MonkeyPatch, stop: type[BaseException] | OSError
) -> None:
    old = contents(before)
    sizes: list[int] = []

    def fail_at_the_commit(descriptor: int) -> None:
        size = (before / "runs.csv").stat().st_size
        if size > len(old["runs.csv"]) and not sizes:
            sizes.append(size)
            raise stop

    monkeypatch.setattr(os, "fsync", fail_at_the_commit)
    expected = KeyboardInterrupt if stop is KeyboardInterrupt else StoreWriteError
    with pytest.raises(expected):
        append(before)
    assert sizes
    assert contents(before) == old
    append(before)


FILL = """
import resource, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from store_samples import contents, failed, record
from relu_bench.errors import StoreWriteError
from relu_bench.store import Store

folder = Path(sys.argv[1])
store = Store(folder)
store.prepare()
hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
refused = 0
for number in range(6):
    assert store.append(failed(number))
    before = contents(folder)
    for room in range(max(map(len, before.values())) + 1, 10**6, 41):
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
        try:
            store.append(record(number, epochs=9))
            break
        except StoreWriteError as error:
            assert "file too large" in str(error), error
            assert contents(folder) == before
            refused += 1
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, hard))
print(refused)
"""


def test_a_system_that_refuses_to_write_more(tmp_path: Path) -> None:
    """No simulation: the system's own limit on file sizes, at many places of a write."""
    resource = pytest.importorskip("resource", reason="limits as POSIX has them")
    if resource.getrlimit(resource.RLIMIT_FSIZE)[1] != resource.RLIM_INFINITY:
        pytest.skip("needs a process whose file sizes are not limited already")
    filled(tmp_path, failed(0))
    done = subprocess.run(
        [sys.executable, "-c", FILL, str(tmp_path), str(Path(__file__).parent)],
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    assert int(done.stdout) > 20
    assert sorted(read(tmp_path, "runs")["seed"]) == list(range(6))
    assert set(Store(tmp_path).statuses().values()) == {"completed"}
    assert len(read(tmp_path, "epochs")) == len(read(tmp_path, "layers")) == 6 * 9
    assert len(read(tmp_path, "test_samples")) == 6
