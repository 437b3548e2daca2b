"""Machine code that XLA has made, kept for later processes of this user on such a processor.

TensorFlow can keep it in a folder by itself, but then a cut entry ends a run, an empty one trains
it without XLA, a changed byte is run as it stands, and a full disk or a folder that cannot be
written to is an error (tried with 2.21). So it gets a folder in its process's memory, which is
empty but for the entry of the program that it is about to compile; what is on the disk is read,
checked and written here, and whatever is wrong with it costs a compilation.

An entry is the SHA-256 of what follows it, TensorFlow's name for it, a line end, and the code. Its
name is the program's; TensorFlow compares the program itself with the one that the code was made
of. Its time of change is when it was last used: the system may not record when a file was read.
"""

import contextlib
import hashlib
import os
import re
import stat
import sys
import tempfile
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from relu_bench.machine import hardware

VARIABLE = "RELU_BENCH_COMPILE_CACHE"
OFF = "off"
MOST_BYTES = 500_000_000

_IN_MEMORY = "ram://relu-bench-compiled"
FLAGS = (
    f"--tf_xla_persistent_cache_directory={_IN_MEMORY} --tf_xla_persistent_cache_device_types=CPU"
)
"""What TF_XLA_FLAGS has to hold before TensorFlow's first operation."""

_DIGEST_BYTES = hashlib.sha256().digest_size
_FOLDER = re.compile(r"[0-9a-f]{16}")
_ENTRY = re.compile(r"[0-9a-f]+\.xla(?:\.\w+)?")


def is_on() -> bool:
    """Whether the user wants a cache at all."""
    return os.environ.get(VARIABLE) != OFF


def refusal() -> str:
    """Why the cache cannot be used, as a notice; empty when it can, or is off."""
    if is_on():
        try:
            _folder()
        except (OSError, RuntimeError) as error:
            reason = getattr(error, "strerror", None) or error
            return (
                f"Compiled programs are not kept for the next call ({reason}). The environment "
                f"variable {VARIABLE} takes another folder, or `{OFF}`."
            )
    return ""


def lend(program: str) -> str:
    """Give TensorFlow what is kept for the program that it compiles next, and nothing else.

    Args:
        program: a hexadecimal number that names the program.

    Returns:
        TensorFlow's name for it, empty when there is nothing.
    """
    _take_back()
    if not is_on():
        return ""
    try:
        path = _folder() / f"{program}.xla"
        content = path.read_bytes()
        digest, rest = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
        if hashlib.sha256(rest).digest() != digest:
            return ""
        with contextlib.suppress(OSError):  # such as a folder that is only for reading
            os.utime(path)
    except (OSError, RuntimeError):
        return ""
    name, _, code = rest.partition(b"\n")
    _put(name.decode(), code)
    return name.decode()


def keep(program: str, lent: str) -> None:
    """Keep what TensorFlow has compiled since `lend`, which gave it the entry `lent`."""
    made = [(name, code) for name, code in _take_back().items() if name != lent]
    if not is_on() or len(made) != 1:
        return
    ((name, code),) = made
    rest = name.encode() + b"\n" + code
    with contextlib.suppress(OSError, RuntimeError):
        folder = _folder()
        # Whole or not at all: others may read it at the same time, or write the same one.
        with tempfile.NamedTemporaryFile(
            prefix=f"{program}.xla.", dir=folder, delete=False
        ) as file:
            part = Path(file.name)
            try:
                file.write(hashlib.sha256(rest).digest() + rest)
                file.close()
                part.replace(folder / f"{program}.xla")
            except OSError:
                part.unlink()
                raise


def forget(program: str) -> None:
    """Remove an entry that TensorFlow could not use."""
    _take_back()
    with contextlib.suppress(OSError, RuntimeError):
        (_folder() / f"{program}.xla").unlink()


def trim(most: int = MOST_BYTES) -> None:
    """Remove what was unused longest, whatever processor it is for, until the rest is small enough.

    Args:
        most: bytes that may stay.
    """
    if not is_on():
        return
    with contextlib.suppress(OSError, RuntimeError):
        found = sorted(_entries(_root()), reverse=True)
        total = 0
        for _, size, path in found:
            total += size
            if total > most:
                # Others may be trimming as well.
                with contextlib.suppress(OSError):
                    path.unlink()


def _entries(root: Path) -> Iterator[tuple[int, int, Path]]:
    """Of each entry, and of each that was begun: when it was last used, bytes, path."""
    for folder in root.iterdir():
        if not _FOLDER.fullmatch(folder.name) or folder.is_symlink():
            continue
        for path in folder.iterdir():
            if _ENTRY.fullmatch(path.name):
                with contextlib.suppress(OSError):
                    status = path.lstat()
                    yield status.st_mtime_ns, status.st_size, path


def _root() -> Path:
    """Where the caches of all processors lie: as the user says, or in the user's cache folder.

    Raises:
        RuntimeError: nobody knows where the user's home is.
    """
    given = os.environ.get(VARIABLE)
    if given:
        return Path(given).expanduser()
    if sys.platform == "win32":
        caches = os.environ.get("LOCALAPPDATA") or "~/AppData/Local"
    elif sys.platform == "darwin":
        caches = "~/Library/Caches"
    else:
        caches = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(caches).expanduser() / "relu-bench" / "xla"


def _folder() -> Path:
    """The folder for this processor and this TensorFlow, for this user alone: it holds code.

    Raises:
        OSError: it cannot be made.
        RuntimeError: nobody knows where, or it is somebody else's.
    """
    folder = _root() / _suits()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode):
        raise RuntimeError(f"{folder} is no folder")
    if hasattr(os, "geteuid") and found.st_uid != os.geteuid():
        raise RuntimeError(f"{folder} belongs to another user")
    if stat.S_IMODE(found.st_mode) & 0o077:
        folder.chmod(0o700)
    return folder


@lru_cache(maxsize=1)
def _suits() -> str:
    """What code is for: a home folder may be shared by machines, and outlives a TensorFlow."""
    import tensorflow as tf

    from relu_bench.machine.quiet_tensorflow import ENVIRONMENT

    parts = (
        hardware.instructions(),
        tf.version.VERSION,
        tf.version.GIT_VERSION,
        tf.version.COMPILER_VERSION,
        FLAGS,
        ENVIRONMENT,
        str(tf.config.threading.get_intra_op_parallelism_threads()),
    )
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _put(name: str, code: bytes) -> None:
    """Write an entry where TensorFlow looks for it."""
    import tensorflow as tf

    tf.io.gfile.makedirs(_IN_MEMORY)
    with tf.io.gfile.GFile(f"{_IN_MEMORY}/{name}", "wb") as file:
        file.write(code)


def _take_back() -> dict[str, bytes]:
    """What lies where TensorFlow puts it, by name; nothing stays there."""
    import tensorflow as tf

    found = {}
    if tf.io.gfile.exists(_IN_MEMORY):
        for name in tf.io.gfile.listdir(_IN_MEMORY):
            path = f"{_IN_MEMORY}/{name}"
            with tf.io.gfile.GFile(path, "rb") as file:
                found[name] = file.read()
            tf.io.gfile.remove(path)
    return found
