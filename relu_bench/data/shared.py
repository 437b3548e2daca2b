"""Hand a verified data set from the process that loaded it to its workers, through memory.

The arrays lie in an anonymous file in memory that lives as long as its process: a process that is
killed leaves nothing behind on a disk. Workers map it: none of them has a copy of its own. Linux
only; elsewhere workers load for themselves.
"""

import contextlib
import math
import mmap
import os
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from relu_bench.data.dataset import Array, Dataset, DatasetInfo

_TOKEN_BYTES = 16


@dataclass(frozen=True)
class _Place:
    """Where an array lies in the file, which type and which shape it has."""

    offset: int
    dtype: str
    shape: tuple[int, ...]

    def mapped(self, memory: mmap.mmap) -> Array:
        count = math.prod(self.shape)
        flat: Array = np.frombuffer(memory, self.dtype, count, self.offset)
        return flat.reshape(self.shape)


@dataclass(frozen=True)
class SharedData:
    """Where another process of this user finds the arrays of a data set, and what they are.

    `token` begins the file: another process may by now have the number of the one that made it.
    """

    path: str
    token: bytes
    info: DatasetInfo
    source: str
    places: tuple[_Place, ...]

    @property
    def name(self) -> str:
        """As in the config."""
        return self.info.name

    def load(self) -> Dataset | None:
        """The data set, or None when its process is gone or cannot be looked into."""
        try:
            descriptor = os.open(self.path, os.O_RDONLY)
            try:
                # Pages stay shared until somebody writes to one, which then becomes his own.
                memory = mmap.mmap(descriptor, 0, access=mmap.ACCESS_COPY)
            finally:
                os.close(descriptor)
            if memory[:_TOKEN_BYTES] != self.token:
                return None
            arrays = [place.mapped(memory) for place in self.places]
        except (OSError, ValueError):
            return None
        return Dataset.of(self.info, *arrays, source=self.source)


def share(dataset: Dataset) -> SharedData | None:
    """Put the arrays into memory that others can read while this process lives.

    Returns None where the system has no such memory, or not enough, and for data whose inputs
    depend on the training part: workers make these themselves.
    """
    if dataset.encode is not None or not hasattr(os, "memfd_create"):
        return None
    descriptor = os.memfd_create("relu-bench-data", os.MFD_CLOEXEC)
    token = os.urandom(_TOKEN_BYTES)
    try:
        with open(descriptor, "wb", closefd=False) as file:
            file.write(token)
            places = tuple(_put(array, file) for array in dataset.arrays)
    except OSError:
        with contextlib.suppress(OSError):
            os.close(descriptor)
        return None
    path = f"/proc/{os.getpid()}/fd/{descriptor}"
    return SharedData(path, token, dataset.info, dataset.source, places)


def _put(array: Array, file: BinaryIO) -> _Place:
    """Write an array at the next page, which is as aligned as any program can want it."""
    file.seek(math.ceil(file.tell() / mmap.PAGESIZE) * mmap.PAGESIZE)
    place = _Place(file.tell(), array.dtype.str, array.shape)
    file.write(np.ascontiguousarray(array).data)
    return place
