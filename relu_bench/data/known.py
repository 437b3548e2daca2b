"""The image data sets that are known by name, as literal tables, and the check of their content."""

from collections.abc import Mapping
from dataclasses import dataclass

from relu_bench.data import idx
from relu_bench.data.damage import DamagedError
from relu_bench.data.dataset import Dataset, DatasetInfo, image
from relu_bench.data.four import PAIRS, ROLES, Four, Role, as_dataset, check_shapes, size
from relu_bench.tasks import CLASSIFICATION


@dataclass(frozen=True)
class Known:
    """A data set whose content is fixed.

    `folder` and `npz` are where it lies in a data folder; `sha256` is of the uncompressed IDX
    files, empty where nothing but the structure can be checked.
    """

    info: DatasetInfo
    folders: tuple[str, ...]
    npz: str
    sha256: Mapping[Role, str]


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
            # Its files were not at hand to take checksums from: only their structure is checked.
            sha256={},
        ),
    )
}


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
    """The arrays of `dataset` as IDX files hold them: no channel dimension if there is one channel.

    Views, nothing is copied.
    """
    arrays = (
        dataset.train_inputs,
        dataset.train_targets,
        dataset.test_inputs,
        dataset.test_targets,
    )
    grey = dataset.inputs.shape[-1] == 1
    return {
        role: array[..., 0] if array.ndim == 4 and grey else array
        for role, array in zip(ROLES, arrays, strict=True)
    }


def _check_digest(dataset: Dataset, role: Role, expected: str, place: str) -> None:
    found = idx.digest(idx_arrays(dataset)[role])
    if found != expected:
        raise DamagedError(
            place,
            f"altered, the SHA-256 of the uncompressed IDX file is {found[:12]}...,"
            f" expected {expected[:12]}...",
        )
