"""Signal, gradient and dead units by layer over many random initializations."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from relu_bench.compare import label
from relu_bench.errors import ReluBenchError
from relu_bench.plots.frame import Frame
from relu_bench.plots.gradient_by_depth import gradients, log_limits
from relu_bench.plots.grid import Cell, in_rows, panel_grid
from relu_bench.plots.legend import handle
from relu_bench.plots.limits import Limits
from relu_bench.plots.lines import lines, number_layers
from relu_bench.plots.style import MOST_LOOKS, Look, looks, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from pandas import DataFrame

WIDTH = 10.0
AXES = (
    "activation",
    "initializer",
    "model",
    "batch_norm",
    "bias_initializer",
    "output_activation",
    "dataset",
)
"""What may vary, in the order in which it is preferred for the lines of a panel."""
MOST_PANELS = 40
_MEASURES = {"signal": "mean square\npre-activation", "gradient": "mean square\ngradient (nats²)"}
_DEAD = "dead_units"


def initialization(
    records: Sequence[Mapping[str, Any]], *, trials: int, width: float = WIDTH
) -> Figure:
    """Draw small multiples: a line and band for each variant, a panel for each other setting.

    The lines are those of the first of `AXES` that has two to seven values. Dead units are drawn
    where there are any.

    Args:
        records: a layer each: the settings in `AXES`, layer, units, and of signal and gradient the
            median over the initializations and the ends of the band (`_low`, `_high`); dead_units.
        trials: initializations that these summarize.
        width: in inches; the height follows.

    Raises:
        ReluBenchError: when more panels would be needed than a page can hold.
    """
    import pandas as pd

    table = pd.DataFrame(records)
    table = table[table["layer"] != "output"]
    table["x"] = table["layer"].str.removeprefix("dense_").astype(int)
    hue = _hue(table)
    others = [axis for axis in AXES if axis != hue and table[axis].nunique() > 1]
    table["line"] = table[hue].map(_text)
    table["panel"] = [
        label({axis: _text(row[axis]) for axis in others}) for _, row in table.iterrows()
    ]
    panels = list(dict.fromkeys(table["panel"]))
    if len(panels) > MOST_PANELS:
        raise ReluBenchError(
            f"{len(panels)} panels do not fit into one figure (at most {MOST_PANELS}): narrow the "
            f"config with --set, for example --set {others[0]}=..."
        )
    look = looks(list(dict.fromkeys(table["line"])))
    measures = [*_MEASURES, *([_DEAD] if (table[_DEAD] > 0).any() else [])]
    limits = {name: log_limits(_measured(table, name, None)) for name in _MEASURES}

    def draw(axes: Axes, cell: Cell) -> Axes:
        rows = table[table["panel"] == cell.panel]
        return panel(axes, rows, cell.measure, look=look, limits=limits.get(cell.measure))

    with styled():
        return panel_grid(
            _rows(panels, measures), draw, _frame(table, look, hue, trials), width, "hidden layer"
        )


def panel(
    axes: Axes, rows: DataFrame, measure: str, *, look: Mapping[str, Look], limits: Limits | None
) -> Axes:
    """Draw one measure of some variants by layer.

    Args:
        axes: to draw on.
        rows: line, x (1 for the first hidden layer), and the measure with its band.
        measure: signal, gradient or dead_units.
        look: by line.
        limits: of the log axis; None for dead units, whose axis goes from 0 to 1.

    Returns:
        `axes`.
    """
    deepest = int(rows["x"].max())
    shown = _measured(rows, measure, limits)
    if limits is not None:
        gradients(axes, shown, look=look, limits=limits, deepest=deepest)
        axes.set_ylabel(_MEASURES[measure])
        return axes
    from matplotlib.ticker import PercentFormatter

    lines(axes, shown, look, marked=True)
    number_layers(axes, deepest)
    axes.set_ylim(-0.04, 1.04)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0, symbol="\u00a0%"))
    axes.set_ylabel("units born dead")
    return axes


def _measured(rows: DataFrame, measure: str, limits: Limits | None) -> DataFrame:
    """line, x, middle, low, high of a measure; infinities end at the limits, or are left out."""
    top = math.nan if limits is None else limits[1]
    names = (measure, f"{measure}_low", f"{measure}_high")
    found = rows[["line", "x"]].copy()
    for column, name in zip(("middle", "low", "high"), names, strict=True):
        found[column] = rows[name].astype(float) if name in rows else math.nan
        found[column] = found[column].replace(math.inf, math.nan if column == "middle" else top)
    return found


def _hue(table: DataFrame) -> str:
    counts = {axis: table[axis].nunique() for axis in AXES}
    return next((axis for axis in AXES if 1 < counts[axis] <= MOST_LOOKS), AXES[0])


def _rows(panels: Sequence[str], measures: Sequence[str]) -> list[list[Cell]]:
    """Blocks of panels side by side, each with a row for each measure."""
    blocks = math.ceil(len(panels) / (4 if len(panels) <= 12 else 6))
    columns = math.ceil(len(panels) / blocks)
    return [
        [Cell("", measure, cell.panel) for cell in block]
        for block in in_rows([Cell("", "", name) for name in panels], columns)
        for measure in measures
    ]


def _frame(table: DataFrame, look: Mapping[str, Look], hue: str, trials: int) -> Frame:
    fixed = {axis: _text(table[axis].iloc[0]) for axis in AXES if table[axis].nunique() == 1}
    if fixed.get("output_activation") == "identity":
        del fixed["output_activation"]
    zeros = bool((table["signal"] <= 0).any() or (table["gradient"] <= 0).any())
    note = [
        f"Medians over {trials} initializations; bands: 90\u00a0% of them.",
        "Gradient: of one image's loss by the pre-activation.",
        "Units born dead: means." if (table[_DEAD] > 0).any() else "",
        "▾ at the lower edge: exactly 0." if zeros else "",
    ]
    several = len(look) > 1
    return Frame(
        note=" ".join(part for part in note if part),
        title="Signal and gradient before training",
        details=label({axis: fixed[axis] for axis in fixed if axis != hue or not several}),
        handles=[handle(name, each) for name, each in look.items()] if several else (),
        legend_title="" if hue == "activation" else hue.replace("_", " "),
    )


def _text(value: object) -> str:
    return str(value).lower() if str(value) in ("True", "False") else str(value)
