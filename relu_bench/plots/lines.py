"""Lines with bands, over epochs or over layers: what all figures of the network's inside draw."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from relu_bench.plots.band import band
from relu_bench.plots.learning_curves import write_at_edge
from relu_bench.plots.limits import Limits, outside
from relu_bench.plots.style import BACKGROUND, QUIET, SMALL, Look

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame

_MOST_POINTS_MARKED = 12
_COLUMNS = ("x", "middle", "low", "high")


def lines(axes: Axes, table: DataFrame, look: Mapping[str, Look], *, marked: bool) -> Axes:
    """Draw a line for each `line` in the table, and its band where it has one.

    Args:
        axes: to draw on.
        table: line, x, middle, low, high; low and high are NaN where there is no band.
        look: by line.
        marked: whether points carry markers (they are layers, not moments of one history); a line
            of one point always does.

    Returns:
        `axes`, with the words `no numbers` where the table is empty.
    """
    if not len(table):
        say_nothing_is_there(axes)
    for name, rows in table.groupby("line", sort=False):
        points, its_look = rows.sort_values("x"), look[str(name)]
        x, middle, low, high = (points[each].to_numpy(np.float64) for each in _COLUMNS)
        line = axes.plot(x, middle, color=its_look.colour, label=str(name))[0]
        line.set_linestyle(its_look.line)
        if marked or len(points) == 1:
            line.set(marker=its_look.marker, markersize=4)
            line.set_markevery(max(1, len(points) // _MOST_POINTS_MARKED))
        band(axes, x, low, high, its_look.colour)
    return axes


def background(axes: Axes, table: DataFrame) -> None:
    """Thin grey lines of what a panel is to be seen before: x and middle, one for each level.

    They are one artist with gaps, since hundreds of lines take most of the time of a figure.
    """
    if not len(table):
        return
    points = table.sort_values(["level", "x"])
    group = points.groupby("level", sort=False).ngroup().to_numpy()
    gaps = np.flatnonzero(np.diff(group)) + 1
    columns = (points[name].to_numpy(np.float64) for name in ("x", "middle"))
    x, y = (np.insert(column, gaps, np.nan) for column in columns)
    axes.plot(x, y, color=BACKGROUND, linewidth=0.6, zorder=1)


def say_nothing_is_there(axes: Axes) -> None:
    """For a panel whose runs have no finite number there."""
    axes.text(
        0.5,
        0.5,
        "no numbers",
        transform=axes.transAxes,
        ha="center",
        va="center",
        fontsize=SMALL,
        color=QUIET,
    )


def say_what_is_outside(axes: Axes, table: DataFrame, limits: Limits) -> None:
    """How many lines leave the axis below and above, in words at that edge."""
    extremes = table.groupby("line")["middle"].agg(["min", "max"])
    below, above = outside(extremes["min"], limits)[0], outside(extremes["max"], limits)[1]
    for count, side in ((below, "below"), (above, "above")):
        words = f"{count} {'line goes' if count == 1 else 'lines go'} on {side}"
        write_at_edge(axes, [words] if count else [], top=side == "above")


def number_layers(axes: Axes, deepest: int) -> None:
    """An axis of layer numbers, from the first hidden layer to the deepest."""
    from matplotlib.ticker import MaxNLocator

    margin = min(max(0.3, 0.03 * deepest), 0.9)  # 0 is no layer
    axes.set_xlim(1 - margin, deepest + margin)
    axes.xaxis.set_major_locator(
        MaxNLocator(nbins=8, integer=True, min_n_ticks=1, steps=[1, 2, 5, 10])
    )


def number_epochs(axes: Axes, last: int) -> None:
    """An axis of epochs from 0, which is before training."""
    from matplotlib.ticker import MaxNLocator

    axes.set_xlim(0, last or 1)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=5, integer=True, steps=[1, 2, 5, 10]))


def few_ticks(axes: Axes) -> None:
    """The same ticks in panels of any height, so that rows of a figure can be compared."""
    from matplotlib.ticker import MaxNLocator

    axes.yaxis.set_major_locator(MaxNLocator(nbins=4))
