"""Data folders of blank images, for tests that need a data set of their own."""

from pathlib import Path

import numpy as np


def write_idx_folder(folder: Path, shape: tuple[int, int], pixel: int = 0) -> None:
    """Four IDX files: 30 images to train on and 10 to test on, in three classes."""
    folder.mkdir(parents=True)
    for part, count in (("train", 30), ("t10k", 10)):
        images = np.full((count, *shape), pixel, np.uint8)
        labels = (np.arange(count) % 3).astype(np.uint8)
        for kind, array in (("images-idx3", images), ("labels-idx1", labels)):
            sizes = b"".join(length.to_bytes(4, "big") for length in array.shape)
            header = bytes([0, 0, 8, array.ndim]) + sizes
            (folder / f"{part}-{kind}-ubyte").write_bytes(header + array.tobytes())
