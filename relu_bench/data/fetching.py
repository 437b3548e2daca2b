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
    with _lock(path):
        if path.is_file():
            return
        try:
            # Keras prints its progress on stdout, where only results belong.
            with _limited_patience(), contextlib.redirect_stdout(sys.stderr):
                download()
        except Exception as error:
            path.unlink(missing_ok=True)
            raise DataError(f"Fetching it through Keras failed: {error}") from error
        if not path.is_file():
            raise DataError(f"Keras has not written {path}.")


@contextlib.contextmanager
def _lock(path: Path) -> Iterator[None]:
    from filelock import FileLock

    folder = path.parent
    lock = FileLock(folder / f".relu-bench-{path.stem}.lock")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except OSError as error:
        raise DataError(
            f"It cannot be fetched into {folder} ({error.strerror or error}); set KERAS_HOME to a"
            " folder that can be written."
        ) from error
    try:
        yield
    finally:
        lock.release()


@contextlib.contextmanager
def _limited_patience() -> Iterator[None]:
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(_SECONDS_TO_ANSWER)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
