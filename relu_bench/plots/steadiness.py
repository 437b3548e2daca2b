"""How steady training is: gradients of one sign, successive updates, epochs to a target."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from relu_bench import compare
from relu_bench.compare import Scale
from relu_bench.compare.layers import run_kernels, run_layers
from relu_bench.compare.steadiness import NEARNESS, Target, epochs_to_target, target
from relu_bench.plots import inside_words, words
from relu_bench.plots.comparison import WIDTH
from relu_bench.plots.epochs_to_target import epochs_by_variant, median_epoch
from relu_bench.plots.frame import Frame
from relu_bench.plots.grid import Cell, in_rows, panel_grid
from relu_bench.plots.inside import AT_END, AT_START, PANEL_WIDTH
from relu_bench.plots.learning_curves import write_at_edge
from relu_bench.plots.legend import handle, level_handles
from relu_bench.plots.limits import Limits, with_margin
from relu_bench.plots.lines import background, few_ticks, lines, number_epochs, number_layers
from relu_bench.plots.pages import Page
from relu_bench.plots.style import BACKGROUND, QUIET, Look, moments, number, show_in

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D
    from pandas import DataFrame

TITLE = "steadiness of training"
MEASURE = "same_sign_fraction"
_BY = ("strip", "level")
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
    """What one page draws.

    Attributes:
        page: the page.
        kernels: of `compare.layers.run_kernels`, by strip and level.
        target: the score to reach; None where nothing was held out.
        reached: of `compare.steadiness.epochs_to_target`; empty without a target.
    """

    page: Page
    kernels: DataFrame
    target: Target | None
    reached: DataFrame

    @cached_property
    def signs(self) -> DataFrame:
        """Mean share of units with gradients of one sign: strip, level, moment, x, middle, ..."""
        import pandas as pd

        ends = {AT_START: self.kernels["epoch"] == 0, AT_END: self.kernels["last"]}
        rows = pd.concat(
            [self.kernels[chosen].assign(moment=moment) for moment, chosen in ends.items()]
        )
        return _banded(compare.over_runs(rows, [*_BY, "moment", "depth"], MEASURE), "depth")

    @cached_property
    def cosines(self) -> DataFrame:
        """Mean cosine of successive updates: strip, level, x, middle, low, high, n."""
        by_run = (
            self.kernels.groupby([*_BY, "run_id", "epoch"])["update_cosine"].mean().reset_index()
        )
        return _banded(compare.over_runs(by_run, [*_BY, "epoch"], "update_cosine"), "epoch")

    @property
    def look(self) -> Mapping[str, Look]:
        """The look of each line."""
        return moments(AT_START, AT_END) if self.page.crowded else self.page.look

    @property
    def last(self) -> int:
        """The last epoch that any run of the page was asked for."""
        return int(compare.completed(self.page.runs)["epochs"].max())

    def of(self, table: DataFrame, cell: Cell) -> DataFrame:
        """The rows of a table in one panel, each with the name of its line."""
        rows = table[table["strip"] == cell.strip]
        if not self.page.crowded:
            if cell.panel in _SIGN_NAMES:
                rows = rows[rows["moment"] == _SIGN_NAMES[cell.panel]]
            return rows.assign(line=rows["level"])
        rows = rows[rows["level"] == cell.panel]
        return rows.assign(line=rows["moment"] if cell.measure == _SIGN else AT_END)

    def levels(self) -> list[str]:
        """The levels with any measurement, top down."""
        there = {*self.kernels["level"], *self.reached["level"]}
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

    Args:
        page: of `pages.pages`.
        layers: of `compare.steadiness.layers_and_scores`; rows of other runs are ignored.
        width: in inches; the height follows.
        with_title: False leaves the title to a paper's caption.
        where: the conditions that narrowed the runs, for the title.
    """
    kernels = run_kernels(page.runs, layers, _BY)
    wanted = target(page.runs, _BY)
    value = wanted.value if wanted else float("nan")
    reached = epochs_to_target(page.runs, layers, _BY, value)
    probed = {*kernels["run_id"], *run_layers(page.runs, layers, [])["run_id"]}
    reached = reached[reached["run_id"].isin(probed) & (wanted is not None)]
    shown = _Shown(page, kernels, wanted, reached)
    rows = _rows(shown, max(2, int(width / PANEL_WIDTH)))

    def draw(axes: Axes, cell: Cell) -> Axes:
        {_SIGN: _same_signs, _COSINE: _updates, _TARGET: _epochs}[cell.measure](shown, axes, cell)
        return axes

    title, details = words.title(page, TITLE, where) if with_title else ("", "")
    frame = Frame(
        note=" ".join(_note(shown, layers)),
        title=title,
        details=details,
        handles=_handles(shown),
        legend_title="" if page.crowded else words.hue_title(page),
    )
    return panel_grid(rows, draw, frame, width, "")


def _same_signs(shown: _Shown, axes: Axes, cell: Cell) -> None:
    if shown.page.crowded:
        rows = shown.signs
        others = (rows["strip"] == cell.strip) & (rows["level"] != cell.panel)
        background(axes, rows[others & (rows["moment"] == AT_END)])
    rows = shown.of(shown.signs, cell)
    lines(axes, rows, shown.look, marked=True)
    depths = shown.kernels.loc[shown.kernels["strip"] == cell.strip, "depth"]
    number_layers(axes, int(depths.max()) if len(depths) else 1)
    axes.set_ylim(-0.04, 1.04)
    few_ticks(axes)
    show_in(axes.yaxis, Scale("units", higher_is_better=False, factor=100.0, unit="%"), "")
    axes.set_xlabel("layer")


def _updates(shown: _Shown, axes: Axes, cell: Cell) -> None:
    if shown.page.crowded:
        background(axes, shown.cosines[shown.cosines["level"] != cell.panel])
        reached = shown.reached[shown.reached["level"] == cell.panel]
        write_at_edge(axes, [f"target: {median_epoch(reached)}"] if len(reached) else [])
    lines(axes, shown.of(shown.cosines, cell), shown.look, marked=False)
    number_epochs(axes, shown.last)
    axes.set_ylim(*_cosine_limits(shown.cosines))
    few_ticks(axes)
    axes.axhline(0, color=QUIET, linewidth=0.6, zorder=0.9)
    axes.set_ylabel("cosine")
    axes.set_xlabel("epoch")


def _epochs(shown: _Shown, axes: Axes, cell: Cell) -> None:
    epochs_by_variant(
        axes,
        shown.reached[shown.reached["strip"] == cell.strip],
        order=shown.levels(),
        look=shown.look,
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


def _rows(shown: _Shown, columns: int) -> list[list[Cell]]:
    """The panels: of each strip, or with many variants of each variant."""
    if shown.page.crowded:
        (strip,) = shown.page.strips
        cells = {
            measure: [Cell(strip, measure, level) for level in shown.levels()]
            for measure in (_SIGN, _COSINE)
        }
        rows = [row for measure in cells for row in in_rows(cells[measure], columns)]
        return rows or [[Cell(strip, _SIGN, "")]]
    found = []
    for strip in shown.page.strips:
        row = [Cell(strip, _SIGN, name) for name in _SIGN_NAMES]
        row.append(Cell(strip, _COSINE, _COSINE_NAME))
        if shown.target is not None:
            row.append(Cell(strip, _TARGET, _TARGET_NAME))
        found += in_rows(row, columns if columns >= len(row) else 2)
    return found


def _handles(shown: _Shown) -> list[Line2D]:
    if not shown.page.crowded:
        return level_handles(shown.page, shown.levels())
    grey = Look(BACKGROUND, "-", "")
    own = [handle(name, look) for name, look in shown.look.items()]
    return [*own, handle(f"{AT_END}, the others", grey, marked=False)]


def _note(shown: _Shown, layers: DataFrame) -> Iterator[str]:
    yield _MEANING
    if shown.page.crowded:
        yield "Upper panels: same signs by layer; lower panels: updates by epoch."
    yield inside_words.repeats(shown.signs, "means", "±\u00a01\u00a0sd")
    yield from _without_gradient(shown)
    yield from _target_in_words(shown)
    yield from inside_words.diverged(shown.page)
    yield from inside_words.unprobed(compare.without_probes(shown.page.runs, layers))
    yield from words.missing(shown.page)


def _without_gradient(shown: _Shown) -> Iterator[str]:
    lost = set(shown.reached["run_id"]) - set(shown.kernels["run_id"])
    if lost:
        runs = "1 run has" if len(lost) == 1 else f"{len(lost)} runs have"
        yield f"{runs} no gradient in any layer, and so no line."


def _target_in_words(shown: _Shown) -> Iterator[str]:
    if shown.target is None:
        yield "Nothing was held out, so there is no target."
        return
    scale = compare.scale_of(shown.page.metric)
    strip, level = shown.target.group
    best = ", ".join(part for part in (level, strip) if part)
    share = f"{100 * NEARNESS:g}\u00a0%"
    of_best = f"{share} of" if scale.higher_is_better else f"1/{NEARNESS:g} times"
    never = int(shown.reached["epoch"].isna().sum())
    count = f" {never} of {len(shown.reached)} runs never do." if never else ""
    yield (
        f"Target: validation {scale.title} of {number(shown.target.value, scale)}, {of_best} the "
        f"mean that the best variant ({best}) has after its last epoch; a run gets there with the "
        f"first epoch that ends at it or better. Large marks: medians.{count}"
    )
