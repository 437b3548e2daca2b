"""A process of ours that answers one request after the other: both ends of it.

Messages to the parent are tuples: ("ready", folder of relu_bench) or ("unable", reason) once; then
for each request any number of ("report", value), and ("answer", value) or ("raised", reason).
"""

import contextlib
import math
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from multiprocessing import parent_process
from multiprocessing.connection import Connection, wait
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import Any

import relu_bench
from relu_bench.errors import WorkerStartError
from relu_bench.machine import fork_server

Report = Callable[[Any], None]
Answer = Callable[[Any, Report], Any]
"""(request, how to report while it is worked on) -> what is sent back."""
MakeAnswer = Callable[[], Answer]
"""Importable; called once in the process, before its first request."""


class ChildDiedError(Exception):
    """The process is gone; the message says how."""


class RequestFailedError(Exception):
    """The answer to a request raised; the message is that error on one line."""


class TookTooLongError(Exception):
    """A request took longer than it may."""


class ChildProcess:
    """The parent's end.

    Args:
        context: of `fork_server.start`.
        name: of the process.
        make_answer: makes, in the process, what answers the requests.
        log: receives what the process writes to its standard output and error.

    Raises:
        WorkerStartError: it cannot be started.
    """

    def __init__(self, context: BaseContext, name: str, make_answer: MakeAnswer, log: Path) -> None:
        self.log = log
        self.log.unlink(missing_ok=True)
        self.connection, theirs = context.Pipe()
        self.process = context.Process(  # type: ignore[attr-defined]
            target=_serve, args=(theirs, make_answer, log), name=name, daemon=True
        )
        self._ready = False
        try:
            with fork_server.importing_as_here():
                self.process.start()
        except (OSError, EOFError) as error:
            # Such as when somebody has emptied the temporary folder, where the fork server listens,
            # or when there is not enough memory for the fork server itself.
            reason = fork_server.last_words() or getattr(error, "strerror", None) or str(error)
            raise _cannot_start(reason) from error
        # With our copy closed, a process that dies shows as the end of the pipe.
        theirs.close()

    def ask(
        self, request: Any, on_report: Report = lambda value: None, timeout: float | None = None
    ) -> Any:
        """The answer to a request.

        Args:
            request: anything that can be pickled.
            on_report: told what is reported meanwhile.
            timeout: seconds from when the process, which may have to start first, has the request.

        Raises:
            WorkerStartError: the process could not make itself ready.
            RequestFailedError: answering raised.
            ChildDiedError: the process is gone.
            TookTooLongError: the time is over; the process still has the request.
        """
        try:
            self._await_ready()
            deadline = math.inf if timeout is None else time.monotonic() + timeout
            self.connection.send(request)
            while True:
                match self._receive(deadline):
                    case ("report", value):
                        on_report(value)
                    case ("answer", value):
                        return value
                    case ("raised", str(reason)):
                        raise RequestFailedError(reason)
        except (EOFError, OSError):
            self.process.join(timeout=5)
            if not self._ready:
                raise _cannot_start(self._how_it_died()) from None
            raise ChildDiedError(self._how_it_died()) from None

    def kill(self) -> None:
        """End the process at once."""
        self.process.kill()
        self.process.join(timeout=5)
        self.connection.close()

    def _await_ready(self) -> None:
        if self._ready:
            return
        match self.connection.recv():
            case ("ready", str(folder)):
                if folder != _own_folder():
                    raise _cannot_start(
                        f"it imports relu_bench from {folder}, and this command runs the one in "
                        f"{_own_folder()}: numbers could differ"
                    )
            case ("unable", str(reason)):
                raise _cannot_start(reason)
        self._ready = True

    def _receive(self, deadline: float) -> Any:
        if deadline < math.inf:
            left = deadline - time.monotonic()
            if left <= 0 or not self.connection.poll(left):
                raise TookTooLongError
        return self.connection.recv()

    def _how_it_died(self) -> str:
        code = self.process.exitcode
        how = f"exit code {code}"
        if code is not None and code < 0:
            names = {number.value: number.name for number in signal.Signals}
            how = names.get(-code, f"signal {-code}")
            if how == "SIGKILL":
                how += ", as the system does when memory runs out"
        last = fork_server.last_line(self.log)
        if not last and not self._ready:
            last = fork_server.last_words()
        return f"the worker process died ({how})" + (f": {last}" if last else "")


def one_line(error: BaseException) -> str:
    """An error on one line of at most 500 characters."""
    text = " ".join(fork_server.plain(str(error)).split())
    return f"{type(error).__name__}: {text}"[:500]


def _cannot_start(reason: str) -> WorkerStartError:
    return WorkerStartError(
        f"A worker process cannot be started ({reason}). No run caused this: what had finished is "
        "kept, and the same command goes on from there."
    )


def _own_folder() -> str:
    return os.path.realpath(relu_bench.__path__[0])


def _serve(connection: "Connection[Any, Any]", make_answer: MakeAnswer, log: Path) -> None:
    """The life of the process."""
    # A spawned process gets Ctrl-C, too; what becomes of it is for its parent to decide.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _end_with_parent()
    # Without its log's folder or its pipe, it has lost its parent, and nobody to tell.
    with contextlib.suppress(FileNotFoundError, EOFError, ConnectionError):
        _send_output_to(log)
        # TensorFlow writes what it has made of a user's function there, and a process that is
        # ended leaves it; the folder of the log is removed.
        tempfile.tempdir = str(log.parent)
        try:
            answer = make_answer()
        except Exception as error:
            connection.send(("unable", one_line(error)))
            return
        connection.send(("ready", _own_folder()))
        while True:
            connection.send(_answered(answer, connection.recv(), connection))


def _answered(answer: Answer, request: Any, connection: "Connection[Any, Any]") -> tuple[str, Any]:
    try:
        return "answer", answer(request, lambda value: connection.send(("report", value)))
    except ConnectionError:
        raise
    except Exception as error:
        return "raised", one_line(error)


def _end_with_parent() -> None:
    """A child of a fork server survives its parent's SIGKILL unless it watches for it."""
    parent = parent_process()
    if parent is None:
        return

    def watch() -> None:
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _send_output_to(log: Path) -> None:
    """Also what native code or a user's file writes: our standard output is for results alone."""
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for stream, number in ((sys.stdout, 1), (sys.stderr, 2)):
        stream.flush()
        os.dup2(descriptor, number)
    os.close(descriptor)
