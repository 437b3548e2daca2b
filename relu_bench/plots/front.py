"""One panel of a Pareto front: score against one cost, every variant a point with its intervals."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from relu_bench.compare import Scale, broken
from relu_bench.plots.limits import Limits, any_cut
from relu_bench.plots.lines import say_nothing_is_there
from relu_bench.plots.placed_names import Name
from relu_bench.plots.style import QUIET, Look, number, show_in

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame

Numbers = NDArray[np.float64]

_NAME_WIDTH = 26
_DOMINATED = "#8a8a8a"
# Of the height of a panel.
_WAY_IN = 0.07


@dataclass(frozen=True)
class Panel:
    """What one panel shows, and how.

    Attributes:
        cost: the column of the cost.
        front: the column that says whether a variant is on the front of score and this cost.
        label: of the x axis.
        score_scale, cost_scale: how people read them.
        across, up: the limits of the axes.
        look: by level.
        plain: whether the levels have no looks of their own.
    """

    cost: str
    front: str
    label: str
    score_scale: Scale
    cost_scale: Scale
    across: Limits
    up: Limits
    look: Mapping[str, Look]
    plain: bool


@dataclass(frozen=True)
class Point:
    """A variant in a panel.

    Attributes:
        level: its name.
        x, y: its mean cost and score, at the edge of the panel where it lies beyond.
        bars: (2, 2), the ends of its intervals, of the cost and of the score; NaN for none.
        front: whether no other variant is better in one and not worse in the other.
        best: whether none is so in all that is traded, that of other panels included.
        side: the marker that points to where it lies beyond the panel; empty for within.
        beyond: its score and its cost, those that lie beyond, in words.
    """

    level: str
    x: float
    y: float
    bars: Numbers
    front: bool
    best: bool
    side: str
    beyond: str


def points_of(trades: DataFrame, panel: Panel) -> list[Point]:
    """The variants that have both numbers: the unbeaten first, then by score, the best first.

    Args:
        trades: of `compare.trade_offs.trade_offs`, of one strip.
        panel: what is shown.
    """
    rows = trades.dropna(subset=["score", panel.cost])
    rows = rows.sort_values("score", ascending=not panel.score_scale.higher_is_better)
    rows = rows.sort_values([panel.front, "front"], ascending=False, kind="stable")
    return [_point(row, panel) for row in rows.to_dict("records")]


def _point(row: Mapping[Any, Any], panel: Panel) -> Point:
    x, y = float(row[panel.cost]), float(row["score"])
    side, beyond = "", []
    if not panel.across[0] <= x <= panel.across[1]:
        side = "<" if x < panel.across[0] else ">"
        beyond.append(number(x, panel.cost_scale, 1))
    if not panel.up[0] <= y <= panel.up[1]:
        side = "v" if y < panel.up[0] else "^"
        beyond.insert(0, number(y, panel.score_scale, 1))
    names = (f"{panel.cost}_low", f"{panel.cost}_high", "score_low", "score_high")
    return Point(
        level=str(row["level"]),
        x=min(max(x, panel.across[0]), panel.across[1]),
        y=min(max(y, panel.up[0]), panel.up[1]),
        bars=np.array([float(row[name]) for name in names]).reshape(2, 2),
        front=bool(row[panel.front]),
        best=bool(row["front"]),
        side=side,
        beyond=" at ".join(beyond),
    )


def draw_front(axes: Axes, points: Sequence[Point], panel: Panel) -> Axes:
    """Draw those that none beats as filled markers, the others as small open ones, and the front.

    The front of this panel is a line of steps, beyond which there is no variant. One beyond the
    panel is a triangle at its edge. Names are not written yet.
    """
    axes.set_xlim(*panel.across)
    axes.set_ylim(*panel.up)
    show_in(axes.yaxis, panel.score_scale, "test")
    show_in(axes.xaxis, panel.cost_scale, "")
    axes.set_xlabel(panel.label)
    if not points:
        say_nothing_is_there(axes)
    stairs = _stairs(points, panel)
    axes.plot(stairs[:, 0], stairs[:, 1], color=QUIET, linewidth=1.0, zorder=2)
    for point in points:
        _mark(axes, point, panel)
    return axes


def names_of(points: Sequence[Point], panel: Panel) -> list[Name]:
    """The names that a panel shows: of the variants of its front, and of those that cost anything.

    Variants without a dead unit are many, and stand all on one line; the panel of the seconds names
    them. The unbeaten come first, then what stands at an edge, where there is least room.
    """
    shown = [point for point in points if point.front or panel.cost != "dead" or point.x > 0]
    shown.sort(key=lambda point: (not point.best, not point.side))
    return [
        Name(
            broken(point.level, _NAME_WIDTH) + (f" ({point.beyond})" if point.beyond else ""),
            point.x,
            point.y,
            point.best,
        )
        for point in shown
    ]


def places_and_lines(points: Sequence[Point], panel: Panel) -> tuple[Numbers, Numbers]:
    """What names must not cover, (n, 2), and the segments that they should not touch, (m, 4).

    Among the latter, twice, the ways from points at the lower or upper edge into the panel: names
    of their neighbours would leave theirs no room.
    """
    places = np.array([(point.x, point.y) for point in points], np.float64).reshape(-1, 2)
    stairs = _stairs(points, panel)
    segments = [np.hstack([stairs[:-1], stairs[1:]])] if len(stairs) else []
    into = _WAY_IN * (panel.up[1] - panel.up[0])
    for point in points:
        (left, right), (low, high) = point.bars
        bars = np.array([[left, point.y, right, point.y], [point.x, low, point.x, high]])
        if point.side:
            end = point.y + (into if point.side == "v" else -into)
            bars = np.array(2 * [[point.x, point.y, point.x, end]] * (point.side in "v^"))
        segments.append(bars.reshape(-1, 4)[~np.isnan(bars.reshape(-1, 4)).any(axis=1)])
    return places, np.vstack(segments) if segments else np.empty((0, 4))


def means_of(trades: DataFrame, name: str) -> DataFrame:
    """The means of the score or of a cost, and the ends of their intervals: mean, low, high."""
    return trades.assign(mean=trades[name], low=trades[f"{name}_low"], high=trades[f"{name}_high"])


def interval_is_cut(trades: DataFrame, panel: Panel) -> bool:
    """Whether an interval of a variant that stands within a panel goes on beyond it."""
    there = trades[panel.cost].between(*panel.across) & trades["score"].between(*panel.up)
    shown = ((panel.cost, panel.across), ("score", panel.up))
    return any(any_cut(means_of(trades[there], name), limits) for name, limits in shown)


def _stairs(points: Sequence[Point], panel: Panel) -> Numbers:
    """The corners of the line that no variant lies beyond, to the edges of the panel: (n, 2)."""
    front = sorted((point.x, point.y) for point in points if point.front)
    if not front:
        return np.empty((0, 2))
    worst = panel.up[0] if panel.score_scale.higher_is_better else panel.up[1]
    corners = [(front[0][0], worst)]
    for x, y in front:
        corners += [(x, corners[-1][1]), (x, y)]
    return np.array([*corners, (panel.across[1], front[-1][1])])


def _mark(axes: Axes, point: Point, panel: Panel) -> None:
    look = panel.look[point.level]
    quiet = panel.plain and not point.best
    colour = _DOMINATED if quiet else look.colour
    for bar, way in zip(point.bars, ("x", "y"), strict=True):
        if point.side or not math.isfinite(bar[0]):
            continue
        line = (bar, [point.y] * 2) if way == "x" else ([point.x] * 2, bar)
        axes.plot(*line, color=colour, linewidth=1.2 if point.best else 0.7, zorder=2.2)
        _mark_cut_ends(axes, point, panel, way, colour)
    marker = point.side or ("o" if panel.plain else look.marker)
    axes.plot(
        [point.x],
        [point.y],
        linestyle="none",
        marker=marker,
        markersize=6.5 if point.best else 4.5,
        markerfacecolor=colour if point.best else "white",
        markeredgecolor="white" if point.best else colour,
        markeredgewidth=0.6 if point.best else 0.9,
        clip_on=False,
        zorder=4 if point.best else 3,
    )


def _mark_cut_ends(axes: Axes, point: Point, panel: Panel, way: str, colour: str) -> None:
    """An arrow where an interval goes on beyond the panel."""
    (low, high), limits = (point.bars[0], panel.across) if way == "x" else (point.bars[1], panel.up)
    for cut, edge, arrow in (
        (low < limits[0], limits[0], "<" if way == "x" else "v"),
        (high > limits[1], limits[1], ">" if way == "x" else "^"),
    ):
        if cut:
            place = (edge, point.y) if way == "x" else (point.x, edge)
            axes.plot(*place, arrow, color=colour, markersize=4.0, clip_on=False, zorder=2.2)
