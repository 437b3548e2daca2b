"""How processes of ours are started, and what they import: exactly what this process runs.

On Linux they come from a process that has imported TensorFlow once for all of them; elsewhere,
where forking is unsafe, each is spawned and imports it for itself.
"""

import multiprocessing
import multiprocessing.forkserver
import multiprocessing.resource_tracker
import os
import re
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.context import BaseContext
from pathlib import Path
from types import ModuleType

from relu_bench import SEARCH_PATH
from relu_bench.errors import WorkerStartError
from relu_bench.machine import environment_variables

PRELOAD = "relu_bench.execution.fork_server_preload"

_LONGEST_SOCKET_PATH = 107
"""Bytes that Linux takes (unix(7))."""
_BELOW_TEMPORARY_FOLDER = len("/pymp-12345678/listener-12345678")
_SHORT_FOLDERS = ("/tmp", "/var/tmp", "/dev/shm")
_LOOK_AGAIN_SECONDS = 0.05
_MOST_BYTES_READ = 10_000
_CONTROL = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|[\x00-\x08\x0e-\x1b\x7f-\x9f]")
_FATAL = re.compile(r"F\d{4} [^\]]*\] (.+)")  # how Abseil, and so TensorFlow, logs it

_starting = threading.RLock()
_said: list[int] = []
"""The descriptor of the file, without a name, that the fork server has as its standard error."""


def start(preload: tuple[str, ...] = (PRELOAD,)) -> BaseContext:
    """Start importing TensorFlow in the background; returns how workers will be started.

    A second call finds the fork server running, and changes nothing.

    Raises:
        WorkerStartError: there is no place for the socket on which it listens.
    """
    if not sys.platform.startswith("linux"):
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(preload))
    with importing_as_here(), _short_temporary_folder(), _stderr_kept(), _interrupts_held_back():
        multiprocessing.forkserver.ensure_running()
    return context


@contextmanager
def importing_as_here() -> Iterator[None]:
    """Processes that are started meanwhile import what this one imports.

    They look for modules where this process does, in the order of its `sys.path`. Nothing is added
    to that: a plain `python -c`, as which Python starts them, would look into the working folder
    first. The caller's main module is not imported again: a script needs no guard around its
    top level. Variables of the environment that would change numbers stay here. For this moment
    `sys.path`, `__main__` and the environment are exchanged, since `multiprocessing` offers no
    other way to say these things.
    """
    with _starting:
        main, path, environment = sys.modules["__main__"], sys.path, dict(os.environ)
        sys.modules["__main__"] = ModuleType("__main__")
        sys.path = list(SEARCH_PATH)
        for name in environment_variables.changing_variables():
            del os.environ[name]
        # The first keeps the working folder out. The second is for the fork server, to which
        # Python 3.11 does not hand on `sys.path`.
        os.environ["PYTHONSAFEPATH"] = "1"
        os.environ["PYTHONPATH"] = os.pathsep.join(SEARCH_PATH)
        try:
            yield
        finally:
            sys.modules["__main__"], sys.path = main, path
            for name in ("PYTHONSAFEPATH", "PYTHONPATH"):
                del os.environ[name]
            os.environ.update(environment)


def last_words() -> str:
    """The last line that the fork server, or a process on its way from it, had to say."""
    return last_line(_said[0]) if _said else ""


def last_line(log: Path | int) -> str:
    """What a log ends with, on one line of at most 300 characters; empty without any.

    Of native code that ended its process, it is the error and not the last line of its stack.
    """
    try:
        with open(log, "rb", closefd=not isinstance(log, int)) as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _MOST_BYTES_READ))
            lines = plain(file.read().decode("utf-8", "replace")).strip().splitlines()
    except OSError:
        return ""
    fatal = [found[1] for found in map(_FATAL.match, lines) if found]
    return next(iter(fatal or reversed(lines)), "")[:300]


def plain(text: str) -> str:
    """A text of others without what would steer a terminal: Keras writes bold letters in errors."""
    return _CONTROL.sub("", text)


@contextmanager
def ending_with_parent() -> Iterator[None]:
    """End this process as soon as its parent has ended; on leaving, no thread is left behind."""
    parent, left = os.getppid(), threading.Event()

    def watch() -> None:
        while not left.wait(_LOOK_AGAIN_SECONDS):
            if os.getppid() != parent:
                os._exit(1)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        left.set()
        watcher.join()


@contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """The fork server and all workers inherit the mask: Ctrl-C reaches the whole process group.

    What becomes of them is for this process to decide.
    """
    # The resource tracker goes first, since starting it clears the mask.
    multiprocessing.resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _stderr_kept() -> Iterator[None]:
    """What a process that is started says on its way is kept for `last_words`.

    Nobody but us could make anything of its tracebacks.
    """
    if not _said:
        try:
            with tempfile.TemporaryFile() as file:
                _said.append(os.dup(file.fileno()))
        except OSError as error:
            raise WorkerStartError(
                f"No file can be made in the temporary folder ({error.strerror}). Let the "
                "environment variable TMPDIR name a folder that you may write to."
            ) from error
    sys.stderr.flush()
    kept = os.dup(2)
    os.dup2(_said[0], 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


@contextmanager
def _short_temporary_folder() -> Iterator[None]:
    """Another temporary folder while a socket is made, where the path of the usual is too long."""
    usual = tempfile.gettempdir()
    if len(os.fsencode(usual)) + _BELOW_TEMPORARY_FOLDER <= _LONGEST_SOCKET_PATH:
        yield
        return
    short = next((each for each in _SHORT_FOLDERS if os.access(each, os.W_OK | os.X_OK)), None)
    if short is None:
        raise WorkerStartError(
            f"The path of the temporary folder is too long for worker processes: {usual}. Set the "
            "environment variable TMPDIR to a folder with a shorter path."
        )
    tempfile.tempdir = short
    try:
        yield
    finally:
        tempfile.tempdir = usual
