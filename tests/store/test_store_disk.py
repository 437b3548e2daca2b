"""A real file system of one MiB that fills up; needs the right to mount (root on Linux)."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from store_samples import contents, failed, filled, record

from relu_bench.errors import StoreWriteError
from relu_bench.store import Store, read


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        pytest.skip("mounting takes root on Linux")
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"mounting is not allowed here: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(store: Store) -> tuple[int, dict[str, bytes]]:
    """Store runs until the disk is full; how many fitted, and the files before the last try."""
    fitted, before = 0, contents(store.folder)

    def store_all() -> None:
        nonlocal fitted, before
        while store.append(record(fitted, epochs=50)):
            fitted, before = fitted + 1, contents(store.folder)

    with pytest.raises(StoreWriteError, match=r"no space left on device\. What was stored") as full:
        store_all()
    assert full.value.exit_code == 1
    return fitted, before


def test_the_store_stays_as_it_was_before_the_run_that_found_no_room(small_disk: Path) -> None:
    folder = small_disk / "results"
    fitted, before = fill(filled(folder))
    assert fitted > 5
    assert contents(folder) == before
    assert not (folder / ".journal").exists()
    assert len(read(folder, "runs")) == fitted
    assert len(read(folder, "epochs")) == len(read(folder, "layers")) == 50 * fitted


def test_with_room_again_it_goes_on(small_disk: Path) -> None:
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(500_000))
    folder = small_disk / "results"
    fitted, _ = fill(filled(folder))
    ballast.unlink()
    assert Store(folder).prepare() == []
    assert Store(folder).append(record(fitted, epochs=50))
    assert len(read(folder, "epochs")) == 50 * (fitted + 1)


def test_replacing_a_failed_row_needs_room_and_leaves_it_if_there_is_none(
    small_disk: Path,
) -> None:
    folder = small_disk / "results"
    store = filled(folder, failed(10**6))
    fill(store)
    before = contents(folder)
    with pytest.raises(StoreWriteError):
        store.append(record(10**6, epochs=200))
    assert contents(folder) == before
    assert list(folder.glob("*.new")) == []
