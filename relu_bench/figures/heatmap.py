"""The mean test score of each combination of two axes, in shades and in figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from relu_bench import compare, stats
from relu_bench.compare import Scale, Selection
from relu_bench.compare.effects import TwoAxes, widest_pair
from relu_bench.compare.views import group_scores
from relu_bench.figures import marks, notes
from relu_bench.figures.canvas import Grid, Panel, Picture, PlaceNames, flowing, inches, wrapped
from relu_bench.figures.limits import Limits
from relu_bench.figures.pages import CrossedPage, crossed_pages, ends_in_words, numbers_across
from relu_bench.figures.style import LEAST_SIZE, SIZE, Sheet, scaled
from relu_bench.wording import rounded

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import FigureBase
    from pandas import DataFrame

TITLE = "test score over two axes"
# Its lightness grows evenly, for the colour-blind and on a black printer too (van der Walt and
# Smith 2015). The better, the lighter.
_SHADES = {True: "viridis", False: "viridis_r"}
# Worse than the limits: darker than every shade of the map.
_BEYOND = "#000000"
_LEAST_SPAN = 1e-3
# Inches.
_LEAST_CELL, _WIDEST_CELL = 0.27, 1.2
_ROW = 0.28
_BAR = 0.72
_BAR_WIDTH = 0.13
_BESIDE = 0.06
_AXIS = 0.3
_LABEL_SHARE = 0.3


def pages_of_cells(runs: DataFrame, sheet: Sheet) -> list[CrossedPage]:
    """The pages of one experiment over two axes, by default those with the most combinations.

    Raises:
        ReluBenchError: when the axes that were asked for are not there, or none can be crossed.
    """

    def most_places(order: Sequence[str]) -> int:
        return max(2, int(_room(order, sheet) / _LEAST_CELL))

    return crossed_pages(runs, sheet, _default, most_places)


def _default(runs: DataFrame) -> TwoAxes:
    return numbers_across(runs, widest_pair(runs))


def heatmap(page: CrossedPage, results: Selection, sheet: Sheet) -> Picture:
    """A cell for each combination, a panel for each strip, all in the same shades."""
    del results  # the page has all that it takes
    scale = compare.scale_of(page.metric)
    groups = group_scores(page.runs, ("strip", "level", "place"))
    limits, cut = _limits(groups, scale)
    room, places = _room(page.order, sheet), len(page.places)
    columns = min(max(1, int(room / (places * _LEAST_CELL + _BESIDE))), len(page.strips))
    cell = min(room / columns / places, _WIDEST_CELL) - _BESIDE / places
    digits, size = _lettering(groups, scale, cell)
    table = groups.assign(
        x=groups["place"],
        value=groups["mean"],
        text=[_text(row, scale, digits) for row in groups.to_dict("records")],
    )
    names = PlaceNames(page.places, cell)
    levels = [wrapped(level, _LABEL_SHARE * sheet.width, SIZE) for level in page.order]
    lines = 1 + max(text.count("\n") for text in (*levels, *table["text"]))
    height = max(_ROW, lines * 0.15 + 0.07) * len(levels)

    def panel(strip: str) -> Panel:
        def draw(axes: Axes) -> None:
            marks.heat(
                axes,
                table[table["strip"] == strip],
                across=page.places,
                down=page.order,
                colours=_colours(scale, limits),
                size=size,
            )
            axes.set_yticks(range(len(levels)), levels)
            names.write(axes)

        return Panel(
            draw=draw,
            heading=wrapped(strip, places * cell, SIZE),
            height=height + names.further * (strip in page.strips[-columns:]),
            x=page.across.replace("_", " "),
            y=", ".join(page.hue).replace("_", " "),
        )

    used = _around(page.order, sheet) + columns * (places * cell + _BESIDE)
    title, details = notes.title(page, f"test {scale.title} by {page.title}", sheet.where)
    return Picture(
        title=title,
        details=details,
        grids=[
            Grid(
                flowing([[panel(strip)] for strip in page.strips], columns),
                share=min(1.0, used / sheet.width) if used < 0.95 * sheet.width else 1.0,
                bar=lambda part, axes: _bar(
                    part, axes, scale, limits, cut=cut, cells=columns * places * cell
                ),
            )
        ],
        note=_note(page, groups, scale, cut=cut),
        words=ends_in_words(groups, page),
    )


def _limits(groups: DataFrame, scale: Scale) -> tuple[Limits, bool]:
    """All these means, but for bad ones that would leave no shade to others; and if there are."""
    bad: stats.Side = "low" if scale.higher_is_better else "high"
    low, high = stats.robust_range(groups["mean"], [bad])
    cut = not bool(groups["mean"].between(low, high).all())
    least = _LEAST_SPAN * max(abs(low), abs(high)) or 1.0
    if high - low < least:
        low, high = (low + high - least) / 2, (low + high + least) / 2
    return (low, high), cut


def _colours(scale: Scale, limits: Limits) -> Any:
    from matplotlib import colormaps
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    better = scale.higher_is_better
    found = colormaps[_SHADES[better]]
    shades = found.with_extremes(under=_BEYOND) if better else found.with_extremes(over=_BEYOND)
    return ScalarMappable(Normalize(*limits), shades)


def _bar(
    part: FigureBase,
    axes: Sequence[Axes],
    scale: Scale,
    limits: Limits,
    *,
    cut: bool,
    cells: float,
) -> None:
    """A bar beside cells of this width in all, an end of it an arrow where some lie beyond."""
    worse = "min" if scale.higher_is_better else "max"
    bar = part.colorbar(
        _colours(scale, limits),
        ax=list(axes),
        extend=worse if cut else "neither",
        fraction=_BAR_WIDTH / cells,
        pad=0.1 / cells,
        aspect=12 if len(axes) == 1 else 20,
        extendfrac=0.07,
        label=f"mean{scale.suffix}",
    )
    bar.outline.set_visible(False)
    bar.ax.yaxis.set_major_formatter(scaled(bar.ax.yaxis, scale))


def _around(order: Sequence[str], sheet: Sheet) -> float:
    """What stands beside the cells: the levels, the name of their axis, the colour bar."""
    names = [wrapped(level, _LABEL_SHARE * sheet.width, SIZE) for level in order]
    return _BAR + _AXIS + max(inches(name, SIZE) for name in names)


def _room(order: Sequence[str], sheet: Sheet) -> float:
    return sheet.width - _around(order, sheet)


def _lettering(groups: DataFrame, scale: Scale, cell: float) -> tuple[int, float]:
    """How many decimals fit the cells, and the size of letters."""
    for digits in (2, 1, 0):
        texts = [_shown(float(value), scale, digits) for value in groups["mean"]]
        size = min(SIZE, SIZE * (cell - 0.04) / inches("\n".join(texts), SIZE))
        if size >= LEAST_SIZE:
            return digits, size
    return 0, LEAST_SIZE


def _shown(value: float, scale: Scale, digits: int) -> str:
    """The bare number: the colour bar names its unit."""
    if scale.unit == "%":
        return rounded(scale.factor * value, digits)
    return f"{value:.{digits + 2}g}"


def _text(cell: dict[Any, Any], scale: Scale, digits: int) -> str:
    text = _shown(float(cell["mean"]), scale, digits)
    if cell["learned"] < cell["runs"]:
        text += f"\n{cell['learned']}/{cell['runs']}"
    return text


def _note(page: CrossedPage, groups: DataFrame, scale: Scale, *, cut: bool) -> str:
    sizes = groups["runs"]
    lines = [
        "Cells: one run each." if sizes.max() == 1 else f"Cells: means over {notes.seeds(sizes)}."
    ]
    if (groups["learned"] < groups["runs"]).any():
        lines.append("Below them, where not all learned: how many of the runs did.")
    diverged = groups[groups["diverged"] > 0]
    if len(diverged):
        lines.append(f"A diverged run {notes.guesses(diverged, scale)}.")
    if cut:
        side = "below" if scale.higher_is_better else "above"
        lines.append(f"Black: worse than the colour bar shows, {side} its end.")
    if len(groups) < np.prod([len(each) for each in (page.strips, page.order, page.places)]):
        lines.append("Empty: no run.")
    return " ".join([*lines, *notes.missing(page)])
