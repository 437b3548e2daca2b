"""Shares of runs as steps with bands: how many are so good, or have come so far."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from relu_bench.compare import Scale
from relu_bench.plots.lines import say_nothing_is_there
from relu_bench.plots.style import BACKGROUND, Look, show_in
from relu_bench.stats.distributions import RESAMPLES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame

Step = Literal["pre", "post"]

_MARKS = 7
_BAND = 0.14


def share_curves(axes: Axes, table: DataFrame, look: Mapping[str, Look], step: Step) -> Axes:
    """Draw a line of steps for each `line` of the table, and its band where it has one.

    Args:
        axes: to draw on.
        table: line, x, share, low, high; low and high are NaN where there is no band.
        look: by line; the lines are drawn in this order.
        step: `pre`: a share holds up to its x (runs that are at least so good); `post`: from its x
            on (runs that have arrived by then).

    Returns:
        `axes`, with the words `no numbers` where the table is empty.
    """
    if not len(table):
        say_nothing_is_there(axes)
    for number, (name, its_look) in enumerate(look.items()):
        rows = table[table["line"] == name].sort_values("x")
        if not len(rows):
            continue
        x, share, low, high = _ends(rows, step)
        axes.plot(
            x,
            share,
            color=its_look.colour,
            linestyle=its_look.line,
            drawstyle=f"steps-{step}",
            label=name,
            zorder=2.5,
        )
        _mark(axes, rows, its_look, number, len(look))
        if np.isfinite(low).all():
            axes.fill_between(
                x, low, high, step=step, color=its_look.colour, alpha=_BAND, linewidth=0
            )
    return axes


def grey_curves(axes: Axes, table: DataFrame, step: Step) -> None:
    """Thin grey steps of what a panel is to be seen before."""
    for _, rows in table.groupby("line", sort=False):
        x, share, _, _ = _ends(rows.sort_values("x"), step)
        axes.plot(x, share, color=BACKGROUND, linewidth=0.6, drawstyle=f"steps-{step}", zorder=1)


def share_axis(axes: Axes) -> None:
    """The y axis of shares, from none to all."""
    axes.set_ylim(-0.02, 1.02)
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1])
    show_in(axes.yaxis, Scale("share of runs", higher_is_better=True, factor=100.0, unit="%"), "")


def bands_in_words(seeds: int) -> str:
    """What the bands are.

    Args:
        seeds: the most that any line is of.
    """
    if seeds < 2:
        return "One seed: no bands."
    return (
        "Bands: pointwise 95\u00a0% intervals, percentile bootstrap over the seeds "
        f"({RESAMPLES:,} resamples)."
    )


def _ends(rows: DataFrame, step: Step) -> tuple[NDArray[np.float64], ...]:
    """x, share, low and high, with a point far beyond both ends, where all or none are there."""
    x = rows["x"].to_numpy(np.float64)
    span = max(float(np.ptp(x)), abs(float(x[0])), 1.0)
    ends = [x[0] - 100 * span, *x, x[-1] + 100 * span]
    columns = []
    for name in ("share", "low", "high"):
        shares = rows[name].to_numpy(np.float64)
        before, after = (1.0, 0.0) if step == "pre" else (0.0, shares[-1])
        columns.append(np.array([before, *shares, after]))
    return np.array(ends), *columns


def _mark(axes: Axes, rows: DataFrame, look: Look, number: int, lines: int) -> None:
    """A few markers, those of different lines at different heights: colours may not be seen."""
    if not look.marker or lines < 2:
        return
    x, share = rows["x"].to_numpy(np.float64), rows["share"].to_numpy(np.float64)
    heights = (np.arange(_MARKS) + (number + 0.5) / lines) / _MARKS
    places = np.unique([int(np.abs(share - height).argmin()) for height in heights])
    axes.plot(
        x[places],
        share[places],
        linestyle="none",
        marker=look.marker,
        markersize=4,
        color=look.colour,
        markeredgecolor="white",
        markeredgewidth=0.4,
        zorder=3,
    )
