"""A figure with its title and legend above, its note below, and room for panels between."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from relu_bench.compare import broken
from relu_bench.plots.rounded_layout import rounded_layout
from relu_bench.plots.style import QUIET, SMALL

if TYPE_CHECKING:
    from matplotlib.figure import Figure, FigureBase, SubFigure
    from matplotlib.lines import Line2D

_TITLE = 11.0
_TEXT = 8.0
# Mean width of a character and height of a line, in inches for each point of font size.
_CHARACTER = 0.0080
_LINE = 0.0190
_MARGIN = 0.08
_HANDLE = 0.62
# Of a legend, in inches: an entry of one line, a line of one that has several, and what stands
# between two entries, around all of them, and between them and the text above.
_ENTRY = 8.0 / 72
_ENTRY_LINE = 9.6 / 72
_BETWEEN = 2.4 / 72
_AROUND = 11.15 / 72


@dataclass(frozen=True)
class Frame:
    """What surrounds the panels.

    Attributes:
        note: the text below the panels.
        title: the line on top; empty for none.
        details: the quiet text below it; empty for none.
        handles: of the legend; none for no legend.
        legend_title: which axis the legend tells apart; empty where this is plain.
    """

    note: str
    title: str = ""
    details: str = ""
    handles: Sequence[Line2D] = ()
    legend_title: str = ""


def framed(frame: Frame, width: float, height: float) -> tuple[Figure, SubFigure]:
    """A figure `width` inches wide whose panels share `height` inches, and the place for them."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    lines = [
        *((line, _TITLE, "black") for line in _wrapped(frame.title, width, _TITLE)),
        *((line, _TEXT, QUIET) for line in _wrapped(frame.details, width, _TEXT)),
    ]
    note = [(line, SMALL, QUIET) for line in _wrapped(frame.note, width, SMALL)]
    entries = _entries(frame, width)
    columns = _legend_columns(entries, width)
    above = _height(lines) + _legend_height(frame, entries, columns) - _MARGIN * bool(entries)
    below = _height(note)
    figure = Figure(figsize=(width, above + height + below), layout=rounded_layout())
    FigureCanvasAgg(figure)
    head, body, foot = figure.subfigures(3, 1, squeeze=False, height_ratios=[above, height, below])[
        :, 0
    ]
    _write(head, lines, above)
    if frame.handles:
        _legend(head, frame, entries, columns)
    _write(foot, note, below)
    return figure, body


def _wrapped(text: str, width: float, size: float) -> list[str]:
    return textwrap.wrap(text, max(20, int((width - 2 * _MARGIN) / (_CHARACTER * size))))


def _height(lines: Sequence[tuple[str, float, str]]) -> float:
    return sum(_LINE * size for _, size, _ in lines) + 2 * _MARGIN


def _write(place: FigureBase, lines: Sequence[tuple[str, float, str]], height: float) -> None:
    top = _MARGIN
    for text, size, colour in lines:
        place.text(0.01, 1 - top / height, text, fontsize=size, color=colour, va="top")
        top += _LINE * size


def _entries(frame: Frame, width: float) -> list[str]:
    """The labels of the legend, broken where one alone is wider than the figure."""
    most = int((width - _HANDLE) / (_CHARACTER * _TEXT))
    return [broken(str(handle.get_label()), most) for handle in frame.handles]


def _legend_columns(entries: Sequence[str], width: float) -> int:
    """As many as fit; a legend fills its columns one after the other."""
    widths = [
        max(len(line) for line in entry.splitlines()) * _CHARACTER * _TEXT + _HANDLE
        for entry in entries
    ]
    for columns in range(len(widths), 1, -1):
        rows = math.ceil(len(widths) / columns)
        widest = (max(widths[start : start + rows]) for start in range(0, len(widths), rows))
        if sum(widest) < width:
            return math.ceil(len(widths) / rows)
    return 1


def _legend_height(frame: Frame, entries: Sequence[str], columns: int) -> float:
    if not entries:
        return 0.0
    rows = math.ceil(len(entries) / columns)
    tallest = max(
        sum(_BETWEEN + _entry_height(entry) for entry in entries[start : start + rows])
        for start in range(0, len(entries), rows)
    )
    return tallest - _BETWEEN + (_ENTRY + _BETWEEN) * bool(frame.legend_title) + _AROUND


def _entry_height(entry: str) -> float:
    lines = entry.count("\n") + 1
    return _ENTRY if lines == 1 else _ENTRY_LINE * lines


def _legend(place: FigureBase, frame: Frame, entries: Sequence[str], columns: int) -> None:
    place.legend(
        list(frame.handles),
        list(entries),
        loc="lower left",
        bbox_to_anchor=(0.0, 0.0),
        ncols=columns,
        title=frame.legend_title or None,
        alignment="left",
        title_fontsize=_TEXT,
        fontsize=_TEXT,
        handlelength=3.4,
        columnspacing=1.6,
        labelspacing=0.3,
        borderpad=0.2,
    )
