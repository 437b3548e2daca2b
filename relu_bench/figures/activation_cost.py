"""What activations cost: a dot with its interval for each pass, on a logarithmic axis."""

from __future__ import annotations

from typing import TYPE_CHECKING

from relu_bench.figures.canvas import Grid, Panel, Picture, rendered
from relu_bench.figures.marks import RowPlaces, row_places
from relu_bench.figures.style import Look, Sheet
from relu_bench.wording import plural

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import XAxis
    from matplotlib.figure import Figure
    from pandas import DataFrame

_MODES = {"compiled": "compiled by XLA", "eager": "eager", "numpy": "NumPy"}
_REFERENCE = "relu"
# Colour, marker, and where in a row of height 1.
_PASSES = {"forward": ("#E69F00", "o", -0.13), "forward+backward": ("#0072B2", "s", 0.13)}
# Inches.
_ROW = 0.19


def cost_figure(costs: DataFrame, details: str = "") -> Figure:
    """Draw a row of panels for each size, with one panel for each mode, all with the same axes.

    Activations are in the order of their compiled forward plus backward cost at the first size,
    the cheapest on top.

    Args:
        costs: of `speed.frame`.
        details: machine and versions, below the title.
    """
    order = _order(costs)
    modes = [mode for mode in _MODES if mode in set(costs["mode"])]
    limits = _limits(costs)
    sheet = Sheet()
    places = row_places(order, sheet.width / len(modes), least=_ROW)

    def panel(size: str, mode: str) -> Panel:
        part = costs[(costs["size"] == size) & (costs["mode"] == mode)]
        heading = f"{_heading(costs, size)}\n{_MODES[mode]}" if mode == modes[0] else _MODES[mode]

        def draw(axes: Axes) -> None:
            activation_cost(axes, part, places=places, limits=limits)
            axes.tick_params(axis="y", labelleft=mode == modes[0])

        return Panel(draw=draw, heading=heading, height=places.height, x="ns an element")

    sizes = [str(size) for size in dict.fromkeys(costs["size"])]
    picture = Picture(
        title="Cost of activations",
        details=details,
        grids=[Grid([[panel(size, mode) for mode in modes] for size in sizes])],
        legend=[
            (name, Look(colour, "-", marker))
            for (colour, marker, _), name in zip(
                _PASSES.values(), ("forward", "forward plus backward"), strict=True
            )
        ],
        note=_note(costs, limits),
    )
    return rendered(picture, sheet)


def activation_cost(
    axes: Axes, costs: DataFrame, *, places: RowPlaces, limits: tuple[float, float]
) -> Axes:
    """Draw one row for each activation: forward above, forward plus backward below.

    A median that noise has made 0 or less stands on no logarithmic axis and is left out.

    Args:
        axes: to draw on.
        costs: of one size and mode: name, passes, median_ns, low_ns, high_ns.
        places: of the rows.
        limits: of the x axis.

    Returns:
        `axes`.
    """
    low, high = limits
    axes.set_xscale("log")
    _show_nanoseconds(axes.xaxis)
    axes.set_xlim(low, high)
    axes.set_ylim(places.height, 0.0)
    axes.set_yticks(places.middles, places.names)
    axes.tick_params(axis="y", length=0)
    place = dict(zip(places.levels, places.middles, strict=True))
    shown = costs[costs["median_ns"] > 0]
    for passes, (colour, marker, offset) in _PASSES.items():
        rows = shown[shown["passes"] == passes]
        heights = [place[name] + offset * _ROW for name in rows["name"]]
        of_relu = rows.loc[rows["name"] == _REFERENCE, "median_ns"]
        for value in of_relu:
            axes.axvline(value, color=colour, linewidth=0.8, alpha=0.7, zorder=1)
        axes.hlines(
            heights,
            rows["low_ns"].clip(lower=low),
            rows["high_ns"],
            color=colour,
            linewidth=1.4,
            zorder=2,
        )
        axes.scatter(
            rows["median_ns"],
            heights,
            s=15,
            color=colour,
            marker=marker,
            edgecolors="white",
            linewidths=0.5,
            zorder=3,
        )
    return axes


def _show_nanoseconds(axis: XAxis) -> None:
    """Write the ticks of a logarithmic axis as plain numbers."""
    from matplotlib.ticker import FuncFormatter, NullFormatter

    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())


def _order(costs: DataFrame) -> list[str]:
    first = costs[costs["size"] == costs["size"].iloc[0]]
    mode = next(mode for mode in _MODES if mode in set(first["mode"]))
    passes = [passes for passes in _PASSES if passes in set(first["passes"])]
    dearest = first[(first["mode"] == mode) & (first["passes"] == passes[-1])]
    return list(dearest.sort_values("median_ns", kind="stable")["name"])


def _heading(costs: DataFrame, size: str) -> str:
    elements = int(costs.loc[costs["size"] == size, "elements"].max())
    return f"{elements:,} elements" if size == str(elements) else f"{size}, {elements:,} elements"


def _limits(costs: DataFrame) -> tuple[float, float]:
    """Around all positive medians, wide enough for a few ticks."""
    medians = costs.loc[costs["median_ns"] > 0, "median_ns"]
    if not len(medians):
        return 0.1, 10.0
    return float(medians.min()) / 1.7, float(medians.max()) * 1.7


def _note(costs: DataFrame, limits: tuple[float, float]) -> str:
    rounds = int(costs["rounds"].iloc[0])
    lines = [f"Marks: median of {rounds} {plural(rounds, 'round', 'rounds')}"]
    if costs["low_ns"].notna().any():
        lines[0] += " with its 95\u00a0% interval by order statistics."
        lines.append("A line that is not to be seen is shorter than its mark.")
    else:
        lines[0] += " without an interval, which takes six rounds."
    if ((costs["low_ns"] < limits[0]) | (costs["high_ns"] > limits[1])).any():
        lines.append("A line that reaches the edge goes on.")
    unseen = costs.loc[costs["median_ns"] <= 0, "name"]
    if len(unseen):
        lines.append(f"Lost in noise (median not above 0): {', '.join(unseen.unique())}.")
    lines.append(
        "Vertical lines: relu. Logarithmic axis. Rows are in the order of compiled forward plus "
        "backward cost in the first row of panels."
    )
    return " ".join(lines)
