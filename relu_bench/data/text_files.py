"""Read texts from files: UTF-8, checked, with the file and the line in every error."""

import codecs
import csv
import io
from collections.abc import Iterator
from pathlib import Path

from relu_bench.data.damage import DamagedError
from relu_bench.data.forms import check_form
from relu_bench.errors import shorten

TEXT, LABEL = "text", "label"
_MOST_COLUMNS = 6


def read_text(path: Path) -> str:
    """The one text in the file `path`, without white space around it. Raises `DamagedError`."""
    text = _decoded(path).strip()
    if not text:
        raise DamagedError(path, "an empty text")
    return text


def read_lines(path: Path) -> tuple[str, ...]:
    """The texts in the file `path`, one a line. Raises `DamagedError`."""
    # Not `splitlines`, which breaks texts at characters that are no line ends in a file.
    lines = [line.strip() for line in _decoded(path).rstrip("\r\n").split("\n")]
    for number, line in enumerate(lines, start=1):
        if not line:
            raise DamagedError(path, f"line {number} is an empty text")
    return tuple(lines)


def read_table(path: Path) -> dict[str, list[str]]:
    """The texts of each class in a CSV file with the columns text and label.

    Other columns are left alone. Raises `DamagedError`.
    """
    by_class: dict[str, list[str]] = {}
    for line, row in _rows(path):
        text, label = (row.get(column) for column in (TEXT, LABEL))
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
    for column in (TEXT, LABEL):
        if header.count(column) != 1:
            how_often = "twice" if column in header else "missing"
            raise DamagedError(
                path,
                f"the column {column!r} is {how_often}; the first line must name the columns,"
                f" {TEXT!r} and {LABEL!r} among them, and names {_listed(header)}",
            )


def _listed(header: list[str]) -> str:
    shown = [repr(shorten(column, 40)) for column in header[:_MOST_COLUMNS]]
    more = len(header) - len(shown)
    return ", ".join([*shown, *([f"and {more:,} more"] if more else [])])


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
