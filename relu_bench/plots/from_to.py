"""From before to after training: a hollow and a filled mark in one row, joined by a line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from relu_bench.plots.inside import AT_END, AT_START
from relu_bench.plots.limits import Limits
from relu_bench.plots.style import BACKGROUND, QUIET, SMALL, Look

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D
    from pandas import DataFrame, Series

_SIZE = 5.5
# A star has less area than other marks of its size.
_STAR = 1.4
# Points between an edge and the value written beside it.
_BESIDE = 6.0
# Points.
_BAR = 5.0
_WIDER = 0.25
# Of the axis: how near to an edge a mark is in the way of a value that is written there.
_CLOSE = 0.35
_GREY = Look("black", "-", "o")


def from_to(
    axes: Axes,
    table: DataFrame,
    *,
    look: Mapping[str, Look],
    limits: Limits,
    shown: Callable[[float], str],
) -> Axes:
    """Draw the marks of all rows, each with a bar from low to high.

    What lies beyond an end of the axis is an arrow there, with its value beside it; on a
    logarithmic axis, so is what is exactly 0.

    Args:
        axes: to draw on, its x scale set.
        table: level, moment (`inside.AT_START` or `AT_END`; a row may lack one), y, middle, low,
            high; low and high are NaN where there is no bar.
        look: by level.
        limits: of the x axis.
        shown: writes a value.

    Returns:
        `axes`.
    """
    axes.set_xlim(*limits)
    ends = {moment: table[table["moment"] == moment] for moment in (AT_START, AT_END)}
    _bars(axes, ends[AT_START], [BACKGROUND] * len(ends[AT_START]), 0.6)
    _bars(axes, ends[AT_END], [look[level].colour for level in ends[AT_END]["level"]], 0.25)
    _joins(axes, ends, look, limits)
    for moment, rows in ends.items():
        inside = rows["middle"].between(*limits)
        _marks(axes, rows[inside], look, filled=moment == AT_END)
    _beyond(axes, table, look, limits, shown)
    return axes


def moment_handles(*, before: bool = True) -> list[Line2D]:
    """The entries of the legend: what hollow and filled marks are.

    Args:
        before: whether there are hollow ones.
    """
    from matplotlib.lines import Line2D

    return [
        Line2D(
            [],
            [],
            linestyle="none",
            marker=_GREY.marker,
            markersize=_SIZE,
            color=_GREY.colour,
            markerfacecolor=_GREY.colour if filled else "white",
            label=name,
        )
        for name, filled in ((AT_START, False), (AT_END, True))
        if filled or before
    ]


def holding_bars(table: DataFrame, limits: Limits) -> Limits:
    """The limits, wider by at most a quarter on each side to hold the bars of the marks inside.

    Args:
        table: of marks: middle, low, high.
        limits: of the axis of these marks.
    """
    inside = table[table["middle"].between(*limits)].dropna(subset=["low", "high"])
    if not len(inside):
        return limits
    most = _WIDER * (limits[1] - limits[0])
    low, high = float(inside["low"].min()), float(inside["high"].max())
    return max(min(low, limits[0]), limits[0] - most), min(max(high, limits[1]), limits[1] + most)


def is_beyond(table: DataFrame, limits: Limits) -> bool:
    """Whether anything in a table of marks lies off the axis."""
    return bool((~table["middle"].between(*limits)).any())


def _bars(axes: Axes, rows: DataFrame, colours: Sequence[str], alpha: float) -> None:
    from matplotlib.collections import LineCollection

    known = (rows["low"].notna() & rows["high"].notna()).to_numpy()
    low, high, y = (rows[name].to_numpy(np.float64)[known] for name in ("low", "high", "y"))
    if not len(y):
        return
    axes.add_collection(
        LineCollection(
            _across(low, high, y),
            colors=[colour for colour, there in zip(colours, known, strict=True) if there],
            linewidths=_BAR,
            alpha=alpha,
            capstyle="butt",
            zorder=1.5,
        ),
        autolim=False,
    )


def _joins(
    axes: Axes, ends: Mapping[str, DataFrame], look: Mapping[str, Look], limits: Limits
) -> None:
    from matplotlib.collections import LineCollection

    both = ends[AT_START].merge(ends[AT_END], on="y", suffixes=("_before", "_after"))
    if not len(both):
        return
    before, after = (
        both[f"middle_{name}"].clip(*limits).to_numpy(np.float64) for name in ("before", "after")
    )
    y = both["y"].to_numpy(np.float64)
    axes.add_collection(
        LineCollection(
            _across(before, after, y),
            colors=[look[level].colour for level in both["level_after"]],
            linewidths=1.0,
            zorder=2,
        ),
        autolim=False,
    )


def _across(start: NDArray[Any], end: NDArray[Any], y: NDArray[Any]) -> list[NDArray[Any]]:
    """A line in each row."""
    return list(np.stack([np.stack([start, y], 1), np.stack([end, y], 1)], 1))


def _marks(axes: Axes, rows: DataFrame, look: Mapping[str, Look], *, filled: bool) -> None:
    """All marks of one look in one go."""
    of_rows = [look[level] for level in rows["level"]]
    for one in dict.fromkeys(of_rows):
        chosen = np.array([each == one for each in of_rows])
        axes.plot(
            rows["middle"].to_numpy(np.float64)[chosen],
            rows["y"].to_numpy(np.float64)[chosen],
            linestyle="none",
            marker=one.marker,
            markersize=_SIZE * (_STAR if one.marker == "*" else 1.0),
            color=one.colour,
            markerfacecolor=one.colour if filled else "white",
            clip_on=False,
            zorder=4 if filled else 3,
        )


def _beyond(
    axes: Axes,
    table: DataFrame,
    look: Mapping[str, Look],
    limits: Limits,
    shown: Callable[[float], str],
) -> None:
    """An arrow at the edge for each row that leaves the axis, and its values beside it."""
    for edge, gone in (
        (limits[0], table["middle"] < limits[0]),
        (limits[1], table["middle"] > limits[1]),
    ):
        left = edge == limits[0]
        for _, marks in table[gone].groupby("y", sort=False):
            y = float(marks["y"].iloc[0])
            colour = look[str(marks["level"].iloc[0])].colour
            filled = (marks["moment"] == AT_END).any()
            axes.plot(
                [edge],
                [y],
                linestyle="none",
                marker="<" if left else ">",
                markersize=_SIZE,
                color=colour,
                markerfacecolor=colour if filled else "white",
                clip_on=False,
                zorder=4.5,
            )
            in_order = marks.sort_values("moment", key=lambda names: names == AT_END)["middle"]
            near = _near(axes, table[(table["y"] == y) & ~gone]["middle"], edge)
            axes.annotate(
                " → ".join(dict.fromkeys(shown(value) for value in in_order)),
                xy=(near, y),
                xytext=(_BESIDE if left else -_BESIDE, 0),
                textcoords="offset points",
                ha="left" if left else "right",
                va="center_baseline",
                fontsize=SMALL,
                color=QUIET,
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5},
                zorder=2.5,
            )


def _near(axes: Axes, others: Series, edge: float) -> float:
    """Beside what the value is written: the row's other mark, where it stands close to the edge."""
    to_fraction = axes.transScale + axes.transLimits
    at_edge = to_fraction.transform((edge, 0.0))[0]
    for other in others:
        if abs(to_fraction.transform((other, 0.0))[0] - at_edge) < _CLOSE:
            return float(other)
    return edge
