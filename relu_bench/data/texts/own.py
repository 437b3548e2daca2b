"""Texts of the user's own with their classes: a folder or a CSV file, told apart by what is there.

reviews/pos/1.txt, reviews/neg/1.txt        a sub-folder for each class, a text in each file
reviews/reviews.pos, reviews/reviews.neg    a file for each class, a text in each line
reviews/pos.txt, reviews/neg.txt            the same
reviews/train/..., reviews/test/...         either of these in each part
reviews.csv                                 columns text and label

The samples of a part are sorted by class and text, so that neither the layout nor the names of
files nor the order of lines has a part in a run. Files are UTF-8; every error names the file and
the line.
"""

import codecs
import csv
import hashlib
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from relu_bench.data.dataset import (
    DamagedError,
    Dataset,
    DatasetInfo,
    Inputs,
    Labels,
    with_remedy,
)
from relu_bench.data.forms import SYSTEM_FILES, check_form
from relu_bench.data.parts import stratified_sample
from relu_bench.data.tasks import CLASSIFICATION, TWO_CLASSES
from relu_bench.data.texts.encoding import TextEncoding
from relu_bench.errors import shorten, show
from relu_bench.wording import first_of, leading

LENGTH = 100
VOCABULARY = 10_000
TEST_SHARE = 0.2
FEWEST = 5
"""Texts of a class without a test part: a fifth of them is one."""

# Which samples are the test part is fixed by this; it is no setting.
_TEST_SEED = 20
_DEEPEST = 3
_MOST_NAMES, _LONGEST_NAME = 5, 40
_MOST_COLUMNS = 6
_TEXT, _LABEL = "text", "label"
Texts = Mapping[str, list[str]]
"""Texts by the name of their class."""

_TRAIN, _TEST = "train", "test"
# Whole names, in lower case: a class or a text may begin with any of these words.
_TOOL_FOLDERS = {"__macosx", ".git", ".hg", ".svn", ".ipynb_checkpoints"}
_ABOUT_THE_DATA = {"copying", "citation.cff", "sha256sums", "md5sums"} | {
    stem + suffix
    for stem in ("readme", "license", "licence")
    for suffix in ("", ".txt", ".md", ".rst")
}
EXPECTED = f"""\
texts with their classes are expected as one of
  a folder with a sub-folder for each class, a text in each file
  a folder with a file for each class, a text in each line
  either of these below train/ and below test/
  a .csv file with the columns {_TEXT} and {_LABEL}"""


@dataclass(frozen=True)
class Found:
    """The texts to train on, and those to test on if they are set apart.

    `left_out` lies in the folders and was not read, since it is no text and no class.
    """

    train: Texts
    test: Texts | None = None
    left_out: tuple[Path, ...] = ()


@dataclass(frozen=True, eq=False)
class _Parts:
    """For both parts, texts as an object array of str and their class numbers, sorted.

    `classes` are the names. `left_out` lies beside them and was not read.
    """

    classes: tuple[str, ...]
    train: tuple[npt.NDArray[Any], Labels]
    test: tuple[npt.NDArray[Any], Labels]
    left_out: tuple[Path, ...]


def holds_texts(path: Path) -> bool:
    """Whether `path` is a CSV file or a folder that holds anything that could be a text."""
    return is_table(path) or (path.is_dir() and bool(_beside_classes(path)[0]))


def load(name: str, path: Path) -> Dataset:
    """The data set in `path`, called `name`. Raises `DataError`."""
    parts = _parts(path)
    inputs = Inputs("tokens", (LENGTH,), VOCABULARY)
    classes = len(parts.classes)
    task = TWO_CLASSES if classes == 2 else CLASSIFICATION
    shown = leading([name[:_LONGEST_NAME] for name in parts.classes], _MOST_NAMES)
    train, test = parts.train[0], parts.test[0]
    return Dataset.of(
        DatasetInfo(name, task, inputs, classes, len(train), len(test)),
        *parts.train,
        *parts.test,
        source=f"{path} (classes from 0: {shown})",
        encode=TextEncoding(train, test, LENGTH, VOCABULARY),
    )


def left_out(path: Path) -> tuple[Path, ...]:
    """What lies in the folder `path` and is left out, since it is no text. Raises `DataError`."""
    return _parts(path).left_out


def fingerprint(path: Path) -> str:
    """SHA-256, in hex, of the texts in `path`, their class numbers and their parts.

    Layout, order, names of files and of classes, and white space around a text do not change it.
    Raises `DataError`.
    """
    parts = _parts(path)
    sha = hashlib.sha256(b"texts\n")
    for texts, targets in (parts.train, parts.test):
        sha.update(f"{len(texts)}\n".encode())
        for text, target in zip(texts, targets, strict=True):
            content = text.encode()
            sha.update(f"{target} {len(content)} ".encode() + content)
    return sha.hexdigest()


def _parts(path: Path) -> _Parts:
    with with_remedy("Correct it, and run again."):
        # Planning, estimate and loading ask in turn: files that did not change are read once.
        return _read(path, (path.resolve(), _stamp(path)))


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
    found = _layout(path)
    classes = tuple(sorted(found.train))
    if len(classes) < 2:
        only = f"only the class {show(classes[0])}" if classes else "no class"
        raise DamagedError(path, f"{only} was found, at least two are needed;\n{EXPECTED}")
    texts, targets = _sorted(found.train, classes)
    if found.test is not None:
        test = _sorted(found.test, classes)
        return _Parts(classes, (texts, targets), test, found.left_out)
    _check_enough(path, found)
    is_test = stratified_sample(targets, round(len(texts) * TEST_SHARE), _TEST_SEED)
    train, test = ((texts[part], targets[part]) for part in (~is_test, is_test))
    return _Parts(classes, train, test, found.left_out)


def _check_enough(path: Path, found: Found) -> None:
    for name, texts in found.train.items():
        if len(texts) < FEWEST:
            raise DamagedError(
                path,
                f"class {show(name)} has {len(texts)} texts; at least {FEWEST} are needed, since"
                " a fifth is set apart as the test part",
            )


def _sorted(texts: Texts, classes: tuple[str, ...]) -> tuple[npt.NDArray[Any], Labels]:
    """Texts by class and, within each, by themselves, and their class numbers."""
    by_class = [sorted(texts[name]) for name in classes]
    together = [text for each in by_class for text in each]
    array = np.empty(len(together), dtype=object)
    array[:] = together
    targets = np.repeat(np.arange(len(classes)), [len(each) for each in by_class])
    return array, targets.astype(np.min_scalar_type(len(classes) - 1))


def is_table(path: Path) -> bool:
    """Whether `path` is a CSV file."""
    return path.suffix.lower() == ".csv" and path.is_file()


def _beside_classes(folder: Path) -> tuple[list[Path], list[Path]]:
    """What lies in a folder of classes, sorted: what may be one, and what is left out.

    Left out are files such as README, and what systems and tools put into any folder, by their
    whole names; never a folder of texts.
    """
    return _divided(folder, SYSTEM_FILES | _ABOUT_THE_DATA)


def _layout(path: Path) -> Found:
    """The texts in the folder or CSV file `path`. Raises `DamagedError`, `OtherFormError`."""
    check_form(path)
    if is_table(path):
        return Found(_table_in(path))
    parts = [folder for name in (_TRAIN, _TEST) if (folder := path / name).is_dir()]
    if not parts:
        texts, left_out = _by_class(path)
        return Found(texts, left_out=tuple(left_out))
    if len(parts) == 1:
        other = _TEST if parts[0].name == _TRAIN else _TRAIN
        raise DamagedError(
            path,
            f"there is {parts[0].name}/ but no {other}/; without a part of your own, put the"
            f" classes into {path} itself, and a fifth of the texts is set apart as the test part",
        )
    others = _beside_parts(path, parts)
    (train, beside_train), (test, beside_test) = map(_by_class, parts)
    for here, there, place in ((train, test, parts[1]), (test, train, parts[0])):
        missing = sorted(here.keys() - there.keys())
        if missing:
            raise DamagedError(
                place, f"no texts of class {show(missing[0])}, which the other part has"
            )
    return Found(train, test, (*others, *beside_train, *beside_test))


def _beside_parts(path: Path, parts: list[Path]) -> list[Path]:
    """What lies beside train/ and test/ and is left out, files all of it."""
    entries, left_out = _beside_classes(path)
    others = [entry for entry in entries if entry not in parts]
    for other in others:
        if other.is_dir():
            raise DamagedError(
                other,
                f"a folder beside {_TRAIN}/ and {_TEST}/, which are the parts of the data; put it"
                " elsewhere, or into both parts if it is a class",
            )
    return sorted(left_out + others)


def _by_class(folder: Path) -> tuple[Texts, list[Path]]:
    """The texts in `folder`, and what is left out there."""
    entries, left_out = _beside_classes(folder)
    folders = [entry for entry in entries if entry.is_dir()]
    if not folders:
        names = _class_names(folder, entries)
        return {name: list(_lines_in(path)) for name, path in names.items()}, left_out
    # What lies beside the folders (lists, word counts) is no class.
    left_out = sorted({*left_out, *entries} - {*folders})
    texts = {}
    for each in folders:
        texts[each.name], system_files = _files_of_class(each)
        left_out += system_files
    return texts, left_out


def _files_of_class(folder: Path) -> tuple[list[str], list[Path]]:
    # A text may have any name, README too.
    entries, left_out = _divided(folder, SYSTEM_FILES)
    if not entries:
        raise DamagedError(folder, "this class has no texts; a text in each file is expected")
    for entry in entries:
        if entry.is_dir():
            raise DamagedError(entry, f"a folder within that of a class;\n{EXPECTED}")
    return [_text_in(entry) for entry in entries], left_out


def _divided(folder: Path, names: set[str]) -> tuple[list[Path], list[Path]]:
    """What lies in `folder`, sorted, and apart from it files of these names and tools' folders."""
    kept: list[Path] = []
    left_out: list[Path] = []
    for entry in sorted(folder.iterdir()):
        name = entry.name.lower()
        by_name = name in names | _TOOL_FOLDERS and entry.is_dir() == (name in _TOOL_FOLDERS)
        (left_out if by_name else kept).append(entry)
    return kept, left_out


def _class_names(folder: Path, files: list[Path]) -> dict[str, Path]:
    """The class of each file: what its name has of its own, behind the dot or before it."""
    tables = [file for file in files if is_table(file)]
    if tables:
        raise DamagedError(
            folder, f"a folder with tables; give the file itself, dataset: {tables[0]}"
        )
    suffixes, stems = {file.suffix for file in files}, {file.stem for file in files}
    if len(suffixes) <= 1:
        return {file.stem: file for file in files}
    if len(stems) == 1 and "" not in suffixes:
        return {file.suffix.removeprefix("."): file for file in files}
    shown = leading([file.name for file in files], 4)
    raise DamagedError(
        folder,
        f"the classes cannot be told from the files {shown}: their names must be equal before the"
        " last dot (reviews.pos, reviews.neg) or behind it (pos.txt, neg.txt)",
    )


def _text_in(path: Path) -> str:
    """The one text in the file `path`, without white space around it. Raises `DamagedError`."""
    text = _decoded(path).strip()
    if not text:
        raise DamagedError(path, "an empty text")
    return text


def _lines_in(path: Path) -> tuple[str, ...]:
    """The texts in the file `path`, one a line. Raises `DamagedError`."""
    # Not `splitlines`, which breaks texts at characters that are no line ends in a file.
    lines = [line.strip() for line in _decoded(path).rstrip("\r\n").split("\n")]
    for number, line in enumerate(lines, start=1):
        if not line:
            raise DamagedError(path, f"line {number} is an empty text")
    return tuple(lines)


def _table_in(path: Path) -> dict[str, list[str]]:
    """The texts of each class in a CSV file with the columns text and label.

    Other columns are left alone. Raises `DamagedError`.
    """
    by_class: dict[str, list[str]] = {}
    for line, row in _rows(path):
        text, label = (row.get(column) for column in (_TEXT, _LABEL))
        if not (label or "").strip():
            raise DamagedError(path, f"line {line}: the label is missing")
        if not (text or "").strip():
            raise DamagedError(path, f"line {line}: an empty text")
        by_class.setdefault(str(label).strip(), []).append(str(text).strip())
    if not by_class:
        raise DamagedError(path, "no texts below the header")
    return by_class


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str | None]]]:
    """Rows by column name, each with the number of its last line in the file."""
    text = _decoded(path)
    # By default a cell of more than 131,072 letters is an error.
    csv.field_size_limit(max(csv.field_size_limit(), len(text)))
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [column.strip().lower() for column in next(reader)]
        _check_header(path, header)
        for row in reader:
            if len(row) > len(header):
                raise DamagedError(
                    path,
                    f"line {reader.line_num} has {len(row)} fields, the header {len(header)};"
                    ' a text with a comma is to be quoted: "..."',
                )
            if row:
                padded = [*row, *[None] * (len(header) - len(row))]
                yield reader.line_num, dict(zip(header, padded, strict=True))
    except csv.Error as error:
        raise DamagedError(path, f"line {reader.line_num} is not valid CSV ({error})") from error


def _check_header(path: Path, header: list[str]) -> None:
    shown = first_of([repr(shorten(column, 40)) for column in header], _MOST_COLUMNS)
    for column in (_TEXT, _LABEL):
        if header.count(column) != 1:
            how_often = "twice" if column in header else "missing"
            raise DamagedError(
                path,
                f"the column {column!r} is {how_often}; the first line must name the columns,"
                f" {_TEXT!r} and {_LABEL!r} among them, and names {shown}",
            )


def _decoded(path: Path) -> str:
    """The content of a file of UTF-8. Raises `DamagedError`, `OtherFormError`."""
    try:
        if not path.is_file():
            raise DamagedError(path, "it is no file, but a pipe or a device")
        content = path.read_bytes().removeprefix(codecs.BOM_UTF8)
    except OSError as error:
        raise DamagedError(path, f"cannot be read ({error.strerror or error})") from error
    except MemoryError as error:
        raise DamagedError(path, "it has more bytes than the memory holds") from error
    if not content.strip():
        raise DamagedError(path, "it is empty")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        check_form(path)
        line = content.count(b"\n", 0, error.start) + 1
        raise DamagedError(
            path,
            f"not UTF-8, the first wrong byte is {content[error.start]:#04x} in line {line};"
            " save it as UTF-8",
        ) from error
    if "\0" in text:
        check_form(path)
        raise DamagedError(path, "it holds zero bytes, as no text does")
    return text
