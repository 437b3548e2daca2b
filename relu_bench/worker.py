"""Inside a worker process: receive a spec, train it, send back what was found.

Messages to the parent are tuples: for each spec ("started",), any number of ("progress", Progress),
and ("result", RunResult, programs compiled so far) or ("failed", reason).
"""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import parent_process
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, Protocol

from relu_bench.data import ReadyData
from relu_bench.plan import Spec
from relu_bench.training import Report, RunResult


class Trains(Protocol):
    """What a worker needs to train: `trainer.Trainer`, or a stand-in for tests."""

    compiled_programs: int

    def train(self, spec: Spec, report: Report) -> RunResult:
        """Train one spec."""
        ...


@dataclass(frozen=True)
class WorkerSettings:
    """What every worker is told at its start: where data sets are, and what is ready in memory."""

    data_dir: Path | None = None
    shared: tuple[ReadyData, ...] = ()


MakeTrainer = Callable[[WorkerSettings], Trains]


def make_tensorflow_trainer(settings: WorkerSettings) -> Trains:
    """The real trainer, on one thread."""
    from relu_bench.preload import one_thread, trainer

    one_thread()
    return trainer.Trainer(settings.data_dir, settings.shared)


def serve(
    connection: "Connection[Any, Any]",
    make_trainer: MakeTrainer,
    settings: WorkerSettings,
    log: Path,
) -> None:
    """The life of a worker; `log` receives what native code writes to the standard error."""
    # Where workers are spawned, Ctrl-C reaches them, too; the parent decides what becomes of them.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _end_with_parent()
    # Without its log's folder or its pipe, a worker has lost its parent, and nobody to tell.
    with contextlib.suppress(FileNotFoundError, EOFError, ConnectionError):
        _send_stderr_to(log)
        trainer = make_trainer(settings)
        while True:
            connection.send(_answer(trainer, connection.recv(), connection))


def _answer(trainer: Trains, spec: Spec, connection: "Connection[Any, Any]") -> tuple[Any, ...]:
    try:
        connection.send(("started",))
        result = trainer.train(spec, lambda progress: connection.send(("progress", progress)))
    except ConnectionError:
        raise
    except Exception as error:
        return "failed", one_line(error)
    return "result", result, trainer.compiled_programs


def one_line(error: BaseException) -> str:
    """An error on one line of at most 500 characters."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}"[:500]


def _end_with_parent() -> None:
    """A worker of a fork server survives its parent's SIGKILL unless it watches for it."""
    parent = parent_process()
    if parent is None:
        return

    def watch() -> None:
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _send_stderr_to(log: Path) -> None:
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    sys.stderr.flush()
    os.dup2(descriptor, 2)
    os.close(descriptor)
