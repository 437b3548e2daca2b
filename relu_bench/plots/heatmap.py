"""A table of two axes in shades: the mean test score of each combination, written into its cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from relu_bench import compare, stats
from relu_bench.compare import broken
from relu_bench.plots.limits import Limits
from relu_bench.plots.style import LEAST_SIZE, SMALL, show_in
from relu_bench.wording import rounded

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap, Normalize
    from matplotlib.figure import FigureBase
    from pandas import DataFrame

    from relu_bench.compare import Scale

# Its lightness grows evenly, for the colour-blind and on a black printer too (van der Walt and
# Smith 2015). The better, the lighter.
_SHADES = {True: "viridis", False: "viridis_r"}
# Worse than the limits: darker than every shade of the map.
_BEYOND = "#000000"
_LEAST_SPAN = 1e-3
# Widths of a digit and of a point, in inches for each point of font size, and what stays free
# beside them.
_DIGIT, _POINT = 0.0089, 0.0045
_BESIDE = 0.03


@dataclass(frozen=True)
class Shades:
    """The shades of a metric between two limits.

    Attributes:
        scale: of the metric.
        limits: the ends of the map.
        cut: whether some cells are worse than these.
    """

    scale: Scale
    limits: Limits
    cut: bool

    @property
    def norm(self) -> Normalize:
        """From the limits to the ends of the map."""
        from matplotlib.colors import Normalize

        return Normalize(*self.limits)

    @property
    def map(self) -> Colormap:
        """From there to colours."""
        from matplotlib import colormaps

        better = self.scale.higher_is_better
        found = colormaps[_SHADES[better]]
        return found.with_extremes(under=_BEYOND) if better else found.with_extremes(over=_BEYOND)

    @property
    def extend(self) -> str:
        """Which end of the colour bar is an arrow, in matplotlib's words."""
        if not self.cut:
            return "neither"
        return "min" if self.scale.higher_is_better else "max"


def shades_of(groups: DataFrame, metric: str) -> Shades:
    """Shades for all these means, but for bad ones that would leave no shade to the others.

    Args:
        groups: of `compare.group_scores`.
        metric: of the runs.
    """
    scale = compare.scale_of(metric)
    bad: stats.Side = "low" if scale.higher_is_better else "high"
    low, high = stats.robust_range(groups["mean"], [bad])
    cut = not bool(groups["mean"].between(low, high).all())
    least = _LEAST_SPAN * max(abs(low), abs(high)) or 1.0
    if high - low < least:
        low, high = (low + high - least) / 2, (low + high + least) / 2
    return Shades(scale, (low, high), cut)


def heatmap(
    axes: Axes,
    groups: DataFrame,
    *,
    across: Sequence[str],
    down: Sequence[str],
    shades: Shades,
    cell_width: float,
    label_width: int = 24,
    place_width: int = 12,
    upright: bool = False,
) -> Axes:
    """Draw a cell for each combination; one without a run stays empty.

    Args:
        axes: to draw on.
        groups: of `compare.group_scores`, with place and level.
        across: the places, from left to right.
        down: the levels, top down.
        shades: of the means.
        cell_width: in inches, which the value has to fit.
        label_width: of a line of a level's name, in characters.
        place_width: of a line of a place's name.
        upright: whether the names of the places are turned, to be read from below.

    Returns:
        `axes`.
    """
    import numpy as np

    table = groups.pivot(index="level", columns="place", values="mean")
    values = table.reindex(index=list(down), columns=list(across)).to_numpy(np.float64)
    norm, colours = shades.norm, shades.map
    # Cells that are drawn as such, not an image: their edges are sharp at any size.
    axes.pcolormesh(
        np.arange(len(across) + 1) - 0.5,
        np.arange(len(down) + 1) - 0.5,
        np.ma.masked_invalid(values),
        cmap=colours,
        norm=norm,
        edgecolors="white",
        linewidth=0.4,
    )
    axes.set_ylim(len(down) - 0.5, -0.5)
    axes.set_facecolor("white")
    axes.set_xticks(
        range(len(across)),
        [broken(name, place_width) for name in across],
        rotation="vertical" if upright else "horizontal",
    )
    axes.set_yticks(range(len(down)), [broken(name, label_width) for name in down])
    axes.tick_params(length=0)
    axes.grid(visible=False)
    for side in axes.spines.values():
        side.set_visible(False)
    rows = {name: number for number, name in enumerate(down)}
    columns = {name: number for number, name in enumerate(across)}
    digits, size = _lettering(groups, shades.scale, cell_width)
    for cell in groups.to_dict("records"):
        text = _shown(float(cell["mean"]), shades.scale, digits)
        if cell["learned"] < cell["runs"]:
            text += f"\n{cell['learned']}/{cell['runs']}"
        axes.text(
            columns[str(cell["place"])],
            rows[str(cell["level"])],
            text,
            ha="center",
            va="center",
            fontsize=size,
            linespacing=1.0,
            color="white" if _is_dark(colours(float(norm(cell["mean"])))) else "black",
        )
    return axes


def colour_bar(place: FigureBase, panels: Sequence[Axes], shades: Shades) -> None:
    """A bar beside the panels, its ends arrows where cells lie beyond."""
    from matplotlib.cm import ScalarMappable

    bar = place.colorbar(
        ScalarMappable(shades.norm, shades.map),
        ax=list(panels),
        extend=shades.extend,
        fraction=0.03,
        pad=0.01,
        aspect=22,
        extendfrac=0.07,
    )
    bar.outline.set_visible(False)
    show_in(bar.ax.yaxis, shades.scale, "mean")
    bar.ax.set_ylabel(f"mean{shades.scale.suffix}")


def _lettering(groups: DataFrame, scale: Scale, cell_width: float) -> tuple[int, float]:
    """How many decimals fit the cells, and the size of letters."""
    for digits in (2, 1, 0):
        texts = {_shown(float(value), scale, digits) for value in groups["mean"]}
        widest = max(_DIGIT * len(text) - (_DIGIT - _POINT) * text.count(".") for text in texts)
        size = min(SMALL + 0.5, (cell_width - _BESIDE) / widest)
        if size >= LEAST_SIZE:
            return digits, size
    return 0, LEAST_SIZE


def _shown(value: float, scale: Scale, digits: int) -> str:
    """The bare number: the colour bar names its unit."""
    if scale.unit == "%":
        return rounded(scale.factor * value, digits)
    return f"{value:.{digits + 2}g}"


def _is_dark(colour: tuple[float, float, float, float]) -> bool:
    """Whether white letters are read better on it, by its relative luminance (WCAG 2)."""
    linear = [
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in colour[:3]
    ]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    # Contrast with white against contrast with black.
    return 1.05 / (luminance + 0.05) > (luminance + 0.05) / 0.05
