"""The batches of CIFAR-10, as its author published them: six pickled dictionaries.

Krizhevsky 2009, Learning Multiple Layers of Features from Tiny Images. A batch holds `data`, rows
of 3,072 bytes (32x32 of red, then of green, then of blue), and `labels`. A pickle can name any
function to be called, so these are read by an unpickler that knows nothing but NumPy's arrays.
"""

import pickletools
from pathlib import Path

import numpy as np
import numpy.typing as npt

from relu_bench.data.dataset import DamagedError
from relu_bench.data.images.arrays import Four
from relu_bench.data.npz import unpickled
from relu_bench.data.places import read_bytes

TRAIN = tuple(f"data_batch_{number}" for number in range(1, 6))
TEST = "test_batch"
_SIDE, _CHANNELS, _CLASSES = 32, 3, 10


def missing_files(folder: Path) -> str:
    """The names of the batches that `folder` lacks, for an error; empty if none."""
    return ", ".join(name for name in (*TRAIN, TEST) if not (folder / name).is_file())


def read(folder: Path, most_bytes: int) -> Four:
    """The four arrays in the batches of `folder`, images (n, 32, 32, 3).

    Raises `DamagedError` when a batch has more than `most_bytes`, is truncated, altered or
    something else. Nothing in a file is executed.
    """
    train = [_batch(folder / name, most_bytes) for name in TRAIN]
    test = _batch(folder / TEST, most_bytes)
    arrays = (*(np.concatenate(parts) for parts in zip(*train, strict=True)), *test)
    of_train = f"{folder} (data_batch_1 to data_batch_5)"
    places = (of_train, of_train, str(folder / TEST), str(folder / TEST))
    return Four.of(arrays, places)


def _batch(path: Path, most_bytes: int) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    pickled = read_bytes(path, most_bytes)
    try:
        _check_memo(pickled)
        content = unpickled(pickled, encoding="bytes")
    except Exception as error:
        # A damaged pickle may fail in any way that its instructions can.
        raise DamagedError(path, f"truncated or altered ({error!s:.200})") from error
    if not isinstance(content, dict):
        raise DamagedError(path, "its pickle holds no dictionary")
    pixels, labels = content.get(b"data"), content.get(b"labels")
    row = _SIDE * _SIDE * _CHANNELS
    if not isinstance(pixels, np.ndarray) or (pixels.dtype, pixels.shape[1:]) != (np.uint8, (row,)):
        raise DamagedError(path, f"its `data` are not rows of {row:,} bytes")
    if not isinstance(labels, list) or not all(map(_is_integer, labels)):
        raise DamagedError(path, "its `labels` are not a list of integers")
    if len(labels) != len(pixels):
        raise DamagedError(path, f"{len(labels):,} labels for {len(pixels):,} images")
    wrong = next((place for place, label in enumerate(labels) if not 0 <= label < _CLASSES), None)
    if wrong is not None:
        raise DamagedError(path, f"label {labels[wrong]} at position {wrong}, expected 0 to 9")
    numbers = np.array(labels, np.uint8)
    images = pixels.reshape(-1, _CHANNELS, _SIDE, _SIDE).transpose(0, 2, 3, 1)
    return images, numbers


def _check_memo(pickled: bytes) -> None:
    """Raise `ValueError` for a place in the memo that makes Python fill the memory."""
    for opcode, argument, _ in pickletools.genops(pickled):
        if opcode.name in ("PUT", "LONG_BINPUT") and (argument or 0) > len(pickled):
            raise ValueError(f"it puts a value at place {argument:,}")


def _is_integer(label: object) -> bool:
    # Python does not print a number of thousands of digits.
    return type(label) is int and label.bit_length() <= 128
