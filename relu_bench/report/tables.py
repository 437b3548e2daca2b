"""A table of the report: a caption, heads, and cells as text."""

from __future__ import annotations

from dataclasses import dataclass

from relu_bench.compare.sections import Mark, Section


@dataclass(frozen=True)
class Table:
    """One table.

    Attributes:
        caption: what it shows.
        heads: of the columns; the first one names the rows.
        rows: cells as text, empty for what does not exist.
        marks: how each row stands against the best; none where rows are not ranked.
        note: what a reader must know beside it; empty for nothing.
    """

    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    marks: tuple[Mark, ...] = ()
    note: str = ""

    @property
    def marked_rows(self) -> tuple[tuple[tuple[str, ...], Mark], ...]:
        """Each row with its mark."""
        unmarked: Mark = ""
        marks = self.marks or (unmarked,) * len(self.rows)
        return tuple(zip(self.rows, marks, strict=True))


def of_section(section: Section) -> Table:
    """A table of a comparison."""
    return Table(section.title, section.heads, section.rows, section.marks)


def shortened(table: Table, most: int, where: str) -> Table:
    """The table, or its first `most` rows with a note that says `where` the others are."""
    count = len(table.rows)
    if count <= most:
        return table
    note = f"{table.note} Shown are {most:,} of {count:,} rows; {where}.".strip()
    return Table(table.caption, table.heads, table.rows[:most], table.marks[:most], note)
