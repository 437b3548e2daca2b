"""Where files of the user's own are run outside a training: in a process for each, never here.

Such a file may change whatever it likes in its process (settings of Keras, TensorFlow and NumPy,
the environment, classes), and nothing that is computed without it may depend on that.
"""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from relu_bench.errors import ReluBenchError
from relu_bench.machine import fork_server
from relu_bench.machine.child_process import (
    Answer,
    ChildDiedError,
    ChildProcess,
    Report,
    RequestFailedError,
)
from relu_bench.networks.activations.own_file import ActivationError, Source

_processes: dict[Source, ChildProcess] = {}


@dataclass(frozen=True)
class _Call:
    function: Callable[..., Any]
    arguments: tuple[Any, ...]


def call(source: Source, function: Callable[..., Any], *arguments: Any) -> Any:
    """What `function(*arguments)` returns in the process that runs this file and no other.

    Args:
        source: the file that the function will run.
        function: importable.
        arguments: like the result, something that can be pickled.

    Raises:
        ReluBenchError: which `function` raised.
        ActivationError: it raised something else, or the process died.
        WorkerStartError: there can be no process.
    """
    return call_with_report(source, lambda value: None, _without_report, function, arguments)


def call_with_report(
    source: Source, on_report: Report, function: Callable[..., Any], *arguments: Any
) -> Any:
    """As `call`, for a function whose last argument is a function that reports how far it is."""
    if source not in _processes:
        log = Path(_logs().name) / f"{source.digits}.log"
        _processes[source] = ChildProcess(fork_server.start(), log.stem, _make_answer, log)
    try:
        answer = _processes[source].ask(_Call(function, arguments), on_report)
    except BaseException as error:
        # Also after an interrupt: what it answers later would be taken for another answer.
        _processes.pop(source).kill()
        if isinstance(error, ChildDiedError | RequestFailedError):
            raise ActivationError(f"{source.given}: {error}") from None
        raise
    if isinstance(answer, ReluBenchError):
        raise answer
    return answer


def _make_answer() -> Answer:
    from relu_bench.machine.quiet_tensorflow import one_thread

    one_thread()
    return _answer


def _answer(request: _Call, report: Report) -> Any:
    try:
        return request.function(*request.arguments, report)
    except ReluBenchError as error:
        return error


def _without_report(
    function: Callable[..., Any], arguments: tuple[Any, ...], _report: Report
) -> Any:
    return function(*arguments)


@lru_cache(maxsize=1)
def _logs() -> "tempfile.TemporaryDirectory[str]":
    """One folder for all; it is removed when this process ends."""
    return tempfile.TemporaryDirectory(prefix="relu-bench-")
