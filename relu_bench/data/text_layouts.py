"""The layouts in which texts of the user's own may lie, told apart by what is there.

reviews/pos/1.txt, reviews/neg/1.txt    a sub-folder for each class, a text in each file
reviews/reviews.pos, reviews/reviews.neg    a file for each class, a text in each line
reviews/pos.txt, reviews/neg.txt            the same
reviews/train/..., reviews/test/...     either of these in each part
reviews.csv                             columns text and label
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from relu_bench.data.damage import DamagedError
from relu_bench.data.text_files import LABEL, TEXT, read_lines, read_table, read_text

Texts = Mapping[str, list[str]]
"""Texts by the name of their class."""

_TRAIN, _TEST = "train", "test"
_BESIDE = ("readme", "license", "licence", "thumbs.db", "desktop.ini", "__macosx")
EXPECTED = f"""\
texts with their classes are expected as one of
  a folder with a sub-folder for each class, a text in each file
  a folder with a file for each class, a text in each line
  either of these below train/ and below test/
  a .csv file with the columns {TEXT} and {LABEL}"""


@dataclass(frozen=True)
class Found:
    """The texts to train on, and those to test on if they are set apart."""

    train: Texts
    test: Texts | None


def is_table(path: Path) -> bool:
    """Whether `path` is a CSV file."""
    return path.suffix.lower() == ".csv" and path.is_file()


def visible(folder: Path) -> list[Path]:
    """What lies in `folder`, sorted, without hidden files and such as README."""
    return sorted(
        path
        for path in folder.iterdir()
        if not path.name.startswith(".") and not path.name.lower().startswith(_BESIDE)
    )


def read(path: Path) -> Found:
    """The texts in the folder or CSV file `path`. Raises `DamagedError`."""
    if is_table(path):
        return Found(read_table(path), None)
    parts = [folder for name in (_TRAIN, _TEST) if (folder := path / name).is_dir()]
    if not parts:
        return Found(_by_class(path), None)
    if len(parts) == 1:
        other = _TEST if parts[0].name == _TRAIN else _TRAIN
        raise DamagedError(
            path,
            f"there is {parts[0].name}/ but no {other}/; without a part of your own, put the"
            f" classes into {path} itself, and a fifth of the texts is set apart as the test part",
        )
    train, test = map(_by_class, parts)
    for here, there, place in ((train, test, parts[1]), (test, train, parts[0])):
        missing = sorted(here.keys() - there.keys())
        if missing:
            raise DamagedError(place, f"no texts of class {missing[0]!r}, which the other part has")
    return Found(train, test)


def _by_class(folder: Path) -> Texts:
    entries = visible(folder)
    folders = [entry for entry in entries if entry.is_dir()]
    if folders:
        # What lies beside the folders (lists, word counts) is no class.
        return {each.name: _files_of_class(each) for each in folders}
    names = _class_names(folder, entries)
    return {name: list(read_lines(path)) for name, path in names.items()}


def _files_of_class(folder: Path) -> list[str]:
    entries = visible(folder)
    if not entries:
        raise DamagedError(folder, "this class has no texts; a text in each file is expected")
    for entry in entries:
        if entry.is_dir():
            raise DamagedError(entry, f"a folder within that of a class;\n{EXPECTED}")
    return [read_text(entry) for entry in entries]


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
    shown = ", ".join(file.name for file in files[:4]) + (", ..." if len(files) > 4 else "")
    raise DamagedError(
        folder,
        f"the classes cannot be told from the files {shown}: their names must be equal before the"
        " last dot (reviews.pos, reviews.neg) or behind it (pos.txt, neg.txt)",
    )
