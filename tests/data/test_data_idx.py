import gzip
import hashlib
import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from small_data import idx_bytes

from relu_bench.data.dataset import DamagedError
from relu_bench.data.images import idx

IMAGES = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("kind", ["u1", "i2", "i4"])
def test_reads_what_an_independent_writer_wrote(tmp_path: Path, kind: str, packed: bool) -> None:
    content = idx_bytes(IMAGES.astype(kind))
    path = tmp_path / "file"
    path.write_bytes(gzip.compress(content) if packed else content)

    array = idx.read(path)

    np.testing.assert_array_equal(array, IMAGES)
    assert array.dtype.kind + str(array.dtype.itemsize) == kind
    assert array.flags.c_contiguous
    assert not array.flags.writeable
    assert idx.read_header(path) == idx.Header(array.dtype, (2, 3, 4))


@given(
    hnp.arrays(np.uint8, hnp.array_shapes(min_dims=1, max_dims=4, max_side=5)), st.integers(1, 9)
)
def test_written_files_read_back(
    tmp_path_factory: pytest.TempPathFactory, array: np.ndarray, cut: int
) -> None:
    folder = tmp_path_factory.mktemp("idx")
    path = folder / "file.gz"
    idx.write(array, path)
    content = gzip.decompress(path.read_bytes())
    assert content == idx_bytes(array)
    np.testing.assert_array_equal(idx.read(path), array)
    assert idx.digest(array) == hashlib.sha256(content).hexdigest()
    assert list(folder.iterdir()) == [path]

    (folder / "cut").write_bytes(content[:-cut])
    with pytest.raises(DamagedError):
        idx.read(folder / "cut")


def test_same_array_gives_same_bytes(tmp_path: Path) -> None:
    idx.write(IMAGES, tmp_path / "a.gz")
    idx.write(IMAGES, tmp_path / "b.gz")
    assert (tmp_path / "a.gz").read_bytes() == (tmp_path / "b.gz").read_bytes()


def test_writing_a_view_that_is_not_contiguous(tmp_path: Path) -> None:
    idx.write(IMAGES[:, ::2], tmp_path / "a.gz")
    np.testing.assert_array_equal(idx.read(tmp_path / "a.gz"), IMAGES[:, ::2])


def test_a_failed_write_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.gz"
    idx.write(IMAGES, path)
    before = path.read_bytes()

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(gzip.GzipFile, "write", full)
    with pytest.raises(OSError, match="No space left"):
        idx.write(IMAGES + 1, path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


GOOD = idx_bytes(IMAGES)
PACKED = gzip.compress(GOOD)
DAMAGED = {
    "empty": (b"", "it is empty"),
    "web page": (
        b"\n<!DOCTYPE html><html>",
        "it is a web page, not an IDX file, gzipped or not; a download was answered with that",
    ),
    "noise": (
        b"hello world",
        "it is not an IDX file, gzipped or not; it starts with the bytes 68 65 6c 6c",
    ),
    "two bytes": (
        b"\0\0",
        "it is not an IDX file, gzipped or not; it starts with the bytes 00 00",
    ),
    "type": (
        b"\0\0\x0d" + GOOD[3:],
        "type byte 0x0d in its header, expected 0x08, 0x0b, 0x0c",
    ),
    "no dimensions": (b"\0\0\x08\0", "0 dimensions in its header, expected 1 to 4"),
    "five dimensions": (b"\0\0\x08\5" + bytes(20), "5 dimensions in its header, expected 1 to 4"),
    "header cut": (GOOD[:9], "truncated, it ends inside its header"),
    "truncated": (GOOD[:-1], "truncated, its header promises 24 bytes, it holds 23"),
    "too long": (GOOD + b"x", "too long, its header promises 24 bytes and more follow"),
    "gzip truncated": (PACKED[:-9], "truncated, its gzip stream has no end"),
    "gzip cut in its trailer": (PACKED[:-4], "truncated, its gzip stream has no end"),
    "truncated before gzipped": (
        gzip.compress(GOOD[:-1]),
        "truncated, its header promises 24 bytes, it holds 23",
    ),
    "too long before gzipped": (
        gzip.compress(GOOD + b"x"),
        "too long, its header promises 24 bytes and more follow",
    ),
    "gzipped web page": (
        gzip.compress(b"<html>"),
        "it is a web page, not an IDX file, gzipped or not; a download was answered with that",
    ),
}


@pytest.mark.parametrize(("content", "why"), DAMAGED.values(), ids=DAMAGED)
def test_damage_is_named(tmp_path: Path, content: bytes, why: str) -> None:
    path = tmp_path / "train-images-idx3-ubyte.gz"
    path.write_bytes(content)
    with pytest.raises(DamagedError) as caught:
        idx.read(path)
    assert str(caught.value) == f"{path}: {why}"


@pytest.mark.parametrize("position", [12, len(PACKED) - 6])
def test_a_changed_byte_in_gzip_is_damage(tmp_path: Path, position: int) -> None:
    content = bytearray(PACKED)
    content[position] ^= 0xFF
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(DamagedError, match="altered, its gzip stream is wrong"):
        idx.read(path)


@pytest.mark.parametrize("packed", [False, True])
def test_absurd_promises_allocate_nothing(tmp_path: Path, packed: bool) -> None:
    content = b"\0\0\x08\3" + struct.pack(">3I", 2**32 - 1, 2**32 - 1, 2**32 - 1) + bytes(100)
    path = tmp_path / "file"
    path.write_bytes(gzip.compress(content) if packed else content)
    tracemalloc.start()
    try:
        for reader in (idx.read, idx.read_header):
            with pytest.raises(DamagedError, match="its header promises 79,228,162,458,924,"):
                reader(path)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_a_file_that_packs_well_is_no_absurd_promise(tmp_path: Path) -> None:
    zeros = np.zeros((1000, 28, 28), np.uint8)
    idx.write(zeros, tmp_path / "file")
    np.testing.assert_array_equal(idx.read(tmp_path / "file"), zeros)


def test_a_file_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    with pytest.raises(DamagedError, match=r"gone: cannot be read \(No such file"):
        idx.read(tmp_path / "gone")
