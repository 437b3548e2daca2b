"""`name(parameter=value, ...)`: the one syntax of every component with parameters.

A label stands in the YAML, in `--set` and in the CSVs alike. Values are an integer, a float, true,
false, null, a bare word, a quoted string, or a list of these. Nothing is ever evaluated.

A function of the user's own is `file.py:function(source=1a2b3c4d)`: the file without its folders,
and the first 8 hex digits of the SHA-256 of its content, which are text whatever digits they are.
"""

import math
import re
from dataclasses import dataclass

from relu_bench.errors import show

Scalar = int | float | bool | str | None
Value = Scalar | tuple[Scalar, ...]

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OWN_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\-]*\.py:[A-Za-z_][A-Za-z0-9_]*")
_SOURCE = re.compile(r"[0-9a-f]{8}(?![A-Za-z0-9_.+\-])")
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]*")
INTEGER = re.compile(r"[+-]?[0-9]+")
FLOAT = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_QUOTED = re.compile(r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"")
_WORDS_WITH_MEANING: dict[str, Scalar] = {"true": True, "false": False, "null": None}


LONGEST = 4_000
"""Characters of a label: more than the longest network takes."""


class LabelError(ValueError):
    """The text is no label; the message says where it stops making sense.

    Attributes:
        reason: the message without the list that may end it.
        known: that list, of what there is; it need not be read twice.
    """

    def __init__(self, reason: str, known: str = "") -> None:
        super().__init__(reason, known)
        self.reason = reason
        self.known = known

    def __str__(self) -> str:
        return self.reason + self.known


@dataclass(frozen=True)
class Label:
    """A component's name and its parameters, sorted by name."""

    name: str
    parameters: tuple[tuple[str, Value], ...] = ()

    def __str__(self) -> str:
        if not self.parameters:
            return self.name
        # The digits of a source have one look: never a number, never in quotes.
        write = str if self.is_own else _write
        inside = ", ".join(f"{name}={write(value)}" for name, value in self.parameters)
        return f"{self.name}({inside})"

    def __getitem__(self, parameter: str) -> Value:
        return dict(self.parameters)[parameter]

    @property
    def is_own(self) -> bool:
        """Whether it names a function of the user's own, `file.py:function`."""
        return ":" in self.name


def make_label(name: str, parameters: dict[str, Value]) -> Label:
    """A label with its parameters in their canonical order."""
    return Label(name, tuple(sorted(parameters.items())))


def parse(text: str) -> Label:
    """Read a label.

    Raises:
        LabelError: when `text` is not `name`, `name(parameter=value, ...)` or that of a function
            of the user's own.
    """
    if len(text) > LONGEST:
        raise LabelError(f"{show(text)} has {len(text)} characters; a label has at most {LONGEST}")
    return _Reader(text).label()


def _write(value: Value) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(_write(item) for item in value) + "]"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        plain = _WORD.fullmatch(value) and value not in _WORDS_WITH_MEANING
        return value if plain else '"' + re.sub(r'(["\\])', r"\\\1", value) + '"'
    return repr(value)


class _Reader:
    """A cursor over the text of one label."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0

    def label(self) -> Label:
        self._skip_space()
        own = _OWN_NAME.match(self.text, self.position)
        name = self._take(_OWN_NAME if own else _NAME, "a name").group()
        self._skip_space()
        parameters: dict[str, Value] = {}
        if self._accept("(") and not self._accept(")"):
            if own:
                parameters["source"] = self._source()
            else:
                self._parameters_into(parameters)
        self._skip_space()
        if self.position != len(self.text):
            raise self._error("nothing more")
        return make_label(name, parameters)

    def _parameters_into(self, parameters: dict[str, Value]) -> None:
        while True:
            self._skip_space()
            name = self._take(_NAME, "a parameter's name").group()
            if name in parameters:
                raise LabelError(f"{show(self.text)} gives {show(name)} twice")
            if not self._accept("="):
                raise self._error(f"'=' behind {show(name)}, as in {name:.40}=0.1")
            parameters[name] = self._value()
            if self._accept(")"):
                return
            if not self._accept(","):
                raise self._error("',' or ')'")

    def _source(self) -> str:
        """What stands in the parentheses of a function of the user's own."""
        if not (self._accept("source") and self._accept("=")):
            raise self._error("source=, which is all that a function of one's own takes,")
        self._skip_space()
        digits = self._take(_SOURCE, "8 digits from 0 to 9 and a to f").group()
        if not self._accept(")"):
            raise self._error("')'")
        return digits

    def _value(self) -> Value:
        if not self._accept("["):
            return self._scalar()
        items: list[Scalar] = []
        while not self._accept("]"):
            items.append(self._scalar())
            if self._accept("]"):
                break
            if not self._accept(","):
                raise self._error("',' or ']'")
        return tuple(items)

    def _scalar(self) -> Scalar:
        self._skip_space()
        if quoted := _QUOTED.match(self.text, self.position):
            self.position = quoted.end()
            return re.sub(r"\\(.)", r"\1", quoted.group(1) or quoted.group(2) or "")
        if number := FLOAT.match(self.text, self.position):
            self.position = number.end()
            return self._number(number.group())
        word = self._take(_WORD, "a value").group()
        return _WORDS_WITH_MEANING.get(word, word)

    def _number(self, digits: str) -> int | float:
        number = float(digits)
        if INTEGER.fullmatch(digits) and abs(number) < 2**63:
            return int(digits)
        if not math.isfinite(number):
            raise LabelError(f"{digits:.40} in {show(self.text)} is too large for a number")
        return number

    def _skip_space(self) -> None:
        while self.position < len(self.text) and self.text[self.position].isspace():
            self.position += 1

    def _accept(self, expected: str) -> bool:
        self._skip_space()
        if self.text.startswith(expected, self.position):
            self.position += len(expected)
            return True
        return False

    def _take(self, pattern: re.Pattern[str], expected: str) -> re.Match[str]:
        found = pattern.match(self.text, self.position)
        if found is None:
            raise self._error(expected)
        self.position = found.end()
        return found

    def _error(self, expected: str) -> LabelError:
        rest = self.text[self.position :]
        at = f"{rest[:20]!r}" if rest else "the end"
        return LabelError(
            f"{show(self.text)} is no label: expected {expected} at {at}; "
            "a label is name or name(parameter=value, ...)"
        )
