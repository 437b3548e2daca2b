"""Data of the user's own in a form that is not read: what it is, told from its first bytes."""

import codecs
import csv
import io
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from relu_bench.data.images.arrays import missing_files
from relu_bench.errors import DataError, shorten
from relu_bench.wording import leading

READ = f"""\
Data of your own are read as
  a folder with four IDX files, gzipped or not: {missing_files({})}
  a folder of texts, with a sub-folder or a file for each class
  a .csv file with the columns text and label"""
# Whole names, in lower case, of what systems put into any folder.
SYSTEM_FILES = {
    ".directory", ".ds_store", ".gitattributes", ".gitignore", ".gitkeep", ".localized",
    "desktop.ini", "ehthumbs.db", "thumbs.db",
}  # fmt: skip

_START = 1 << 16
_MOST_FILES = 100
_DEEPEST = 4
_ZIPPED = {".npz": "a NumPy archive", ".xlsx": "an Excel workbook", ".docx": "a Word document"}
_ZIP = "a zip archive"
_BY_START = tuple(
    (re.compile(pattern, re.DOTALL), what)
    for pattern, what in (
        (rb"\x89PNG", "a PNG image"),
        (rb"\xff\xd8\xff", "a JPEG image"),
        (rb"GIF8[79]a", "a GIF image"),
        (rb"BM....\0\0\0\0", "a BMP image"),
        (rb"II\*\0|MM\0\*", "a TIFF image"),
        (rb"RIFF....WEBP", "a WebP image"),
        (rb"\0\0[\x08-\x0e][\x01-\x08]", "an IDX file by itself, or under another name"),
        (rb"\x93NUMPY", "a NumPy array"),
        (rb"PK(\x03\x04|\x05\x06)", _ZIP),
        (rb"\x1f\x8b", "a gzipped file"),
        (rb"BZh\d1AY", "a bzip2 file"),
        (rb"\xfd7zXZ\0|7z\xbc\xaf", "a compressed archive"),
        (rb".{257}ustar", "a tar archive"),
        (rb"PAR1", "a Parquet table"),
        (rb"ARROW1", "an Arrow table"),
        (rb"\x89HDF", "an HDF5 file"),
        (rb"SQLite format 3\0", "an SQLite database"),
        (rb"\xd0\xcf\x11\xe0", "an old Excel or Word file"),
        (rb"%PDF-", "a PDF document"),
        (rb"\x80[\x02-\x05]", "a Python pickle"),
    )
)


class OtherFormError(DataError):
    """Data of a form that is known and not read yet; the message says which are."""

    def __init__(self, path: Path, what: str) -> None:
        super().__init__(
            f"{path} is {what}; relu-bench does not read data of this form yet.\n{READ}"
        )


def check_form(path: Path) -> None:
    """Look into the first files of a folder, or into the file `path`.

    Raises:
        OtherFormError: for the first one that is of a form which is known and not read.
        OSError: when one cannot be read.
    """
    for each in islice(_files(path), _MOST_FILES):
        what = form_of(each)
        if what is not None:
            raise OtherFormError(each, what)


def form_of(path: Path) -> str | None:
    """What the regular file `path` is, None where it may be a text. Raises `OSError`."""
    if not path.is_file():
        return None
    with path.open("rb") as stream:
        start = stream.read(_START)
    if _could_be_text(start):
        return _table_of_numbers(start) if path.suffix.lower() == ".csv" else None
    what = next((what for pattern, what in _BY_START if pattern.match(start)), None)
    return _ZIPPED.get(path.suffix.lower(), what) if what == _ZIP else what


def _could_be_text(start: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(start)
    except UnicodeDecodeError:
        return False
    return b"\0" not in start


def _files(path: Path, depth: int = 0) -> Iterator[Path]:
    """The first files of each folder that has no folders itself."""
    if not path.is_dir():
        yield path
        return
    entries = [entry for entry in sorted(path.iterdir()) if entry.name.lower() not in SYSTEM_FILES]
    folders = [entry for entry in entries if entry.is_dir()]
    if not folders:
        yield from entries[:3]
    elif depth < _DEEPEST:
        for folder in folders:
            yield from _files(folder, depth + 1)


def _table_of_numbers(start: bytes) -> str | None:
    """A table most of whose columns hold numbers, such as pixels of images."""
    lines = start.decode("utf-8-sig", errors="replace").splitlines()
    header, first = (next(csv.reader(io.StringIO(line)), []) for line in (*lines, "", "")[:2])
    names = [name.strip() for name in header]
    columns = first or names
    is_wordy = any(" " in cell.strip() for cell in columns)
    if {"text", "label"} <= {name.lower() for name in names}:
        return None
    if is_wordy or 2 * sum(map(_is_number, columns)) <= len(columns):
        return None
    shown = leading([repr(shorten(name, 20)) for name in names], 3)
    return f"a table of numbers, its first line {shown}"


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
