"""How steady training is: gradients of one sign, successive updates, epochs to a target."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from relu_bench import compare
from relu_bench.compare import Scale
from relu_bench.plots import inside_words, words
from relu_bench.plots.comparison import WIDTH
from relu_bench.plots.epochs_to_target import epochs_by_variant
from relu_bench.plots.frame import Frame
from relu_bench.plots.grid import Cell, in_rows, panel_grid
from relu_bench.plots.inside import AT_END, AT_START, MOST_PANELS, PANEL_WIDTH, at_both_ends
from relu_bench.plots.legend import level_handles
from relu_bench.plots.limits import Limits, with_margin
from relu_bench.plots.lines import few_ticks, lines, number_epochs, number_layers
from relu_bench.plots.pages import Page
from relu_bench.plots.steadiness_rows import steadiness_rows
from relu_bench.plots.steady_runs import BY, SteadyRuns, steady_runs
from relu_bench.plots.style import QUIET, show_in

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from pandas import DataFrame

TITLE = "steadiness of training"
MEASURE = "same_sign_fraction"
_SIGN, _COSINE, _TARGET = "sign", "cosine", "target"
_SIGN_NAMES = {f"same sign, {moment}": moment for moment in (AT_START, AT_END)}
_COSINE_NAME = "successive updates"
_TARGET_NAME = "epochs to the target"
_MEANING = (
    "Same sign: of the units that get any gradient, those whose incoming weights' mean gradients "
    "all have one sign, by layer (the last is the output layer). Updates: cosine between the "
    "kernel's changes over two successive epochs, mean over the layers."
)


@dataclass(frozen=True, eq=False)
class _Shown:
    """The curves of one page."""

    page: Page
    steady: SteadyRuns

    @cached_property
    def signs(self) -> DataFrame:
        """Mean share of units with gradients of one sign: strip, level, moment, x, middle, ..."""
        rows = at_both_ends(self.steady.kernels)
        return _banded(compare.over_runs(rows, [*BY, "moment", "depth"], MEASURE), "depth")

    @cached_property
    def cosines(self) -> DataFrame:
        """Mean cosine of successive updates: strip, level, x, middle, low, high, n."""
        by_run = self.steady.cosines
        return _banded(compare.over_runs(by_run, [*BY, "epoch"], "update_cosine"), "epoch")

    @property
    def last(self) -> int:
        """The last epoch that any run of the page was asked for."""
        return int(compare.completed(self.page.runs)["epochs"].max())

    def of(self, table: DataFrame, cell: Cell) -> DataFrame:
        """The rows of a table in one panel, each with the name of its line."""
        rows = table[table["strip"] == cell.strip]
        if cell.panel in _SIGN_NAMES:
            rows = rows[rows["moment"] == _SIGN_NAMES[cell.panel]]
        return rows.assign(line=rows["level"])

    def levels(self) -> list[str]:
        """The levels with any measurement, top down."""
        there = {*self.steady.kernels["level"], *self.steady.reached["level"]}
        return [level for level in self.page.order if level in there]


def steadiness(
    page: Page,
    layers: DataFrame,
    *,
    width: float = WIDTH,
    with_title: bool = True,
    where: Sequence[str] = (),
) -> Figure:
    """Draw one page: same signs by layer, updates by epoch, and epochs to a target.

    Many panels become rows, one for each variant.

    Args:
        page: of `pages.pages`.
        layers: of `compare.Selection.layers_and_scores`; rows of other runs are ignored.
        width: in inches; the height follows.
        with_title: False leaves the title to a paper's caption.
        where: the conditions that narrowed the runs, for the title.
    """
    steady = steady_runs(page, layers)
    rows = _rows(steady, max(2, int(width / PANEL_WIDTH)))
    missing = [
        *inside_words.diverged(page),
        *inside_words.unprobed(compare.without_probes(page.runs, layers)),
        *words.missing(page),
    ]
    title, details = words.title(page, TITLE, where) if with_title else ("", "")
    if page.crowded or sum(map(len, rows)) > MOST_PANELS:
        return steadiness_rows(steady, Frame(" ".join(missing), title, details), width)
    shown = _Shown(page, steady)

    def draw(axes: Axes, cell: Cell) -> Axes:
        {_SIGN: _same_signs, _COSINE: _updates, _TARGET: _epochs}[cell.measure](shown, axes, cell)
        return axes

    frame = Frame(
        note=" ".join([*_note(shown), *missing]),
        title=title,
        details=details,
        handles=level_handles(page, shown.levels()),
        legend_title=words.hue_title(page),
    )
    return panel_grid(rows, draw, frame, width, "")


def _same_signs(shown: _Shown, axes: Axes, cell: Cell) -> None:
    lines(axes, shown.of(shown.signs, cell), shown.page.look, marked=True)
    kernels = shown.steady.kernels
    depths = kernels.loc[kernels["strip"] == cell.strip, "depth"]
    number_layers(axes, int(depths.max()) if len(depths) else 1)
    axes.set_ylim(-0.04, 1.04)
    few_ticks(axes)
    show_in(axes.yaxis, Scale("units", higher_is_better=False, factor=100.0, unit="%"), "")
    axes.set_xlabel("layer")


def _updates(shown: _Shown, axes: Axes, cell: Cell) -> None:
    lines(axes, shown.of(shown.cosines, cell), shown.page.look, marked=False)
    number_epochs(axes, shown.last)
    axes.set_ylim(*_cosine_limits(shown.cosines))
    few_ticks(axes)
    axes.axhline(0, color=QUIET, linewidth=0.6, zorder=0.9)
    axes.set_ylabel("cosine")
    axes.set_xlabel("epoch")


def _epochs(shown: _Shown, axes: Axes, cell: Cell) -> None:
    reached = shown.steady.reached
    epochs_by_variant(
        axes,
        reached[reached["strip"] == cell.strip],
        order=shown.levels(),
        look=shown.page.look,
        last=shown.last,
    )
    axes.set_xlabel("epoch")


def _cosine_limits(cosines: DataFrame) -> Limits:
    """From 0, or as far below as there is anything, to 1."""
    lowest = [float(value) for name in ("middle", "low") for value in cosines[name] if value < 0]
    low = max(-1.0, min(lowest, default=0.0))
    return with_margin(low, 1.0)


def _banded(spread: DataFrame, across: str) -> DataFrame:
    return spread.assign(
        x=spread[across],
        middle=spread["mean"],
        low=spread["mean"] - spread["sd"],
        high=spread["mean"] + spread["sd"],
    )


def _rows(steady: SteadyRuns, columns: int) -> list[list[Cell]]:
    """The panels of each strip."""
    found = []
    for strip in steady.page.strips:
        row = [Cell(strip, _SIGN, name) for name in _SIGN_NAMES]
        row.append(Cell(strip, _COSINE, _COSINE_NAME))
        if steady.target is not None:
            row.append(Cell(strip, _TARGET, _TARGET_NAME))
        found += in_rows(row, columns if columns >= len(row) else 2)
    return found


def _note(shown: _Shown) -> Iterator[str]:
    yield _MEANING
    yield inside_words.repeats(shown.signs, "means", "±\u00a01\u00a0sd")
    yield from shown.steady.without_gradient()
    yield from shown.steady.target_in_words("Large marks: medians.")
