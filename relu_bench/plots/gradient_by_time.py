"""How the gradient fares from the last step of a sequence to the first, on a log axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from relu_bench import compare
from relu_bench.compare.layers import STEP_MEASURE, first_by_last, run_steps
from relu_bench.plots import inside_words, words
from relu_bench.plots.comparison import WIDTH
from relu_bench.plots.frame import Frame
from relu_bench.plots.gradient_by_depth import gradients, log_limits
from relu_bench.plots.grid import Cell, panel_grid
from relu_bench.plots.inside import AT_END, AT_START, PANEL_WIDTH, Inside
from relu_bench.plots.limits import Limits
from relu_bench.plots.lines import background
from relu_bench.plots.pages import Page, pages
from relu_bench.plots.wanted import Wanted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from pandas import DataFrame

TITLE = "gradient by time step"
# What multiplies small panels, before any other axis.
_STRIPS = "recurrent_initializer"
_ROW = 1.4


def pages_of_steps(runs: DataFrame, wanted: Wanted) -> list[Page]:
    """The pages of one experiment: small multiples over the recurrent initializers.

    Each setting of the axes that are neither these nor the first one is a page of its own.
    """
    varying = compare.axes(runs)
    others = [name for name in varying[1:] if name != _STRIPS]
    if _STRIPS not in varying[1:] or not others:
        return pages(runs, wanted.most_strips)
    named = compare.with_variant(runs, others, "part")
    parts = dict.fromkeys(named.sort_values(others, kind="stable", na_position="first")["part"])
    return [
        replace(page, part=", ".join(text for text in (str(part), page.part) if text))
        for part in parts
        for page in pages(runs[named["part"] == part], wanted.most_strips)
    ]


def gradient_by_time(
    page: Page,
    layers: DataFrame,
    *,
    width: float = WIDTH,
    with_title: bool = True,
    where: Sequence[str] = (),
) -> Figure:
    """Draw one page: a panel at initialization and one after training, for each strip.

    Args:
        page: of `pages_of_steps`.
        layers: rows of layers.csv; those of other runs are ignored.
        width: in inches; the height follows.
        with_title: False leaves the title to a paper's caption.
        where: the conditions that narrowed the runs, for the title.
    """
    shown = _inside(page, layers, width)
    table = shown.median_table(STEP_MEASURE)
    limits = log_limits(table)

    def draw(axes: Axes, cell: Cell) -> Axes:
        background(axes, shown.others(table, cell))
        of_panel = shown.of(table, cell)
        last = shown.deepest(cell.strip)
        return gradients(axes, of_panel, look=shown.look, limits=limits, deepest=last)

    title, details = words.title(page, TITLE, where) if with_title else ("", "")
    frame = Frame(
        note=" ".join(text for text in _note(shown, table, limits) if text),
        title=title,
        details=details,
        handles=shown.handles(),
        legend_title="" if page.crowded else words.hue_title(page),
    )
    rows = shown.rows() or [[Cell(page.strips[0], STEP_MEASURE, "")]]
    return panel_grid(rows, draw, frame, width, "time step of the sequence", row_height=_ROW)


def numbers(page: Page, layers: DataFrame) -> str:
    """The lowest and the highest ratio of the first step's gradient to the last one's."""
    steps = run_steps(page.runs, layers, ("strip", "level"))
    sentences = []
    for moment, rows in ((AT_START, steps[steps["epoch"] == 0]), (AT_END, steps[steps["last"]])):
        ratios = first_by_last(rows, ("strip", "level")).sort_values(kind="stable")
        if not len(ratios):
            continue
        ends = [
            f"{ratios.iloc[at]:.3g} ({_place(*ratios.index[at])})"
            for at in ((0,) if len(ratios) == 1 else (0, -1))
        ]
        between = f"between {ends[0]} and {ends[1]}" if len(ends) > 1 else ends[0]
        sentences.append(
            f"The gradient by the first step's state, {moment}, is {between} times that by the "
            "last one's."
        )
    return " ".join(sentences)


def _place(strip: str, level: str) -> str:
    return " at ".join(text for text in (level, strip) if text)


def _inside(page: Page, layers: DataFrame, width: float) -> Inside:
    """What the page shows, a time step taking the place of a layer's depth."""
    import pandas as pd

    steps = run_steps(page.runs, layers, ("strip", "level")).rename(columns={"step": "depth"})
    ends = ((AT_START, steps[steps["epoch"] == 0]), (AT_END, steps[steps["last"]]))
    single = pd.concat([rows.assign(moment=moment) for moment, rows in ends])
    columns = max(2, int(width / PANEL_WIDTH))
    unprobed = compare.without_probes(page.runs, layers)
    return Inside(page, "depth", (STEP_MEASURE,), single, unprobed, columns)


def _note(shown: Inside, table: DataFrame, limits: Limits) -> list[str]:
    middle = table["middle"]
    beyond = (middle > 0) & ((middle < limits[0]) | (middle > limits[1]))
    return [
        "Gradient: root mean square, over samples and units, of the derivative of one sample's loss"
        " by the state at that step; the output layer reads the last one.",
        inside_words.repeats(table, "medians", "smallest to largest"),
        "▾ at the lower edge: a median of exactly 0." if bool((middle <= 0).any()) else "",
        "▿ or ▵ at an edge: a median beyond it." if bool(beyond.any()) else "",
        *inside_words.missing(shown),
    ]
