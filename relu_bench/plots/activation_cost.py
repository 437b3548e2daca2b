"""What activations cost: a dot with its interval for each pass, on a logarithmic axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from relu_bench.compare import broken
from relu_bench.plots.frame import Frame, framed
from relu_bench.plots.style import styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import XAxis
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D
    from pandas import DataFrame

WIDTH = 10.0
_MODES = {"compiled": "compiled by XLA", "eager": "eager", "numpy": "NumPy"}
_REFERENCE = "relu"
# Colour, marker, and where in a row of height 1.
_PASSES = {"forward": ("#E69F00", "o", -0.13), "forward+backward": ("#0072B2", "s", 0.13)}
_LABEL_WIDTH = 24
# In inches.
_ROW = 0.17
_LINE = 0.13
_AROUND = 1.0


def cost_figure(costs: DataFrame, details: str = "", *, width: float = WIDTH) -> Figure:
    """Draw a row of panels for each size, with one panel for each mode, all with the same axes.

    Activations are in the order of their compiled forward plus backward cost at the first size,
    the cheapest on top.

    Args:
        costs: of `speed.frame`.
        details: machine and versions, below the title.
        width: in inches; the height follows.
    """
    order = _order(costs)
    sizes = list(dict.fromkeys(costs["size"]))
    modes = [mode for mode in _MODES if mode in set(costs["mode"])]
    lines = sum(broken(name, _LABEL_WIDTH).count("\n") for name in order)
    height = len(sizes) * (_ROW * len(order) + _LINE * lines + _AROUND)
    limits = _limits(costs)
    with styled():
        frame = Frame(
            title="Cost of activations",
            details=details,
            note=_note(costs, limits),
            handles=_handles(),
        )
        figure, body = framed(frame, width, height)
        strips = body.subfigures(len(sizes), 1, squeeze=False)[:, 0]
        for strip, size in zip(strips, sizes, strict=True):
            strip.suptitle(
                _heading(costs, str(size)), x=0.01, ha="left", fontsize=9.5, fontweight="bold"
            )
            row = strip.subplots(1, len(modes), sharey=True, squeeze=False)[0]
            for axes, mode in zip(row, modes, strict=True):
                part = costs[(costs["size"] == size) & (costs["mode"] == mode)]
                activation_cost(axes, part, order=order, limits=limits)
                axes.set_title(_MODES[mode])
    return figure


def activation_cost(
    axes: Axes,
    costs: DataFrame,
    *,
    order: Sequence[str] | None = None,
    limits: tuple[float, float] | None = None,
) -> Axes:
    """Draw one row for each activation: forward above, forward plus backward below.

    A median that noise has made 0 or less stands on no logarithmic axis and is left out.

    Args:
        axes: to draw on.
        costs: of one size and mode: name, passes, median_ns, low_ns, high_ns.
        order: of the names, top down; as they come when left out.
        limits: of the x axis; around all medians of these costs when left out.

    Returns:
        `axes`.
    """
    order = list(order) if order is not None else list(dict.fromkeys(costs["name"]))
    low, high = limits or _limits(costs)
    axes.set_xscale("log")
    _show_nanoseconds(axes.xaxis)
    axes.set_xlim(low, high)
    axes.set_ylim(len(order) - 0.4, -0.6)
    axes.set_yticks(range(len(order)), [broken(name, _LABEL_WIDTH) for name in order])
    axes.tick_params(axis="y", length=0)
    place = {name: row for row, name in enumerate(order)}
    shown = costs[costs["median_ns"] > 0]
    for passes, (colour, marker, offset) in _PASSES.items():
        rows = shown[shown["passes"] == passes]
        heights = [place[name] + offset for name in rows["name"]]
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
    axis.set_label_text("ns an element")


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
    lines = [f"Marks: median of {'1 round' if rounds == 1 else f'{rounds} rounds'}"]
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


def _handles() -> list[Line2D]:
    from matplotlib.lines import Line2D

    return [
        Line2D([], [], color=colour, marker=marker, linestyle="-", markersize=4.5, label=label)
        for (colour, marker, _), label in zip(
            _PASSES.values(), ("forward", "forward plus backward"), strict=True
        )
    ]
