"""The system's errors in the words of the store: what happened, what is safe, what to do."""

import contextlib
import errno
from collections.abc import Iterator
from pathlib import Path

from relu_bench.errors import StoreError, StoreWriteError

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
