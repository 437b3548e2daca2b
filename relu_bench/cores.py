"""At most one worker a core, over all relu-bench processes of a user on this machine.

Each core stands for a lock file; whoever runs a worker holds one of them. The system lets a lock go
when its process ends, however it ends, so nothing has to be cleaned up.
"""

import getpass
import os
import re
import stat
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from relu_bench import machine
from relu_bench.errors import ReluBenchError

VARIABLE = "RELU_BENCH_MAX_WORKERS"


@dataclass(frozen=True)
class Core:
    """The right to run one worker, until it is released.

    `others` is the share of the machine, from 0 to 1, that other processes were seen to use.
    """

    number: int
    others: float
    lock: FileLock

    def release(self) -> None:
        """Let another worker have it, of whatever process."""
        self.lock.release()


class HostCores:
    """The cores of this machine that this user's relu-bench processes share.

    Args:
        names: a name for each core; processes that share a core call it the same.
        folder: where the lock files lie.

    Raises:
        ReluBenchError: the folder cannot be used, or RELU_BENCH_MAX_WORKERS is no number.
    """

    def __init__(self, names: Sequence[str] | None = None, folder: Path | None = None) -> None:
        self.names = tuple(core_names() if names is None else names)
        self.folder = default_folder() if folder is None else folder
        self._own: set[int] = set()
        self._threads = threading.Lock()
        _make_private(self.folder)

    @property
    def limit(self) -> int:
        """How many workers may run at once, those of all processes together."""
        return len(self.names)

    def take(self) -> Core | None:
        """A free core, None when all are taken; does not wait. Any thread may call it.

        Raises:
            ReluBenchError: the folder cannot be used any more.
        """
        with self._threads:
            _make_private(self.folder)  # again: temporary folders are swept now and then
            busy = 0
            for number, name in enumerate(self.names):
                if number in self._own:
                    continue
                lock = FileLock(self.folder / f"{name}.lock", mode=0o600, thread_local=False)
                try:
                    lock.acquire(timeout=0)
                except Timeout:
                    busy += 1
                    continue
                except OSError as error:
                    raise _unusable(self.folder, error.strerror or str(error)) from error
                self._own.add(number)
                return Core(number, busy / self.limit, lock)
            return None

    def give_back(self, core: Core) -> None:
        """Release a core that `take` gave."""
        with self._threads:
            self._own.discard(core.number)
            core.release()

    def used_by_others(self) -> int:
        """How many cores this process does not hold; after `take` gave none, others hold them."""
        with self._threads:
            return self.limit - len(self._own)


def core_names() -> list[str]:
    """A name for each core that this process may use.

    The host is part of it, since the temporary folder may be one for several machines. Where a
    container's quota or a batch job's share is smaller than the affinity, nobody can say which
    cores these are: the share's own places are counted instead.
    """
    host = re.sub(r"[^A-Za-z0-9.-]", "_", machine.host())
    given = os.environ.get(VARIABLE, "")
    if given:
        if not (given.isdecimal() and int(given) > 0):
            raise ReluBenchError(f"{VARIABLE}={given!r}: expected a number of workers from 1.")
        return [f"{host}-worker-{number}" for number in range(int(given))]
    count, numbers = machine.available_cores(), machine.core_numbers()
    if count >= len(numbers):
        return [f"{host}-core-{number}" for number in numbers]
    return [f"{host}-share-{machine.share()}-{number}" for number in range(count)]


def default_folder() -> Path:
    """The user's own folder of locks in the system's temporary folder."""
    user = str(os.getuid()) if hasattr(os, "getuid") else getpass.getuser()
    return Path(tempfile.gettempdir()) / f"relu-bench-{user}"


def _make_private(folder: Path) -> None:
    """Make the folder, for this user alone.

    Raises:
        ReluBenchError: it cannot be made, or somebody else has put something else there.
    """
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode):
            raise _unusable(folder, "it is no folder")
        if hasattr(os, "geteuid") and found.st_uid != os.geteuid():
            raise _unusable(folder, "it belongs to another user")
        if stat.S_IMODE(found.st_mode) != 0o700:
            folder.chmod(0o700)
    except OSError as error:
        raise _unusable(folder, error.strerror or str(error)) from error


def _unusable(folder: Path, reason: str) -> ReluBenchError:
    return ReluBenchError(
        f"{folder} is needed to share the cores with other relu-bench processes, and cannot be "
        f"used: {reason}. Remove it, or let TMPDIR name a folder that you may write to."
    )
