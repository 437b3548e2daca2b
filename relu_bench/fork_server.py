"""Where worker processes come from: a process that has imported TensorFlow once for all of them.

Linux only; elsewhere, where forking is unsafe, each worker is spawned and imports it for itself.
"""

import multiprocessing
import multiprocessing.forkserver
import multiprocessing.resource_tracker
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.context import BaseContext

from relu_bench.errors import WorkerStartError

PRELOAD = "relu_bench.fork_server_preload"

_LONGEST_SOCKET_PATH = 107
"""Bytes that Linux takes (unix(7))."""
_BELOW_TEMPORARY_FOLDER = len("/pymp-12345678/listener-12345678")
_SHORT_FOLDERS = ("/tmp", "/var/tmp", "/dev/shm")
_LOOK_AGAIN_SECONDS = 0.05


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
    # The fork server and all workers inherit the mask: Ctrl-C reaches the whole process group, and
    # what becomes of them is for this process to decide.
    # (The resource tracker goes first, since starting it clears the mask.)
    multiprocessing.resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        with _short_temporary_folder():
            multiprocessing.forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return context


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
def _short_temporary_folder() -> Iterator[None]:
    """Another temporary folder while a socket is made, where the path of the usual is too long."""
    usual = tempfile.gettempdir()
    if _has_room(usual):
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


def _has_room(folder: str) -> bool:
    return len(os.fsencode(folder)) + _BELOW_TEMPORARY_FOLDER <= _LONGEST_SOCKET_PATH
