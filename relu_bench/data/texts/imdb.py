"""`imdb`: 50,000 film reviews, half of them positive, as Keras keeps them.

Maas, Daly, Pham, Huang, Ng, Potts 2011, Learning Word Vectors for Sentiment Analysis. Keras's
`imdb.npz` has words as their ranks by frequency, 1 the most frequent one. The ranks come with the
data set and were counted over it, not over our training part: that part cannot be left out of it.
"""

import hashlib
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from relu_bench.components.labels import Label
from relu_bench.components.registry import Parameter
from relu_bench.data.dataset import DamagedError, Dataset, DatasetInfo, Inputs, with_remedy
from relu_bench.data.npz import KERAS_KEYS, read_npz
from relu_bench.data.places import (
    VARIABLE,
    Copied,
    all_places,
    copy_files,
    expanded,
    fetched,
    keras_cache,
    not_here,
)
from relu_bench.data.tasks import TWO_CLASSES
from relu_bench.data.texts.encoding import last_tokens
from relu_bench.errors import DataError

NAME, FILE = "imdb", "imdb.npz"
COUNT = 25_000
"""Reviews in either part."""
# That of the file that Keras fetches (keras.datasets.imdb compares it, too).
_SHA256 = "69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f"
_HIGHEST_RANK = 2**31
# Keras's file has 20 million bytes in its largest array, pickled.
_MOST_BYTES = 300_000_000
_OTHER = " (not the file that Keras fetches: its checksum differs)"


PARAMETERS = {
    "length": Parameter("integer", 100, minimum=1, maximum=10_000),
    "vocabulary": Parameter("integer", 10_000, minimum=3, maximum=100_000),
}


def info(label: Label) -> DatasetInfo:
    """Shapes and counts, without a look at the disk."""
    given: dict[str, Any] = dict(label.parameters)
    inputs = Inputs("tokens", (given["length"],), given["vocabulary"])
    return DatasetInfo(str(label), TWO_CLASSES, inputs, 2, COUNT, COUNT)


def find(_label: Label, data_dir: Path | None) -> Path | None:
    """The file, None where it is nowhere."""
    folders = [each.folder for each in all_places(data_dir)]
    paths = (path for folder in folders for path in (folder / NAME / FILE, folder / FILE))
    return next((path for path in paths if path.is_file()), None)


def load(label: Label, data_dir: Path | None, fetch_it: bool) -> Dataset:
    """The reviews as tokens; raises `DataError`."""
    path = find(label, data_dir)
    if path is None:
        path = fetched(FILE, _download, partial(_missing, data_dir), asked=fetch_it)
    remedy = (
        f"Delete the file, then `relu-bench data {NAME}` fetches it again."
        if path.parent == keras_cache().folder
        else f"Replace it; on a machine with network `relu-bench data {NAME} --to FOLDER`"
        f" writes a good copy to FOLDER/{NAME}."
    )
    with with_remedy(remedy):
        return _read(path, info(label))


def copy(dataset: Dataset, to: Path) -> Copied:
    """Write the file into its folder in `to`; raises `DataError`."""
    source = Path(dataset.source.removesuffix(_OTHER))
    return copy_files(expanded(to) / NAME, {FILE: source.read_bytes()})


def _download() -> None:
    from relu_bench.machine.quiet_tensorflow import keras

    # Only the file that it leaves in its cache is wanted.
    keras.datasets.imdb.load_data()


def _read(path: Path, info: DatasetInfo) -> Dataset:
    arrays = read_npz(path, KERAS_KEYS, most_bytes=_MOST_BYTES, objects=True)
    length, vocabulary = info.inputs.shape[0], info.inputs.vocabulary
    parts: list[npt.NDArray[Any]] = []
    for texts, labels in (KERAS_KEYS[:2], KERAS_KEYS[2:]):
        where = f"{path} ({texts})"
        if arrays[texts].shape != (COUNT,):
            held = f"{len(arrays[texts]):,} reviews" if arrays[texts].ndim else "no reviews"
            raise DamagedError(where, f"{held}, {NAME} has {COUNT:,}")
        parts.append(_tokens(arrays[texts], where, length, vocabulary))
        parts.append(_labels(arrays[labels], f"{path} ({labels})"))
    is_that_of_keras = hashlib.sha256(path.read_bytes()).hexdigest() == _SHA256
    return Dataset.of(info, *parts, source=str(path) + ("" if is_that_of_keras else _OTHER))


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


def _missing(data_dir: Path | None, reason: object) -> DataError:
    return not_here(
        NAME,
        data_dir,
        reason,
        f"  - copy {FILE} into FOLDER/{NAME} and give --data-dir FOLDER, or set {VARIABLE}=FOLDER;",
        f"    `relu-bench data {NAME} --to FOLDER` writes it where there is a network;",
        "  - texts of your own: `dataset: path/to/folder` or `dataset: path/to/file.csv`.",
    )
