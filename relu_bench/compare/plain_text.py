"""Tables as aligned lines of text, in the width of a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from relu_bench.compare.sections import Mark, Section
from relu_bench.compare.variants import broken

WIDTH = 80
_NARROWEST = 16
_SIGNS: dict[Mark, str] = {"best": "* ", "undecided": "? ", "": "  "}


def lines_of(section: Section, width: int = WIDTH) -> list[tuple[str, Mark]]:
    """The head and rows, a long variant over several lines, each with the row's mark.

    A table of more columns than fit is cut into several, the variant in front of each. Without a
    row there is no head either.
    """
    if not section.rows:
        return []
    rows = (section.heads, *section.rows)
    columns = [max(len(row[place]) for row in rows) for place in range(len(section.heads))]
    narrowest = _room(rows, _NARROWEST)
    found: list[tuple[str, Mark]] = []
    for part in _parts(columns, width - narrowest):
        taken = sum(columns[place] + 1 for place in part)
        room = max(_room(rows, width - taken), narrowest)
        found += [("", "")] if found else []
        found += _lines(section, columns, part, room)
    return found


def wrapped(sentences: Sequence[str], width: int = WIDTH) -> list[str]:
    """Sentences as lines, further lines indented."""
    return [
        line
        for sentence in sentences
        for line in textwrap.wrap(
            sentence, width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
        )
    ]


def _room(rows: Sequence[Sequence[str]], wanted: int) -> int:
    """What the names take when they are broken to fit into `wanted` characters, if they can be."""
    return max(len(line) for row in rows for line in _name(row[0], wanted))


def _name(name: str, room: int) -> list[str]:
    """A name in lines, indented by the mark's room, further ones by more."""
    first, *more = broken(name, room - 4).split("\n")
    if not more or len(name) + 2 <= room:
        return [f"  {name}"]
    return [f"  {first}", *(f"    {line}" for line in more)]


def _parts(columns: Sequence[int], room: int) -> list[list[int]]:
    """The columns of each part of a table that is too wide for one."""
    parts: list[list[int]] = [[]]
    used = 0
    for place in range(1, len(columns)):
        if parts[-1] and used + columns[place] + 1 > room:
            parts.append([])
            used = 0
        parts[-1].append(place)
        used += columns[place] + 1
    return parts


def _lines(
    section: Section, columns: Sequence[int], part: Sequence[int], room: int
) -> list[tuple[str, Mark]]:
    found: list[tuple[str, Mark]] = []
    marked: list[tuple[tuple[str, ...], Mark]] = [(section.heads, "")]
    marked += zip(section.rows, section.marks, strict=True)
    widest = max(len(line) for row, _ in marked for line in _name(row[0], room))
    for row, mark in marked:
        first, *more = _name(row[0], room)
        cells = " ".join(row[place].rjust(columns[place]) for place in part)
        found.append((f"{_SIGNS[mark]}{first[2:].ljust(widest - 2)} {cells}".rstrip(), mark))
        found += [(line, mark) for line in more]
    return found
