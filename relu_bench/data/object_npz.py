"""Read an `.npz` whose arrays hold Python lists, without running what may stand in it.

NumPy keeps such arrays as pickles, and a pickle may call any function. Only what builds an array
is allowed here.
"""

import pickle
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from relu_bench.data.damage import DamagedError, what_instead

_BROKEN = (
    ValueError,
    EOFError,
    KeyError,
    IndexError,
    TypeError,
    AttributeError,
    ImportError,
    MemoryError,
    RuntimeError,
    zipfile.BadZipFile,
    zlib.error,
    pickle.UnpicklingError,
)
# NumPy 2 has moved a module; files of either release name their own.
_MODULES = ("numpy", "numpy.core.multiarray", "numpy._core.multiarray")
_FUNCTIONS = ("ndarray", "dtype", "_reconstruct")


class _OnlyArrays(pickle.Unpickler):
    """Builds arrays and plain values, and nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        if module in _MODULES and name in _FUNCTIONS:
            return getattr(np, name, None) or np._core.multiarray._reconstruct  # type: ignore[attr-defined]
        if (module, name) == ("_codecs", "encode"):
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"it asks for {module}.{name}, which no array needs")


def read_object_npz(path: Path, keys: tuple[str, ...]) -> Mapping[str, npt.NDArray[Any]]:
    """The arrays called `keys` in the archive `path`. Raises `DamagedError`."""
    try:
        with path.open("rb") as stream:
            start = stream.read(4)
            if not start.startswith(b"PK"):
                raise DamagedError(path, what_instead(start, "an .npz archive"))
            stream.seek(0)
            with zipfile.ZipFile(stream) as archive:
                held = {name.removesuffix(".npy") for name in archive.namelist()}
                missing = [key for key in keys if key not in held]
                if missing:
                    raise DamagedError(
                        path, f"lacks the array {missing[0]}, expected {', '.join(keys)}"
                    )
                return {key: _array(archive, key) for key in keys}
    except _BROKEN as error:
        raise DamagedError(path, f"truncated or altered ({error})") from error
    except OSError as error:
        raise DamagedError(path, f"cannot be read ({error.strerror or error})") from error


def _array(archive: zipfile.ZipFile, key: str) -> npt.NDArray[Any]:
    with archive.open(f"{key}.npy") as stream:
        shape, dtype = _header(stream)
        if dtype.hasobject:
            # In Python 2, where such files were made first, text was bytes.
            found: Any = _OnlyArrays(stream, encoding="latin1").load()
            if not isinstance(found, np.ndarray) or found.shape != shape:
                raise ValueError(f"{key} is not the array that its header says")
        else:
            found = np.frombuffer(stream.read(), dtype).reshape(shape)
        # The archive's checksum is compared at the end of the stream.
        stream.read()
    return np.asarray(found)


def _header(stream: IO[bytes]) -> tuple[tuple[int, ...], np.dtype[Any]]:
    version = np.lib.format.read_magic(stream)
    reader = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }.get(version)
    if reader is None:
        raise ValueError(f"version {version} of the .npy format is unknown")
    shape, _, dtype = reader(stream)
    return shape, dtype
