"""Hand a verified data set from the process that loaded it to its workers, through memory.

The arrays lie in an anonymous file in memory that lives as long as its process: a process that is
killed leaves nothing behind on a disk. Linux only; elsewhere workers load for themselves.
"""

import contextlib
import os
from dataclasses import dataclass
from typing import Any

import numpy as np

from relu_bench.data.dataset import Dataset, Inputs
from relu_bench.tasks import Task

_ARRAYS = ("train_inputs", "train_targets", "test_inputs", "test_targets")


@dataclass(frozen=True)
class SharedData:
    """Where another process of this user finds the arrays of a data set, and what they are."""

    path: str
    name: str
    task: Task
    inputs: Inputs
    classes: int
    source: str

    def load(self) -> Dataset | None:
        """The data set, or None when its process is gone or cannot be looked into."""
        try:
            with open(self.path, "rb") as file:  # noqa: PTH123 - a Path would follow the link
                arrays = [np.load(file, allow_pickle=False) for _ in _ARRAYS]
        except (OSError, ValueError, EOFError):
            return None
        for array in arrays:
            array.flags.writeable = False
        named: dict[str, Any] = dict(zip(_ARRAYS, arrays, strict=True))
        return Dataset(
            name=self.name,
            task=self.task,
            inputs=self.inputs,
            classes=self.classes,
            source=self.source,
            **named,
        )


def share(dataset: Dataset) -> SharedData | None:
    """Put the arrays into memory that others can read while this process lives.

    Returns None where the system has no such memory, or not enough, and for data whose inputs
    depend on the training part: workers make these themselves.
    """
    if dataset.encode is not None or not hasattr(os, "memfd_create"):
        return None
    descriptor = os.memfd_create("relu-bench-data", os.MFD_CLOEXEC)
    try:
        with open(descriptor, "wb", closefd=False) as file:
            for name in _ARRAYS:
                np.save(file, getattr(dataset, name), allow_pickle=False)
    except OSError:
        with contextlib.suppress(OSError):
            os.close(descriptor)
        return None
    path = f"/proc/{os.getpid()}/fd/{descriptor}"
    return SharedData(
        path, dataset.name, dataset.task, dataset.inputs, dataset.classes, dataset.source
    )
