"""Who dies and who recovers: a row for each variant, from dead units before to those after."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from relu_bench.compare import Scale
from relu_bench.plots.lines import say_nothing_is_there
from relu_bench.plots.style import SMALL, Look, show_in

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame

FATE = "dead before → after"
_TICKS = 3


def fates_by_variant(
    axes: Axes,
    fates: DataFrame,
    *,
    order: Sequence[str],
    look: Mapping[str, Look],
    highest: float,
) -> Axes:
    """Draw one row for each level, the first on top: means over its runs.

    A hollow mark stands at the share of units dead before training, a filled one at that after it,
    and beside the row the mean numbers of units that fell silent (↓) and came back (↑); what was
    not counted is left out.

    Args:
        axes: to draw on.
        fates: of `compare.fates.fates`: level, dead_before, dead_after, died, revived.
        order: of the levels, top down.
        look: by level.
        highest: where the axis ends, a share.

    Returns:
        `axes`.
    """
    from matplotlib.ticker import MaxNLocator

    axes.set_xlim(-0.05 * highest, 1.05 * highest)
    axes.set_ylim(len(order) - 0.45, -0.55)
    axes.set_yticks([])
    axes.xaxis.set_major_locator(MaxNLocator(nbins=_TICKS))
    show_in(axes.xaxis, Scale("dead", higher_is_better=False, factor=100.0, unit="%"), "")
    if not len(fates):
        say_nothing_is_there(axes)
    for row, level in enumerate(order):
        runs = fates[fates["level"] == level]
        if len(runs):
            _row(axes, runs, (row, level), look[level])
    return axes


def _row(axes: Axes, runs: DataFrame, place: tuple[int, str], look: Look) -> None:
    row, level = place
    before, after = float(runs["dead_before"].mean()), float(runs["dead_after"].mean())
    if math.isfinite(before) and math.isfinite(after):
        axes.plot([before, after], [row, row], color=look.colour, linewidth=1.2, zorder=2)
    for share, filled in ((before, False), (after, True)):
        axes.plot(
            [share],
            [row],
            linestyle="none",
            marker=look.marker,
            markersize=6,
            color=look.colour,
            markerfacecolor=look.colour if filled else "white",
            label=level if filled else None,
            clip_on=False,
            zorder=4 if filled else 3,
        )
    axes.annotate(
        counts_in_words(float(runs["died"].mean()), float(runs["revived"].mean())),
        xy=(1, row),
        xycoords=("axes fraction", "data"),
        xytext=(3, 0),
        textcoords="offset points",
        va="center",
        fontsize=SMALL,
    )


def counts_in_words(died: float, revived: float) -> str:
    """`↓7.4 ↑5.3`: units that fell silent and came back; without what was not counted (NaN)."""
    counts = (("↓", died), ("↑", revived))
    return " ".join(f"{arrow}{_count(units)}" for arrow, units in counts if math.isfinite(units))


def _count(units: float) -> str:
    return f"{units:.0f}" if units >= 10 or units == round(units) else f"{units:.1f}"
