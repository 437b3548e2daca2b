"""Means with their intervals, joined by a line for each level, over numbers or over names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from relu_bench import compare
from relu_bench.plots.limits import Limits, any_cut
from relu_bench.plots.style import BACKGROUND, Look, number
from relu_bench.plots.words import GOES_ON

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.transforms import Transform
    from pandas import DataFrame, Series

# The share of the distance of two places that the levels at one place spread over.
SPREAD = 0.36
_MARKER = 5.5
_ARROW = 4.0
# A star has less area than other marks of its size.
_STAR = 1.5
# Points that a mark stands inside of the edge beyond which its mean lies.
_INSIDE = 8.0


def means(
    axes: Axes,
    groups: DataFrame,
    *,
    look: Mapping[str, Look],
    order: Sequence[str],
    limits: Limits,
    gap: float,
) -> Axes:
    """Draw the means of each level beside those of the others, and lines that join them.

    A mean off the axis stands at its edge with a triangle and without its interval; one of runs
    that did not all learn is open; one with diverged runs has a cross. An interval that goes on
    beyond the axis ends in an arrow.

    Args:
        axes: to draw on.
        groups: of `compare.group_scores`, with level and x (a place on a linear axis).
        look: by level.
        order: of the levels, from left to right at each place.
        limits: of the y axis.
        gap: the least distance of two places.

    Returns:
        `axes`.
    """
    axes.set_ylim(*limits)
    there = [level for level in order if (groups["level"] == level).any()]
    step = SPREAD * gap / max(1, len(there) - 1)
    for position, level in enumerate(there):
        rows = groups[groups["level"] == level].sort_values("x")
        aside = step * (position - (len(there) - 1) / 2) if len(there) > 1 else 0.0
        _level(axes, rows.assign(x=rows["x"] + aside), level, look[level], limits)
    return axes


def behind(axes: Axes, groups: DataFrame) -> None:
    """Thin grey lines through the means of each level, for what a panel is to be seen before."""
    for _, rows in groups.groupby("level", sort=False):
        points = rows.sort_values("x")
        axes.plot(points["x"], points["mean"], color=BACKGROUND, linewidth=0.6, zorder=1)


def _level(axes: Axes, rows: DataFrame, level: str, look: Look, limits: Limits) -> None:
    axes.plot(
        rows["x"],
        rows["mean"],
        color=look.colour,
        linestyle=look.line,
        linewidth=1.2,
        label=level,
        zorder=2,
    )
    below, above = rows["mean"] < limits[0], rows["mean"] > limits[1]
    inside = ~below & ~above
    known = rows[inside].dropna(subset=["low", "high"])
    axes.vlines(known["x"], known["low"], known["high"], color=look.colour, linewidth=1.2, zorder=2)
    for cut, end, arrow in (
        (known["low"] < limits[0], limits[0], "v"),
        (known["high"] > limits[1], limits[1], "^"),
    ):
        _plain_marks(axes, known[cut].assign(mean=end), arrow, _ARROW, look)
    some_lost = rows["learned"] < rows["runs"]
    for those, edge, arrow, away in (
        (inside, None, "", 0.0),
        (below, limits[0], "v", _INSIDE),
        (above, limits[1], "^", -_INSIDE),
    ):
        placed = rows[those] if edge is None else rows[those].assign(mean=edge)
        _marks(axes, placed[~some_lost[those]], look.marker, look, away=away, filled=True)
        _marks(axes, placed[some_lost[those]], look.marker, look, away=away, filled=False)
        _plain_marks(axes, placed[placed["diverged"] > 0], "x", _MARKER + 3, look, away=away)
        _plain_marks(axes, placed, arrow, _ARROW, look)


def _plain_marks(
    axes: Axes, rows: DataFrame, marker: str, size: float, look: Look, *, away: float = 0.0
) -> None:
    if not len(rows) or not marker:
        return
    axes.plot(
        rows["x"],
        rows["mean"],
        linestyle="none",
        marker=marker,
        markersize=size,
        markeredgewidth=1.1,
        color=look.colour,
        transform=_moved(axes, away),
        clip_on=False,
        zorder=5,
    )


def _moved(axes: Axes, points: float) -> Transform:
    """Places of the data, so many points higher."""
    from matplotlib.transforms import ScaledTranslation

    return axes.transData + ScaledTranslation(0, points / 72, axes.figure.dpi_scale_trans)


def _marks(
    axes: Axes, rows: DataFrame, marker: str, look: Look, *, away: float, filled: bool
) -> None:
    if not len(rows):  # an empty line has a place all the same, which upsets the layout
        return
    axes.plot(
        rows["x"],
        rows["mean"],
        linestyle="none",
        marker=marker,
        markersize=_MARKER * (_STAR if marker == "*" else 1.0),
        color=look.colour,
        markerfacecolor=look.colour if filled else "white",
        markeredgecolor="white" if filled else look.colour,
        markeredgewidth=0.5 if filled else 1.2,
        transform=_moved(axes, away),
        clip_on=False,
        zorder=4,
    )


def marks_in_words(groups: DataFrame, limits: Limits, metric: str) -> list[str]:
    """What lines, bars and marks mean, as far as they are there."""
    fewest, most = int(groups["runs"].min()), int(groups["runs"].max())
    lines = []
    if most == 1:
        lines.append("One seed: no intervals.")
    else:
        seeds = f"{most} seeds" if fewest == most else f"{fewest} to {most} seeds"
        lines.append(f"Marks: means over {seeds}; bars: 95\u00a0% t intervals.")
    if any_cut(groups, limits):
        lines.append(GOES_ON)
    if (groups["learned"] < groups["runs"]).any():
        lines.append("Open marks: not all runs learned.")
    diverged = groups[groups["diverged"] > 0]
    if len(diverged):
        guesses = span_in_words(diverged["guess"], metric)
        lines.append(f"×: with diverged runs, which count as the constant guess ({guesses}).")
    for outside, mark, side in (
        (groups["mean"] < limits[0], "▾", "below"),
        (groups["mean"] > limits[1], "▴", "above"),
    ):
        if outside.any():
            means_there = span_in_words(groups.loc[outside, "mean"], metric)
            lines.append(f"{mark}: the mean lies {side} the axis ({means_there}).")
    return lines


def span_in_words(values: Series, metric: str) -> str:
    """One value, or the least and the greatest of several."""
    scale = compare.scale_of(metric)
    shown = [number(value, scale) for value in (float(values.min()), float(values.max()))]
    if shown[0] == shown[1]:
        return shown[0]
    return f"{shown[0].removesuffix(scale.unit).strip()} to {shown[1]}"
