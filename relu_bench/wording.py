"""How numbers, counts, names and values are written for people."""

import math
import re
import textwrap
from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_UP, Decimal

_MANY = 1_000_000
_LARGEST = 1e15  # beyond it a float has no tenths


# Counts and names.


def plural(number: int, one: str, several: str) -> str:
    """`is` or `are`, `it` or `them`, as the number asks for."""
    return one if number == 1 else several


def counted(number: int, noun: str, one: str = "", several: str = "") -> str:
    """`1 run`, `1,200 runs`; with a verb `1 run is`, `1,200 runs are`."""
    return f"{number:,} {noun}{plural(number, '', 's')} {plural(number, one, several)}".rstrip()


def series(names: Iterable[str]) -> str:
    """`relu, elu and tanh`."""
    *first, last = [*names] or [""]
    return f"{', '.join(first)} and {last}" if first else last


def first_of(
    names: Sequence[str], most: int = 5, *, between: str = ", ", what: str = "more"
) -> str:
    """The first names, and how many others there are: `relu, elu, and 1,200 more`."""
    rest = [f"and {len(names) - most:,} {what}"] if len(names) > most else []
    return between.join([*names[:most], *rest])


def leading(names: Sequence[str], most: int) -> str:
    """The first names, and dots where there are others: `relu, elu, ...`."""
    return ", ".join([*names[:most], *(["..."] if len(names) > most else [])])


def as_yaml(value: object) -> str:
    """`true`, `false`, `null`, or the value as it prints itself."""
    return {"True": "true", "False": "false", "None": "null"}.get(str(value), str(value))


# Numbers; each is empty where there is none.


def decimals(unit: str) -> int:
    """Digits behind the point: hundredths of a per cent, or four digits of another unit."""
    return 2 if unit == "%" else 4


def difference_unit(unit: str) -> str:
    """The unit of a difference: points of a percentage, else the unit itself."""
    return "points" if unit == "%" else unit


def rounded(number: float, digits: int) -> str:
    """`97.67`, a tie away from zero: the same however arithmetic came to the number.

    The mean of ten accuracies is often a tie: 92.015 from percentages, and 92.01499999999999 from
    fractions. Twelve digits are those of the CSVs.
    """
    if math.isnan(number):
        return ""
    if not abs(number) < _LARGEST:
        return f"{number:.{digits}f}"
    ties = Decimal(f"{number:.12g}").quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    return f"{ties:f}"


def signed(number: float, digits: int) -> str:
    """`+0.12`, `-0.06`, `0.00` without a sign."""
    text = rounded(number, digits)
    if not text or float(text) == 0:
        return text.removeprefix("-")
    return text if text.startswith("-") else f"+{text}"


def between(low: float, high: float, digits: int) -> str:
    """`97.58–97.77`, for scores."""
    return "" if math.isnan(low) else f"{rounded(low, digits)}–{rounded(high, digits)}"


def signed_between(low: float, high: float, digits: int) -> str:
    """`-0.08 to +0.07`, for differences."""
    return "" if math.isnan(low) else f"{signed(low, digits)} to {signed(high, digits)}"


def with_spread(mean: float, sd: float, digits: int) -> str:
    """`97.72 ± 0.12`; without the sd of a single run."""
    return " ± ".join(f"{each:.{digits}f}" for each in (mean, sd) if not math.isnan(each))


def percent(share: float) -> str:
    """A share as per cent in two significant digits, but every digit of what rounds to 100."""
    number = 100 * share
    return "" if math.isnan(share) else f"{number:.0f}" if number >= 99.5 else f"{number:.2g}"


def probability(p: float) -> str:
    """A p-value: `0.293`, `<0.001`."""
    if math.isnan(p):
        return ""
    return "<0.001" if p < 0.001 else f"{p:.3f}"


def seed_range(low: float, high: float) -> str:
    """`47–399` seeds, `47+` when there is no upper end below a million."""
    if math.isnan(low):
        return ""
    if math.isinf(low):
        return f">{_MANY:,}"
    if math.isinf(high):
        return f"{low:,.0f}+"
    return f"{low:,.0f}" if low == high else f"{low:,.0f}–{high:,.0f}"


def duration(seconds: float) -> str:
    """`45 s`, `12 min`, `3.5 h`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


# Lines.


def wrapped(text: str, width: int, indent: str = "") -> list[str]:
    """A sentence as lines of at most `width` characters, further lines indented."""
    return textwrap.wrap(
        text, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def broken(label: str, width: int = 24) -> str:
    """A long label over several lines, broken at spaces, before brackets, at worst after `=`."""
    pieces = [
        part
        for piece in re.findall(r" ?[^ (]+| ?\([^ (]*| ", label)
        for part in (re.split(r"(?<==)", piece) if len(piece) > width else [piece])
    ]
    lines = [""]
    for piece in pieces:
        if len(lines[-1]) + len(piece) <= width or not lines[-1]:
            lines[-1] += piece
        else:
            lines.append(piece.removeprefix(" "))
    return "\n".join(line.rstrip() for line in lines if line.strip()) or label
