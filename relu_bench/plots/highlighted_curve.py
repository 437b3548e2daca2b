"""One variant's learning curves before the validation curves of all others: for small multiples."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from relu_bench.compare import broken, scale_of
from relu_bench.plots.learning_curves import (
    draw_mean,
    draw_runs,
    means_outside,
    mixed_levels,
    write_at_edge,
)
from relu_bench.plots.limits import Limits
from relu_bench.plots.lines import background
from relu_bench.plots.style import SMALL, Line, Look, looks, show_in

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame

    from relu_bench.compare import Scale

LINES: dict[str, Line] = {"val": "-", "train": (0, (3, 1.2))}


def highlighted_curve(
    axes: Axes,
    curves: DataFrame,
    *,
    level: str,
    single: DataFrame | None = None,
    metric: str = "accuracy",
    look: Look | None = None,
    limits: Limits | None = None,
) -> Axes:
    """Draw `level` in colour, training dashed and validation solid, and the others' lines in grey.

    Args:
        axes: to draw on.
        curves: of `compare.curves`: level, split, epoch, x, mean, sd.
        level: the one that stands out.
        single: of `compare.run_curves`; thin lines of the runs replace the band, as in
            `learning_curves`.
        metric: a name in `tasks.METRICS`.
        look: its colour.
        limits: of the y axis, as of `curve_limits`; all of the lines when left out.

    Returns:
        `axes`.
    """
    look = look or looks([level])[level]
    last = "val" if (curves["split"] == "val").any() else "train"
    background(axes, curves[(curves["level"] != level) & (curves["split"] == last)], middle="mean")
    own = curves[curves["level"] == level]
    mixed = single is not None and level in mixed_levels(single, limits)
    for split, rows in own.groupby("split"):
        if single is not None and mixed:
            of_split = (single["level"] == level) & (single["split"] == split)
            draw_runs(axes, single[of_split], look)
        draw_mean(axes, rows, replace(look, line=LINES[str(split)]), label=level, banded=not mixed)
    _finish(axes, curves, level, scale_of(metric), limits)
    ends = own[own["split"] == last]
    write_at_edge(
        axes, [words.removeprefix("1 ") for words in means_outside(ends, axes.get_ylim())]
    )
    return axes


def _finish(axes: Axes, curves: DataFrame, level: str, scale: Scale, limits: Limits | None) -> None:
    from matplotlib.ticker import MaxNLocator

    if limits is not None:
        axes.set_ylim(*limits)
    axes.set_xlim(0, float(curves["epoch"].max()) or 1.0)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=4, integer=True))
    axes.yaxis.set_major_locator(MaxNLocator(nbins=4))
    show_in(axes.yaxis, scale, "")
    axes.set_ylabel("")
    axes.set_title(broken(level), fontsize=SMALL, loc="left", linespacing=1.0, pad=2)
