"""Where rows stand: one for each variant, under the heading of its strip."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from relu_bench.compare import broken, completed
from relu_bench.plots.pages import Page
from relu_bench.plots.strips import LABEL_LINE, heading

if TYPE_CHECKING:
    from pandas import DataFrame

Key = tuple[str, str]
"""The strip and the level of a row."""

# In inches.
_ROW = 0.19
_SPARE = 0.04
_HEADING = 0.1
# Characters of a name for each inch of a narrow figure.
_LABEL_CHARACTERS = 6.0
_LONGEST = 36


@dataclass(frozen=True, eq=False)
class Places:
    """Rows and headings, in inches from the top.

    Attributes:
        rows: the middle of each row.
        names: what each row is called, in one line or several; empty where nothing was measured in
            a strip.
        headings: the lines of each heading, and where its slot begins and ends.
        height: of all.
        blank: the rows without any number.
    """

    rows: Mapping[Key, float]
    names: Mapping[Key, str]
    headings: Sequence[tuple[str, float, float]]
    height: float
    blank: Collection[Key]

    @property
    def label_characters(self) -> int:
        """Of the longest line of a name."""
        return max(len(line) for name in self.names.values() for line in name.split("\n"))


def places(page: Page, measured: Collection[Key], width: float) -> Places:
    """Stack the rows of a page, strip by strip.

    A level has a row in each strip in which it has a completed run, if it has numbers in any.

    Args:
        page: of `pages.pages`.
        measured: where there are numbers.
        width: of the figure, in inches.
    """
    there = {level for _, level in measured}
    characters = min(_LONGEST, int(_LABEL_CHARACTERS * width))
    rows: dict[Key, float] = {}
    names: dict[Key, str] = {}
    headings = []
    top = 0.0
    done = completed(page.runs)
    for strip in page.strips:
        lines = heading(strip, width)
        if lines:
            bottom = top + _HEADING + LABEL_LINE * len(lines)
            headings.append(("\n".join(lines), top, bottom))
            top = bottom
        run = set(done.loc[done["strip"] == strip, "level"])
        for level in [name for name in page.order if name in there & run] or [""]:
            name = broken(level, characters)
            height = max(_ROW, LABEL_LINE * (name.count("\n") + 1) + _SPARE)
            rows[strip, level], names[strip, level] = top + height / 2, name
            top += height
    return Places(rows, names, headings, top, [key for key in rows if key not in measured])


def placed(table: DataFrame, those: Places) -> DataFrame:
    """The rows of a table that have a place, with it in `y`; `strip` and `level` name them."""
    keys = zip(table["strip"], table["level"], strict=True)
    return table.assign(y=[those.rows.get(key, float("nan")) for key in keys]).dropna(subset=["y"])
