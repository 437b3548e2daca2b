"""`imdb`: 50,000 film reviews, half of them positive, as Keras keeps them.

Maas, Daly, Pham, Huang, Ng, Potts 2011, Learning Word Vectors for Sentiment Analysis. Keras's
`imdb.npz` has words as their ranks by frequency, 1 the most frequent one. The ranks come with the
data set and were counted over it, not over our training part: that part cannot be left out of it.
"""

import hashlib
import shutil
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from relu_bench import output_files
from relu_bench.components.labels import Label
from relu_bench.components.registry import Parameter
from relu_bench.data.damage import DamagedError
from relu_bench.data.dataset import Dataset, DatasetInfo, Inputs
from relu_bench.data.entry import Copied, Row
from relu_bench.data.fetching import fetch
from relu_bench.data.npz import read_npz
from relu_bench.data.places import VARIABLE, expanded, keras_cache, not_here, own_places
from relu_bench.data.tasks import TWO_CLASSES
from relu_bench.data.text_encoding import last_tokens
from relu_bench.errors import DataError

NAME, FILE = "imdb", "imdb.npz"
COUNT = 25_000
"""Reviews in either part."""
_KEYS = ("x_train", "y_train", "x_test", "y_test")
# That of the file that Keras fetches (keras.datasets.imdb compares it, too).
_SHA256 = "69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f"
_HIGHEST_RANK = 2**31
# Keras's file has 20 million bytes in its largest array, pickled.
_MOST_BYTES = 300_000_000
_OTHER = " (not the file that Keras fetches: its checksum differs)"


def _info(label: Label) -> DatasetInfo:
    given: dict[str, Any] = dict(label.parameters)
    inputs = Inputs("tokens", (given["length"],), given["vocabulary"])
    return DatasetInfo(str(label), TWO_CLASSES, inputs, 2, COUNT, COUNT)


def _place(_label: Label, data_dir: Path | None) -> str | None:
    path = _found(data_dir)
    return None if path is None else str(path)


def _load(label: Label, data_dir: Path | None, fetch_it: bool) -> Dataset:
    path = _found(data_dir)
    if path is None:
        path = _fetched(data_dir, fetch_it)
    try:
        return _read(path, _info(label))
    except DamagedError as error:
        cached = path.parent == keras_cache().folder
        remedy = (
            f"Delete the file, then `relu-bench data {NAME}` fetches it anew."
            if cached
            else f"Replace it; on a machine with network `relu-bench data {NAME} --to FOLDER`"
            f" writes a good copy to FOLDER/{NAME}."
        )
        raise DataError(f"{error}.\n{remedy}") from error


def _found(data_dir: Path | None) -> Path | None:
    for place in (*own_places(data_dir), keras_cache()):
        for path in (place.folder / NAME / FILE, place.folder / FILE):
            if path.is_file():
                return path
    return None


def _fetched(data_dir: Path | None, fetch_it: bool) -> Path:
    path = keras_cache().folder / FILE
    if not fetch_it:
        raise DataError(_missing(data_dir, "Fetching it was not asked for."))
    try:
        fetch(path, _download)
    except DataError as error:
        raise DataError(_missing(data_dir, str(error))) from error
    return path


def _download() -> None:
    from relu_bench.machine.quiet_tensorflow import keras

    # Only the file that it leaves in its cache is wanted.
    keras.datasets.imdb.load_data()


def _read(path: Path, info: DatasetInfo) -> Dataset:
    arrays = read_npz(path, _KEYS, most_bytes=_MOST_BYTES, objects=True)
    length, vocabulary = info.inputs.shape[0], info.inputs.vocabulary
    parts: list[npt.NDArray[Any]] = []
    for texts, labels in (_KEYS[:2], _KEYS[2:]):
        place = f"{path} ({texts})"
        if arrays[texts].shape != (COUNT,):
            held = f"{len(arrays[texts]):,} reviews" if arrays[texts].ndim else "no reviews"
            raise DamagedError(place, f"{held}, {NAME} has {COUNT:,}")
        parts.append(_tokens(arrays[texts], place, length, vocabulary))
        parts.append(_labels(arrays[labels], f"{path} ({labels})"))
    for array in parts:
        array.flags.writeable = False
    train_inputs, train_targets, test_inputs, test_targets = parts
    return Dataset(
        info.name,
        info.task,
        info.inputs,
        train_inputs,
        train_targets,
        test_inputs,
        test_targets,
        classes=info.classes,
        source=str(path) + ("" if _digest(path) == _SHA256 else _OTHER),
    )


def _tokens(
    reviews: npt.NDArray[Any], place: str, length: int, vocabulary: int
) -> npt.NDArray[np.int32]:
    """Lists of ranks as the last tokens of each: rank r is 1 + r, 1 beyond the vocabulary.

    The last, because a review's verdict tends to stand at its end.
    """
    for position, review in enumerate(reviews):
        if not isinstance(review, list) or not review:
            what = "[]" if review == [] else type(review).__name__
            raise DamagedError(place, f"position {position} is no review: {what}")
    kept = [review[-length:] for review in reviews]
    words = list(chain.from_iterable(kept))
    if not all(type(word) is int and 1 <= word <= _HIGHEST_RANK for word in words):
        raise DamagedError(place, "words that are no ranks from 1")
    ranks = np.array(words, np.int64)
    tokens = np.where(ranks + 1 < vocabulary, ranks + 1, 1)
    splits = np.cumsum([0, *map(len, kept)])
    out = np.zeros((len(reviews), length), np.int32)
    last_tokens(tokens, splits, out)
    return out


def _labels(labels: npt.NDArray[Any], place: str) -> npt.NDArray[np.uint8]:
    if labels.shape != (COUNT,):
        raise DamagedError(place, f"labels of shape {labels.shape}, {NAME} has {COUNT:,}")
    if labels.dtype.kind not in "iu" or set(np.unique(labels)) != {0, 1}:
        raise DamagedError(place, "labels are 0 (negative) and 1 (positive), and both occur")
    return labels.astype(np.uint8)


def _copy(dataset: Dataset, to: Path) -> Copied:
    source = Path(dataset.source.removesuffix(_OTHER))
    target = expanded(to) / NAME / FILE
    try:
        if target.is_file() and _digest(target) == _digest(source):
            return Copied(target.parent, (), files=1)
        output_files.make_folder(target.parent)
        with output_files.replacing(target) as new:
            shutil.copyfile(source, new)
            if _digest(new) != _digest(source):
                raise DataError(f"{target} was altered while it was written. Copy again.")
    except OSError as error:
        raise DataError(
            f"{target.parent} cannot be written ({error.strerror or error})."
            " Give --to a folder that can, with room for the copy."
        ) from error
    return Copied(target.parent, (FILE,), files=1)


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _missing(data_dir: Path | None, reason: str) -> str:
    return not_here(
        NAME,
        data_dir,
        reason,
        f"  - copy {FILE} into FOLDER/{NAME} and give --data-dir FOLDER, or set {VARIABLE}=FOLDER;",
        f"    `relu-bench data {NAME} --to FOLDER` writes it where there is a network;",
        "  - texts of your own: `dataset: path/to/folder` or `dataset: path/to/file.csv`.",
    )


IMDB = Row(
    parameters={
        "length": Parameter("integer", 100, minimum=1, maximum=10_000),
        "vocabulary": Parameter("integer", 10_000, minimum=3, maximum=100_000),
    },
    info=_info,
    load=_load,
    place=_place,
    copy=_copy,
)
