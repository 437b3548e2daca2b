"""What surrounds the panels of a lattice: titles, grid, ticks and their labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from relu_bench.plots.lattice import Lattice
from relu_bench.plots.limits import Limits
from relu_bench.plots.style import SMALL
from relu_bench.plots.ticks import labels_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from relu_bench.compare import Scale

_MOST_BINS = 4
# In points.
_TITLE_PAD = 4.0
# What matplotlib draws below everything, as `axes.axisbelow` says, and above lines.
_BELOW, _ABOVE = 0.5, 2.5

Ticks = NDArray[np.float64]
Segment = tuple[Sequence[float], Sequence[float]]
"""x and y of both ends."""


def lattice_frame(axes: Axes, lattice: Lattice, scale: Scale) -> Axes:
    """Draw titles, a grid, and two axes for each panel; labels for the first and the lowest ones.

    Args:
        axes: which becomes the lattice.
        lattice: the panels; their x is counted in whole numbers.
        scale: of their y.

    Returns:
        `axes`.
    """
    x = _ticks(lattice.x_limits, integer=True)
    y = _ticks(lattice.y_limits)
    axes.set_xlim(*lattice.across)
    axes.set_ylim(lattice.height, 0)
    axes.patch.set_visible(False)
    axes.spines[:].set_visible(False)
    axes.grid(visible=False)
    _draw_grid(axes, lattice, x, y)
    _draw_sides(axes, lattice, x, y)
    _label_x(axes, lattice, x)
    _label_y(axes, lattice, y, scale)
    titles = {lattice.corner(number, up=1.0): name for number, name in enumerate(lattice.names)}
    _write(axes, titles, _TITLE_PAD, va="baseline", fontsize=SMALL, linespacing=1.0)
    return axes


def _ticks(limits: Limits, **settings: Any) -> Ticks:
    from matplotlib.ticker import MaxNLocator

    ticks = np.asarray(MaxNLocator(nbins=_MOST_BINS, **settings).tick_values(*limits))
    return ticks[(ticks >= limits[0]) & (ticks <= limits[1])]


def _draw_grid(axes: Axes, lattice: Lattice, x: Ticks, y: Ticks) -> None:
    from matplotlib import rcParams

    segments: list[Segment] = [([tick, tick], lattice.y_limits) for tick in x]
    segments += [(lattice.x_limits, [tick, tick]) for tick in y]
    colour, width = rcParams["grid.color"], rcParams["grid.linewidth"]
    _draw_segments(axes, lattice, segments, colors=colour, linewidths=width, zorder=_BELOW)


def _draw_sides(axes: Axes, lattice: Lattice, x: Ticks, y: Ticks) -> None:
    """The lines at the left and at the bottom, with a mark for each tick."""
    from matplotlib import rcParams
    from matplotlib.markers import TICKDOWN, TICKLEFT

    left, bottom = lattice.x_limits[0], lattice.y_limits[0]
    colour, width = rcParams["axes.edgecolor"], rcParams["axes.linewidth"]
    sides = [([left, left], lattice.y_limits), (lattice.x_limits, [bottom, bottom])]
    _draw_segments(axes, lattice, sides, colors=colour, linewidths=width, zorder=_ABOVE)
    for marker, size, along, up in (
        (TICKDOWN, rcParams["xtick.major.size"], x, np.full(len(x), bottom)),
        (TICKLEFT, rcParams["ytick.major.size"], np.full(len(y), left), y),
    ):
        places = [lattice.places(number, along, up) for number in range(len(lattice.titles))]
        axes.plot(
            *np.concatenate(places).T,
            linestyle="none",
            marker=marker,
            markersize=size,
            markeredgewidth=width,
            color=colour,
            clip_on=False,
            zorder=_ABOVE,
        )


def _draw_segments(axes: Axes, lattice: Lattice, segments: Sequence[Segment], **look: Any) -> None:
    """Draw the same segments in every panel."""
    from matplotlib.collections import LineCollection

    lines = [
        lattice.places(number, np.asarray(x), np.asarray(y))
        for number in range(len(lattice.titles))
        for x, y in segments
    ]
    axes.add_collection(
        LineCollection(lines, capstyle="projecting", clip_on=False, **look), autolim=False
    )


def _label_x(axes: Axes, lattice: Lattice, x: Ticks) -> None:
    """Below the lowest panel of each column."""
    from matplotlib import rcParams

    axes.set_xticks([])
    lowest = range(len(lattice.titles))[-lattice.columns :]
    labels = {
        (float(place[0]), float(place[1])): f"{tick:g}"
        for number in lowest
        for tick, place in zip(
            x, lattice.places(number, x, np.full(len(x), lattice.y_limits[0])), strict=True
        )
    }
    reach = rcParams["xtick.major.size"] + rcParams["xtick.major.pad"]
    size = rcParams["xtick.labelsize"]
    _write(axes, labels, -reach, ha="center", va="top", fontsize=size)


def _label_y(axes: Axes, lattice: Lattice, y: Ticks, scale: Scale) -> None:
    """At the left of the first panel of each row, as the labels of the axes that all share."""
    from matplotlib import rcParams

    first = range(0, len(lattice.titles), lattice.columns)
    left = np.full(len(y), lattice.x_limits[0])
    places = np.concatenate([lattice.places(number, left, y)[:, 1] for number in first])
    axes.set_yticks(places, labels_of(y, scale) * len(first))
    reach = rcParams["ytick.major.size"] + rcParams["ytick.major.pad"]
    axes.tick_params(axis="y", length=0, pad=reach)


def _write(axes: Axes, texts: Mapping[tuple[float, float], str], up: float, **look: Any) -> None:
    """Write texts, so many points above their places."""
    from matplotlib.transforms import offset_copy

    transform = offset_copy(axes.transData, axes.get_figure(root=True), y=up, units="points")
    for (x, y), text in texts.items():
        axes.text(x, y, text, transform=transform, **look)
