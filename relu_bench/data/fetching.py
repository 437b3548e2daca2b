"""Let Keras fetch a file into its cache: one process at a time, with limited patience."""

import contextlib
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from relu_bench.errors import DataError

# A network that swallows packets would otherwise hold a download for many minutes.
_SECONDS_TO_ANSWER = 30.0


def fetch(path: Path, download: Callable[[], object]) -> None:
    """Have `download` write `path`, unless another process has done so meanwhile.

    What a failed download leaves is removed. Raises `DataError` with the reason.
    """
    with locked(path.parent / f".relu-bench-{path.stem}.lock"):
        if path.is_file():
            return
        try:
            with downloading():
                download()
        except Exception as error:
            path.unlink(missing_ok=True)
            raise DataError(f"Fetching it through Keras failed: {error}") from error
        if not path.is_file():
            raise DataError(f"Keras has not written {path}.")


@contextlib.contextmanager
def locked(lock: Path) -> Iterator[None]:
    """Hold the lock file, whose folder is made if need be. Raises `DataError` if that fails."""
    from filelock import FileLock

    holder = FileLock(lock)
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        holder.acquire()
    except OSError as error:
        raise DataError(
            f"It cannot be fetched into {lock.parent} ({error.strerror or error}); set KERAS_HOME"
            " to a folder that can be written."
        ) from error
    try:
        yield
    finally:
        holder.release()


@contextlib.contextmanager
def downloading() -> Iterator[None]:
    """A download by Keras: with limited patience, and what it prints on stderr.

    Keras prints its progress on stdout, where only results belong.
    """
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(_SECONDS_TO_ANSWER)
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    finally:
        socket.setdefaulttimeout(before)
