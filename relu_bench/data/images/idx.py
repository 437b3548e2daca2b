"""The IDX format: read with every check, write atomically.

Two zero bytes, a byte for the type, a byte for the number of dimensions, the dimensions as
big-endian 32-bit integers, then the values, big-endian, the last dimension fastest. The format
is described with MNIST by LeCun, Cortes and Burges. Files may be gzipped; the content decides,
not the name.
"""

import gzip
import hashlib
import io
import math
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from relu_bench import output_files
from relu_bench.data.dataset import DamagedError, what_instead

_TYPES: dict[int, np.dtype[Any]] = {
    0x08: np.dtype(np.uint8),
    0x0B: np.dtype(">i2"),
    0x0C: np.dtype(">i4"),
}
_UINT8 = 0x08
_MOST_DIMENSIONS = 4
_GZIP_MAGIC = b"\x1f\x8b"
# DEFLATE packs at most 1,032 bytes into one, so a header that promises more is wrong, and
# nothing needs to be allocated to know it.
_GREATEST_PACKING = 1032
Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Header:
    """Type and shape of an array, in an IDX file or in memory."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]

    @property
    def data_bytes(self) -> int:
        """Length of the values in bytes."""
        return math.prod(self.shape) * self.dtype.itemsize


def read_header(path: Path) -> Header:
    """The header of the IDX file `path`, its promise compared with the length of the file.

    Raises `DamagedError` when the file cannot be read or is not IDX.
    """
    with _opened(path) as (stream, packed):
        return _read_header(stream, path, packed)


def read(path: Path, most_bytes: int | None = None) -> npt.NDArray[Any]:
    """The array in the IDX file `path`, read-only and contiguous, of the type in the file.

    Raises `DamagedError` when the file cannot be read, is not IDX, or is not exactly as long as
    its header promises, or promises more than `most_bytes`.
    """
    with _opened(path) as (stream, packed):
        header = _read_header(stream, path, packed)
        promised = header.data_bytes
        promise = f"its header promises {promised:,} bytes"
        if most_bytes is not None and promised > most_bytes:
            raise DamagedError(path, f"{promise}, expected are {most_bytes:,} at most")
        try:
            content = stream.read(promised)
        except MemoryError as error:
            raise DamagedError(path, f"{promise}, more than the memory holds") from error
        # The byte behind the values is asked for in any case: it makes gzip compare its checksum.
        _check_length(path, promised, len(content) + len(stream.read(1)))
    return np.frombuffer(content, header.dtype).reshape(header.shape)


def digest(array: Bytes) -> str:
    """SHA-256, in hex, of the uncompressed IDX file that holds `array`."""
    sha = hashlib.sha256(_header_of(array))
    sha.update(np.ascontiguousarray(array).data)
    return sha.hexdigest()


def write(array: Bytes, path: Path) -> None:
    """Write `array` as a gzipped IDX file; `path` is never seen half written.

    Raises `OSError` when that fails.
    """
    with (
        output_files.replacing(path) as new,
        new.open("wb") as raw,
        # No name and no time in it: the same array gives the same bytes.
        gzip.GzipFile("", "wb", compresslevel=6, fileobj=raw, mtime=0) as packed,
    ):
        packed.write(_header_of(array))
        packed.write(np.ascontiguousarray(array).data)


def _header_of(array: Bytes) -> bytes:
    return struct.pack(f">HBB{array.ndim}I", 0, _UINT8, array.ndim, *array.shape)


@contextmanager
def _opened(path: Path) -> Iterator[tuple[io.BufferedIOBase, bool]]:
    """The file's content, unpacked if need be, and whether it is packed."""
    try:
        with path.open("rb") as raw:
            if raw.peek(2)[:2] == _GZIP_MAGIC:
                with gzip.GzipFile(fileobj=raw) as unpacked:
                    yield unpacked, True
            else:
                yield raw, False
    except EOFError as error:
        raise DamagedError(path, "truncated, its gzip stream has no end") from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise DamagedError(path, f"altered, its gzip stream is wrong ({error!s:.200})") from error
    except OSError as error:
        raise DamagedError(path, f"cannot be read ({error.strerror or error})") from error


def _read_header(stream: io.BufferedIOBase, path: Path, packed: bool) -> Header:
    start = stream.read(4)
    if start[:2] != b"\0\0" or len(start) < 4:
        raise DamagedError(path, what_instead(start, "an IDX file, gzipped or not"))
    dtype = _TYPES.get(start[2])
    dimensions = start[3]
    if dtype is None:
        known = ", ".join(f"{code:#04x}" for code in _TYPES)
        raise DamagedError(path, f"type byte {start[2]:#04x} in its header, expected {known}")
    if not 1 <= dimensions <= _MOST_DIMENSIONS:
        raise DamagedError(path, f"{dimensions} dimensions in its header, expected 1 to 4")
    sizes = stream.read(4 * dimensions)
    if len(sizes) < 4 * dimensions:
        raise DamagedError(path, "truncated, it ends inside its header")
    header = Header(dtype, struct.unpack(f">{dimensions}I", sizes))
    # Before anything is allocated for what it promises.
    length, promised = path.stat().st_size, header.data_bytes
    if not packed:
        _check_length(path, promised, length - 4 - len(sizes))
    elif promised > _GREATEST_PACKING * length:
        raise DamagedError(
            path,
            f"its header promises {promised:,} bytes, which {length:,} gzipped bytes cannot hold",
        )
    return header


def _check_length(path: Path, promised: int, held: int) -> None:
    promise = f"its header promises {promised:,} bytes"
    if held < promised:
        raise DamagedError(path, f"truncated, {promise}, it holds {held:,}")
    if held > promised:
        raise DamagedError(path, f"too long, {promise} and more follow")
