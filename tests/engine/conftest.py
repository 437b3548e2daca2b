import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

WriteIdxFolder = Callable[..., Path]


@pytest.fixture
def write_idx_folder(tmp_path: Path) -> WriteIdxFolder:
    """Write a data folder of random images of any shape and number of classes."""

    def write(shape: tuple[int, ...], classes: int, count: int) -> Path:
        folder = tmp_path / "own_images"
        folder.mkdir()
        random = np.random.default_rng(0)
        for part, size in (("train", count), ("t10k", count // 3)):
            images = random.integers(0, 256, (size, *shape), dtype=np.uint8)
            labels = (np.arange(size) % classes).astype(np.uint8)
            for kind, array in (("images-idx3", images), ("labels-idx1", labels)):
                header = struct.pack(">HBB", 0, 8, array.ndim)
                header += struct.pack(f">{array.ndim}I", *array.shape)
                (folder / f"{part}-{kind}-ubyte").write_bytes(header + array.tobytes())
        return folder

    return write
