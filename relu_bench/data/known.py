"""The image data sets that are known by name, as literal tables, and the check of their content."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from relu_bench.data import idx
from relu_bench.data.damage import DamagedError
from relu_bench.data.dataset import Dataset, DatasetInfo, image
from relu_bench.data.four import (
    PAIRS,
    ROLES,
    STEMS,
    Four,
    Role,
    Stems,
    as_dataset,
    check_shapes,
    file_name,
    size,
)
from relu_bench.data.tasks import CLASSIFICATION

_SLACK = 1 << 20


@dataclass(frozen=True)
class Known:
    """A data set whose content is fixed.

    Attributes:
        info: shapes and counts.
        folders: where its IDX files lie in a data folder; the first is where a copy goes.
        npz: its other form, in a data folder or in one of `folders`; empty for none.
        sha256: of the uncompressed IDX files; empty where only the structure can be checked.
        stems: how its IDX files' names begin.
        batches: folders with the pickled batches of CIFAR-10.
        transposed: whether rows and columns of its IDX images are exchanged.
        first_label: the class number in its IDX files that stands for class 0.
        homepage: where it is to be had, for what Keras does not fetch; empty where it does.
    """

    info: DatasetInfo
    folders: tuple[str, ...]
    npz: str = ""
    sha256: Mapping[Role, str] = field(default_factory=dict)
    stems: Stems = field(default_factory=lambda: STEMS)
    batches: tuple[str, ...] = ()
    transposed: bool = False
    first_label: int = 0
    homepage: str = ""

    @property
    def command(self) -> str:
        """The data set's name as a word of a command line."""
        name = self.info.name
        return f'"{name}"' if "(" in name else name

    @property
    def most_bytes(self) -> int:
        """More than any of its arrays has: what claims more is not read to find that out."""
        return 2 * self.info.train_count * math.prod(self.info.inputs.shape) + _SLACK

    @property
    def file_names(self) -> tuple[str, ...]:
        """The names of its four gzipped IDX files."""
        dimensions = 3 if self.info.inputs.shape[-1] == 1 else 4
        return tuple(file_name(role, self.stems, dimensions) for role in ROLES)


# Cohen, Afshar, Tapson, van Schaik 2017, EMNIST: Extending MNIST to handwritten letters. Classes,
# training and test images as in the files of NIST, and the number of the first class in them. (The
# paper's table has fewer letters, 88,800 and 14,800: the files have 145,600.)
EMNIST_SPLITS: Mapping[str, tuple[int, int, int, int]] = {
    "balanced": (47, 112_800, 18_800, 0),
    "byclass": (62, 697_932, 116_323, 0),
    "bymerge": (47, 697_932, 116_323, 0),
    "digits": (10, 240_000, 40_000, 0),
    "letters": (26, 124_800, 20_800, 1),
    "mnist": (10, 60_000, 10_000, 0),
}


def _emnist(split: str, classes: int, train: int, test: int, first_label: int) -> Known:
    name = f"emnist(split={split})"
    begin = f"emnist-{split}"
    return Known(
        info=DatasetInfo(name, CLASSIFICATION, image((28, 28, 1)), classes, train, test),
        # The second is how the archive of NIST unpacks.
        folders=("emnist", "emnist/gzip"),
        stems={
            "train_images": f"{begin}-train-images",
            "train_labels": f"{begin}-train-labels",
            "test_images": f"{begin}-test-images",
            "test_labels": f"{begin}-test-labels",
        },
        transposed=True,
        first_label=first_label,
        homepage="www.nist.gov/itl/products-and-services/emnist-dataset",
    )


KNOWN: Mapping[str, Known] = {
    known.info.name: known
    for known in (
        Known(
            info=DatasetInfo("mnist", CLASSIFICATION, image((28, 28, 1)), 10, 60_000, 10_000),
            folders=("mnist",),
            npz="mnist.npz",
            sha256={
                "train_images": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
                "train_labels": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
                "test_images": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
                "test_labels": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
            },
        ),
        Known(
            info=DatasetInfo(
                "fashion_mnist", CLASSIFICATION, image((28, 28, 1)), 10, 60_000, 10_000
            ),
            # The second is how Keras spells the folder in its cache.
            folders=("fashion_mnist", "fashion-mnist"),
            npz="fashion_mnist.npz",
            # Its files were not at hand to take checksums from: only their structure is checked,
            # here and below.
        ),
        # Clanuwat, Bober-Irizar, Kitamoto, Lamb, Yamamoto, Ha 2018, Deep Learning for Classical
        # Japanese Literature: one kana of each of ten rows.
        Known(
            info=DatasetInfo("kmnist", CLASSIFICATION, image((28, 28, 1)), 10, 60_000, 10_000),
            folders=("kmnist",),
            homepage="codh.rois.ac.jp/kmnist",
        ),
        *(_emnist(split, *counts) for split, counts in EMNIST_SPLITS.items()),
        # Krizhevsky 2009, Learning Multiple Layers of Features from Tiny Images.
        Known(
            info=DatasetInfo("cifar10", CLASSIFICATION, image((32, 32, 3)), 10, 50_000, 10_000),
            folders=("cifar10",),
            npz="cifar10.npz",
            batches=(
                "cifar-10-batches-py",
                "cifar10/cifar-10-batches-py",
                # How Keras unpacks them in its cache.
                "cifar-10-batches-py-target/cifar-10-batches-py",
            ),
        ),
    )
}


def upright(four: Four, known: Known) -> Four:
    """IDX arrays as everybody else has them: images upright, classes from 0.

    EMNIST's files hold each image with rows and columns exchanged, and count letters from 1.
    Raises `DamagedError` for a label below the first.
    """
    arrays = dict(four.arrays)
    for images, labels in PAIRS:
        if known.transposed and arrays[images].ndim == 3:
            arrays[images] = arrays[images].transpose(0, 2, 1)
        if known.first_label:
            wide = arrays[labels].astype(np.int32)
            low = np.flatnonzero(wide < known.first_label)
            if low.size:
                position, last = int(low[0]), known.first_label + known.info.classes - 1
                raise DamagedError(
                    four.places[labels],
                    f"label {wide.flat[position]} at position {position}, expected"
                    f" {known.first_label} to {last}",
                )
            arrays[labels] = wide - known.first_label
    return Four(arrays, four.places)


def verified(four: Four, known: Known, source: str) -> Dataset:
    """The data set in `four`, if it is what `known` says. Raises `DamagedError` if not."""
    info = known.info
    shape = check_shapes(four.arrays, four.places)
    counts = (info.train_count, info.test_count)
    for (images, _), count in zip(PAIRS, counts, strict=True):
        held = len(four.arrays[images])
        if (held, shape) != (count, info.inputs.shape):
            raise DamagedError(
                four.places[images],
                f"{held:,} images of {size(shape)}, {info.name} has"
                f" {count:,} of {size(info.inputs.shape)}",
            )
    dataset = as_dataset(four, name=info.name, task=info.task, classes=info.classes, source=source)
    for role, expected in known.sha256.items():
        _check_digest(dataset, role, expected, four.places[role])
    return dataset


def idx_arrays(dataset: Dataset) -> Mapping[Role, idx.Bytes]:
    """The arrays of a known data set as its IDX files hold them, the reverse of `upright`.

    There is no channel dimension if there is one channel.
    """
    known = KNOWN[dataset.name]
    arrays = (
        dataset.train_inputs,
        dataset.train_targets,
        dataset.test_inputs,
        dataset.test_targets,
    )
    grey = dataset.inputs.shape[-1] == 1
    found: dict[Role, idx.Bytes] = {}
    for role, array in zip(ROLES, arrays, strict=True):
        if array.ndim == 1:
            found[role] = array + np.uint8(known.first_label)
        else:
            flat = array[..., 0] if grey else array
            found[role] = flat.transpose(0, 2, 1) if known.transposed else flat
    return found


def _check_digest(dataset: Dataset, role: Role, expected: str, place: str) -> None:
    found = idx.digest(idx_arrays(dataset)[role])
    if found != expected:
        raise DamagedError(
            place,
            f"altered, the SHA-256 of the uncompressed IDX file is {found[:12]}...,"
            f" expected {expected[:12]}...",
        )
