"""Units that do nothing: the share of inactive and dead units and of zeros, by epoch and layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from relu_bench.compare import Scale
from relu_bench.compare.layers import fates
from relu_bench.plots import inside_words
from relu_bench.plots.comparison import WIDTH
from relu_bench.plots.dead_rows import dead_rows
from relu_bench.plots.fates_by_variant import FATE, fates_by_variant
from relu_bench.plots.grid import Cell
from relu_bench.plots.inside import Inside, drawn, inside
from relu_bench.plots.limits import Limits
from relu_bench.plots.lines import few_ticks, lines, number_epochs
from relu_bench.plots.pages import Page
from relu_bench.plots.style import Look, show_in

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from pandas import DataFrame

TITLE = "inactive and dead units, and zeros in the outputs"
MEASURES = ("inactive_fraction", "sparsity")
_LABELS = {"inactive_fraction": "inactive", "sparsity": "zeros"}
_MEANING = (
    "Inactive: units whose derivative is 0 on every sample of the probe set. Markers: dead units "
    "(inactive, and no learned slope could revive them) before and after training, counted on the "
    "whole training part. Zeros: share of exact zeros among a layer's outputs."
)
_FATE = (
    "Dead before → after: of all hidden layers, hollow before training; ↓ units that fell "
    "silent and ↑ that came back, on the probe set, sums over all epochs, means over the seeds."
)
# A narrower axis would make a mountain of nothing.
_NARROWEST = 0.02


def dead_units(
    page: Page,
    layers: DataFrame,
    *,
    width: float = WIDTH,
    with_title: bool = True,
    where: Sequence[str] = (),
) -> Figure:
    """Draw one page: a panel for each layer, inactive units above and zeros below or beside.

    Many panels become rows, one for each variant.

    Args:
        page: of `pages.pages`.
        layers: rows of layers.csv; those of other runs are ignored.
        width: in inches; the height follows.
        with_title: False leaves the title to a paper's caption.
        where: the conditions that narrowed the runs, for the title.
    """
    shown = inside(page, layers, "epoch", MEASURES, width, aside=FATE)
    if shown.in_rows:
        return dead_rows(page, layers, TITLE, width=width, with_title=with_title, where=where)
    fate = fates(page.runs, layers, ["strip", "level"])
    tables = {measure: shown.table(measure) for measure in MEASURES}
    dead = _at_the_ends(shown)
    limits = {
        "inactive_fraction": share_limits(tables["inactive_fraction"], dead),
        "sparsity": share_limits(tables["sparsity"]),
    }

    def draw(axes: Axes, cell: Cell) -> Axes:
        if cell.measure == FATE:
            return fates_by_variant(
                axes,
                fate[fate["strip"] == cell.strip],
                order=shown.levels(),
                look=shown.look,
                highest=_highest(fate),
            )
        inactive = cell.measure == "inactive_fraction"
        return share_by_epoch(
            axes,
            shown.of(tables[cell.measure], cell),
            dead=shown.of(dead, cell) if inactive else None,
            look=shown.look,
            what=_LABELS[cell.measure],
            limits=limits[cell.measure],
            last=shown.last_epoch,
        )

    note = [
        inside_words.repeats(tables["inactive_fraction"], "means", "±\u00a01\u00a0sd"),
        _MEANING,
        _FATE,
        *inside_words.missing(shown),
    ]
    return drawn(shown, draw, TITLE, note, width=width, with_title=with_title, where=where)


def share_by_epoch(
    axes: Axes,
    shares: DataFrame,
    *,
    look: Mapping[str, Look],
    what: str,
    limits: Limits,
    last: int,
    dead: DataFrame | None = None,
) -> Axes:
    """Draw shares of units by epoch.

    Args:
        axes: to draw on.
        shares: line, x, middle, low, high; fractions.
        look: by line.
        what: these units are, for the y axis.
        limits: of the y axis.
        last: the last epoch.
        dead: line, x, middle of the dead units at the first and last epoch; none when left out.

    Returns:
        `axes`.
    """
    lines(axes, shares, look, marked=False)
    number_epochs(axes, last)
    axes.set_ylim(*limits)
    few_ticks(axes)
    show_in(axes.yaxis, Scale(what, higher_is_better=False, factor=100.0, unit="%"), "")
    for name, points in () if dead is None else dead.groupby("line", sort=False):
        axes.plot(
            points["x"],
            points["middle"],
            linestyle="none",
            marker=look[str(name)].marker,
            markersize=5,
            color=look[str(name)].colour,
            markeredgecolor="white",
            markeredgewidth=0.6,
            clip_on=False,
            zorder=4,
        )
    return axes


def share_limits(*tables: DataFrame) -> Limits:
    """From 0, with room for a line that lies on it, as far as the bands, at most to 1."""
    highest = [table[name].max() for table in tables for name in ("middle", "high")]
    top = min(1.0, max([_NARROWEST, *(float(share) for share in highest if share > 0)]))
    return -0.04 * top, 1.04 * top


def _highest(fate: DataFrame) -> float:
    """The largest mean share of dead units, or a narrow axis's end."""
    means = fate.groupby(["strip", "level"])[["dead_before", "dead_after"]].mean()
    shares = [share for name in means for share in means[name] if share > _NARROWEST]
    return max(shares, default=_NARROWEST)


def _at_the_ends(shown: Inside) -> DataFrame:
    """The dead units where they are counted on the whole training part."""
    import pandas as pd

    single = shown.single
    ends = single.loc[single["last"], ["strip", "level", "epoch"]].drop_duplicates()
    start = ends.assign(epoch=0)
    wanted = pd.concat([start, ends]).drop_duplicates()
    return shown.table("dead_fraction").merge(wanted, on=["strip", "level", "epoch"])
