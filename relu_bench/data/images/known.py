"""The image data sets that are known by name: a literal table, and how each is found and verified.

Each is looked for in the user's folders and in Keras's cache, as four IDX files, as an `.npz` or as
the batches of CIFAR-10; else Keras fetches it. A copy for other machines is four IDX files.
"""

import contextlib
import math
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from relu_bench import output_files
from relu_bench.components.labels import Label
from relu_bench.data.dataset import DamagedError, Dataset, DatasetInfo, image, with_remedy
from relu_bench.data.images import cifar, digits, idx
from relu_bench.data.images.arrays import (
    PAIRS,
    ROLES,
    STEMS,
    Four,
    Role,
    Stems,
    as_dataset,
    check_shapes,
    file_name,
    find_idx,
    missing_files,
    read_idx,
    read_keras_npz,
    size,
)
from relu_bench.data.places import (
    NOT_ASKED,
    VARIABLE,
    Copied,
    Place,
    all_places,
    downloading,
    expanded,
    keras_cache,
    locked,
    not_here,
    own_places,
    writing_into,
)
from relu_bench.data.tasks import CLASSIFICATION
from relu_bench.errors import DataError

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
    return Known(
        info=DatasetInfo(name, CLASSIFICATION, image((28, 28, 1)), classes, train, test),
        # The second is how the archive of NIST unpacks.
        folders=("emnist", "emnist/gzip"),
        stems={role: f"emnist-{split}-{role.replace('_', '-')}" for role in ROLES},
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


@dataclass(frozen=True)
class Location:
    """Where a data set lies: a folder with its four IDX files; else an `.npz`, or batches.

    The last two have no `files`; the batches of CIFAR-10 are a folder.
    """

    path: Path
    files: Mapping[Role, Path]

    def read(self, known: Known) -> Dataset:
        """Read and verify. Raises `DamagedError`."""
        if self.files:
            four = _upright(read_idx(self.files, known.most_bytes), known)
        elif self.path.is_dir():
            four = cifar.read(self.path, known.most_bytes)
        else:
            four = read_keras_npz(self.path, known.most_bytes)
        return _verified(four, known, str(self.path))


def info(label: Label) -> DatasetInfo:
    """Shapes and counts, from the table."""
    return KNOWN[str(label)].info


def find(label: Label, data_dir: Path | None) -> Path | None:
    """Where it lies, None where it is nowhere. Raises `DataError` as `_find`."""
    known = KNOWN[str(label)]
    found = (_find(known, each) for each in all_places(data_dir))
    return next((location.path for location in found if location is not None), None)


def load(label: Label, data_dir: Path | None, fetch: bool) -> Dataset:
    """Find it in the documented order, or let Keras fetch it if `fetch`, and verify it.

    A damaged file is an error wherever it is met, never passed over. Raises `DataError`.
    """
    known = KNOWN[str(label)]
    for each in own_places(data_dir):
        location = _find(known, each)
        if location is not None:
            with with_remedy(_copy_anew(known)):
                return location.read(known)
    fetches = f"Delete the file, then `relu-bench data {known.command}` fetches it again."
    with with_remedy(_copy_anew(known) if known.homepage else fetches):
        dataset = _from_cache(known, data_dir, fetch=fetch and not known.homepage)
    if dataset is None:
        raise _missing(
            known, data_dir, "Keras has no loader for it." if known.homepage else NOT_ASKED
        )
    return dataset


def copy(dataset: Dataset, to: Path) -> Copied:
    """Write `dataset` as four gzipped IDX files into its folder in `to`, and verify them.

    Files that hold the same already are left alone; another file under the name is replaced. No
    file is ever seen half written. Raises `DataError` when the folder cannot be written.
    """
    known = KNOWN[dataset.name]
    folder = expanded(to) / known.folders[0]
    arrays, written = idx_arrays(dataset), []
    with writing_into(folder):
        output_files.make_folder(folder)
        for role, name in zip(ROLES, known.file_names, strict=True):
            if not _holds(folder / name, arrays[role]):
                idx.write(arrays[role], folder / name)
                written.append(name)
    location = _find(known, Place(folder.parent, "--to"))
    if location is None:
        raise DataError(f"{folder} was emptied while it was written. Copy again.")
    with with_remedy("Delete that file and copy again."):
        location.read(known)
    return Copied(folder, tuple(written))


def _holds(path: Path, array: idx.Bytes) -> bool:
    if not path.is_file():
        return False
    try:
        there = idx.read(path)
    except DamagedError:
        return False
    return there.dtype == array.dtype and idx.digest(there) == idx.digest(array)


def _find(known: Known, place: Place) -> Location | None:
    """Where `known` lies in `place`, `None` if it does not. Nothing is read.

    Raises `DataError` when some of the four files lie there, and no other layout: a copy that was
    cut short. In Keras's cache that is as good as none, since Keras fetches the rest.
    """
    incomplete = None
    for name in known.folders:
        folder = place.folder / name
        files = find_idx(folder, known.stems)
        missing = missing_files(files, known.stems)
        if not missing:
            return Location(folder, files)
        for npz in (folder / known.npz, place.folder / known.npz):
            if known.npz and npz.is_file():
                return Location(npz, {})
        if files and incomplete is None:
            incomplete = f"{folder} ({place.called}) is incomplete, missing: {missing}."
    for name in known.batches:
        folder = place.folder / name
        missing = cifar.missing_files(folder)
        if not missing:
            return Location(folder, {})
        if folder.is_dir() and incomplete is None:
            incomplete = f"{folder} ({place.called}) is incomplete, missing: {missing}."
    if incomplete and not place.is_cache:
        raise DataError(f"{incomplete}\n{_copy_anew(known)}")
    return None


def _from_cache(known: Known, data_dir: Path | None, *, fetch: bool) -> Dataset | None:
    """What lies in Keras's cache, or what Keras fetches into it if `fetch`."""
    cache = keras_cache()
    location = _find(known, cache)
    if location is not None:
        try:
            return location.read(known)
        except DamagedError:
            if not os.access(cache.folder, os.W_OK):
                raise
    elif not fetch:
        return None
    with _lock(known, cache, data_dir):
        # Whoever had the lock before has fetched it, perhaps. Keras writes in place: what looked
        # truncated may have been what that one was fetching.
        location = location or _find(known, cache)
        if location is not None:
            return location.read(known)
        before = _cached_files(known, cache)
        try:
            return _verified(fetched(known), known, f"{cache.folder} (fetched by Keras)")
        except Exception as error:
            # Else the next call would meet what is wrong here as a damaged file.
            for path in _cached_files(known, cache) - before:
                if path.is_dir():
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    path.unlink(missing_ok=True)
            raise _missing(known, data_dir, f"Fetching it through Keras failed: {error}") from error


def fetched(known: Known) -> Four:
    """The arrays as Keras's loader of the same name gives them, which fetches their files."""
    from relu_bench.machine.quiet_tensorflow import keras

    loader = getattr(keras.datasets, known.info.name)
    with downloading():
        (train_images, train_labels), (test_images, test_labels) = loader.load_data()
    # Some of Keras's loaders give labels as a column.
    arrays = (train_images, train_labels.reshape(-1), test_images, test_labels.reshape(-1))
    return Four.of(arrays, (f"{known.info.name} as fetched ({role})" for role in ROLES))


def _cached_files(known: Known, cache: Place) -> set[Path]:
    """What Keras may have put there: files, and folders that it unpacks."""
    paths = [cache.folder / known.npz] if known.npz else []
    paths += [cache.folder / folder / name for folder in known.folders for name in known.file_names]
    paths += [cache.folder / name.partition("/")[0] for name in known.batches]
    return {path for path in paths if path.exists()}


@contextlib.contextmanager
def _lock(known: Known, cache: Place, data_dir: Path | None) -> Iterator[None]:
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(locked(cache.folder / f".relu-bench-{known.info.name}.lock"))
        except DataError as error:
            raise _missing(known, data_dir, error) from error
        yield


def _missing(known: Known, data_dir: Path | None, reason: object) -> DataError:
    """What to say when `known` is nowhere: where it was looked for, and every way out."""
    files = "\n".join(f"      {name}" for name in known.file_names)
    folder = f"FOLDER/{known.folders[0]}"
    others = [f"FOLDER/{known.npz}"] if known.npz else []
    others += [f"the batches in FOLDER/{known.batches[0]}"] if known.batches else []
    if known.homepage:
        command = f"    they can be downloaded from {known.homepage};"
    else:
        copying = f"`relu-bench data {known.command} --to FOLDER`"
        command = f"    {copying} writes them where there is a network;"
    return not_here(
        known.info.name,
        data_dir,
        reason,
        f"  - copy the four files into {folder}:",
        files,
        *([f"    (or {' or '.join(others)})"] if known.batches else []),
        f"    and give --data-dir FOLDER, or set {VARIABLE}=FOLDER;",
        command,
        f"  - `dataset: {digits.INFO.name}` is embedded and needs no network.",
    )


def _copy_anew(known: Known) -> str:
    """How to mend a copy."""
    if known.homepage:
        return f"Copy it there again, from {known.homepage}."
    return (
        "Copy it there again; on a machine with network"
        f" `relu-bench data {known.command} --to FOLDER` writes a good copy to"
        f" FOLDER/{known.folders[0]}."
    )


def _upright(four: Four, known: Known) -> Four:
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


def _verified(four: Four, known: Known, source: str) -> Dataset:
    """The data set in `four`, if it is what `known` says. Raises `DamagedError` if not."""
    info = known.info
    headers = {role: idx.Header(array.dtype, array.shape) for role, array in four.arrays.items()}
    shape = check_shapes(headers, four.places)
    counts = (info.train_count, info.test_count)
    for (images, _), count in zip(PAIRS, counts, strict=True):
        held = len(four.arrays[images])
        if (held, shape) != (count, info.inputs.shape):
            raise DamagedError(
                four.places[images],
                f"{held:,} images of {size(shape)}, {info.name} has"
                f" {count:,} of {size(info.inputs.shape)}",
            )
    dataset = as_dataset(four, info, source)
    arrays = idx_arrays(dataset)
    for role, expected in known.sha256.items():
        found = idx.digest(arrays[role])
        if found != expected:
            raise DamagedError(
                four.places[role],
                f"altered, the SHA-256 of the uncompressed IDX file is {found[:12]}...,"
                f" expected {expected[:12]}...",
            )
    return dataset


def idx_arrays(dataset: Dataset) -> Mapping[Role, idx.Bytes]:
    """The arrays of a known data set as its IDX files hold them, the reverse of `_upright`.

    There is no channel dimension if there is one channel.
    """
    known = KNOWN[dataset.name]
    grey = dataset.info.inputs.shape[-1] == 1
    found: dict[Role, idx.Bytes] = {}
    for role, array in zip(ROLES, dataset.arrays, strict=True):
        if array.ndim == 1:
            found[role] = array + np.uint8(known.first_label)
        else:
            flat = array[..., 0] if grey else array
            found[role] = flat.transpose(0, 2, 1) if known.transposed else flat
    return found
