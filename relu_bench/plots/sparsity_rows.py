"""Sparsity beside generalization, in rows: the active share, the gap and the test score."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from relu_bench import stats
from relu_bench.compare import Scale
from relu_bench.plots import inside_words
from relu_bench.plots.frame import Frame
from relu_bench.plots.from_to import moment_handles
from relu_bench.plots.inside import AT_END, AT_START
from relu_bench.plots.inside_rows import BY, Marks, beyond_in_words, keys_of, panel
from relu_bench.plots.limits import Limits
from relu_bench.plots.pages import Page
from relu_bench.plots.row_figure import row_figure
from relu_bench.plots.row_places import places
from relu_bench.plots.style import number, show_in
from relu_bench.plots.words import hue_title, rows_by

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from pandas import DataFrame

_ACTIVE = Scale("active outputs", higher_is_better=False, factor=100.0, unit="%")


@dataclass(frozen=True)
class Shown:
    """How a measure is shown.

    Attributes:
        title: of its axis, in front of the name of its scale.
        scale: as people read it.
        limits: of its axis.
    """

    title: str
    scale: Scale
    limits: Limits


def sparsity_rows(
    page: Page, points: DataFrame, shown: Mapping[str, Shown], frame: Frame, width: float
) -> Figure:
    """Draw one page: a row for each variant that learned something.

    Args:
        page: of `pages.pages`.
        points: of `compare.generalization`, without the runs that learned nothing.
        shown: how `gap` and `test` are shown.
        frame: with the title, what is measured, and what is missing.
        width: in inches; the height follows.
    """
    active = {AT_START: "active_before", AT_END: "active_after"}
    drawn = {
        "active": _marks(points, active, Shown("", _ACTIVE, (-0.03, 1.03))),
        **{name: _marks(points, {AT_END: name}, how) for name, how in shown.items()},
    }
    those = places(page, keys_of(points), width)
    columns = [panel(name, marks, those, page) for name, marks in drawn.items()]
    table = drawn["active"].table
    most = int(table["n"].max()) if len(table) else 0
    bars = "; bars: 95\u00a0% t intervals" if most > 1 else ""
    note = [
        frame.note,
        f"Marks: means over {inside_words.seeds(table)}{bars}." if most else "",
        beyond_in_words(*drawn.values()),
        rows_by(page),
    ]
    whole = replace(frame, note=" ".join(text for text in note if text), handles=moment_handles())
    return row_figure(those, columns, whole, width, hue_title(page))


def _marks(points: DataFrame, columns: Mapping[str, str], shown: Shown) -> Marks:
    """The mean of each row with its 95 % t interval.

    Args:
        points: one row a run.
        columns: by moment, the column that is drawn.
        shown: how it is shown.
    """
    import pandas as pd

    rows = [
        (strip, level, moment, len(values), values.mean(), *_interval(values.to_list()))
        for moment, column in columns.items()
        for (strip, level), values in points.dropna(subset=[column]).groupby(list(BY))[column]
    ]
    table = pd.DataFrame(rows, columns=[*BY, "moment", "n", "middle", "low", "high"])

    def scaled(axes: Axes) -> None:
        show_in(axes.xaxis, shown.scale, "")

    label = f"{shown.title} {shown.scale.title}{shown.scale.suffix}".strip()
    return Marks(table, shown.limits, label, lambda value: number(value, shown.scale, 1), scaled)


def _interval(values: list[float]) -> tuple[float, float]:
    return stats.t_interval(values) if len(values) > 1 else (math.nan, math.nan)
