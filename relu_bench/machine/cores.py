"""At most one worker a core, over all relu-bench processes of a user on this machine.

Each core stands for a lock file; whoever runs a worker holds one of them. The system lets a lock go
when its process ends, however it ends, so nothing has to be cleaned up.

A process that has no core and finds none free stands in line: it keeps a file whose name says since
when, whose text says for which cores, and whose time says when it looked last. Nobody takes a core
that one further ahead could use, and who has a core hands it over to who has none. Who has not
looked for a moment, since it was killed or stopped, is passed by.
"""

import contextlib
import getpass
import os
import re
import stat
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from relu_bench.errors import ReluBenchError
from relu_bench.machine import hardware

VARIABLE = "RELU_BENCH_MAX_WORKERS"

TURN_SECONDS = 30.0
"""A process hands its only core over after so long: a new worker has to start and to compile."""
SILENT_SECONDS = 5.0
"""Who waits looks several times a second; who has not looked for so long is passed by."""


@dataclass(frozen=True)
class Core:
    """The right to run one worker, until it is released.

    `others` is the share of the machine, from 0 to 1, that other processes were seen to use;
    `since` is when it was taken, by the monotonic clock.
    """

    number: int
    others: float
    lock: FileLock
    since: float

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
        self._ticket: Path | None = None
        self._let_in: set[Path] = set()
        self._threads = threading.Lock()
        _make_private(self.folder)

    @property
    def limit(self) -> int:
        """How many workers may run at once, those of all processes together."""
        return len(self.names)

    def take(self) -> Core | None:
        """A free core, None when all are taken; does not wait. Any thread may call it.

        Whoever gets none and has none stands in line for as long as it calls this again and again.

        Raises:
            ReluBenchError: the folder cannot be used any more.
        """
        with self._threads:
            _make_private(self.folder)  # again: temporary folders are swept now and then
            try:
                core = self._take_free()
                if core is None and not self._own:
                    self._stand_in_line()
                else:
                    self._leave_line()
            except OSError as error:
                raise _unusable(self.folder, error.strerror or str(error)) from error
            return core

    def is_wanted(self, core: Core) -> bool:
        """Whether to give this core back between two runs: another process has none and waits.

        Each that waits gets one core of this process, the only one after `TURN_SECONDS`.
        """
        with self._threads:
            if len(self._own) == 1 and time.monotonic() - core.since < TURN_SECONDS:
                return False
            for ticket, names in self._others_in_line():
                if ticket not in self._let_in and self.names[core.number] in names:
                    self._let_in.add(ticket)
                    self._own.discard(core.number)  # so that of two cores one is kept
                    return True
            return False

    def stop_waiting(self) -> None:
        """Leave the line, if this process stands in it."""
        with self._threads, contextlib.suppress(OSError):
            self._leave_line()

    def give_back(self, core: Core) -> None:
        """Release a core that `take` gave."""
        with self._threads:
            self._own.discard(core.number)
            core.release()

    def used_by_others(self) -> int:
        """How many cores this process does not hold; after `take` gave none, others hold them."""
        with self._threads:
            return self.limit - len(self._own)

    def _take_free(self) -> Core | None:
        """The first core that is free and that nobody waits for who came before."""
        ahead: set[str] = set()
        for ticket, names in self._others_in_line():
            if self._ticket is None or ticket.name < self._ticket.name:
                ahead |= names
        busy = 0
        for number, name in enumerate(self.names):
            if number in self._own:
                continue
            lock = None if name in ahead else self._locked(name)
            if lock is not None:
                self._own.add(number)
                return Core(number, busy / self.limit, lock, time.monotonic())
            busy += 1
        return None

    def _locked(self, name: str) -> FileLock | None:
        lock = FileLock(self.folder / f"{name}.lock", mode=0o600, thread_local=False)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return None
        return lock

    def _stand_in_line(self) -> None:
        if self._ticket is None:
            # A clock that is one for all processes, and that nobody can set.
            since = time.monotonic_ns()
            self._ticket = self.folder / f"{_waiting()}{since:020}-{os.getpid()}"
        if not self._ticket.exists():  # it is new, or was swept away
            self._ticket.write_text("\n".join(self.names), encoding="utf-8")
        now = time.time_ns()
        with contextlib.suppress(FileNotFoundError):
            os.utime(self._ticket, ns=(now, now))

    def _leave_line(self) -> None:
        if self._ticket is not None:
            self._ticket.unlink(missing_ok=True)
            self._ticket = None

    def _others_in_line(self) -> Iterator[tuple[Path, set[str]]]:
        """The others that wait on this machine, and for which cores; the longest waiting first."""
        for ticket in sorted(self.folder.glob(f"{_waiting()}*")):
            if ticket == self._ticket:
                continue
            # It may go at any moment; and one that is wrongly taken away is made again.
            with contextlib.suppress(OSError):
                silent = time.time() - ticket.stat().st_mtime
                if abs(silent) > SILENT_SECONDS:
                    ticket.unlink()
                else:
                    yield ticket, set(ticket.read_text(encoding="utf-8").splitlines())


def _host() -> str:
    """How files name this machine: the temporary folder may be one for several."""
    return re.sub(r"[^A-Za-z0-9.-]", "_", hardware.host())


def _waiting() -> str:
    """What the names of the files of those who wait on this machine begin with."""
    return f"{_host()}-waiting-"


def core_names() -> list[str]:
    """A name for each core that this process may use.

    The host is part of it. Where a container's quota or a batch job's share is smaller than the
    affinity, nobody can say which cores these are: the share's own places are counted instead.
    """
    host = _host()
    given = os.environ.get(VARIABLE, "")
    if given:
        if not (given.isdecimal() and int(given) > 0):
            raise ReluBenchError(f"{VARIABLE}={given!r}: expected a number of workers from 1.")
        return [f"{host}-worker-{number}" for number in range(int(given))]
    count, numbers = hardware.available_cores(), hardware.core_numbers()
    if count >= len(numbers):
        return [f"{host}-core-{number}" for number in numbers]
    return [f"{host}-share-{hardware.share()}-{number}" for number in range(count)]


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
