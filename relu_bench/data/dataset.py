"""A data set in memory, and what is known of one without reading it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from relu_bench.tasks import Task

Images = npt.NDArray[np.uint8]
Labels = npt.NDArray[Any]


@dataclass(frozen=True)
class DatasetInfo:
    """Shapes and counts of a data set, cheap to get: what a plan and an estimate need.

    `input_shape` is (height, width, channels) of one sample.
    """

    name: str
    task: Task
    input_shape: tuple[int, ...]
    classes: int
    train_count: int
    test_count: int


@dataclass(frozen=True, eq=False)
class Dataset:
    """A verified data set; every array is contiguous and read-only.

    `name` is as in the config (a folder as it was given). Inputs are uint8 of shape
    (samples, height, width, channels); targets are class numbers 0 to `classes` - 1 of shape
    (samples,), uint8, or wider where there are more than 256 classes. `source` says where the
    data came from, for humans.
    """

    name: str
    task: Task
    train_inputs: Images
    train_targets: Labels
    test_inputs: Images
    test_targets: Labels
    classes: int
    source: str

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of one sample: (height, width, channels)."""
        return tuple(self.train_inputs.shape[1:])

    @property
    def info(self) -> DatasetInfo:
        """The same without the arrays."""
        return DatasetInfo(
            self.name,
            self.task,
            self.input_shape,
            self.classes,
            len(self.train_inputs),
            len(self.test_inputs),
        )
