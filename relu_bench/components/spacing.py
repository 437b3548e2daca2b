"""Evenly spaced values of an axis: `log(low, high, count)` and `lin(low, high, count)`."""

import math
import re

from relu_bench.errors import show

_SPACED = re.compile(r"\s*(log|lin)\s*\((.*)\)\s*", re.DOTALL)
_DIGITS = 12
_MOST_VALUES = 10_000


def is_spaced(value: object) -> bool:
    """Whether a value begins like a spaced axis; `expand` says whether it is one."""
    return isinstance(value, str) and _SPACED.fullmatch(value) is not None


def expand(value: object) -> list[object]:
    """The values of a spaced axis; anything else comes back alone, as it is.

    Values are rounded to 12 significant digits, so that the same axis has the same run_ids on
    every machine; a whole number comes back as an integer, which integer fields need.

    Raises:
        ValueError: when it begins like a spaced axis and is none.
    """
    found = _SPACED.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return [value]
    kind, inside = found.groups()
    parts = [part.strip() for part in inside.split(",")]
    try:
        low, high, count = float(parts[0]), float(parts[1]), int(parts[2])
        proper = len(parts) == 3 and math.isfinite(low) and math.isfinite(high)
    except (ValueError, IndexError):
        proper = False
    if not proper:
        raise ValueError(f"{show(value)} is no spacing: write {kind}(low, high, count)")
    if not 2 <= count <= _MOST_VALUES:
        raise ValueError(f"{show(value)}: the count must be from 2 to {_MOST_VALUES}")
    if low >= high or (kind == "log" and low <= 0):
        need = "0 < low < high" if kind == "log" else "low < high"
        raise ValueError(f"{show(value)}: it must be {need}")
    return [_rounded(number) for number in _spaced(kind, low, high, count)]


def _spaced(kind: str, low: float, high: float, count: int) -> list[float]:
    if kind == "log":
        return [math.exp(x) for x in _spaced("lin", math.log(low), math.log(high), count)]
    step = (high - low) / (count - 1)
    return [low + step * index for index in range(count)]


def _rounded(number: float) -> int | float:
    rounded = float(f"{number:.{_DIGITS}g}")
    return int(rounded) if rounded.is_integer() and abs(rounded) < 2**53 else rounded


def split_at_commas(text: str) -> list[str]:
    """Split at the commas that stand outside brackets, parentheses and quotes."""
    pieces, depth, quote, start = [], 0, "", 0
    for position, character in enumerate(text):
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
        elif character == "," and depth == 0:
            pieces.append(text[start:position])
            start = position + 1
    return [*pieces, text[start:]]
