"""One writer at a time, where the file system can tell; a warning where it cannot.

A lock file can be deleted while somebody holds it, and the next writer then locks another one. So
the folder itself is locked as well, which cannot be deleted while a store is in it. The file is for
other machines and for Windows: an NFS server does not lock folders, and Windows lets nobody delete
a file that is open.
"""

import contextlib
import os
import re
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from relu_bench.errors import StoreWriteError

_PATIENCE_SECONDS = 600.0
_POLL_SECONDS = 0.01
_MOUNTS = Path("/proc/self/mountinfo")
# NFS with `nolock` or `local_lock`, and Lustre with `localflock`, grant a lock to every machine.
_LOCKS_OF_ONE_HOST = re.compile(r"(?:^|,)(?:nolock|localflock|local_lock=(?:all|flock))(?:,|$)")
_OCTAL = re.compile(r"\\([0-7]{3})")  # how the kernel writes a space in a path


class StoreLock:
    """The lock of a results folder; only among threads where the file system has no locks."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = FileLock(path, timeout=_PATIENCE_SECONDS, poll_interval=_POLL_SECONDS)
        self._supported = True
        self._threads = threading.Lock()

    def check(self) -> str | None:
        """Try the lock; a warning if it keeps nobody out, or not the writers on other machines.

        Raises:
            OSError: the lock file cannot be made.
        """
        self._supported = _supports_locks(self._path)
        if self._supported and not _locks_one_host_only(self._path.parent):
            return None
        reach = "on other machines " if self._supported else ""
        folder = self._path.parent
        return (
            f"the file system of {folder} has no locks that keep writers {reach}apart: let only "
            f"one relu-bench at a time write there. Give each task a folder of its own (--out "
            f"{folder}/1, --out {folder}/2, …) and join them with `relu-bench merge`."
        )

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lock.

        Raises:
            StoreWriteError: somebody else has held it for ten minutes.
            OSError: the lock file cannot be made.
        """
        if not self._supported:
            with self._threads:
                yield
            return
        try:
            self._lock.acquire()
        except Timeout as error:
            raise _held(self._path) from error
        try:
            with _locked_folder(self._path.parent):
                yield
        finally:
            self._lock.release()


def _held(path: Path) -> StoreWriteError:
    return StoreWriteError(
        f"another process has held {path} for {_PATIENCE_SECONDS / 60:.0f} minutes. "
        "Find it (on Linux: `fuser` with that path), end it, and give the command again."
    )


@contextlib.contextmanager
def _locked_folder(folder: Path) -> Iterator[None]:
    """Hold the lock of the folder itself, where the system has such a thing.

    Raises:
        StoreWriteError: somebody else has held it for ten minutes.
    """
    # `sys.platform` is what mypy understands; fcntl does not exist on Windows.
    if sys.platform == "win32":
        yield
        return
    import fcntl

    descriptor = os.open(folder, os.O_RDONLY)
    try:
        end = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                if time.monotonic() > end:
                    raise _held(folder) from error
                time.sleep(_POLL_SECONDS)
            except OSError:
                break  # the lock file has to do
            else:
                break
        yield
    finally:
        os.close(descriptor)


def _supports_locks(path: Path) -> bool:
    """Whether the system grants locks for this file; that somebody else holds it means yes."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        if sys.platform == "win32":
            return True
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return True
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True


def _locks_one_host_only(folder: Path) -> bool:
    """Whether the folder is mounted so that its locks do not reach other machines (Linux only)."""
    try:
        mounts = _MOUNTS.read_text("utf-8", "replace")
    except OSError:
        return False
    best, options = "", ""
    for mount in mounts.splitlines():
        # proc(5): id, parent, device, root, mount point, options, … - type, source, super options
        fields, _, rest = mount.partition(" - ")
        point = _OCTAL.sub(lambda found: chr(int(found[1], 8)), fields.split(" ")[4])
        if len(point) >= len(best) and folder.resolve().is_relative_to(point):
            best, options = point, rest.split(" ", 2)[2]
    return bool(_LOCKS_OF_ONE_HOST.search(options))
