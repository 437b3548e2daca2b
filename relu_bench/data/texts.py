"""Texts of the user's own with their classes: a folder or a CSV file.

The samples of a part are sorted by class and text, so that neither the layout nor the names of
files nor the order of lines has a part in a run.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from relu_bench.data.damage import DamagedError
from relu_bench.data.dataset import Dataset, DatasetInfo, Inputs, Labels
from relu_bench.data.parts import stratified_sample
from relu_bench.data.tasks import CLASSIFICATION, TWO_CLASSES, Task
from relu_bench.data.text_encoding import TextEncoding
from relu_bench.data.text_layouts import EXPECTED, Found, Texts, beside_classes, is_table, read
from relu_bench.errors import DataError, show

LENGTH = 100
VOCABULARY = 10_000
TEST_SHARE = 0.2
FEWEST = 5
"""Texts of a class without a test part: a fifth of them is one."""

# Which samples are the test part is fixed by this; it is no setting.
_TEST_SEED = 20
_DEEPEST = 3
_MOST_NAMES, _LONGEST_NAME = 5, 40
_REMEDY = "Mend that, and run again."


@dataclass(frozen=True, eq=False)
class _Parts:
    """Texts as object arrays of str and their class numbers, sorted; `classes` are the names.

    `left_out` lies beside them and was not read.
    """

    classes: tuple[str, ...]
    train: npt.NDArray[Any]
    train_targets: Labels
    test: npt.NDArray[Any]
    test_targets: Labels
    left_out: tuple[Path, ...]

    @property
    def task(self) -> Task:
        """Two classes are told apart by one output."""
        return TWO_CLASSES if len(self.classes) == 2 else CLASSIFICATION


def holds_texts(path: Path) -> bool:
    """Whether `path` is a CSV file or a folder that holds anything that could be a text."""
    return is_table(path) or (path.is_dir() and bool(beside_classes(path)[0]))


def load_texts(name: str, path: Path) -> Dataset:
    """The data set in `path`, called `name`. Raises `DataError`."""
    parts = _parts(path)
    inputs = Inputs("tokens", (LENGTH,), VOCABULARY)
    shown = ", ".join(name[:_LONGEST_NAME] for name in parts.classes[:_MOST_NAMES])
    shown += ", ..." if len(parts.classes) > _MOST_NAMES else ""
    return Dataset(
        name=name,
        task=parts.task,
        inputs=inputs,
        train_inputs=parts.train,
        train_targets=parts.train_targets,
        test_inputs=parts.test,
        test_targets=parts.test_targets,
        classes=len(parts.classes),
        source=f"{path} (classes from 0: {shown})",
        encode=TextEncoding(parts.train, parts.test, LENGTH, VOCABULARY),
    )


def texts_info(name: str, path: Path) -> DatasetInfo:
    """Counts and classes of the texts in `path`. Raises `DataError`."""
    return load_texts(name, path).info


def texts_left_out(path: Path) -> tuple[Path, ...]:
    """What lies in the folder `path` and is left out, since it is no text. Raises `DataError`."""
    return _parts(path).left_out


def texts_fingerprint(path: Path) -> str:
    """SHA-256, in hex, of the texts in `path`, their class numbers and their parts.

    Layout, order, names of files and of classes, and white space around a text do not change it.
    Raises `DataError`.
    """
    parts = _parts(path)
    sha = hashlib.sha256(b"texts\n")
    for texts, targets in (
        (parts.train, parts.train_targets),
        (parts.test, parts.test_targets),
    ):
        sha.update(f"{len(texts)}\n".encode())
        for text, target in zip(texts, targets, strict=True):
            content = text.encode()
            sha.update(f"{target} {len(content)} ".encode() + content)
    return sha.hexdigest()


def _parts(path: Path) -> _Parts:
    try:
        # Planning, estimate and loading ask in turn: files that did not change are read once.
        return _read(path, (path.resolve(), _stamp(path)))
    except DamagedError as error:
        raise DataError(f"{error}.\n{_REMEDY}") from error


def _stamp(path: Path, depth: int = 0) -> tuple[Any, ...]:
    """Names, sizes and times of all files below `path`."""
    try:
        if path.is_dir() and depth <= _DEEPEST:
            return path.name, *(_stamp(each, depth + 1) for each in sorted(path.iterdir()))
        status = path.stat()
    except OSError as error:
        raise DamagedError(path, f"cannot be read ({error.strerror or error})") from error
    return path.name, status.st_size, status.st_mtime_ns


@lru_cache(maxsize=2)
def _read(path: Path, _stamp: tuple[Any, ...]) -> _Parts:
    found = read(path)
    classes = tuple(sorted(found.train))
    if len(classes) < 2:
        only = f"only the class {show(classes[0])}" if classes else "no class"
        raise DamagedError(path, f"{only} was found, at least two are needed;\n{EXPECTED}")
    train, train_targets = _sorted(found.train, classes)
    if found.test is not None:
        test_part = _sorted(found.test, classes)
        return _Parts(classes, train, train_targets, *test_part, found.left_out)
    _check_enough(path, found)
    size = round(len(train) * TEST_SHARE)
    test = stratified_sample(train_targets, size, _TEST_SEED)
    parts = (train[~test], train_targets[~test], train[test], train_targets[test])
    for array in parts:
        array.flags.writeable = False
    return _Parts(classes, *parts, found.left_out)


def _check_enough(path: Path, found: Found) -> None:
    for name, texts in found.train.items():
        if len(texts) < FEWEST:
            raise DamagedError(
                path,
                f"class {show(name)} has {len(texts)} texts; at least {FEWEST} are needed, since"
                " a fifth is set apart as the test part",
            )


def _sorted(texts: Texts, classes: tuple[str, ...]) -> tuple[npt.NDArray[Any], Labels]:
    numbered: Mapping[int, list[str]] = {
        number: sorted(texts[name]) for number, name in enumerate(classes)
    }
    together = [text for each in numbered.values() for text in each]
    array = np.empty(len(together), dtype=object)
    array[:] = together
    counts = [len(each) for each in numbered.values()]
    targets = np.repeat(np.arange(len(classes)), counts).astype(
        np.min_scalar_type(len(classes) - 1)
    )
    for each in (array, targets):
        each.flags.writeable = False
    return array, targets
