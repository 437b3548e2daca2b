"""The three CSVs as files: their headers, their records, and how they take up new columns."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal, TypeAlias

from relu_bench import columns
from relu_bench.columns import Column
from relu_bench.errors import StoreError
from relu_bench.store import files as store_files
from relu_bench.store.cells import Value, cell, cells_of, line

TableName: TypeAlias = Literal["runs", "epochs", "layers"]
Span: TypeAlias = tuple[int, int]

_UTF8_MARK = b"\xef\xbb\xbf"  # spreadsheets put it before the header


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
}


def header(path: Path, table: Table) -> list[str]:
    """The names of the columns as they stand in the file; they rule, not the ones we know.

    Raises:
        StoreError: the file has no header, or one that is not ours.
    """
    with path.open("rb") as file:
        _, first = next(records(file), (0, b""))
    names = cells_of(first.removeprefix(_UTF8_MARK), path)
    absent = [name for name in table.identity if name not in names]
    if absent or len(set(names)) != len(names):
        shown = ",".join(names)[:80] or "(no complete line)"
        fault = f"it has no {' and no '.join(absent)}" if absent else "it names a column twice"
        raise StoreError(
            f"{path} is not a relu-bench store: its header is {shown!r}, and {fault}. "
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
    record = b""
    for part in file:
        record += part
        if not part.endswith(b"\n") or (stop is not None and start + len(record) > stop):
            return
        if record.count(b'"') % 2 == 0:
            yield (start, start + len(record)), record
            start += len(record)
            record = b""


def rows(
    file: BinaryIO, positions: Sequence[int], start: int = 0, stop: int | None = None
) -> Iterator[tuple[Span, list[str]]]:
    """Some cells, as they are written, of every whole record but the header and empty lines.

    Raises:
        StoreError: a record ends before the cell.
    """
    wanted, path = max(positions) + 1, Path(file.name)
    for span, record in records(file, start, stop):
        if span[0] == 0 or not record.strip():
            continue
        # Most of the time of a large store would go into parsing cells that nobody asked for.
        cells = record.split(b",", wanted)[:wanted]
        if b'"' in record and any(b'"' in part for part in cells):
            texts = cells_of(record, path)
        else:
            texts = [part.decode("utf-8", "replace") for part in cells]
        if len(texts) < wanted:
            raise StoreError(
                f"{file.name} has a line that is too short for a row: {record[:60]!r}. "
                "Mend or delete that line."
            )
        yield span, [texts[position].rstrip("\r\n") for position in positions]


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

    Raises:
        StoreError: a line is longer than the header.
        OSError: the file cannot be written.
    """
    if not added:
        return
    with path.open("rb") as file:
        _, first = next(records(file))
    _widen(path, len(cells_of(first, path)), added)


def check_tail(path: Path) -> None:
    """Refuse a file whose last line has no end: nobody can tell whether it is whole.

    Raises:
        StoreError: it has none.
    """
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - 1))
        if size and file.read(1) != b"\n":
            raise StoreError(
                f"the last line of {path} does not end with a line end, and relu-bench did not "
                "leave it so: was the file edited, or copied in part? Look at that line; complete "
                "it and press Enter behind it, or delete it (its run is then trained again)."
            )


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


def _widen(path: Path, width: int, names: Sequence[str]) -> None:
    """Add columns at the right, in one atomic step; every other byte stays as it is."""
    with path.open("rb") as old, store_files.staging(path) as new:
        for number, (_, record) in enumerate(records(old)):
            bare = record.rstrip(b"\r\n")
            ending = record[len(bare) :]
            added = ""
            if number == 0:
                added = "," + line(names).decode().rstrip("\n")
            elif bare:
                has = len(cells_of(record, path)) if b'"' in bare else bare.count(b",") + 1
                if has > width:
                    raise StoreError(
                        f"{path} has a line of {has} cells under a header of {width}: "
                        f"{record[:60]!r}. Mend or delete that line."
                    )
                added = "," * (width - has + len(names))
            new.write(bare + added.encode() + ending)
    store_files.adopt(path)
