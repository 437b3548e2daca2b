"""Files that a command writes for its user: whole or not at all, and never through a link.

What the store appends to goes through `store.files`, which also waits for the disk. This lies
beside `errors`, since data, configs, figures and the report write files, and none of them is below
all the others.
"""

import contextlib
import errno
import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path


def make_folder(folder: Path) -> None:
    """Make the folder, and find out that files can be written into it.

    Raises:
        OSError: it cannot be made or written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), folder) from error
    _make_new(folder).unlink()


def is_folder(path: Path) -> bool:
    """Whether it is a folder; no where the system cannot even look, which shows when it is used."""
    try:
        return path.is_dir()
    except OSError:
        return False


def make_place(path: Path) -> None:
    """Make the folder of `path`, and find out that `path` can be written, before it is computed.

    Raises:
        OSError: it cannot be written.
    """
    make_folder(path.parent)
    _check_replaceable(path)


def write(path: Path, content: bytes) -> None:
    """Write a whole file, as `replacing` does.

    Raises:
        OSError: it cannot be written.
    """
    with replacing(path) as new:
        new.write_bytes(content)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """An empty file beside `path`, to be written and closed; it takes the place of `path` then.

    In one step: nobody ever sees half of it, and when something fails it is gone and `path` is what
    it was. A link under the name is replaced, not followed; the folder may be one. Access rights
    are those of the file that was there.

    Raises:
        OSError: it cannot be written, or what is there is no file.
    """
    _check_replaceable(path)
    new = _make_new(path.parent)
    try:
        yield new
        if path.is_file() and not path.is_symlink():
            shutil.copymode(path, new)
        new.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            new.unlink()
        raise


def _make_new(folder: Path) -> Path:
    """An empty file with a name of its own, short enough for any file system."""
    new = folder / f".relu-bench-{secrets.token_hex(8)}.new"
    os.close(os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    return new


def _check_replaceable(path: Path) -> None:
    """Renaming would put a file in the place of a pipe or of a device, such as /dev/stdout."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return
    except OSError:
        if path.is_symlink():  # one of a loop: it is replaced as any other
            return
        raise
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "it is no regular file", path)
