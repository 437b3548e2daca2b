"""One row for each variant and one column for each measure: for more variants than curves show."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from relu_bench.plots.frame import Frame, framed
from relu_bench.plots.row_places import Key, Places
from relu_bench.plots.style import QUIET, SMALL, SMALL_CHARACTER

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

ZERO = 0.65
"""Where a quiet line at 0 lies: above the rules along the rows, below what blanks headings."""

# In inches.
_LEAST_COLUMN = 0.64
_USUAL_COLUMN = 1.1
_GAP = 0.08
_LARGER_CHARACTER = 0.08
_BESIDE_NAMES = 0.12
_LINE = 0.14
_AXIS = 0.42
# Of a label of a tick, and what keeps it apart from the next.
_POWER = 0.4
_NUMBER = 0.37
# Of a line of a title or label.
_LEAST_CHARACTERS = 8
# In points.
_BESIDE = 5
_PAD = 4
_RULES = "#e3e3e3"


@dataclass(frozen=True, eq=False)
class Column:
    """One panel, which all rows share.

    Attributes:
        title: what stands above it.
        label: of its x axis, with the unit.
        draw: draws the marks of all rows, in inches from the top, and sets the x axis.
        texts: what stands at the right of rows.
        texts_title: what stands above these.
    """

    title: str
    label: str
    draw: Callable[[Axes], object]
    texts: Mapping[Key, str] = field(default_factory=dict)
    texts_title: str = ""


def columns_that_fit(those: Places, width: float) -> int:
    """How many columns stand side by side without crowding, two at least."""
    return max(2, int((width - _names_width(those)) / _USUAL_COLUMN))


def row_figure(
    those: Places, columns: Sequence[Column], frame: Frame, width: float, names_title: str
) -> Figure:
    """Draw the columns side by side; what does not fit a narrow figure stands below, named again.

    Args:
        those: where the rows stand.
        columns: at least one.
        frame: what surrounds them.
        width: in inches; the height follows.
        names_title: what the names of the rows are; empty where this is plain.
    """
    blocks = _blocks(those, columns, width)
    room = width - _names_width(those) - _texts_width(columns)
    column_width = room / max(map(len, blocks)) - _GAP
    around = [_AXIS + _LINE * _lines(block, column_width) for block in blocks]
    heights = [those.height + more for more in around]
    figure, body = framed(frame, width, sum(heights))
    drawn = body.subfigures(len(blocks), 1, squeeze=False, height_ratios=heights)[:, 0]
    for place, block in zip(drawn, blocks, strict=True):
        _block(place, those, block, column_width, names_title)
    return figure


def _names_width(those: Places) -> float:
    return SMALL_CHARACTER * those.label_characters + _BESIDE_NAMES


def _texts_width(columns: Sequence[Column]) -> float:
    texts = (text for column in columns for text in column.texts.values())
    return SMALL_CHARACTER * max(map(len, texts), default=0)


def _blocks(those: Places, columns: Sequence[Column], width: float) -> list[Sequence[Column]]:
    """The columns in as few blocks as they fit in, as equal in number as may be."""
    room = width - _names_width(those) - _texts_width(columns)
    most = max(1, int(room / _LEAST_COLUMN))
    count = -(-len(columns) // most)
    each = -(-len(columns) // count)
    return [columns[start : start + each] for start in range(0, len(columns), each)]


def _lines(block: Sequence[Column], width: float) -> int:
    """How many lines the titles and the labels of a block take."""
    titles = max(len(_wrapped(column.title, width, SMALL_CHARACTER)) for column in block)
    labels = max(len(_wrapped(column.label, width, _LARGER_CHARACTER)) for column in block)
    return titles + labels


def _wrapped(text: str, width: float, character: float) -> list[str]:
    most = max(_LEAST_CHARACTERS, int(width / character))
    parts = text.split("\n")
    return [line for part in parts for line in textwrap.wrap(part, most, break_long_words=False)]


def _block(
    place: SubFigure,
    those: Places,
    block: Sequence[Column],
    column_width: float,
    names_title: str,
) -> None:
    grid = place.add_gridspec(1, len(block))
    panels = [place.add_subplot(grid[0, number]) for number in range(len(block))]
    for number, (axes, column) in enumerate(zip(panels, block, strict=True)):
        _rules(axes, those)
        column.draw(axes)
        axes.set_ylim(those.height, 0)
        title = "\n".join(_wrapped(column.title, column_width, SMALL_CHARACTER))
        axes.set_title(title, fontsize=SMALL, pad=_PAD)
        axes.set_xlabel("\n".join(_wrapped(column.label, column_width, _LARGER_CHARACTER)))
        axes.spines["left"].set_visible(False)
        axes.tick_params(axis="y", length=0)
        axes.grid(visible=False, axis="y")
        _settle_ticks(axes, column_width)
        if number:
            axes.set_yticks([])
        for key, text in column.texts.items():
            _write_beside(axes, text, those.rows[key])
        if column.texts_title:
            _write_above(axes, column.texts_title)
    panels[0].set_yticks(list(those.rows.values()), list(those.names.values()))
    if names_title:
        _write_above(panels[0], names_title, left=True)
    _say_nothing_is_there(panels[0], those)
    _headings(place, panels[0], those)


def _settle_ticks(axes: Axes, width: float) -> None:
    """As many ticks as have room for their labels.

    Args:
        axes: whose x axis gets them.
        width: of the column, in inches.
    """
    from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator

    if axes.get_xscale() == "log":
        axes.xaxis.set_major_locator(LogLocator(numticks=max(2, min(6, int(width / _POWER)))))
        axes.xaxis.set_minor_locator(NullLocator())
    else:
        bins = max(1, min(6, int(width / _NUMBER)))
        axes.xaxis.set_major_locator(MaxNLocator(nbins=bins, steps=[1, 2, 5, 10]))


def _rules(axes: Axes, those: Places) -> None:
    """A quiet line along each row, and none of the grid behind headings."""
    from matplotlib.collections import PolyCollection

    # Across the panel, whatever its x axis shows.
    along = axes.get_yaxis_transform()
    axes.hlines(list(those.rows.values()), 0, 1, transform=along, color=_RULES, lw=0.6, zorder=0.6)
    slots = [
        [(-0.01, top), (1.01, top), (1.01, bottom), (-0.01, bottom)]
        for _, top, bottom in those.headings
    ]
    if slots:
        blank = PolyCollection(slots, facecolors="white", transform=along, zorder=0.7)
        axes.add_collection(blank, autolim=False)


def _write_beside(axes: Axes, text: str, y: float) -> None:
    axes.annotate(
        text,
        xy=(1, y),
        xycoords=("axes fraction", "data"),
        xytext=(_BESIDE, 0),
        textcoords="offset points",
        va="center",
        fontsize=SMALL,
    )


def _write_above(axes: Axes, text: str, *, left: bool = False) -> None:
    """What the names at the left or the texts at the right are, as high as the titles."""
    axes.annotate(
        text,
        xy=(0 if left else 1, 1),
        xycoords="axes fraction",
        xytext=(-_BESIDE if left else _BESIDE, _PAD),
        textcoords="offset points",
        ha="right" if left else "left",
        va="bottom",
        fontsize=SMALL,
    )


def _headings(place: SubFigure, axes: Axes, those: Places) -> None:
    """The bold headings of the strips, at the left of the figure."""
    from matplotlib.transforms import blended_transform_factory

    beside = blended_transform_factory(place.transSubfigure, axes.transData)
    for lines, _, bottom in those.headings:
        text = place.text(
            0.01,
            bottom - 0.03,
            lines,
            transform=beside,
            va="bottom",
            fontweight="bold",
            fontsize="medium",
        )
        text.set_in_layout(False)  # it is wider than its panel, and must not push it away


def _say_nothing_is_there(axes: Axes, those: Places) -> None:
    """In the rows whose runs have no finite number."""
    for key in those.blank:
        axes.annotate(
            "no numbers",
            xy=(0, those.rows[key]),
            xycoords=("axes fraction", "data"),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=SMALL,
            color=QUIET,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5},
        )
