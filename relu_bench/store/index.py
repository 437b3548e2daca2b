"""Where the rows of each run stand in a CSV, without reading the CSV again and again."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, TypeAlias

from relu_bench.store import files as store_files
from relu_bench.store.cells import text_of
from relu_bench.store.tables import Span, Table, header_of, rows

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
