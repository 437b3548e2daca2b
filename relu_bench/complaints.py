"""What is wrong with a config, collected, so that one call tells all of it, each with its place."""

import math
from collections.abc import Mapping, Sequence

from relu_bench.errors import ConfigError
from relu_bench.overrides import Override
from relu_bench.yaml_source import KEY, Document, Key

_SCREEN = (22, 80)  # lines and columns that the errors of one call may fill


class Complaints:
    """Collects errors about values of a document and of `--set`."""

    def __init__(self, document: Document, overrides: Mapping[str, Override]) -> None:
        self._document = document
        self._overrides = overrides
        self._found: list[tuple[int, str]] = []

    def about(self, path: Key, message: str, allowed: str = "") -> None:
        """Add an error about the value at `path`, with its place and the line that it stands in.

        Args:
            path: keys down to the value; `yaml_source.KEY` behind them for the key itself.
            message: what was given, and what is wrong with it.
            allowed: what would be right; empty where the message says so.
        """
        parts = [part for part in path if part != KEY]
        key = ".".join(str(part) for part in parts if isinstance(part, str))
        shown = f"{self.place(path)}, {key}: {message}"
        if allowed:
            shown += f"\n  Allowed: {allowed}"
        excerpt = self.excerpt(path)
        self.add(path, f"{shown}\n{excerpt}" if excerpt else shown)

    def add(self, path: Key, message: str) -> None:
        """Add an error as it is; the path says where it stands among the others."""
        from_file = bool(path) and path[0] not in self._overrides
        self._found.append(((self._document.line_of(path) or 0) if from_file else 0, message))

    def place(self, path: Key) -> str:
        """`file.yaml, line 4`, or `--set`."""
        return "--set" if path[0] in self._overrides else self._document.place(path)

    def excerpt(self, path: Key) -> str:
        """The line with the value, as it was given."""
        if path[0] in self._overrides:
            return f"    --set {path[0]}={self._overrides[str(path[0])].text}"
        return self._document.excerpt(path)

    def raise_them(self) -> None:
        """Raise one ConfigError with as many as fit a screen, in the order of the file, if any."""
        if not self._found:
            return
        shown: list[str] = []
        for _, message in sorted(self._found):
            if shown and _screen_lines([*shown, message]) > _SCREEN[0]:
                break
            shown.append(message)
        if len(self._found) > len(shown):
            shown.append(f"... and {len(self._found) - len(shown)} more.")
        raise ConfigError("\n".join(shown))


def _screen_lines(messages: Sequence[str]) -> int:
    """Lines of a terminal that `messages` fill, long ones broken at its edge."""
    lines = "\n".join(messages).split("\n")
    return sum(max(1, math.ceil(len(line) / _SCREEN[1])) for line in lines)
