"""What figures of the network's inside have in common: their panels, and the lines in each.

Where every variant has a colour, a panel is a layer (over epochs) or a moment (over layers), and
its lines are the variants. Where there are too many variants, a panel is a variant, and its lines
are layers or moments.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from relu_bench import compare
from relu_bench.plots import words
from relu_bench.plots.frame import Frame
from relu_bench.plots.grid import Cell, in_rows, panel_grid
from relu_bench.plots.legend import handle, level_handles
from relu_bench.plots.pages import Page
from relu_bench.plots.style import BACKGROUND, Look, moments, shades

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D
    from pandas import DataFrame, Series

AT_START, AT_END = "at initialization", "after training"
_BY = ("strip", "level")
PANEL_WIDTH = 1.6
# Where there would be more panels of curves, there are rows.
MOST_PANELS = 12
_LEAST_COLUMNS = 2
# From this many strips on, two measures stand side by side.
MANY_STRIPS = 3

Across = Literal["epoch", "depth"]


@dataclass(frozen=True, eq=False)
class Inside:
    """The layers of one page, seen over epochs or over depth.

    Attributes:
        page: the page.
        across: what the x axes show.
        measures: what is drawn, columns of layers.csv; a layer without the first is left out.
        single: of `compare.run_layers`, by strip and level; over depth with `moment`, and only at
            initialization and after training.
        unprobed: how many completed runs have no measurement.
        columns: how many panels stand in a row.
        aside: name of one more panel for each strip, its own measure; empty for none.
    """

    page: Page
    across: Across
    measures: tuple[str, ...]
    single: DataFrame
    unprobed: int
    columns: int
    aside: str = ""

    @cached_property
    def look(self) -> Mapping[str, Look]:
        """The look of each line."""
        if not self.page.crowded:
            return self.page.look
        if self.across == "epoch":
            return shades(evenly(self.layers(self.page.strips), self.columns))
        return moments(AT_START, AT_END)

    @property
    def _keys(self) -> tuple[str, str]:
        """The columns that name a panel, and a line in it."""
        fine = "layer" if self.across == "epoch" else "moment"
        return ("level", fine) if self.page.crowded else (fine, "level")

    def layers(self, strips: Sequence[str]) -> list[str]:
        """The hidden layers of these strips, the first of the network first."""
        those = self.single[self.single["strip"].isin(strips)]
        return list(those.groupby("layer")["depth"].min().sort_values(kind="stable").index)

    @property
    def most_layers(self) -> int:
        """How many layers a strip shows, or a variant's panel: these stand evenly spaced."""
        room = self.columns - (1 if self.aside and self.columns > _LEAST_COLUMNS else 0)
        return room // (len(self.measures) if self._beside else 1)

    def table(self, measure: str) -> DataFrame:
        """Means over the runs, with a band of ± 1 sd: panel, line, x, middle, low, high, n, ..."""
        spread = self.spread(measure)
        return self._named(spread, "mean", spread["mean"] - spread["sd"]).assign(
            high=spread["mean"] + spread["sd"]
        )

    def median_table(self, measure: str) -> DataFrame:
        """Medians over the runs, with a band from the lowest to the highest; else as `table`."""
        spread = self.spread(measure)
        several = spread["n"] > 1
        return self._named(spread, "median", spread["lowest"].where(several)).assign(
            high=spread["highest"].where(several)
        )

    def spread(self, measure: str) -> DataFrame:
        """`compare.over_runs` of each strip, level, and layer and epoch or moment and depth."""
        return compare.over_runs(self.single, self.group, measure)

    @property
    def group(self) -> list[str]:
        """The columns that tell the points of all lines apart."""
        fine = ("layer", "epoch") if self.across == "epoch" else ("moment", "depth")
        return [*_BY, *fine]

    @property
    def last_epoch(self) -> int:
        """Of any run on the page."""
        return int(self.single["epoch"].max()) if len(self.single) else 1

    def deepest(self, strip: str) -> int:
        """The number of the last hidden layer of a strip."""
        depths = self.single.loc[self.single["strip"] == strip, "depth"]
        return int(depths.max()) if len(depths) else 1

    def _named(self, spread: DataFrame, middle: str, low: Series) -> DataFrame:
        panel, line = self._keys
        return spread.assign(
            panel=spread[panel],
            line=spread[line],
            x=spread[self.across],
            middle=spread[middle],
            low=low,
        )

    def of(self, table: DataFrame, cell: Cell) -> DataFrame:
        """The rows of a table that one panel draws."""
        rows = table[(table["strip"] == cell.strip) & (table["panel"] == cell.panel)]
        return rows[rows["line"].isin(list(self.look))]

    def others(self, table: DataFrame, cell: Cell) -> DataFrame:
        """What a variant's panel shows in grey: the other variants after training."""
        if not self.page.crowded or self.across == "epoch":
            return table[:0]
        return table[(table["panel"] != cell.panel) & (table["line"] == AT_END)]

    @property
    def in_rows(self) -> bool:
        """Whether it is more panels of curves than a reader looks at."""
        return self.page.crowded or sum(map(len, self.rows())) > MOST_PANELS

    def rows(self) -> list[list[Cell]]:
        """The panels of the page."""
        found = []
        for strip in self.page.strips:
            by_measure = [
                [Cell(strip, measure, panel) for panel in self._panels(strip)]
                for measure in self.measures
            ]
            if self._beside:
                rows = [[cell for cells in by_measure for cell in cells]]
            else:
                rows = [row for cells in by_measure for row in in_rows(cells, self.columns)]
            found += self._with_aside(rows, strip)
        return found

    def _with_aside(self, rows: list[list[Cell]], strip: str) -> list[list[Cell]]:
        """With the one more panel: at the right of all rows of its strip, or below all columns."""
        if not self._has_aside:
            return rows
        columns = max(len(row) for row in rows)
        if columns < self.columns or self._beside:
            beside = Cell(strip, self.aside, self.aside, down=len(rows))
            return [[*rows[0], beside], *rows[1:]]
        return [*rows, [Cell(strip, self.aside, self.aside, across=columns)]]

    def _panels(self, strip: str) -> list[str]:
        if self.page.crowded:
            return self.levels()
        if self.across == "depth":
            return [AT_START, AT_END]
        layers = self.layers([strip]) or self.layers(self.page.strips)
        return evenly(layers, self.most_layers)

    @property
    def _has_aside(self) -> bool:
        return bool(self.aside) and len(self.single) > 0

    @property
    def _beside(self) -> bool:
        """Whether the panels of all measures stand in one row."""
        fits = self.columns >= 2 * len(self.measures)
        return fits and len(self.page.strips) >= MANY_STRIPS

    def levels(self) -> list[str]:
        """The levels with any measurement, top down."""
        there = set(self.single["level"])
        return [level for level in self.page.order if level in there]

    def handles(self) -> list[Line2D]:
        """The entries of the legend."""
        if not self.page.crowded:
            return level_handles(self.page, set(self.single["level"]))
        entries = [
            handle(name, look, marked=self.across == "depth") for name, look in self.look.items()
        ]
        if self.across == "epoch":
            return entries
        grey = Look(BACKGROUND, "-", "")
        return [*entries, handle(f"{AT_END}, the others", grey, marked=False)]


def inside(
    page: Page,
    layers: DataFrame,
    across: Across,
    measures: Sequence[str],
    width: float,
    *,
    aside: str = "",
) -> Inside:
    """What a page shows of its networks.

    Args:
        page: of `pages.pages`.
        layers: rows of layers.csv; those of other runs are ignored.
        across: what the x axes show.
        measures: what is drawn, columns of layers.csv; a layer without the first is left out.
        width: of the figure, in inches.
        aside: name of one more panel for each strip where variants have colours.
    """
    single = compare.run_layers(page.runs, layers, _BY).dropna(subset=[measures[0]])
    if across == "depth":
        single = at_both_ends(single)
    unprobed = compare.without_probes(page.runs, layers)
    columns = max(_LEAST_COLUMNS, int(width / PANEL_WIDTH))
    return Inside(page, across, tuple(measures), single, unprobed, columns, aside)


def at_both_ends(single: DataFrame) -> DataFrame:
    """The rows of `compare.run_layers` at initialization and after training, named in `moment`."""
    import pandas as pd

    ends = {AT_START: single[single["epoch"] == 0], AT_END: single[single["last"]]}
    return pd.concat([rows.assign(moment=name) for name, rows in ends.items()])


def drawn(
    shown: Inside,
    draw: Callable[[Axes, Cell], Axes],
    subject: str,
    note: Sequence[str],
    *,
    width: float,
    with_title: bool,
    where: Sequence[str],
) -> Figure:
    """Put the panels of a page together, with its title, legend and note.

    Where nothing was measured, the one panel says so.
    """
    title, details = words.title(shown.page, subject, where) if with_title else ("", "")
    frame = Frame(
        note=" ".join(note),
        title=title,
        details=details,
        handles=shown.handles(),
        legend_title="" if shown.page.crowded else words.hue_title(shown.page),
    )
    across = "epoch" if shown.across == "epoch" else "hidden layer, counted from the input"
    return panel_grid(
        shown.rows() or [[Cell(shown.page.strips[0], shown.measures[0], "")]],
        draw,
        frame,
        width,
        across,
    )


def evenly(names: Sequence[str], most: int) -> list[str]:
    """At most `most` of the names, evenly spaced, the first and the last among them."""
    if len(names) <= most:
        return list(names)
    if most == 1:
        return [names[-1]]
    return [names[round(n * (len(names) - 1) / (most - 1))] for n in range(most)]
