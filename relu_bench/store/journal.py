"""The journal: the sizes that tell the next writer what a crash left half written.

It is flushed before the CSVs are touched and removed after they are flushed. While it is there,
only the bytes below its sizes count. A journal that is itself half written fails its checksum,
and then nothing had been appended yet.

A row of runs.csv that is replaced takes a new version of the whole file, staged beside it. The
journal names that file; the rename commits, so once the staged version is gone nothing is undone.
"""

import contextlib
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from relu_bench.errors import StoreError
from relu_bench.store import files as store_files
from relu_bench.store.tables import TABLES

NAME = ".journal"

_FILE_NAMES = tuple(table.file_name for table in TABLES.values())


@dataclass(frozen=True)
class Journal:
    """`sizes`: bytes that count, by file name; `replaces`: a file whose next version is staged."""

    sizes: Mapping[str, int]
    replaces: str | None = None


def read(folder: Path) -> Journal | None:
    """The journal of a write that has begun and is not committed; None when there is none.

    Raises:
        StoreError: it is whole, and not what relu-bench writes.
    """
    path = folder / NAME
    try:
        with store_files.opened(path) as file:
            text = file.read().decode("utf-8", "replace")
    except FileNotFoundError:
        return None
    payload, _, checksum = text.partition("\n")
    if checksum != f"{_checksum(payload)}\n":
        return None
    journal = _journal(path, payload)
    committed = journal.replaces is not None and not _is_staged(folder, journal)
    return None if committed else journal


def committed_size(folder: Path, file_name: str) -> int | None:
    """How many bytes of a CSV count for a reader; None: all of them."""
    journal = read(folder)
    return None if journal is None else journal.sizes.get(file_name)


@contextlib.contextmanager
def journaled(folder: Path, journal: Journal) -> Iterator[None]:
    """Keep the journal while the body writes; when the body fails, undo what it wrote.

    Raises:
        OSError: the journal cannot be written or removed.
    """
    payload = json.dumps({"replaces": journal.replaces, "sizes": dict(journal.sizes)})
    try:
        store_files.write(folder / NAME, f"{payload}\n{_checksum(payload)}\n".encode())
        yield
    except BaseException:
        # What cannot be undone now (the disk is gone) is left to the next writer.
        with contextlib.suppress(OSError, StoreError):
            undo(folder)
            if journal.replaces is not None:
                store_files.remove(store_files.staged(folder / journal.replaces))
        raise
    store_files.remove(folder / NAME)


def undo(folder: Path) -> dict[str, int]:
    """Undo a write that did not reach its end: how many bytes were cut off each file.

    Call it under the lock. Without a journal, or with one that is itself torn, nothing is cut.

    Raises:
        StoreError: a file was changed since, so that the journal does not fit it.
        OSError: a file cannot be written.
    """
    if not store_files.is_there(folder / NAME):
        return {}
    excess: dict[str, int] = {}
    journal = read(folder)
    if journal is not None:
        for name in _FILE_NAMES:
            if name in journal.sizes and (folder / name).exists():
                excess[name] = _excess(folder / name, journal.sizes[name])
        for name, size in excess.items():
            if size:
                store_files.cut(folder / name, journal.sizes[name])
    store_files.remove(folder / NAME)
    if journal is not None and journal.replaces is not None:
        store_files.remove(store_files.staged(folder / journal.replaces))
    return {name: size for name, size in excess.items() if size}


def _journal(path: Path, payload: str) -> Journal:
    try:
        content = json.loads(payload)
        sizes, replaces = dict(content["sizes"]), content["replaces"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _not_ours(path) from error
    fits = all(
        name in _FILE_NAMES and type(size) is int and size >= 0 for name, size in sizes.items()
    )
    if not fits or replaces not in (None, *_FILE_NAMES):
        raise _not_ours(path)
    return Journal(sizes, replaces)


def _not_ours(path: Path) -> StoreError:
    return StoreError(
        f"{path} is not what relu-bench wrote. Look at the last lines of the CSVs beside it, "
        f"delete what is half written, then delete {path}."
    )


def _is_staged(folder: Path, journal: Journal) -> bool:
    return journal.replaces is not None and store_files.staged(folder / journal.replaces).exists()


def _excess(path: Path, size: int) -> int:
    with path.open("rb") as file:
        file.seek(max(0, size - 1))
        fits = size == 0 or file.read(1) == b"\n"
    if not fits:
        raise StoreError(
            f"{path.with_name(NAME)} says that the first {size} bytes of {path} are whole rows, "
            "but the file was changed since. Look at the last lines of the CSVs, delete what is "
            f"half written, then delete {path.with_name(NAME)}."
        )
    return path.stat().st_size - size


def _checksum(payload: str) -> str:
    return hashlib.sha256(payload.encode()).hexdigest()
