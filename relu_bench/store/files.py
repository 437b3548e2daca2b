"""Writes that a crash cannot undo; whatever changes a file of the store goes through here."""

import contextlib
import errno
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from relu_bench.errors import StoreError, StoreWriteError

_BINARY = getattr(os, "O_BINARY", 0)


_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISLNK, "a symbolic link"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
)


def opened(path: Path) -> BinaryIO:
    """The file, open for reading; it may be a link to one.

    Raises:
        StoreError: it is no file. A pipe would be waited for without end.
        OSError: it cannot be opened.
    """
    mode = path.stat().st_mode
    if not stat.S_ISREG(mode):
        raise StoreError(f"{path} is {_kind(mode)}, not a file. Move it away.")
    return path.open("rb")


def is_there(path: Path) -> bool:
    """Whether there is such a file, which we may write to and put another version in place of.

    Raises:
        StoreError: something else is in its place. A link would be replaced by the next version.
    """
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return False
    if not stat.S_ISREG(mode):
        raise StoreError(
            f"{path} is {_kind(mode)}, and relu-bench writes only to a file that lies there "
            "itself. Put the file in its place (the folder may be a link), or choose another "
            "folder with --out."
        )
    return True


def append(path: Path, data: bytes) -> None:
    """Add `data` to the file, which must exist, and wait until it is on the disk."""
    with _descriptor(path, os.O_WRONLY | os.O_APPEND) as descriptor:
        _write(descriptor, data)


def write(path: Path, data: bytes) -> None:
    """Write a whole file, and wait until it and its name are on the disk; on failure it is gone."""
    with _gone_on_failure(path):
        with _descriptor(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC) as descriptor:
            _write(descriptor, data)
        sync_folder(path.parent)


def cut(path: Path, size: int) -> None:
    """Shorten the file to `size` bytes, and wait until that is on the disk."""
    with _descriptor(path, os.O_WRONLY) as descriptor:
        os.ftruncate(descriptor, size)
        os.fsync(descriptor)


def remove(path: Path) -> None:
    """Remove the file, if it is there, and wait until its name is gone from the disk."""
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
        sync_folder(path.parent)


def staged(path: Path) -> Path:
    """Where the next version of the file is prepared: beside it, so that a rename is enough."""
    return path.with_name(f"{path.name}.new")


@contextlib.contextmanager
def staging(path: Path) -> Iterator[BinaryIO]:
    """Open `staged(path)` for writing; afterwards it is on the disk, or gone if writing failed.

    It keeps the access rights of the version that it is to replace.
    """
    target = staged(path)
    with _gone_on_failure(target):
        with _descriptor(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC) as descriptor:
            with os.fdopen(descriptor, "wb", closefd=False) as file:
                yield file
            os.fsync(descriptor)
        if path.exists():
            shutil.copymode(path, target)


def adopt(path: Path) -> None:
    """Put `staged(path)` in the place of `path`, in one step."""
    staged(path).replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Wait until the names in the folder are on the disk, where the system can do that."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Some network file systems have no fsync for folders; they answer with one of these.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EBADF):
            raise
    finally:
        os.close(descriptor)


def _kind(mode: int) -> str:
    return next((kind for is_kind, kind in _KINDS if is_kind(mode)), "a device")


@contextlib.contextmanager
def _descriptor(path: Path, flags: int) -> Iterator[int]:
    descriptor = os.open(path, flags | _BINARY, 0o666)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _gone_on_failure(path: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        with contextlib.suppress(OSError):
            remove(path)
        raise


def _write(descriptor: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
    os.fsync(descriptor)


_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextlib.contextmanager
def as_store_errors(kind: type[StoreError], folder: Path) -> Iterator[None]:
    """Turn the system's errors into `kind`; a full disk is a StoreWriteError in any case."""
    try:
        yield
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        where = error.filename or folder
        if error.errno in _FULL:
            raise StoreWriteError(
                f"{folder} cannot be written: {reason}. What was stored before is whole. "
                "Free some space and give the same command again: it does what is missing."
            ) from error
        if isinstance(error, FileExistsError | NotADirectoryError):
            raise kind(
                f"a file is in the way where a folder is needed: {where}. Move it away, or "
                "choose another folder with --out."
            ) from error
        raise kind(
            f"{folder} cannot be written ({where}: {reason}). Close programs that hold "
            "its files, get the right to write there, or choose another folder with --out."
        ) from error


def unreadable(path: Path, error: OSError) -> StoreError:
    """The error about a file or folder that the system does not let us read."""
    return StoreError(
        f"{path} cannot be read ({error.strerror}). Look at the folder and its access rights."
    )
