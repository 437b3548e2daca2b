"""Small arrays, and the IDX format written independently of relu_bench."""

import math
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np

Arrays = dict[str, np.ndarray]
WriteFolder = Callable[..., Path]
WriteNpz = Callable[..., Path]
TYPE_CODES = {"u1": 0x08, "i2": 0x0B, "i4": 0x0C}


def idx_bytes(array: np.ndarray) -> bytes:
    """An independent writer of the format, straight from its description."""
    kind = array.dtype.str[1:]
    header = bytes([0, 0, TYPE_CODES[kind], array.ndim]) + struct.pack(
        f">{array.ndim}i", *array.shape
    )
    return header + array.astype(">" + kind).tobytes()


def small_arrays(
    shape: tuple[int, ...] = (5, 4), classes: int = 3, train: int = 40, test: int = 20
) -> Arrays:
    pixels = np.arange((train + test) * math.prod(shape)) * 97 % 251
    pixels = pixels.astype(np.uint8).reshape(train + test, *shape)
    labels = (np.arange(train + test) % classes).astype(np.uint8)
    return {
        "train_images": pixels[:train],
        "train_labels": labels[:train],
        "test_images": pixels[train:],
        "test_labels": labels[train:],
    }
