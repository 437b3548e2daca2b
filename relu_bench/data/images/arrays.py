"""The four arrays that an image data set is made of, in four IDX files or in one `.npz`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt

from relu_bench.data.dataset import DamagedError, Dataset, DatasetInfo
from relu_bench.data.images import idx
from relu_bench.data.npz import KERAS_KEYS, read_npz

Role = Literal["train_images", "train_labels", "test_images", "test_labels"]
PAIRS: tuple[tuple[Role, Role], ...] = (
    ("train_images", "train_labels"),
    ("test_images", "test_labels"),
)
Stems = Mapping[Role, str]
STEMS: Stems = {
    "train_images": "train-images",
    "train_labels": "train-labels",
    "test_images": "t10k-images",
    "test_labels": "t10k-labels",
}
ROLES: tuple[Role, ...] = tuple(STEMS)
_IMAGES = ("train_images", "test_images")


@dataclass(frozen=True, eq=False)
class Four:
    """The four arrays in the order of `ROLES`, and how an error calls the place of each."""

    arrays: Mapping[Role, npt.NDArray[Any]]
    places: Mapping[Role, str]

    @classmethod
    def of(cls, arrays: Iterable[npt.NDArray[Any]], places: Iterable[str]) -> Self:
        """Those of both in the order of `ROLES`."""
        return cls(
            dict(zip(ROLES, arrays, strict=True)),
            dict(zip(ROLES, places, strict=True)),
        )


def file_name(role: Role, stems: Stems = STEMS, dimensions: int = 3) -> str:
    """The well-known name of the gzipped IDX file, `train-images-idx3-ubyte.gz` and so on.

    `dimensions` are those of the images, 4 with colours.
    """
    number = dimensions if role in _IMAGES else 1
    return f"{stems[role]}-idx{number}-ubyte.gz"


def find_idx(folder: Path, stems: Stems = STEMS) -> dict[Role, Path]:
    """Those of the four well-known IDX files that lie in `folder`, gzipped or not."""
    paths = {role: [folder / name for name in _spellings(role, stems)] for role in ROLES}
    found = {role: [path for path in spelled if path.is_file()] for role, spelled in paths.items()}
    return {role: there[0] for role, there in found.items() if there}


def missing_files(found: Mapping[Role, Path], stems: Stems = STEMS) -> str:
    """The well-known names of the files that `found` lacks, for an error; empty if none."""
    names = (file_name(role, stems) for role in ROLES if role not in found)
    return ", ".join(name.removesuffix(".gz") for name in names)


def read_idx(files: Mapping[Role, Path], most_bytes: int | None) -> Four:
    """Read four IDX files, none of more than `most_bytes` unpacked. Raises `DamagedError`."""
    paths = [files[role] for role in ROLES]
    return Four.of([idx.read(path, most_bytes) for path in paths], map(str, paths))


def read_keras_npz(path: Path, most_bytes: int) -> Four:
    """Read the `.npz` that Keras keeps (x_train, ...), no array of more than `most_bytes`.

    Raises `DamagedError`.
    """
    arrays = read_npz(path, KERAS_KEYS, most_bytes=most_bytes)
    return Four.of(arrays.values(), (f"{path} ({key})" for key in arrays))


def check_shapes(headers: Mapping[Role, idx.Header], places: Mapping[Role, str]) -> tuple[int, ...]:
    """Check that images and labels belong together; return the shape of one image.

    The shape is (height, width, channels), one channel where the images have none of their own.
    Raises `DamagedError`.
    """
    for images, labels in PAIRS:
        _check_images(headers[images], places[images])
        _check_labels(headers[labels], places[labels])
        count, expected = headers[labels].shape[0], headers[images].shape[0]
        if count != expected:
            raise DamagedError(
                places[labels], f"{count:,} labels for {expected:,} images in {places[images]}"
            )
    train, test = (_sample_shape(headers[images].shape) for images, _ in PAIRS)
    if test != train:
        raise DamagedError(
            places["test_images"],
            f"images of {size(test)}, but the training images are {size(train)}",
        )
    return train


def count_classes(labels: npt.NDArray[Any], place: str) -> int:
    """The number of classes in training `labels`, which must be 0 to k - 1 without a gap.

    Raises `DamagedError`.
    """
    present = np.unique(labels)
    classes = len(present)
    if present[0] < 0:
        first = int(np.flatnonzero(labels < 0)[0])
        raise DamagedError(
            place, f"label {labels[first]} at position {first}, class numbers start at 0"
        )
    if present[0] != 0 or present[-1] != classes - 1:
        gap = next(number for number in range(classes) if present[number] != number)
        raise DamagedError(
            place,
            f"class {gap} never occurs among labels from {present[0]} to {present[-1]};"
            " the training classes are to be numbered from 0 without a gap",
        )
    if classes < 2:
        raise DamagedError(place, "every label is 0; at least two classes are needed")
    return classes


def as_dataset(four: Four, info: DatasetInfo, source: str) -> Dataset:
    """The `Dataset` in `four`, whose shapes were checked. Raises `DamagedError` for a bad label."""
    arrays = (
        array.reshape(len(array), *info.inputs.shape)
        if role in _IMAGES
        else _class_numbers(array, info.classes, four.places[role])
        for role, array in four.arrays.items()
    )
    return Dataset.of(info, *arrays, source=source)


def size(shape: tuple[int, ...]) -> str:
    """`28x28x1`."""
    return "x".join(str(length) for length in shape)


def _spellings(role: Role, stems: Stems) -> list[str]:
    # Colour images have four dimensions; some archives write a dot where MNIST has a hyphen.
    dimensions = "34" if role in _IMAGES else "1"
    return [
        f"{stems[role]}{separator}idx{number}-ubyte{suffix}"
        for number in dimensions
        for separator in "-."
        for suffix in ("", ".gz")
    ]


def _check_images(images: idx.Header, place: str) -> None:
    if images.dtype != np.uint8:
        raise DamagedError(place, f"values of type {images.dtype}, images are unsigned bytes")
    if len(images.shape) not in (3, 4):
        raise DamagedError(place, f"{len(images.shape)} dimensions, images have 3 or 4")
    if 0 in images.shape:
        raise DamagedError(place, f"no images, its shape is {size(images.shape)}")


def _check_labels(labels: idx.Header, place: str) -> None:
    if labels.dtype.kind not in "iu":
        raise DamagedError(place, f"values of type {labels.dtype}, labels are integers")
    if len(labels.shape) != 1:
        raise DamagedError(place, f"{len(labels.shape)} dimensions, labels have 1")


def _sample_shape(shape: tuple[int, ...]) -> tuple[int, ...]:
    return (*shape[1:], 1) if len(shape) == 3 else shape[1:]


def _class_numbers(labels: npt.NDArray[Any], classes: int, place: str) -> npt.NDArray[Any]:
    outside = np.flatnonzero((labels < 0) | (labels >= classes))
    if outside.size:
        first = int(outside[0])
        raise DamagedError(
            place, f"label {labels[first]} at position {first}, expected 0 to {classes - 1}"
        )
    return labels.astype(np.min_scalar_type(classes - 1), copy=False)
