"""What is wrong with a config, collected, so that one call tells all of it, each with its place."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from relu_bench.config.overrides import Override
from relu_bench.config.yaml_source import KEY, Document, Key, odd_character
from relu_bench.errors import ConfigError, shorten

_SCREEN = (22, 80)  # lines and columns that the errors of one call may fill
MOST = _SCREEN[0]
"""Errors about what stands under one key that are worth looking for: no screen shows more."""


@dataclass(frozen=True)
class _Complaint:
    path: Key
    message: str
    known: str = ""
    allowed: str = ""


class Complaints:
    """Collects errors about values of a document and of `--set`."""

    def __init__(self, document: Document, overrides: Mapping[str, Override]) -> None:
        self._document = document
        self._overrides = overrides
        self._found: list[_Complaint] = []
        self._under: Counter[str | int] = Counter()
        self._left_out = 0

    def about(self, path: Key, message: str, *, known: str = "", allowed: str = "") -> None:
        """Add an error about the value at `path`.

        Args:
            path: keys down to the value; `yaml_source.KEY` behind them for the key itself.
            message: what was given, and what is wrong with it.
            known: the end of the message that lists what there is; a list is shown once.
            allowed: what would be right; empty where the message says so.
        """
        self._found.append(_Complaint(path, message, known, allowed))
        self._under[path[0]] += 1

    def about_all(self, message: str) -> None:
        """Add an error that stands at no place in the document."""
        self._found.append(_Complaint((), message))

    def leave_out(self, count: int) -> None:
        """Only count so many further errors, which could not be shown anyway."""
        self._left_out += count

    def enough(self, key: str | int) -> bool:
        """Whether a further error under this key of the config could not be shown anyway."""
        return self._under[key] >= MOST

    def place(self, path: Key) -> str:
        """`file.yaml, line 4`, or `--set`."""
        return "--set" if path[0] in self._overrides else self._document.place(path)

    def excerpt(self, path: Key) -> str:
        """The line with the value, as it was given."""
        if path[0] in self._overrides:
            given = f"--set {path[0]}={self._overrides[str(path[0])].text}"
            return f"    {shorten(given)}{odd_character(given)}"
        return self._document.excerpt(path)

    def raise_them(self) -> None:
        """Raise one ConfigError with as many as fit a screen, in the order of the file, if any."""
        if not self._found:
            return
        shown: list[str] = []
        listed: set[str] = set()
        for each in sorted(self._found, key=self._order):
            message = self._written(each, with_known=each.known not in listed)
            if shown and _screen_lines([*shown, message]) > _SCREEN[0]:
                break
            shown.append(message)
            listed.add(each.known)
        if rest := len(self._found) - len(shown) + self._left_out:
            least = "at least " if max(self._under.values()) >= MOST else ""
            shown.append(f"... and {least}{rest} more.")
        raise ConfigError("\n".join(shown))

    def _order(self, complaint: _Complaint) -> tuple[int, int]:
        path = complaint.path
        from_file = bool(path) and path[0] not in self._overrides
        return self._document.mark_of(path) or (-1, 0) if from_file else (-1, 0)

    def _written(self, complaint: _Complaint, *, with_known: bool) -> str:
        path, message = complaint.path, complaint.message
        if not path:
            return message
        parts = [part for part in path if part != KEY]
        key = ".".join(shorten(part) for part in parts if isinstance(part, str))
        known = complaint.known if with_known else ""
        allowed = f"\n  Allowed: {complaint.allowed}" if complaint.allowed else ""
        excerpt = self.excerpt(path)
        return "\n".join(
            filter(None, (f"{self.place(path)}, {key}: {message}{known}{allowed}", excerpt))
        )


def _screen_lines(messages: Sequence[str]) -> int:
    """Lines of a terminal that `messages` fill, long ones broken at its edge."""
    lines = "\n".join(messages).split("\n")
    return sum(max(1, math.ceil(len(line) / _SCREEN[1])) for line in lines)
