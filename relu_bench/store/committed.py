"""The part of a CSV that counts: whole lines, and none of a write that is not committed."""

import io
import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from relu_bench import columns
from relu_bench.store import journal as store_journal
from relu_bench.store.cells import line
from relu_bench.store.scanning import unreadable
from relu_bench.store.tables import Table, header

_BLOCK = 1 << 16


class Committed:
    """That part, to be read from its start, piece by piece; `names` are those of its header.

    A file that is missing or empty has the header that a new one would have. It is no file object
    of Python's own: `pandas.read_csv` would decode one and encode it again.
    """

    def __init__(self, path: Path, table: Table) -> None:
        """Open the CSV at `path`; what is written to it from now on is not part of it.

        Raises:
            StoreError: the header is not ours, or the file cannot be read.
        """
        try:
            stop = store_journal.committed_size(path.parent, table.file_name)
            self._file: BinaryIO = path.open("rb")
        except FileNotFoundError:
            self._become_new(table)
            return
        except OSError as error:
            raise unreadable(path, error) from error
        try:
            size = os.fstat(self._file.fileno()).st_size
            self._left = size if stop is None else min(stop, size)
            if self._left:
                self.names = header(path, table)
                self._left = _end_of_last_line(self._file, self._left)
            else:
                self._file.close()
                self._become_new(table)
        except OSError as error:
            self._file.close()
            raise unreadable(path, error) from error
        except BaseException:
            self._file.close()
            raise

    def read(self, size: int = -1) -> bytes:
        """The next bytes, at most `size`; all that are left when it is negative."""
        data = self._file.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(data)
        return data

    def __iter__(self) -> Iterator[bytes]:
        """The lines; pandas takes nothing for a file that has none."""
        while self._left:
            data = self._file.readline(self._left)
            self._left -= len(data)
            yield data

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def _become_new(self, table: Table) -> None:
        self.names = list(columns.names(table.columns))
        start = line(self.names)
        self._file, self._left = io.BytesIO(start), len(start)


def _end_of_last_line(file: BinaryIO, size: int) -> int:
    """How many of the first `size` bytes are whole lines; the file is at its start afterwards."""
    stop = size
    while stop:
        start = max(0, stop - _BLOCK)
        file.seek(start)
        place = file.read(stop - start).rfind(b"\n")
        if place >= 0:
            stop = start + place + 1
            break
        stop = start
    file.seek(0)
    return stop
