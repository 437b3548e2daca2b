"""Each variant's learning curves in a panel of its own, before the validation curves of all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from relu_bench.compare import scale_of
from relu_bench.plots.band import ALPHA
from relu_bench.plots.lattice import Lattice
from relu_bench.plots.lattice_frame import lattice_frame
from relu_bench.plots.learning_curves import means_outside, mixed_levels, write_at_edge
from relu_bench.plots.style import BACKGROUND, Line

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame

LINES: dict[str, Line] = {"val": "-", "train": (0, (3, 1.2))}
_GREY_WIDTH = 0.6
_RUN_WIDTH = 0.5
_RUN_ALPHA = 0.5


def highlighted_curves(
    axes: Axes,
    lattice: Lattice,
    curves: DataFrame,
    single: DataFrame,
    *,
    metric: str = "accuracy",
    colour: str,
) -> Axes:
    """Draw each level in colour, training dashed and validation solid, before all in grey.

    Where mean and sd do not describe the runs of a level (see `learning_curves.mixed_levels`), thin
    lines of the runs replace the band.

    Args:
        axes: to draw on.
        lattice: a panel for each level.
        curves: of `compare.curves`: level, split, epoch, x, mean, sd.
        single: of `compare.run_curves`.
        metric: a name in `tasks.METRICS`.
        colour: of what stands out.

    Returns:
        `axes`.
    """
    lattice_frame(axes, lattice, scale_of(metric))
    panel = {level: number for number, level in enumerate(lattice.titles)}
    last = "val" if (curves["split"] == "val").any() else "train"
    means = [
        (panel[level], level, split, line)
        for (level, split), line in _lines(curves, ["level", "split"], ["x", "mean", "sd"])
        if level in panel
    ]
    grey = _in_one([(x, mean) for *_, split, (x, mean, _) in means if split == last])
    lattice.lines(
        axes,
        [(number, *grey) for number in panel.values()],
        colors=BACKGROUND,
        linewidths=_GREY_WIDTH,
        zorder=1,
    )
    mixed = mixed_levels(single, lattice.y_limits)
    bands = [
        (number, x, mean - sd, mean + sd)
        for number, level, _, (x, mean, sd) in means
        if level not in mixed
    ]
    lattice.bands(axes, bands, facecolors=colour, edgecolors="none", alpha=ALPHA)
    runs = _lines(single[single["level"].isin(mixed)], ["level", "split", "run_id"], ["x", "value"])
    thin = [(panel[level], x, value) for (level, *_), (x, value) in runs if level in panel]
    lattice.lines(axes, thin, colors=colour, linewidths=_RUN_WIDTH, alpha=_RUN_ALPHA, zorder=2)
    for split, style in LINES.items():
        own = [(number, x, mean) for number, _, its, (x, mean, _) in means if its == split]
        lattice.lines(axes, own, colors=colour, linestyles=[style], zorder=2)
    _say_what_is_outside(axes, lattice, curves[curves["split"] == last])
    return axes


def _lines(
    table: DataFrame, by: list[str], columns: list[str]
) -> Iterator[tuple[tuple[str, ...], list[NDArray[np.float64]]]]:
    """For each line its keys, and its columns in the order of x."""
    table = table.sort_values("x", kind="stable")
    values = [table[name].to_numpy(np.float64) for name in columns]
    for keys, rows in table.groupby(by).indices.items():
        yield keys, [column[rows] for column in values]  # type: ignore[misc]


def _in_one(
    lines: Sequence[tuple[NDArray[np.float64], NDArray[np.float64]]],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """All lines as one, with a gap between each and the next."""
    gap = np.array([np.nan])
    x, y = ([part for line in lines for part in (line[axis], gap)] for axis in (0, 1))
    return np.concatenate(x or [gap]), np.concatenate(y or [gap])


def _say_what_is_outside(axes: Axes, lattice: Lattice, ends: DataFrame) -> None:
    for number, level in enumerate(lattice.titles):
        words = means_outside(ends[ends["level"] == level], lattice.y_limits)
        corner = lattice.corner(number, right=1.0)
        write_at_edge(axes, [line.removeprefix("1 ") for line in words], corner=corner)
