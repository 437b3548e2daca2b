"""Learning curves: mean by epoch, with a band of one standard deviation over the seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from relu_bench.compare import scale_of
from relu_bench.plots.band import band
from relu_bench.plots.limits import Limits, outside
from relu_bench.plots.style import QUIET, SMALL, Look, looks, number, show_in

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame

    from relu_bench.compare import Scale

_TICKS = 5
SPLITS = {"train": "training", "val": "validation"}


def learning_curves(
    axes: Axes,
    curves: DataFrame,
    *,
    single: DataFrame | None = None,
    metric: str = "accuracy",
    look: Mapping[str, Look] | None = None,
    limits: Limits | None = None,
) -> Axes:
    """Draw the mean of each level, and a band of ± 1 sd where a level has several runs.

    Args:
        axes: to draw on.
        curves: one split of `compare.curves`: level, split, epoch, x, mean, sd.
        single: the same split of `compare.run_curves`. Of a level in which some runs learned and
            some did not, or some end on the axis and some off it, mean and sd show neither, so thin
            lines of its runs replace the band.
        metric: a name in `tasks.METRICS`.
        look: colours and lines by level; made from the levels here when left out.
        limits: of the y axis, as of `curve_limits`; all of the lines when left out. What lies
            outside is said in words at the edge.

    Returns:
        `axes`.
    """
    from matplotlib.ticker import MaxNLocator

    scale = scale_of(metric)
    look = look or looks(list(dict.fromkeys(curves["level"])))
    mixed = mixed_levels(single, limits) if single is not None else ()
    for level, rows in curves.groupby("level", sort=False):
        name = str(level)
        if single is not None and name in mixed:
            _draw_runs(axes, single[single["level"] == name], look[name])
        _draw_mean(axes, rows, look[name], label=name, banded=name not in mixed)
    if limits is not None:
        axes.set_ylim(*limits)
    axes.set_xlim(0, float(curves["epoch"].max()) or 1.0)
    axes.xaxis.set_major_locator(MaxNLocator("auto", integer=True, steps=[1, 2, 5, 10]))
    # As many ticks at any height: room for their labels is made before the height is known.
    axes.yaxis.set_major_locator(MaxNLocator(nbins=_TICKS))
    axes.set_xlabel("epoch")
    show_in(axes.yaxis, scale, SPLITS[str(curves["split"].iloc[0])])
    _say_what_is_outside(axes, curves, axes.get_ylim(), scale)
    return axes


def mixed_levels(single: DataFrame, limits: Limits | None) -> frozenset[str]:
    """The levels whose runs differ in kind: no mean and no sd describes them.

    Some learned and some did not; or some end within `limits`, if there are any, and some outside.
    """
    level = single["level"].to_numpy()
    line = single.groupby(["level", "split"], sort=False).ngroup().to_numpy()
    found = _of_two_kinds(single["outcome"].to_numpy() == "learned", line, level)
    if limits:
        last = (single["epoch"] == single.groupby("split")["epoch"].transform("max")).to_numpy()
        shown = single["value"].between(*limits).to_numpy()
        found |= _of_two_kinds(shown[last], line[last], level[last])
    return found


def _of_two_kinds(
    good: NDArray[np.bool_], line: NDArray[np.integer], level: NDArray[np.object_]
) -> frozenset[str]:
    """The levels with a line of which some points are good and some are not."""
    rest = np.bincount(line) - np.bincount(line, weights=good)
    mixed = (rest > 0) & (np.bincount(line, weights=good) > 0)
    return frozenset(level[mixed[line]])


def _draw_mean(axes: Axes, rows: DataFrame, look: Look, *, label: str, banded: bool) -> None:
    """One line of means, and the band of ± 1 sd around those that have one."""
    rows = rows.sort_values("x")
    x, mean, sd = (rows[name].to_numpy(np.float64) for name in ("x", "mean", "sd"))
    axes.plot(x, mean, color=look.colour, linestyle=look.line, label=label)
    if banded:
        band(axes, x, mean - sd, mean + sd, look.colour)


def _draw_runs(axes: Axes, single: DataFrame, look: Look) -> None:
    """A thin line for each run."""
    from matplotlib.collections import LineCollection

    lines = [run.sort_values("x")[["x", "value"]] for _, run in single.groupby("run_id")]
    axes.add_collection(LineCollection(lines, colors=look.colour, linewidths=0.5, alpha=0.5))


def _say_what_is_outside(axes: Axes, curves: DataFrame, limits: Limits, scale: Scale) -> None:
    start = start_outside(curves, limits, scale)
    words = ["epoch 0:", start] if start else []
    write_at_edge(axes, [*words, *means_outside(curves, limits)], top=not scale.higher_is_better)


def start_outside(curves: DataFrame, limits: Limits, scale: Scale) -> str:
    """The means of epoch 0 in words, where all of them are off the axis; else empty."""
    start = curves.loc[curves["epoch"] == 0, "mean"]
    if not len(start) or sum(outside(start, limits)) < len(start):
        return ""
    return _span(float(start.min()), float(start.max()), scale)


def means_outside(curves: DataFrame, limits: Limits) -> list[str]:
    """How many means end outside, in words; nothing when none does."""
    ends = curves[curves["epoch"] > 0].sort_values("x").groupby("level")["mean"].last()
    counts = zip(outside(ends, limits), ("below", "above"), strict=True)
    return [
        f"{count} {'mean ends' if count == 1 else 'means end'} {side}"
        for count, side in counts
        if count
    ]


def write_at_edge(
    axes: Axes,
    words: Sequence[str],
    *,
    top: bool = False,
    corner: tuple[float, float] | None = None,
) -> None:
    """Write lines into the right corner, at the bottom or on top; nothing for no words.

    Args:
        axes: to write on.
        words: the lines.
        top: whether they stand on top.
        corner: where it is, in the unit of the data; left out: that of the axes.
    """
    if not words:
        return
    axes.annotate(
        "\n".join(words),
        xy=corner or (1, 1 if top else 0),
        xycoords="data" if corner else "axes fraction",
        xytext=(-2, -3 if top else 3),
        textcoords="offset points",
        ha="right",
        va="top" if top else "bottom",
        fontsize=SMALL - 0.5,
        color=QUIET,
        bbox={"facecolor": "white", "alpha": 0.75, "edgecolor": "none", "pad": 1.0},
    )


def _span(low: float, high: float, scale: Scale) -> str:
    ends = [number(value, scale, digits=1) for value in (low, high)]
    if ends[0] == ends[1]:
        return ends[0]
    return f"{ends[0].removesuffix(scale.unit).strip()} to {ends[1]}"
