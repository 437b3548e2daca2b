"""Letters that the font of figures lacks: a reader is told what an empty box stands for."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from typing import TYPE_CHECKING

from relu_bench.figures.style import styled
from relu_bench.store import columns

if TYPE_CHECKING:
    from pandas import DataFrame

    from relu_bench.figures.saving import Format

_MOST_NAMED = 3
_MOST_LETTERS = 12
# Which keeps text as text, for the reader's own fonts.
_WITHOUT_BOXES: Format = "svg"


def notices(runs: DataFrame, formats: Collection[Format]) -> tuple[str, ...]:
    """One line that names what will be drawn with empty boxes in files of these formats, if any.

    Args:
        runs: rows of runs.csv with display names, as `Figures.results` has them.
        formats: of the files; in SVG no letter is lost.
    """
    with_boxes = [form.upper() for form in formats if form != _WITHOUT_BOXES]
    if not with_boxes:
        return ()
    names = [name for name in _names(runs) if not name.isascii()]
    lacking = _not_in_font({letter for name in names for letter in name}) if names else set()
    if not lacking:
        return ()
    letters = list(dict.fromkeys(letter for name in names for letter in name if letter in lacking))
    shown = [repr(name) for name in names if lacking.intersection(name)]
    return (
        f"in {' and '.join(with_boxes)} files, letters that their font lacks are empty boxes: "
        f"{_listed(letters, _MOST_LETTERS)} in {_listed(shown, _MOST_NAMED)}; "
        f"--format {_WITHOUT_BOXES} keeps them as text",
    )


def _names(runs: DataFrame) -> list[str]:
    """What experiments and settings are called, each once."""
    fields = ["experiment", *(each.name for each in columns.SPEC if each.kind == "text")]
    return list(
        dict.fromkeys(str(name) for field in fields for name in runs[field].dropna().unique())
    )


def _not_in_font(letters: Collection[str]) -> set[str]:
    """Those without a glyph, but for what is never seen, such as joiners."""
    from matplotlib.font_manager import FontProperties, findfont, get_font

    with styled():
        font = get_font(findfont(FontProperties()))
    return {
        letter
        for letter in letters
        if not font.get_char_index(ord(letter)) and not _is_invisible(letter)
    }


def _is_invisible(letter: str) -> bool:
    selects = unicodedata.name(letter, "").startswith("VARIATION SELECTOR")
    return selects or unicodedata.category(letter) == "Cf"


def _listed(parts: list[str], most: int) -> str:
    more = f" and {len(parts) - most} more" if len(parts) > most else ""
    return ", ".join(parts[:most]) + more
