"""What is inside the network in rows: a column for each layer, from before to after training."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from relu_bench import compare
from relu_bench.plots import inside_words, words
from relu_bench.plots.frame import Frame
from relu_bench.plots.from_to import from_to, is_beyond, moment_handles
from relu_bench.plots.inside import at_both_ends
from relu_bench.plots.limits import Limits
from relu_bench.plots.pages import Page
from relu_bench.plots.row_figure import Column
from relu_bench.plots.row_places import Key, Places, placed

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame

BY = ("strip", "level")
MOST_LAYERS = 4


def over_seeds(
    single: DataFrame, measure: str, fine: Sequence[str], middle: Literal["mean", "median"]
) -> DataFrame:
    """The marks of one measure and their bars, over the runs of each row.

    Args:
        single: strip, level, `fine`, and the measure, one row a run.
        measure: its column.
        fine: further columns that tell marks apart.
        middle: with bars of ± 1 sd for the mean, from the lowest to the highest for the median.

    Returns:
        strip, level, `fine`, n, middle, low, high; no bar (NaN) of one run.
    """
    spread = compare.over_runs(single, [*BY, *fine], measure)
    if middle == "mean":
        low, high = spread["mean"] - spread["sd"], spread["mean"] + spread["sd"]
    else:
        several = spread["n"] > 1
        low, high = spread["lowest"].where(several), spread["highest"].where(several)
    return spread.assign(middle=spread[middle], low=low, high=high)[
        [*BY, *fine, "n", "middle", "low", "high"]
    ]


def by_layer(
    single: DataFrame,
    layer_columns: DataFrame,
    measure: str,
    middle: Literal["mean", "median"] = "mean",
) -> DataFrame:
    """`over_seeds` of each layer that has a column, before and after training.

    Args:
        single: of `compare.run_layers` or `run_kernels`, by strip and level.
        layer_columns: of `layer_columns`: strip, level, layer, column.
        measure: a column of `single`.
        middle: as for `over_seeds`.
    """
    there = at_both_ends(single).merge(layer_columns, on=[*BY, "layer"])
    return over_seeds(there, measure, ["moment", "column"], middle)


@dataclass(frozen=True, eq=False)
class Marks:
    """The marks of one measure, and their x axis.

    Attributes:
        table: of `over_seeds`.
        limits: of the axis.
        label: of the axis, with the unit.
        shown: writes a value that lies off the axis.
        scale: sets the scale and the ticks of the axis.
    """

    table: DataFrame
    limits: Limits
    label: str
    shown: Callable[[float], str]
    scale: Callable[[Axes], object]

    def draw(self, axes: Axes, those: Places, page: Page) -> None:
        """Draw the marks of all rows into one panel."""
        self.scale(axes)
        rows = placed(self.table, those)
        from_to(axes, rows, look=page.look, limits=self.limits, shown=self.shown)


def panel(
    title: str, marks: Marks, those: Places, page: Page, texts: Mapping[Key, str] | None = None
) -> Column:
    """One column, with texts at the right of its rows."""
    return Column(title, marks.label, lambda axes: marks.draw(axes, those, page), texts or {})


def panels(titles: Sequence[str], marks: Marks, those: Places, page: Page) -> list[Column]:
    """A column for each layer, by the number in the table's `column`."""
    columns = marks.table["column"]
    return [
        panel(title, replace(marks, table=marks.table[columns == number]), those, page)
        for number, title in enumerate(titles)
    ]


def keys_of(*tables: DataFrame) -> set[Key]:
    """The rows that some tables have numbers of."""
    return {key for table in tables for key in zip(table["strip"], table["level"], strict=True)}


def row_frame(
    page: Page, subject: str, note: Sequence[str], where: Sequence[str], *, with_title: bool
) -> Frame:
    """Title, legend and note of a figure of rows."""
    title, details = words.title(page, subject, where) if with_title else ("", "")
    return Frame(
        note=" ".join(text for text in note if text),
        title=title,
        details=details,
        handles=moment_handles(),
    )


def marks_in_words(table: DataFrame, middle: str, bars: str) -> str:
    """What marks and bars are.

    Args:
        table: of `over_seeds`.
        middle: as `means`.
        bars: as `± 1 sd`.
    """
    if not len(table):
        return ""
    most = int(table["n"].max())
    if most == 1:
        return "Marks: one seed, no bars."
    return f"Marks: {middle} over {inside_words.seeds(table)}; bars: {bars}."


def beyond_in_words(*drawn: Marks) -> str:
    """What an arrow at an edge is, where there is one."""
    if any(is_beyond(marks.table, marks.limits) for marks in drawn):
        return "◂ or ▸ at an edge: off the axis, the value beside it."
    return ""


def layers_in_words(single: DataFrame, titles: Sequence[str], kind: str = "hidden ") -> str:
    """Which layers have a column, where not all of them have.

    Args:
        single: of `compare.run_layers` or `run_kernels`.
        titles: of the columns.
        kind: of the layers, with a space behind it.
    """
    deepest = single.groupby(list(BY))["depth"].max()
    if not len(deepest) or set(titles) <= set(single["layer"]):
        there = int(deepest.max()) if len(deepest) else 0
        if there <= len(titles):
            return ""
        shown = (
            f"{len(titles)} are shown, evenly spaced" if len(titles) > 1 else "the last is shown"
        )
        return f"Of {there} {kind}layers, {shown}."
    return (
        f"The networks have {deepest.min()} to {deepest.max()} {kind}layers"
        if deepest.min() < deepest.max()
        else f"The networks have different {kind}layers"
    ) + "; each is shown from its first to its last, evenly spaced."


def missing(page: Page, layers: DataFrame) -> Iterator[str]:
    """Which runs have no marks, and the order of the rows."""
    yield from inside_words.diverged(page)
    yield from inside_words.unprobed(compare.without_probes(page.runs, layers))
    yield from words.missing(page)
    yield words.rows_by(page)
