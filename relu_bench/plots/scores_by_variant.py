"""Test scores: every seed a dot, the mean with its 95 % t interval, the value written beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from relu_bench.compare import broken, scale_of
from relu_bench.plots.limits import Limits, score_limits
from relu_bench.plots.off_axis_words import panel_width, say_what_is_outside
from relu_bench.plots.style import SMALL, Look, looks, number, show_in

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame

    from relu_bench.compare import Scale

# Where things stand in a row of height 1, y growing downwards: the dots above, the mean below them.
_DOTS = -0.14
_DOTS_SPREAD = 0.32
_MEAN = 0.24
LABEL_WIDTH = 24
_MARKS = {"at_chance": "o", "diverged": "x"}


def scores_by_variant(
    axes: Axes,
    scores: DataFrame,
    *,
    metric: str = "accuracy",
    look: Mapping[str, Look] | None = None,
    order: Sequence[str] | None = None,
    limits: Limits | None = None,
    label_width: int = LABEL_WIDTH,
) -> Axes:
    """Draw one row for each level, the first on top.

    A diverged run stands as a cross at the constant guess, a run that is not better than the guess
    as an open circle. A level with one run has its dot alone: there is no interval. An interval
    that goes on beyond the axis ends in an arrow.

    Args:
        axes: to draw on.
        scores: of `compare.final_scores`: level, seed, outcome, value, mean, low, high.
        metric: a name in `tasks.METRICS`.
        look: colours and markers by level; made from the levels here when left out.
        order: of the levels, top down; as they come when left out.
        limits: of the x axis; `score_limits` of these scores when left out. Runs outside are
            counted in words beside their row's mean.
        label_width: of a line of a level's name, in characters.

    Returns:
        `axes`.
    """
    scale = scale_of(metric)
    order = list(order) if order is not None else list(dict.fromkeys(scores["level"]))
    look = look or looks(order)
    limits = limits or score_limits(scores, scale)
    axes.set_xlim(*limits)
    axes.set_ylim(len(order) - 0.45, -0.55)
    names = [broken(level, label_width) for level in order]
    axes.set_yticks(range(len(order)), names)
    axes.tick_params(axis="y", which="both", length=0)
    axes.grid(visible=False, axis="y")
    axes.set_yticks([row + 0.5 for row in range(len(order) - 1)], minor=True)
    axes.grid(visible=True, axis="y", which="minor")
    show_in(axes.xaxis, scale, "test")
    width = panel_width(axes, names)
    of_level = dict(list(scores.sort_values("seed", kind="stable").groupby("level", sort=False)))
    for row, level in enumerate(order):
        rows = of_level.get(level, scores[:0])
        _dots(axes, rows, row, look[level])
        _mean(axes, rows, row, look[level], limits)
        _value(axes, rows, row, scale)
        say_what_is_outside(axes, rows, limits, width=width, dots=row + _DOTS, mean=row + _MEAN)
    return axes


def _dots(axes: Axes, rows: DataFrame, row: int, look: Look) -> None:
    lone = len(rows) == 1
    heights = np.array(
        [
            row + (0.0 if lone else _DOTS + _DOTS_SPREAD * (evenly_spread(i) - 0.5))
            for i in range(len(rows))
        ]
    )
    values, outcomes = rows["value"].to_numpy(np.float64), rows["outcome"].to_numpy()
    for outcome in sorted(set(outcomes)):
        filled = outcome == "learned"
        axes.scatter(
            values[outcomes == outcome],
            heights[outcomes == outcome],
            s=26 if lone else 13,
            marker=_MARKS.get(str(outcome), look.marker if lone else "o"),
            facecolors=look.colour if filled or outcome == "diverged" else "none",
            edgecolors=None if outcome == "diverged" else look.colour,
            linewidths=1.2 if outcome == "diverged" else 0.8,
            alpha=0.6 if filled and not lone else 1.0,
            zorder=2,
        )


def evenly_spread(position: int) -> float:
    """The van der Corput sequence in base 2: fills [0, 1) evenly, whatever the number of dots."""
    value, place = 0.0, 0.5
    while position:
        value += place * (position & 1)
        position >>= 1
        place /= 2
    return value


def _mean(axes: Axes, rows: DataFrame, row: int, look: Look, limits: Limits) -> None:
    if len(rows) == 1:
        return
    mean, low, high = (float(rows[name].iloc[0]) for name in ("mean", "low", "high"))
    y = row + _MEAN
    if high < limits[0] or low > limits[1]:
        return  # `say_what_is_outside` does, in words
    axes.plot([low, high], [y, y], color=look.colour, linewidth=1.6, zorder=3)
    for end, edge, arrow in ((low, limits[0], "<"), (-high, -limits[1], ">")):
        if end < edge:
            axes.plot([abs(edge)], [y], arrow, color=look.colour, markersize=5, clip_on=False)
    if limits[0] <= mean <= limits[1]:
        axes.plot(
            [mean],
            [y],
            marker=look.marker,
            markersize=5.5,
            color=look.colour,
            markeredgecolor="white",
            markeredgewidth=0.6,
            linestyle="none",
            zorder=4,
        )


def _value(axes: Axes, rows: DataFrame, row: int, scale: Scale) -> None:
    text = number(float(rows["mean"].iloc[0]), scale)
    learned = int((rows["outcome"] == "learned").sum())
    if learned < len(rows):
        text += f"\n{learned}/{len(rows)} learned" if len(rows) > 1 else f"\n{_outcome(rows)}"
    axes.annotate(
        text,
        xy=(1, row),
        xycoords=("axes fraction", "data"),
        xytext=(5, 0),
        textcoords="offset points",
        va="center",
        fontsize=SMALL,
        linespacing=1.05,
    )


def _outcome(rows: DataFrame) -> str:
    return str(rows["outcome"].iloc[0]).replace("_", " ")
