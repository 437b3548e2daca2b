"""The four CSVs as files: their headers, their records, and how they take up new columns."""

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal, TypeAlias

from relu_bench.errors import StoreError
from relu_bench.store import columns
from relu_bench.store import files as store_files
from relu_bench.store.cells import (
    Value,
    cell,
    cells_of,
    holds_bits,
    is_of_kind,
    line,
    shown,
    text_of,
)
from relu_bench.store.columns import STATUSES, Column

TableName: TypeAlias = Literal["runs", "epochs", "layers", "test_samples"]
Span: TypeAlias = tuple[int, int]

_UTF8_MARK = b"\xef\xbb\xbf"  # spreadsheets put it before the header
# From a quotation mark to the one that closes the cell, if there is one.
_QUOTED = re.compile(rb'"[^"]*+(?:""[^"]*+)*+("(?![^,]))?')
# What tells a row of plain cells from anything else, and what does not.
_MARKS = b',\n\r"\0'
_NO_MARKS = bytes(byte for byte in range(256) if byte not in _MARKS)
_PLAIN_TEXT = rb"[\x20\x21\x23-\x2b\x2d-\x7e]"  # without a quotation mark, a comma, a line end
_BLOCK = 1 << 20


# The columns of all identities.
_NEVER_EMPTY = frozenset({"experiment", "run_id", "status", "epoch", "layer"})


@dataclass(frozen=True)
class Table:
    """One of the CSVs; `identity` are the columns without which a file is not ours."""

    name: TableName
    columns: tuple[Column, ...]
    identity: tuple[str, ...]

    @property
    def file_name(self) -> str:
        """The file's name in the results folder."""
        return f"{self.name}.csv"


TABLES: Mapping[TableName, Table] = {
    "runs": Table("runs", columns.RUNS, ("experiment", "run_id", "status")),
    "epochs": Table("epochs", columns.EPOCHS, ("experiment", "run_id", "epoch")),
    "layers": Table("layers", columns.LAYERS, ("experiment", "run_id", "epoch", "layer")),
    "test_samples": Table(
        "test_samples", columns.TEST_SAMPLES, ("experiment", "run_id", "samples", "correct")
    ),
}
OF_A_RUN: tuple[TableName, ...] = ("test_samples", "layers", "epochs")
"""The tables with further rows of a run, in the order in which they are written; then runs.csv."""


def header(path: Path, table: Table) -> list[str]:
    """The names of the columns as they stand in the file; they rule, not the ones we know.

    Raises:
        StoreError: the file has no header, or one that is not ours.
    """
    with store_files.opened(path) as file:
        return header_of(file, table)


def header_of(file: BinaryIO, table: Table) -> list[str]:
    """As `header`, of a file that is open."""
    _, first = next(records(file), (0, b""))
    names = cells_of(first.removeprefix(_UTF8_MARK))
    absent = [name for name in table.identity if name not in names]
    if absent or len(set(names)) != len(names):
        whole = shown(",".join(names) if first.strip() else "(no complete line)")
        fault = f"it has no {' and no '.join(absent)}" if absent else "it names a column twice"
        raise StoreError(
            f"{file.name} is not a relu-bench store: its header is {whole}, and {fault}. "
            "Give another folder, or move this file away."
        )
    return names


def records(
    file: BinaryIO, start: int = 0, stop: int | None = None
) -> Iterator[tuple[Span, bytes]]:
    """Every whole record between two bytes of a CSV, with where it stands.

    A record ends at a line end that is not inside quotes. A tail without one is left out.
    """
    file.seek(start)
    parts: list[bytes] = []
    end, marks = start, 0
    for part in file:
        end += len(part)
        if not part.endswith(b"\n") or (stop is not None and end > stop):
            return
        parts.append(part)
        marks += part.count(b'"')
        if marks % 2 == 0:
            yield (start, end), b"".join(parts)
            parts, start = [], end


def rows(
    file: BinaryIO,
    names: Sequence[str],
    wanted: Sequence[str],
    start: int = 0,
    stop: int | None = None,
) -> Iterator[tuple[Span, bytes, list[str]]]:
    """Every row between two bytes of a CSV: where it stands, its record and its cells `wanted`.

    Args:
        file: the CSV.
        names: its header.
        wanted: the columns to give, as they are written.
        start: the end of a row, or 0.
        stop: the end of what counts; by default that of the file.

    Raises:
        StoreError: a record is no row under this header, or the last one has no end.
    """
    positions = [names.index(name) for name in wanted]
    needed = [(place, name) for place, name in enumerate(wanted) if name in _NEVER_EMPTY]
    depth = max(positions) + 1
    end = start
    for span, record in records(file, start, stop):
        end = span[1]
        if span[0] == 0 or not record.strip():
            continue
        if fault := fault_of(record, len(names)):
            raise _damaged(file, span[0], fault)
        # Most of the time of a large store would go into parsing cells that nobody asked for.
        cells = record.split(b",", depth)[:depth]
        if b'"' in record and any(b'"' in part for part in cells):
            texts = cells_of(record)
        else:
            texts = [part.decode().rstrip("\r\n") for part in cells]
        found = [texts[position] for position in positions]
        if found == list(wanted):
            raise _damaged(file, span[0], "the header stands here again")
        for place, name in needed:
            if not found[place]:
                raise _damaged(file, span[0], f"no value for the column {name}")
            if name == "status" and found[place] not in STATUSES:
                raise _damaged(file, span[0], f"no status ({' or '.join(STATUSES)})")
        yield span, record, found
    if end < (file.seek(0, os.SEEK_END) if stop is None else stop):
        raise _damaged(file, end, _fault_of_tail(file, end, stop))


def fault_of(record: bytes, width: int) -> str:
    """What is wrong with a record as a row of so many cells; empty for nothing."""
    bare = record.removesuffix(b"\n").removesuffix(b"\r")
    commas = bare.count(b",")
    has_controls = b"\r" in bare or b"\0" in bare
    for quoted in _QUOTED.finditer(bare) if b'"' in bare else ():
        start, end = quoted.span()
        if quoted[1] is None or (start and bare[start - 1 : start] != b","):
            return 'a quotation mark that does not enclose a cell (inside one it is written "")'
        commas -= bare.count(b",", start, end)
    if has_controls and re.search(b"[\r\0]", _QUOTED.sub(b"", bare)):
        return "a line end or NUL within a cell that is not quoted"
    if commas + 1 != width:
        return f"{commas + 1} cells under a header of {width}"
    if not record.isascii():
        try:
            record.decode()
        except UnicodeDecodeError as error:
            return f"not UTF-8 ({error.reason})"
    return ""


def check(
    file: BinaryIO, table: Table, names: Sequence[str], stop: int, *, cells: bool = False
) -> None:
    """Look whether the first `stop` bytes of a CSV are its header `names` and whole rows.

    Of plain rows it looks at the separators only, a block at a time: a gigabyte a second. With
    `cells`, also whether each cell can be read as its column's kind says, and a completed run says
    what it is; that is a twelfth as fast, and slower by far in runs.csv.

    Raises:
        StoreError: they are not; the message names the line, and the column.
    """
    (_, place), first = next(records(file))
    head = first.removeprefix(_UTF8_MARK)
    known = [column for column in table.columns if column.name in names] if cells else []
    wanted = list(dict.fromkeys([*table.identity, *(column.name for column in known)]))
    plain = _plain_cells(table, names) if cells else _plain_separators(names)
    while place < stop:
        file.seek(place)
        block = file.read(min(_BLOCK, stop - place))
        block = block[: block.rfind(b"\n") + 1]
        end = place + len(block)
        if block and head not in block and plain(block):
            place = end
            continue
        for span, _, texts in rows(file, names, wanted, place, stop):
            its = dict(zip(wanted, texts, strict=True))
            if cells and (fault := _fault_of_cells(known, its)):
                raise _damaged(file, span[0], fault)
            place = span[1]
            if place >= end:
                break
        else:
            return


def _plain_separators(names: Sequence[str]) -> Callable[[bytes], bool]:
    """Tells whether a block has the separators of rows, and nothing that needs a closer look."""
    row = b"," * (len(names) - 1) + b"\n"

    def is_plain(block: bytes) -> bool:
        marks = block.translate(None, _NO_MARKS)
        return block.isascii() and marks == row * (len(marks) // len(row))

    return is_plain


def _plain_cells(table: Table, names: Sequence[str]) -> Callable[[bytes], bool]:
    """Tells whether a block is rows of cells as the store writes them, each of its column's kind.

    What it does not know is not wrong for that; it needs a closer look.
    """
    if table.name in ("runs", "test_samples"):  # there, one cell says what others must be
        return lambda block: False
    columns_of = {column.name: column for column in table.columns}
    patterns = [_pattern(columns_of.get(name)) for name in names]
    rows_of = re.compile(b"(?:" + b",".join(patterns) + b"\n)*+")
    return lambda block: rows_of.fullmatch(block) is not None


def _pattern(column: Column | None) -> bytes:
    """A cell as the store writes it, if that can be told without parsing it."""
    if column is not None and column.name in _NEVER_EMPTY:
        return rb"[0-9]{1,9}+" if column.kind == "integer" else _PLAIN_TEXT + b"+"
    if column is None or column.kind in ("text", "time"):
        return _PLAIN_TEXT + b"*+"
    if column.kind == "integer":
        return rb"(?:-?[0-9]{1,18}+)?"
    if column.unit == "fraction":
        return rb"(?:0|1|1\.0|0\.[0-9]++|[0-9](?:\.[0-9]++)?e-0?[1-9][0-9]*+)?"
    # Never above the largest that there can be.
    return rb"(?:-?[0-9]{1,16}+(?:\.[0-9]++)?(?:e(?:-[0-9]++|\+?[0-3]?[0-9]))?)?"


def _fault_of_cells(known: Sequence[Column], cells: Mapping[str, str]) -> str:
    """What is wrong with the cells of a row, by column; empty for nothing."""
    for column in known:
        text = cells[column.name]
        if text and not is_of_kind(column, text):
            return f"{shown(text)} is no value for the column {column.name}, which holds " + (
                column.holds
            )
    if cells.get("status") == "completed":
        for name in columns.REQUIRED:
            if not cells.get(name):
                return f"a completed run without a value in the column {name}"
    if "correct" in cells and not holds_bits(cells["correct"], cells["samples"]):
        return f"the column correct does not hold the bits of {cells['samples'] or 'no'} samples"
    return ""


def encode(table: Table, names: Sequence[str], row: Mapping[str, Value]) -> bytes:
    """One row as a line under the header `names`; what we do not know of it stays empty.

    Raises:
        StoreError: `row` has a column that does not exist, or a value of the wrong kind.
    """
    known = {column.name: column for column in table.columns}
    unknown = sorted(set(row) - set(known))
    if unknown:
        raise StoreError(f"{table.file_name} has no column {', '.join(unknown)}")
    return line(cell(known[name], row.get(name)) if name in known else "" for name in names)


def bring_up_to_date(path: Path, table: Table) -> list[str]:
    """Create the file if there is none, add the columns that it lacks; the names of those added.

    Raises:
        StoreError: the header is not ours, or the last line is torn.
        OSError: the file cannot be written.
    """
    if not path.exists() or path.stat().st_size == 0:
        with store_files.staging(path) as file:
            file.write(line(columns.names(table.columns)))
        store_files.adopt(path)
        return []
    check_tail(path)
    names = header(path, table)
    missing = [name for name in columns.names(table.columns) if name not in names]
    add_columns(path, missing)
    return missing


def add_columns(path: Path, added: Sequence[str]) -> None:
    """Add columns at the right, empty for what the file holds, in one atomic step.

    Every other byte stays as it is.

    Raises:
        OSError: the file cannot be written.
    """
    if not added:
        return
    head, blank = b"," + line(added).rstrip(b"\n"), b"," * len(added)
    with path.open("rb") as old, store_files.staging(path) as new:
        for (start, _), record in records(old):
            bare = record.rstrip(b"\r\n")
            new.write(bare + (blank if start and bare else b"" if start else head))
            new.write(record[len(bare) :])
    store_files.adopt(path)


def check_tail(path: Path) -> None:
    """Refuse a file whose last line has no end: nobody can tell whether it is whole.

    Raises:
        StoreError: it has none.
    """
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - 1))
        if size and file.read(1) != b"\n":
            raise _damaged(file, size, _TORN)


def without(path: Path, spans: Sequence[Span], added: bytes) -> None:
    """Stage a version of the file without the records at `spans` and with `added` at its end."""
    with path.open("rb") as old, store_files.staging(path) as new:
        for start, stop in sorted(spans):
            while (rest := start - old.tell()) > 0:
                new.write(old.read(min(rest, 1 << 20)))
            old.seek(stop)
        while chunk := old.read(1 << 20):
            new.write(chunk)
        new.write(added)


_TORN = (
    "the last line does not end with a line end, and relu-bench does not write such a line: was "
    "the file edited, or copied in part? If it is complete, press Enter behind it"
)


def _fault_of_tail(file: BinaryIO, start: int, stop: int | None) -> str:
    """What is wrong with the bytes behind the last whole record."""
    file.seek(start)
    rest = file.read() if stop is None else file.read(stop - start)
    return "a quotation mark opens a cell that nothing closes" if rest.endswith(b"\n") else _TORN


def _damaged(file: BinaryIO, place: int, fault: str) -> StoreError:
    """The error about the line that holds the byte at `place`."""
    number, begin = 1, 0
    file.seek(0)
    while (offset := file.tell()) < place and (block := file.read(min(place - offset, _BLOCK))):
        number += block.count(b"\n")
        if (last := block.rfind(b"\n")) >= 0:
            begin = offset + last + 1
    file.seek(begin)
    quoted = file.readline(1000).decode("utf-8", "replace").rstrip("\r\n")
    return StoreError(
        f"{file.name}, line {number}: {fault}: {shown(quoted)}. Correct that line, or delete it "
        "and its run's lines in the other CSVs (the run is then trained again)."
    )


_KEY = ("experiment", "run_id")

Key: TypeAlias = tuple[str, str]


def key_of(cells: Sequence[str]) -> Key:
    """The key in the first two cells, experiment and run_id."""
    return text_of(cells[0]), text_of(cells[1])


class KeyIndex:
    """The bytes that belong to each (experiment, run_id) of one CSV.

    `refresh` reads what was added since the last call, by whomever; after another process has put
    a new version of the file in place it reads the whole file. Memory: about 0.4 KB a run.
    """

    def __init__(self, path: Path, table: Table) -> None:
        self._path = path
        self._table = table
        self._spans: dict[Key, list[Span]] = {}
        self._file = (0, 0)
        self._last: Span = (0, 0)
        self._last_bytes = b""

    def refresh(self, stop: int | None = None) -> None:
        """Take up what the file holds now; call it under the lock, or say where to `stop`.

        Raises:
            StoreError: the header is not ours, or a line is no row.
        """
        with store_files.opened(self._path) as file:
            names = header_of(file, self._table)
            if not self._continues(file):
                self._spans, self._last = {}, (0, 0)
            status = os.fstat(file.fileno())
            self._file = (status.st_dev, status.st_ino)
            for span, _, cells in rows(file, names, _KEY, self._last[1], stop):
                key = key_of(cells)
                spans = self._spans.setdefault(key, [])
                if spans and spans[-1][1] == span[0]:
                    spans[-1] = (spans[-1][0], span[1])
                else:
                    spans.append(span)
                self._last = span
            self._last_bytes = _bytes_at(file, self._last)

    def spans(self, key: Key) -> Sequence[Span]:
        """Where the rows of `key` stand, as of the last `refresh`; empty when there are none."""
        return tuple(self._spans.get(key, ()))

    def records_of(self, key: Key) -> list[bytes]:
        """The rows of `key`, as of the last `refresh`."""
        with self._path.open("rb") as file:
            return [
                record
                for start, stop in self.spans(key)
                for _, record in records(file, start, stop)
            ]

    def _continues(self, file: BinaryIO) -> bool:
        """Whether the part that was read still stands there.

        An inode alone does not tell: a file system may give it to the next version of the file.
        The last row that was read does, since it holds a key.
        """
        status = os.fstat(file.fileno())
        return (
            self._file == (status.st_dev, status.st_ino)
            and _bytes_at(file, self._last) == self._last_bytes
        )


def _bytes_at(file: BinaryIO, span: Span) -> bytes:
    file.seek(span[0])
    return file.read(span[1] - span[0])
