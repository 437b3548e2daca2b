"""The part of a CSV that counts: whole lines, and none of a write that is not committed."""

import io
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from relu_bench.store import columns
from relu_bench.store import files as store_files
from relu_bench.store import journal as store_journal
from relu_bench.store.cells import line
from relu_bench.store.failures import unreadable
from relu_bench.store.tables import Span, Table, check, header_of, rows


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
        self._table = table
        self._file: BinaryIO = io.BytesIO()
        try:
            self._file = self._settled(path)
            if self._left:
                self.names = header_of(self._file, table)
                self._file.seek(0)
            else:
                self._file.close()
                self._become_new()
        except (FileNotFoundError, NotADirectoryError):
            # A file where the folder should be is for the writer to tell.
            self._become_new()
        except OSError as error:
            raise unreadable(path, error) from error
        except BaseException:
            self._file.close()
            raise

    def _settled(self, path: Path) -> BinaryIO:
        """The file, once its end is that of a line, or remains what it is.

        Whoever looks for the journal a moment before a write begins finds half a line a moment
        later. The second look tells it from a file that was cut.
        """
        before: tuple[int, int] | None = None
        while True:
            stop = store_journal.committed_size(path.parent, path.name)
            file = store_files.opened(path)
            status = os.fstat(file.fileno())
            self._stop = status.st_size if stop is None else min(stop, status.st_size)
            self._left = self._stop
            file.seek(max(0, self._stop - 1))
            look = status.st_ino, self._stop
            if not self._stop or file.read(1) == b"\n" or look == before:
                file.seek(0)
                return file
            file.close()
            before = look

    def rows(self, wanted: Sequence[str]) -> Iterator[tuple[Span, bytes, list[str]]]:
        """As `tables.rows`."""
        return rows(self._file, self.names, wanted, stop=self._stop)

    def check(self, *, cells: bool = False) -> None:
        """Look whether all of it is whole rows, of cells that can be read; then it is at its start.

        Raises:
            StoreError: as `tables.check`.
        """
        check(self._file, self._table, self.names, self._stop, cells=cells)
        self._file.seek(0)

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

    def _become_new(self) -> None:
        self.names = list(columns.names(self._table.columns))
        start = line(self.names)
        self._file, self._stop, self._left = io.BytesIO(start), len(start), len(start)
