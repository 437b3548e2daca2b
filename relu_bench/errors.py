"""The errors raised on purpose; the command line prints them without a traceback."""

import reprlib
from typing import Any

_LONGEST = 120
_SHORT = reprlib.Repr()
_SHORT.maxlevel, _SHORT.maxlist, _SHORT.maxstring, _SHORT.maxother = 3, 12, _LONGEST, _LONGEST


def shorten(text: str, longest: int = _LONGEST) -> str:
    """The text, the middle of a long one left out."""
    half = (longest - 3) // 2
    return text if len(text) <= longest else f"{text[:half]}...{text[-half:]}"


def show(value: Any) -> str:
    """What was given, as an error shows it: as YAML writes it, the middle of long text left out."""
    shown = _SHORT.repr(value)
    return {"None": "null", "True": "true", "False": "false"}.get(shown, shown)


class ReluBenchError(Exception):
    """Something the user can mend; the message says what was wrong and what to do.

    `exit_code` is what the command ends with: 2 for a wrong command or config.
    """

    exit_code = 2


class ConfigError(ReluBenchError):
    """The YAML or a `--set` is wrong; the message names file, line, key and remedy."""


class DataError(ReluBenchError):
    """A data set is missing, truncated or altered."""


class WorkerStartError(ReluBenchError):
    """No worker process can be started: no run can be done, whatever its settings."""

    exit_code = 1


class StoreError(ReluBenchError):
    """A results folder cannot be read or written."""


class StoreWriteError(StoreError):
    """Writing failed in a sweep (disk full, folder gone); what was stored before is whole."""

    exit_code = 1
