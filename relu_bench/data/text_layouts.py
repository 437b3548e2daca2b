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
from relu_bench.data.forms import SYSTEM_FILES, check_form
from relu_bench.data.text_files import LABEL, TEXT, read_lines, read_table, read_text
from relu_bench.errors import show

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
  a .csv file with the columns {TEXT} and {LABEL}"""


@dataclass(frozen=True)
class Found:
    """The texts to train on, and those to test on if they are set apart.

    `left_out` lies in the folders and was not read, since it is no text and no class.
    """

    train: Texts
    test: Texts | None = None
    left_out: tuple[Path, ...] = ()


def is_table(path: Path) -> bool:
    """Whether `path` is a CSV file."""
    return path.suffix.lower() == ".csv" and path.is_file()


def beside_classes(folder: Path) -> tuple[list[Path], list[Path]]:
    """What lies in a folder of classes, sorted: what may be one, and what is left out.

    Left out are files such as README, and what systems and tools put into any folder, by their
    whole names; never a folder of texts.
    """
    return _divided(folder, SYSTEM_FILES | _ABOUT_THE_DATA)


def read(path: Path) -> Found:
    """The texts in the folder or CSV file `path`. Raises `DamagedError`, `OtherFormError`."""
    check_form(path)
    if is_table(path):
        return Found(read_table(path))
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
    entries, left_out = beside_classes(path)
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
    entries, left_out = beside_classes(folder)
    folders = [entry for entry in entries if entry.is_dir()]
    if not folders:
        names = _class_names(folder, entries)
        return {name: list(read_lines(path)) for name, path in names.items()}, left_out
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
    return [read_text(entry) for entry in entries], left_out


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
    shown = ", ".join(file.name for file in files[:4]) + (", ..." if len(files) > 4 else "")
    raise DamagedError(
        folder,
        f"the classes cannot be told from the files {shown}: their names must be equal before the"
        " last dot (reviews.pos, reviews.neg) or behind it (pos.txt, neg.txt)",
    )
