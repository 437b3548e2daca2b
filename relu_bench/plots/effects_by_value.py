"""Main effects: a row for each value of each axis, and its mean with an interval."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from relu_bench.compare import broken
from relu_bench.plots.style import BACKGROUND, QUIET, SMALL, Look

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame

# Rows of room above an axis' name, but for the first.
_ABOVE = 0.35
# Rows that each further line of a name takes.
_LINE = 0.65


@dataclass(frozen=True)
class Row:
    """A place in the panels: the name of an axis, or one of its values.

    Attributes:
        axis: its name.
        value: a text; empty for the row of the name.
        name: what stands beside the row, maybe in several lines.
        y: of its middle, downwards; one line is 1 high.
        height: of the row.
    """

    axis: str
    value: str
    name: str
    y: float
    height: float

    @property
    def end(self) -> float:
        """Of the row, downwards."""
        return self.y + self.height / 2


def rows_of(values: Mapping[str, Sequence[str]], label_width: int = 30) -> list[Row]:
    """A row for the name of each axis, and below it one for each of its values.

    Args:
        values: by axis.
        label_width: of a line of a value's name, in characters.
    """
    found: list[Row] = []
    end = 0.0
    for axis, texts in values.items():
        for value in ("", *texts):
            name = broken(value, label_width) if value else axis.replace("_", " ")
            height = 1.0 + _LINE * name.count("\n")
            found.append(Row(axis, value, name, end + height / 2, height))
            end += height
        end += _ABOVE
    return found


def effects_by_value(
    axes: Axes,
    means: DataFrame,
    *,
    rows: Sequence[Row],
    look: Look,
    shares: Mapping[str, float],
) -> Axes:
    """Draw the means of each axis joined by a line; a value without one has a dash.

    Args:
        axes: to draw on; its limits along x are set.
        means: axis, value, mean, low, high.
        rows: of `rows_of`.
        look: of all.
        shares: by axis, of the variation that it explains, 0 to 1, where that is known.

    Returns:
        `axes`.
    """
    axes.set_ylim(rows[-1].end + 0.2, -0.2)
    axes.set_yticks([row.y for row in rows], [row.name for row in rows])
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")
    known = means.set_index(["axis", "value"])[["mean", "low", "high"]]
    values = [row for row in rows if row.value]
    known = known.reindex([(row.axis, row.value) for row in values])
    known = known.assign(y=[row.y for row in values])
    for _, points in known.groupby(level="axis", sort=False):
        _line(axes, points, look)
    for label, row in zip(axes.get_yticklabels(), rows, strict=True):
        if row.value:
            if math.isnan(known["mean"][row.axis, row.value]):
                _write(axes, row.y, "no run learned", 0.02, "left")
            continue
        label.set_fontweight("bold")
        axes.axhline(row.y - row.height / 2 - _ABOVE / 2, color=BACKGROUND, linewidth=0.6, zorder=0)
        if row.axis in shares:
            share = f"explains {100 * shares[row.axis]:.1f}\u00a0%"
            _write(axes, row.y, share, 0.98, "right")
    return axes


def _line(axes: Axes, points: DataFrame, look: Look) -> None:
    axes.plot(points["mean"], points["y"], color=look.colour, linewidth=0.8, alpha=0.6, zorder=2)
    known = points.dropna(subset=["low", "high"])
    axes.hlines(known["y"], known["low"], known["high"], color=look.colour, linewidth=1.6, zorder=3)
    axes.plot(
        points["mean"],
        points["y"],
        linestyle="none",
        marker=look.marker,
        markersize=5.5,
        color=look.colour,
        markeredgecolor="white",
        markeredgewidth=0.6,
        clip_on=False,
        zorder=4,
    )


def _write(axes: Axes, y: float, text: str, x: float, side: str) -> None:
    axes.text(
        x,
        y,
        text,
        transform=axes.get_yaxis_transform(),
        ha=side,
        va="center",
        fontsize=SMALL,
        color=QUIET,
    )
