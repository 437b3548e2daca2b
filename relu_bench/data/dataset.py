"""A data set in memory, what is known of one unread, and the error for a damaged one."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import KW_ONLY, dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from relu_bench.data.tasks import Task
from relu_bench.errors import DataError

Labels = npt.NDArray[Any]
Array = npt.NDArray[Any]
Positions = npt.NDArray[np.int32]
Encode = Callable[[Positions], tuple[Array, Array]]

_WORDS = {"image": "images", "tokens": "texts", "features": "features"}
# What the program hands to the network (`program.prepared`).
_DTYPES = {"image": "float32", "tokens": "int32", "features": "float32"}


@dataclass(frozen=True)
class Inputs:
    """What one sample is, as a network takes it.

    Attributes:
        kind: `image` (height, width, channels), `tokens` (length of a text,) or `features`.
        shape: of one sample.
        vocabulary: of tokens, how many numbers there are, 0 (padding) and 1 (unknown) included.
        groups: of features, how many columns belong to each group (user, item), in order.
    """

    kind: str
    shape: tuple[int, ...]
    vocabulary: int = 0
    groups: tuple[int, ...] = ()

    @property
    def words(self) -> str:
        """What many of them are called."""
        return _WORDS[self.kind]

    @property
    def size(self) -> str:
        """How large one sample is: `28x28x1`, `100 tokens`, `12`."""
        lengths = "x".join(str(length) for length in self.shape)
        return f"{lengths} tokens" if self.kind == "tokens" else lengths

    @property
    def dtype(self) -> str:
        """Type of the network's input."""
        return _DTYPES[self.kind]


@dataclass(frozen=True)
class DatasetInfo:
    """Shapes and counts of a data set, cheap to get: what a plan and an estimate need.

    `classes` is 0 for ratings.
    """

    name: str
    task: Task
    inputs: Inputs
    classes: int
    train_count: int
    test_count: int

    @property
    def outputs(self) -> int:
        """How many outputs a network for it has."""
        return self.task.outputs or self.classes


@dataclass(frozen=True, eq=False)
class Dataset:
    """A verified data set; every array is contiguous and read-only.

    Images are uint8 of shape (samples, height, width, channels). Targets are of shape (samples,):
    class numbers 0 to `classes` - 1, uint8, or wider where there are more than 256 classes; or
    ratings, float32. `source` says where the data came from, for humans.

    `encode` is for inputs that depend on what is trained on (a vocabulary, a user's history): it
    takes the positions of the training part and returns the inputs of all training samples and of
    all test samples, fitted on that part alone. Then `train_inputs` and `test_inputs` are what it
    was made from, one row a sample, and nobody else needs to read them.
    """

    info: DatasetInfo
    train_inputs: Array
    train_targets: Labels
    test_inputs: Array
    test_targets: Labels
    _: KW_ONLY
    source: str
    encode: Encode | None = None

    @classmethod
    def of(
        cls, info: DatasetInfo, *arrays: Array, source: str, encode: Encode | None = None
    ) -> "Dataset":
        """The data set that `info` describes, made of the four arrays in the order of `arrays`."""
        return cls(info, *map(_read_only, arrays), source=source, encode=encode)

    @property
    def arrays(self) -> tuple[Array, Labels, Array, Labels]:
        """Training inputs and targets, test inputs and targets."""
        return self.train_inputs, self.train_targets, self.test_inputs, self.test_targets

    @property
    def name(self) -> str:
        """As in the config: a folder as it was given."""
        return self.info.name


class ReadyData(Protocol):
    """A data set that is in memory somewhere, and can be had without reading it from a disk."""

    @property
    def name(self) -> str:
        """As in the config."""
        ...

    def load(self) -> Dataset | None:
        """The data set, None when it is not there any more."""
        ...


def image(shape: tuple[int, ...]) -> Inputs:
    """Images of (height, width, channels)."""
    return Inputs("image", shape)


class DamagedError(DataError):
    """A file is truncated, altered or of another kind; whoever knows the data set adds a remedy.

    `place` is the file, and the array in it if it holds several.
    """

    def __init__(self, place: object, why: str) -> None:
        super().__init__(f"{place}: {why}")


@contextlib.contextmanager
def with_remedy(remedy: str) -> Iterator[None]:
    """A damaged file becomes a `DataError` that ends with what to do about it."""
    try:
        yield
    except DamagedError as error:
        raise DataError(f"{error}.\n{remedy}") from error


def what_instead(start: bytes, expected: str) -> str:
    """What a file is that should be `expected`, told from its first bytes."""
    if not start:
        return "it is empty"
    if start.lstrip().startswith(b"<"):
        return f"it is a web page, not {expected}; a download was answered with that"
    return f"it is not {expected}; it starts with the bytes {start.hex(' ')}"


def _read_only(array: Array) -> Array:
    array = np.ascontiguousarray(array)
    array.flags.writeable = False
    return array
