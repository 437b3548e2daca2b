"""The marks of all figures: each function draws one tidy table into one pair of axes.

A table has a row a point: `level`, `x`, `value`, and `low` and `high`, the ends of its interval or
band (NaN for none). Limits, ticks and labels are set before; what is beyond the limits is clipped
and counted in the note.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from relu_bench.figures.canvas import after_layout, wrapped
from relu_bench.figures.limits import Limits
from relu_bench.figures.style import QUIET, QUIET_WIDTH, SIZE, SMALL, Look

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame

Looks = Mapping[str, Look]

_BAND = 0.17
_MOST_MARKED = 12
# Points.
_MARKER = 5.5
_STAR = 1.5  # has less area than other marks of its size
_QUIET_MARKER = 4.0
_DOT = 4.2
_CLEAR = 3.6  # between the middles of dots beside each other
_LANE = 3.4
_LANES = 3
_BESIDE = 6.0  # between marks that would cover each other
_COVERS = 6.0
_INSIDE = 5.0  # from the edge beyond which a value lies
# Inches.
_ROW = 0.24
_LINE = 1.3 * SIZE / 72
_SPARE = 0.07
_LABEL_SHARE = 0.4


def lines(axes: Axes, table: DataFrame, look: Looks, *, marked: bool = False) -> None:
    """A line for each level with its band; those of quiet looks thin, behind the others, bare.

    Args:
        axes: to draw on.
        table: level, x, value, low, high.
        look: by level.
        marked: whether points carry markers (they are layers, not moments of one history); a line
            of one point always does.
    """
    for level, points in _levels(table, look):
        its = look[level]
        if its.quiet:
            axes.plot(points["x"], points["value"], color=its.colour, lw=QUIET_WIDTH, zorder=1.5)
            continue
        (line,) = axes.plot(
            points["x"], points["value"], color=its.colour, linestyle=its.line, label=level
        )
        if marked or len(points) == 1:
            line.set(marker=its.marker, markersize=_size(its) - 1)
            line.set_markevery(max(1, len(points) // _MOST_MARKED))
        if points["low"].notna().any():
            axes.fill_between(
                points["x"], points["low"], points["high"], color=its.colour, alpha=_BAND, lw=0
            )


def at_lower_edge(axes: Axes, table: DataFrame, look: Looks) -> None:
    """A triangle inside the lower edge for each level at each x: what is 0, on a log axis.

    Args:
        axes: to draw on.
        table: level, x.
        look: by level.
    """
    from matplotlib.transforms import ScaledTranslation

    levels = list(dict.fromkeys(table["level"]))
    for number, level in enumerate(levels):
        aside = _BESIDE * (number - (len(levels) - 1) / 2)
        moved = ScaledTranslation(aside / 72, 4 / 72, axes.figure.dpi_scale_trans)
        x = sorted(table.loc[table["level"] == level, "x"])
        axes.plot(
            x,
            [0.0] * len(x),
            "v",
            color=look[level].colour,
            ms=5,
            transform=axes.get_xaxis_transform() + moved,
            zorder=4,
        )


def single_runs(axes: Axes, table: DataFrame, look: Looks) -> None:
    """A thin line for each run, in place of a band that would show neither good nor bad ones.

    Args:
        axes: to draw on.
        table: run_id, level, x, value.
        look: by level.
    """
    for _, run in table.groupby("run_id", sort=False):
        points = run.sort_values("x")
        its = look[str(points["level"].iloc[0])]
        axes.plot(points["x"], points["value"], color=its.colour, lw=0.5, alpha=0.5, zorder=1.8)


def steps(axes: Axes, table: DataFrame, look: Looks, *, until: bool = False) -> None:
    """A step line for each level, a share that holds from one x to the next, with its band.

    It goes on to both ends of the axis, whose limits are set: before the first x, or beyond the
    last one where values hold up to theirs, there is none.

    Args:
        axes: to draw on.
        table: level, x, value, low, high.
        look: by level.
        until: whether a value holds up to its x, not from there on.
    """
    where: Literal["pre", "post"] = "pre" if until else "post"
    for number, (level, points) in enumerate(_levels(table, look)):
        its = look[level]
        left, right = axes.get_xlim()
        x = np.array([min(left, points["x"].min()), *points["x"], max(right, points["x"].max())])
        value, low, high = (
            np.array([*points[name][:1], *points[name], 0.0])
            if until
            else np.array([0.0, *points[name], *points[name][-1:]])
            for name in ("value", "low", "high")
        )
        (line,) = axes.step(
            x,
            value,
            where=where,
            color=its.colour,
            linestyle=its.line,
            lw=QUIET_WIDTH if its.quiet else None,
            zorder=1.5 if its.quiet else 2,
            label=level,
        )
        if its.quiet:
            continue
        # A few marks, each line's at other places: lines of shares often lie on each other.
        every = max(1, len(points) // 4)
        line.set(marker=its.marker, markersize=_size(its) - 1)
        line.set_markevery(list(range(1 + number % every, len(points) + 1, every)))
        if points["low"].notna().any():
            axes.fill_between(x, low, high, step=where, color=its.colour, alpha=_BAND, lw=0)


def means(axes: Axes, table: DataFrame, look: Looks, limits: Limits) -> None:
    """Means with their intervals over numbers or names, a line through those of each level.

    Marks at one x stand beside each other only where they would cover each other, a few points
    apart, whatever the scale. A mean off the axis stands inside its edge with a triangle and
    without its interval; an interval that goes on beyond the axis ends in an arrow.

    Args:
        axes: to draw on, its scales and limits set.
        table: level, x, value, low, high; `hollow` and `crossed`, whether the mark is.
        look: by level.
        limits: of the y axis.
    """
    after_layout(axes, lambda: _means(axes, table, look, limits))


def _means(axes: Axes, table: DataFrame, look: Looks, limits: Limits) -> None:
    table = table.reset_index(drop=True)
    shown = table["value"].clip(*limits)
    ends = table[["low", "high"]].clip(*limits)
    outside = ~table["value"].between(*limits)
    ends = ends.where(~outside, np.nan)
    inward = np.sign(shown - table["value"]) * _INSIDE
    height = _points(axes, table["x"], shown)[:, 1] + inward
    top = np.fmax(height + _COVERS / 2, _points(axes, table["x"], ends["high"])[:, 1])
    bottom = np.fmin(height - _COVERS / 2, _points(axes, table["x"], ends["low"])[:, 1])
    loud = np.array([not look[level].quiet for level in table["level"]], bool)
    aside = _beside(table["x"].to_numpy(), bottom, top, loud)
    place = _points(axes, table["x"], shown) + np.column_stack([aside, inward])
    inverse = axes.transData.inverted()
    pixels = axes.figure.dpi / 72
    at = inverse.transform(place * pixels)
    placed = table.assign(
        at=at[:, 0], shown=at[:, 1], below=ends["low"], above=ends["high"], outside=outside
    )
    for level, rows in _levels(placed, look):
        its = look[level]
        kind: dict[str, Any] = {"color": its.colour, "clip_on": False, "zorder": 4}
        # To where a mean is, not to the mark inside the edge.
        axes.plot(
            rows["at"],
            rows["value"],
            color=its.colour,
            linestyle=its.line,
            lw=QUIET_WIDTH if its.quiet else 1.2,
            zorder=1.5 if its.quiet else 2,
            label=level,
        )
        if its.quiet:
            continue
        axes.vlines(rows["at"], rows["below"], rows["above"], color=its.colour, lw=1.2, zorder=3)
        for hollow, some in rows.groupby("hollow"):
            _mark(axes, some["at"], some["shown"], its, hollow=bool(hollow))
        crossed = rows[rows["crossed"]]
        axes.plot(crossed["at"], crossed["shown"], "x", ms=_MARKER + 3, **kind)
        for side, end, arrow in (("low", limits[0], "v"), ("high", limits[1], "^")):
            beyond = rows[side] < end if side == "low" else rows[side] > end
            off = rows["value"] < end if side == "low" else rows["value"] > end
            cut = rows[(beyond & ~rows["outside"]) | off]
            axes.plot(cut["at"], [end] * len(cut), arrow, ms=4, **kind)


def _beside(
    x: NDArray[Any], bottom: NDArray[Any], top: NDArray[Any], loud: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """How many points each mark is moved aside: those of one x that would cover each other."""
    aside = np.zeros(len(x))
    for place in np.unique(x[loud]):
        those = np.flatnonzero((x == place) & loud)
        for group in _covering(those[np.argsort(bottom[those], kind="stable")], bottom, top):
            group.sort()
            middle = (len(group) - 1) / 2
            for number, row in enumerate(group):
                aside[row] = _BESIDE * (number - middle)
    return aside


def _covering(rows: NDArray[Any], bottom: NDArray[Any], top: NDArray[Any]) -> list[list[int]]:
    """Rows in the order of their lower ends, in groups of which each covers another."""
    groups: list[list[int]] = []
    reached = -math.inf
    for row in rows:
        if bottom[row] < reached:
            groups[-1].append(int(row))
        else:
            groups.append([int(row)])
        reached = max(reached, top[row])
    return groups


@dataclass(frozen=True)
class RowPlaces:
    """Where the rows of some levels stand, in inches from the top, as the y axis has them.

    Attributes:
        levels: from the top.
        names: of the rows, in lines.
        texts: at the right of the rows, in lines.
        middles: of the rows.
        height: of all.
    """

    levels: tuple[str, ...]
    names: tuple[str, ...]
    texts: tuple[str, ...]
    middles: tuple[float, ...]
    height: float


def row_places(
    levels: Sequence[str],
    width: float,
    *,
    names: Mapping[str, str] | None = None,
    texts: Mapping[str, str] | None = None,
    least: float = _ROW,
) -> RowPlaces:
    """Rows as high as their names and texts need.

    Args:
        levels: from the top.
        width: of the figure or of its part, in inches; names take at most 40 % of it.
        names: of the rows, by level, where they are not those of the levels.
        texts: at the right of the rows, by level.
        least: height of a row, in inches.
    """
    called = [
        wrapped((names or {}).get(level, level), _LABEL_SHARE * width, SIZE) for level in levels
    ]
    beside = [(texts or {}).get(level, "") for level in levels]
    heights = [
        max(least, max(name.count("\n"), text.count("\n")) * _LINE + _LINE + _SPARE)
        for name, text in zip(called, beside, strict=True)
    ]
    ends = np.cumsum(heights)
    middles = tuple(float(end - height / 2) for end, height in zip(ends, heights, strict=True))
    return RowPlaces(tuple(levels), tuple(called), tuple(beside), middles, float(sum(heights)))


def rows(
    axes: Axes,
    table: DataFrame,
    look: Looks,
    places: RowPlaces,
    limits: Limits,
    *,
    dots: DataFrame | None = None,
) -> None:
    """A row for each level: dots of its seeds, and means with their intervals.

    Dots stand above the mean, and above each other only where they would cover each other. Of two
    means of a level, that with x 0 is hollow and that with x 1 filled, and a line joins them. A
    value off the axis is a triangle at its edge; an interval that goes on ends in one.

    Args:
        axes: to draw on; its y axis becomes that of the rows.
        table: level, x (0 before, 1 after), value, low, high.
        look: by level.
        places: of `row_places`.
        limits: of the x axis.
        dots: level, value, outcome; none when left out.
    """
    axes.set_xlim(*limits)
    axes.set_ylim(places.height, 0.0)
    axes.set_yticks(places.middles, places.names)
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")
    for one, other in zip(places.middles, places.middles[1:], strict=False):
        axes.axhline((one + other) / 2, color="#ececec", lw=0.6, zorder=0)
    if any(places.texts):
        beside = axes.twinx()
        beside.set_ylim(places.height, 0.0)
        beside.set_yticks(places.middles, places.texts, fontsize=SMALL, linespacing=1.1)
        beside.tick_params(axis="y", length=0)
        beside.grid(visible=False)
        beside.spines[:].set_visible(False)
    lane = 0.0 if dots is None else 0.055
    for level, middle in zip(places.levels, places.middles, strict=True):
        its = table[table["level"] == level].sort_values("x")
        several = dots is None or int((dots["level"] == level).sum()) > 1
        if several:
            _row(axes, its, look[level], middle + lane, limits)
        if dots is not None:
            those = dots[dots["level"] == level]
            lane_of_dots = middle - lane * several
            after_layout(
                axes, functools.partial(_dots, axes, those, look[level], lane_of_dots, limits)
            )


def _row(axes: Axes, its: DataFrame, look: Look, y: float, limits: Limits) -> None:
    shown = its["value"].clip(*limits)
    if len(its) > 1:
        axes.plot(shown, [y] * len(its), color=look.colour, lw=1.2, zorder=2)
    for row, at in zip(its.to_dict("records"), shown, strict=True):
        inside = limits[0] <= row["value"] <= limits[1]
        hollow = row["x"] == 0
        if inside:
            _interval(axes, row, look, y, limits, joined=len(its) > 1)
            _mark(axes, [at], [y], look, hollow=hollow)
        elif not math.isnan(row["value"]):
            _edge(axes, at, y, look, limits)


def _interval(
    axes: Axes, row: Mapping[Hashable, Any], look: Look, y: float, limits: Limits, *, joined: bool
) -> None:
    low, high = float(row["low"]), float(row["high"])
    if math.isnan(low):
        return
    ends = (max(low, limits[0]), min(high, limits[1]))
    wide, strength = (6.0, 0.25) if joined else (1.6, 0.85)
    (bar,) = axes.plot(ends, [y, y], color=look.colour, lw=wide, zorder=1.8, alpha=strength)
    bar.set_solid_capstyle("butt")
    for end, cut in zip(limits, (low < limits[0], high > limits[1]), strict=True):
        if cut:
            _edge(axes, end, y, look, limits)


def _edge(axes: Axes, at: float, y: float, look: Look, limits: Limits) -> None:
    """A triangle inside an edge beyond which something goes on."""
    from matplotlib.transforms import ScaledTranslation

    left = at <= limits[0]
    inward = ScaledTranslation((3 if left else -3) / 72, 0, axes.figure.dpi_scale_trans)
    axes.plot(
        [at],
        [y],
        "<" if left else ">",
        color=look.colour,
        ms=5,
        transform=axes.transData + inward,
        zorder=4,
    )


def scatter(
    axes: Axes,
    table: DataFrame,
    look: Looks,
    limits: tuple[Limits, Limits],
    *,
    dots: DataFrame | None = None,
) -> None:
    """A mark for each level at two means, with the intervals of both; those of quiet looks behind.

    One beyond an edge is a triangle inside it, without intervals.

    Args:
        axes: to draw on.
        table: level, x, x_low, x_high, value, low, high; `hollow`, whether the mark is.
        look: by level.
        limits: of both axes.
        dots: level, x, value of single runs; none when left out.
    """
    from matplotlib.transforms import ScaledTranslation

    if dots is not None:
        colours = [look[level].colour for level in dots["level"]]
        axes.scatter(dots["x"], dots["value"], s=7, c=colours, alpha=0.45, linewidths=0, zorder=1.9)
    across, up = limits
    for row in sorted(table.to_dict("records"), key=lambda each: not look[each["level"]].quiet):
        its = look[row["level"]]
        x, y = (float(np.clip(row[name], *ends)) for name, ends in (("x", across), ("value", up)))
        right = int(row["x"] < across[0]) - int(row["x"] > across[1])
        upward = int(row["value"] < up[0]) - int(row["value"] > up[1])
        if not right and not upward:
            width = QUIET_WIDTH if its.quiet else 1.2
            axes.plot([row["x_low"], row["x_high"]], [y, y], color=its.colour, lw=width, zorder=2)
            axes.plot([x, x], [row["low"], row["high"]], color=its.colour, lw=width, zorder=2)
            _mark(axes, [x], [y], its, hollow=bool(row["hollow"]))
            continue
        arrow = {1: "<", -1: ">"}.get(right) or {1: "v", -1: "^"}[upward]
        inward = ScaledTranslation(4 * right / 72, 4 * upward / 72, axes.figure.dpi_scale_trans)
        axes.plot([x], [y], arrow, color=its.colour, ms=5.5, transform=axes.transData + inward)


_OUTCOMES = {"at_chance": "o", "diverged": "x"}


def _dots(axes: Axes, runs: DataFrame, look: Look, middle: float, limits: Limits) -> None:
    """The seeds of one row: none hides another."""
    there = runs[runs["value"].between(*limits)].sort_values("value", kind="stable")
    if not len(there):
        return
    places = _points(axes, there["value"], [middle] * len(there))
    aside, lane = _swarm(places[:, 0])
    lowest = places[:, 1] - _LANE * lane.max() / 2
    at = np.column_stack([places[:, 0] + aside, lowest + _LANE * lane])
    at = axes.transData.inverted().transform(at * axes.figure.dpi / 72)
    lone = len(runs) == 1
    for outcome in sorted(there["outcome"].unique()):
        those = (there["outcome"] == outcome).to_numpy()
        crossed = outcome == "diverged"
        filled = look.colour if outcome == "learned" else "white"
        axes.scatter(
            at[those, 0],
            at[those, 1],
            s=(_MARKER if lone else _DOT) ** 2,
            marker=_OUTCOMES.get(str(outcome), look.marker if lone else "o"),
            c=look.colour if crossed else filled,
            edgecolors=None if crossed else (look.colour if filled == "white" else "white"),
            linewidths=1.2 if crossed else (0.8 if filled == "white" else 0.3),
            alpha=0.75,
            zorder=3,
        )


def _swarm(x: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How far each dot is moved aside, in points, and its lane: none hides another.

    A dot stays at its x while one of a few lanes is free there.

    Args:
        x: in points, from the left.
    """
    taken: list[tuple[float, int]] = []
    moved = []
    for each in x:
        ways = ((aside, lane) for aside in _sideways() for lane in range(_LANES))
        aside, lane = next(
            (aside, lane)
            for aside, lane in ways
            if all(other != lane or abs(each + aside - at) >= _CLEAR for at, other in taken)
        )
        taken.append((each + aside, lane))
        moved.append((aside, lane))
    found = np.array(moved, np.float64)
    return found[:, 0], found[:, 1]


def _sideways() -> Iterator[float]:
    yield 0.0
    for step in itertools.count(1):
        yield from (step * _CLEAR, -step * _CLEAR)


def heat(
    axes: Axes,
    table: DataFrame,
    *,
    across: Sequence[str],
    down: Sequence[str],
    colours: Any,
    size: float,
) -> None:
    """A cell for each combination, its text on it; one without a value stays empty.

    Args:
        axes: to draw on.
        table: level, x (a name), value, text.
        across: the names along x.
        down: the levels, from the top.
        colours: a `matplotlib.cm.ScalarMappable` for the values.
        size: of the letters, in points.
    """
    values = table.pivot(index="level", columns="x", values="value")
    cells = values.reindex(index=list(down), columns=list(across)).to_numpy(np.float64)
    # Cells that are drawn as such, not an image: their edges are sharp at any size.
    axes.pcolormesh(
        np.arange(len(across) + 1) - 0.5,
        np.arange(len(down) + 1) - 0.5,
        np.ma.masked_invalid(cells),
        cmap=colours.cmap,
        norm=colours.norm,
        edgecolors="white",
        linewidth=0.4,
    )
    axes.set_ylim(len(down) - 0.5, -0.5)
    axes.set_yticks(range(len(down)))
    axes.set_xticks(range(len(across)))
    axes.tick_params(length=0)
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    columns, levels = list(across), list(down)
    for cell in table.to_dict("records"):
        axes.text(
            columns.index(str(cell["x"])),
            levels.index(str(cell["level"])),
            str(cell["text"]),
            ha="center",
            va="center",
            fontsize=size,
            linespacing=1.0,
            color=letters_on(colours.to_rgba(float(cell["value"]))),
        )


def letters_on(colour: tuple[float, ...]) -> str:
    """Black or white, whichever is read better on it, by its relative luminance (WCAG 2)."""
    linear = [
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in colour[:3]
    ]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    contrast_with_white, contrast_with_black = 1.05 / (luminance + 0.05), (luminance + 0.05) / 0.05
    return "white" if contrast_with_white > contrast_with_black else "black"


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


def _levels(table: DataFrame, look: Looks) -> list[tuple[str, DataFrame]]:
    """The rows of each level by x, quiet looks first."""
    found = [
        (str(level), points.sort_values("x", kind="stable"))
        for level, points in table.groupby("level", sort=False)
    ]
    return sorted(found, key=lambda each: not look[each[0]].quiet)


def _size(look: Look) -> float:
    if look.quiet:
        return _QUIET_MARKER
    return _MARKER * (_STAR if look.marker == "*" else 1.0)


def _mark(axes: Axes, x: Any, y: Any, look: Look, *, hollow: bool) -> None:
    axes.plot(
        x,
        y,
        linestyle="none",
        marker="o" if look.quiet else look.marker,
        markersize=_size(look),
        color=look.colour,
        markerfacecolor="white" if hollow else look.colour,
        markeredgecolor=look.colour if hollow else "white",
        markeredgewidth=1.1 if hollow else 0.5,
        clip_on=False,
        zorder=3.6 if hollow else 4,
    )


def _points(axes: Axes, x: Any, y: Any) -> NDArray[np.float64]:
    """Places of the data in points from the lower left corner, shape (points, 2)."""
    data = np.column_stack([np.asarray(x, np.float64), np.asarray(y, np.float64)])
    found: NDArray[np.float64] = axes.transData.transform(data) * 72 / axes.figure.dpi
    return found
