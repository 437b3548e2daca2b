"""Read an `.npz` of known arrays, or a pickle of arrays: nothing in either is run.

Arrays that hold Python lists are kept as pickles, and a pickle may call any function. Only what
builds an array is allowed here. Of an archive, sizes are looked at before contents.
"""

import io
import math
import pickle
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, Literal

import numpy as np
import numpy.typing as npt

from relu_bench.data.dataset import DamagedError, what_instead

# NumPy 2 has moved a module; files of either release name their own.
_MODULES = ("numpy", "numpy.core.multiarray", "numpy._core.multiarray")
_FUNCTIONS = ("ndarray", "dtype", "_reconstruct")
KERAS_KEYS = ("x_train", "y_train", "x_test", "y_test")
"""The arrays of the archives that Keras keeps: inputs and targets of both parts."""


class _OnlyArrays(pickle.Unpickler):
    """Builds arrays and plain values, and nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        if module in _MODULES and name in _FUNCTIONS:
            return getattr(np, name, None) or np._core.multiarray._reconstruct  # type: ignore[attr-defined]
        if (module, name) == ("_codecs", "encode"):  # bytes, where a newer Python has written them
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"it asks for {module}.{name}, which no array needs")


def unpickled(content: bytes, encoding: str) -> Any:
    """What is pickled in `content`, made of arrays and plain values alone.

    `encoding` is that of text which Python 2 has pickled, "bytes" for none. A damaged pickle, or
    one that asks for more, may raise any error.
    """
    return _OnlyArrays(io.BytesIO(content), encoding=encoding).load()


def read_npz(
    path: Path, keys: tuple[str, ...], *, most_bytes: int, objects: bool = False
) -> Mapping[str, npt.NDArray[Any]]:
    """The arrays called `keys` in the archive `path`, in this order.

    Args:
        path: of the archive.
        keys: which arrays; others are left alone.
        most_bytes: an array that says it has more is not read: a small archive may hold gigabytes.
        objects: whether arrays may hold Python objects.

    Raises:
        DamagedError: when it cannot be read, or is not such an archive.
    """
    try:
        with path.open("rb") as stream:
            start = stream.read(4)
            if not start.startswith(b"PK"):
                raise DamagedError(path, what_instead(start, "an .npz archive"))
            stream.seek(0)
            # NumPy warns of headers that Python 2 has written.
            with zipfile.ZipFile(stream) as archive, warnings.catch_warnings():
                warnings.simplefilter("ignore")
                held = {name.removesuffix(".npy") for name in archive.namelist()}
                missing = [key for key in keys if key not in held]
                if missing:
                    raise DamagedError(
                        path, f"lacks the array {missing[0]}, expected {', '.join(keys)}"
                    )
                for key in keys:
                    _check_size(archive, key, path, most_bytes)
                return {key: _array(archive, key, objects=objects) for key in keys}
    except DamagedError:
        raise
    except OSError as error:
        raise DamagedError(path, f"cannot be read ({error.strerror or error})") from error
    except Exception as error:
        # A damaged archive may fail in any way that its parts can.
        raise DamagedError(path, f"truncated or altered ({error!s:.200})") from error


def _check_size(archive: zipfile.ZipFile, key: str, path: Path, most_bytes: int) -> None:
    member = archive.getinfo(f"{key}.npy")
    with archive.open(member) as stream:
        shape, dtype, _ = _header(stream)
    size = max(member.file_size, _bytes(shape, dtype))
    if size > most_bytes:
        raise DamagedError(
            f"{path} ({key})",
            f"{dtype} of shape {shape} in {size:,} bytes, expected are {most_bytes:,} at most",
        )


def _array(archive: zipfile.ZipFile, key: str, *, objects: bool) -> npt.NDArray[Any]:
    with archive.open(f"{key}.npy") as stream:
        shape, dtype, order = _header(stream)
        # All of it, and no more than the archive says: at its end the checksum is compared.
        content = stream.read()
    if not dtype.hasobject:
        if len(content) != _bytes(shape, dtype):
            raise ValueError(f"{key} has {len(content):,} bytes, its header says otherwise")
        return np.frombuffer(content, dtype).reshape(shape, order=order)
    if not objects:
        raise ValueError(f"{key} holds Python objects, expected are numbers")
    # In Python 2, where such files were made first, text was bytes.
    found = unpickled(content, encoding="latin1")
    if not isinstance(found, np.ndarray) or found.shape != shape:
        raise ValueError(f"{key} is not the array that its header says")
    return found


def _bytes(shape: tuple[int, ...], dtype: np.dtype[Any]) -> int:
    return math.prod(shape) * dtype.itemsize


def _header(stream: IO[bytes]) -> tuple[tuple[int, ...], np.dtype[Any], Literal["C", "F"]]:
    version = np.lib.format.read_magic(stream)
    reader = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }.get(version)
    if reader is None:
        raise ValueError(f"version {version} of the .npy format is unknown")
    shape, fortran_order, dtype = reader(stream)
    if any(length < 0 for length in shape):
        raise ValueError(f"the shape {shape} is impossible")
    return shape, dtype, "F" if fortran_order else "C"
