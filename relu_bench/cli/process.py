"""What a process that runs a command is to others: its streams, and the signals to end."""

import errno
import io
import os
import select
import signal
import sys
import warnings
from typing import Any

from relu_bench.errors import ReluBenchError

_STDIN, _STDOUT, _STDERR = range(3)
_BEHIND_A_SIGNAL = 128
"""Added to a signal's number, as shells do."""
_SIGPIPE = 13


class StdoutError(ReluBenchError):
    """Results cannot be printed."""

    exit_code = 1


class _Output(io.RawIOBase):
    """A standard stream whose end is not this command's.

    Where stdout cannot be written, the command ends: with a StdoutError, and quietly where nobody
    reads any more (`| head -1`). What goes to stderr is no result, and is lost in silence.
    """

    def __init__(self, stream: Any, *, is_result: bool) -> None:
        self._stream = stream  # which would close its file if it were forgotten
        # Where Python was asked not to buffer, there is no more than the file.
        self._raw = getattr(stream.buffer, "raw", stream.buffer)
        self._is_result = is_result
        self._failed = False

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return int(self._raw.fileno())

    def isatty(self) -> bool:
        return bool(self._raw.isatty())

    def write(self, data: Any) -> int:
        rest = memoryview(data)
        # After a failure too: what is left in a buffer would be written once more at the end.
        while rest and not self._failed:
            try:
                written = self._raw.write(rest)
            except OSError as error:
                self._failed = True
                if self._is_result:
                    self._end(error)
            else:
                if written is None:  # who reads has made it not wait, and is slow
                    select.select((), (self._raw,), ())
                rest = rest[written or 0 :]
        return len(data)

    def _end(self, error: OSError) -> None:
        if error.errno == errno.EPIPE:
            raise SystemExit(_BEHIND_A_SIGNAL + _SIGPIPE) from None
        raise StdoutError(
            f"standard output cannot be written ({error.strerror or error}). What was stored or "
            "written to files before is whole."
        ) from error


class _Ended(KeyboardInterrupt):
    """A signal asks to end: all that Ctrl-C stops is stopped the same way."""


_signals: list[int] = []


def set_up() -> None:
    """Open the standard streams that are closed, guard those for output, and heed signals to end.

    Warnings of libraries are hidden, unless Python was asked to show some.

    A file opened in the place of a closed stream would get what others write to that stream.
    """
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= _STDERR:
        os.set_inheritable(descriptor, True)
    os.close(descriptor)
    sys.stdin = sys.stdin or open(_STDIN, encoding="utf-8", closefd=False)  # noqa: SIM115 - it stays
    sys.stdout = _guarded(sys.stdout, _STDOUT)
    sys.stderr = _guarded(sys.stderr, _STDERR)
    if not sys.warnoptions:
        # Of libraries, to whoever calls them: a number that cannot be is said in our own words.
        warnings.simplefilter("ignore")
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        # `nohup`, and a shell that starts something in the background, have them ignored.
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _end)


def exit_code(code: Any) -> Any:
    """The code to end with: that of a signal that asked for it, as shells count, else `code`."""
    return _BEHIND_A_SIGNAL + _signals[0] if _signals else code


def _guarded(given: Any, descriptor: int) -> io.TextIOWrapper:
    stream = given or open(descriptor, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    output = _Output(stream, is_result=descriptor == _STDOUT)
    # No buffer between: a signal that comes while it writes would have it write the same again.
    return io.TextIOWrapper(
        output,  # type: ignore[arg-type]
        encoding=stream.encoding,
        errors=stream.errors,
        line_buffering=descriptor == _STDERR or output.isatty(),
        write_through=stream.write_through,
    )


def _end(number: int, _frame: object) -> None:
    """The first signal ends in order, a second one at once."""
    _signals.append(number)
    for each in (signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)):
        signal.signal(each, signal.SIG_DFL)
    raise _Ended
