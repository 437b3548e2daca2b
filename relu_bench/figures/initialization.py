"""Signal, gradient and dead units by layer over many random initializations."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from relu_bench.compare import Scale, label
from relu_bench.errors import ReluBenchError
from relu_bench.figures import marks
from relu_bench.figures.canvas import Grid, Panel, Picture, rendered
from relu_bench.figures.layers import depth_axis, log_axis, log_limits
from relu_bench.figures.limits import Limits
from relu_bench.figures.style import MOST_LOOKS, Look, Sheet, looks, numbered

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from pandas import DataFrame

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
_SHARE = Scale("", higher_is_better=False, factor=100.0, unit="%")


def initialization(records: Sequence[Mapping[str, Any]], *, trials: int) -> Figure:
    """Draw small multiples: a line and band for each variant, a panel for each other setting.

    The lines are those of the first of `AXES` that has two to seven values. Dead units are drawn
    where there are any.

    Args:
        records: a layer each: the settings in `AXES`, layer, units, and of signal and gradient the
            median over the initializations and the ends of the band (`_low`, `_high`); dead_units.
        trials: initializations that these summarize.

    Raises:
        ReluBenchError: when more panels would be needed than a page can hold.
    """
    import pandas as pd

    table = pd.DataFrame(records)
    table = table[table["layer"] != "output"]
    table["x"] = table["layer"].str.removeprefix("dense_").astype(int)
    hue = _hue(table)
    others = [axis for axis in AXES if axis != hue and table[axis].nunique() > 1]
    table["level"] = table[hue].map(_text)
    table["panel"] = [
        label({axis: _text(row[axis]) for axis in others}) for _, row in table.iterrows()
    ]
    names = list(dict.fromkeys(table["panel"]))
    if len(names) > MOST_PANELS:
        raise ReluBenchError(
            f"{len(names)} panels do not fit into one figure (at most {MOST_PANELS}): narrow the "
            f"config with --set, for example --set {others[0]}=..."
        )
    look = looks(list(dict.fromkeys(table["level"])))
    measures = [*_MEASURES, *([_DEAD] if (table[_DEAD] > 0).any() else [])]
    limits = {name: log_limits(_measured(table, name)) for name in _MEASURES}
    columns = min(len(names), 4 if len(names) <= 12 else 6)

    def panel(name: str, measure: str) -> Panel:
        rows = table[table["panel"] == name]
        heading = name if measure == measures[0] else ""
        return _panel(_measured(rows, measure), measure, heading, look, limits.get(measure))

    blocks = [names[at : at + columns] for at in range(0, len(names), columns)]
    fixed = {axis: _text(table[axis].iloc[0]) for axis in AXES if table[axis].nunique() == 1}
    if fixed.get("output_activation") == "identity":
        del fixed["output_activation"]
    several = len(look) > 1
    picture = Picture(
        title="Signal and gradient before training",
        details=label({axis: fixed[axis] for axis in fixed if axis != hue or not several}),
        grids=[
            Grid(
                [
                    [panel(name, measure) for name in block]
                    for block in blocks
                    for measure in measures
                ]
            )
        ],
        legend=list(look.items()) if several else (),
        legend_title="" if hue == "activation" else hue.replace("_", " "),
        note=_note(table, trials),
    )
    return rendered(picture, Sheet())


def _panel(
    shown: DataFrame, measure: str, heading: str, look: Mapping[str, Look], limits: Limits | None
) -> Panel:
    """One measure of some variants by layer; dead units, without limits, from none to all."""
    deepest = int(shown["x"].max())

    def draw(axes: Axes) -> None:
        if limits is None:
            axes.set_ylim(-0.04, 1.04)
            numbered(axes.yaxis, _SHARE, 4)
            marks.lines(axes, shown, look, marked=True)
        else:
            log_axis(axes, limits)
            positive = shown.assign(
                value=shown["value"].where(shown["value"] > 0),
                low=shown["low"].clip(lower=limits[0] / 10),
                high=shown["high"].clip(lower=limits[0] / 10).replace(math.inf, 10 * limits[1]),
            )
            marks.lines(axes, positive, look, marked=True)
            marks.at_lower_edge(axes, shown[shown["value"] <= 0], look)
        depth_axis(axes, deepest)

    return Panel(
        draw=draw,
        heading=heading,
        height=1.5,
        x="hidden layer",
        y=_MEASURES.get(measure, "born dead (%)"),
    )


def _measured(rows: DataFrame, measure: str) -> DataFrame:
    """level, x, value, low, high of a measure; an infinite median is left out."""
    names = (measure, f"{measure}_low", f"{measure}_high")
    found = rows[["level", "x"]].copy()
    for column, name in zip(("value", "low", "high"), names, strict=True):
        found[column] = rows[name].astype(float) if name in rows else math.nan
    return found.assign(value=found["value"].replace(math.inf, math.nan))


def _hue(table: DataFrame) -> str:
    counts = {axis: table[axis].nunique() for axis in AXES}
    return next((axis for axis in AXES if 1 < counts[axis] <= MOST_LOOKS), AXES[0])


def _note(table: DataFrame, trials: int) -> str:
    lines = [
        f"Medians over {trials} initializations; bands: 90\u00a0% of them.",
        "Gradient: of one image's loss by the pre-activation.",
    ]
    if (table[_DEAD] > 0).any():
        lines.append("Units born dead: means.")
    if (table["signal"] <= 0).any() or (table["gradient"] <= 0).any():
        lines.append("▾ at the lower edge: exactly 0.")
    return " ".join(lines)


def _text(value: object) -> str:
    return str(value).lower() if str(value) in ("True", "False") else str(value)
