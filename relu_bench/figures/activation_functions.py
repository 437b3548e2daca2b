"""Activations and their derivatives as small multiples with the same axes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from relu_bench.components.labels import parse
from relu_bench.errors import ReluBenchError
from relu_bench.figures.canvas import Grid, Panel, Picture, flowing, rendered
from relu_bench.figures.style import MOST_LOOKS, QUIET, SMALL, Look, Sheet, looks
from relu_bench.networks import activations
from relu_bench.networks.activations import Kink

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

_MOST_MARKED = 6
_POINTS = 1201
_DASHED = (0, (4, 1.6))
_LEAST_HALF_WIDTH = 4.0


def activation_functions(labels: Sequence[str]) -> Figure:
    """Draw a panel for each activation: f solid, f′ dashed; its labels in colours.

    The maximum of each derivative is marked where there are at most six panels. The values are
    those of the table's NumPy formulas: TensorFlow is needed only for functions of the user's own,
    which are run.

    Args:
        labels: canonical.

    Raises:
        ReluBenchError: for more labels of one activation than there are colours, or when a function
            of the user's own cannot be run.
    """
    groups: dict[str, list[str]] = {}
    for label in labels:
        groups.setdefault(parse(label).name, []).append(label)
    for name, group in groups.items():
        if len(group) > MOST_LOOKS:
            raise ReluBenchError(
                f"{len(group)} labels of {name} do not fit into one panel: give at most "
                f"{MOST_LOOKS}."
            )
    half = _half_width(labels)
    marked = len(groups) <= _MOST_MARKED
    columns = min(len(groups), 3 if marked else 5)

    def panel_of(group: Sequence[str]) -> Panel:
        def draw(axes: Axes) -> None:
            axes.set_xlim(-half, half)
            axes.set_ylim(-0.5 * half, 0.9 * half)
            panel(axes, group, marked=marked)

        heading = group[0] if len(group) == 1 else parse(group[0]).name
        return Panel(draw=draw, heading=heading, height=2.4 if marked else 1.6, x="x", y="y")

    picture = Picture(
        title="",
        grids=[Grid(flowing([[panel_of(group)] for group in groups.values()], columns))],
        legend=_legend(marked),
        note=_note(labels, marked),
    )
    return rendered(picture, Sheet(with_title=False))


def panel(axes: Axes, labels: Sequence[str], *, marked: bool) -> Axes:
    """Draw f and f′ of the labels of one activation, within the limits that `axes` has.

    Args:
        axes: to draw on.
        labels: canonical, of one activation.
        marked: whether to mark the maximum of each derivative and say it.

    Returns:
        `axes`.
    """
    low, high = axes.get_xlim()
    for number, (label, look) in enumerate(looks(labels).items()):
        x = _points(label, low, high)
        _draw(axes, label, x, look)
        if marked:
            _mark_maximum(axes, label, x, look, number)
    axes.axhline(0, color=QUIET, linewidth=0.6, zorder=0.9)
    axes.axvline(0, color=QUIET, linewidth=0.6, zorder=0.9)
    if len(labels) > 1:
        axes.legend(handles=_of_labels(labels), fontsize=SMALL, loc="upper left", handlelength=1.4)
    return axes


def maximum(label: str, x: NDArray[np.float64]) -> tuple[float, float]:
    """Where the derivative is greatest among the points, nearest to 0, and how great.

    A function of the user's own may be NaN in places, which do not count; if everywhere, both are.
    """
    slopes = activations.slopes(label, x)
    x, slopes = x[~np.isnan(slopes)], slopes[~np.isnan(slopes)]
    if not len(x):
        return math.nan, math.nan
    greatest = float(slopes.max())
    places = x[np.isclose(slopes, greatest, rtol=1e-9, atol=1e-12)]
    return float(places[np.abs(places).argmin()]), greatest


def _points(label: str, low: float, high: float) -> NDArray[np.float64]:
    """Points of the x axis, with each kink within it and both its sides."""
    kinks = [kink.x for kink in _kinks(label) if low < kink.x < high]
    beside = [at + side for at in kinks for side in (-1e-9, 0.0, 1e-9)]
    return np.union1d(np.linspace(low, high, _POINTS), beside)


def _kinks(label: str) -> tuple[Kink, ...]:
    """Those that are known."""
    facts = activations.facts(label)
    return facts.kinks if facts else ()


def _half_width(labels: Sequence[str]) -> float:
    """Of the x axis: every kink is to be seen, up to a bound."""
    places = [abs(kink.x) for label in labels for kink in _kinks(label)]
    return min(max(_LEAST_HALF_WIDTH, math.ceil(max(places, default=0.0) + 1)), 20.0)


def _draw(axes: Axes, label: str, x: NDArray[np.float64], look: Look) -> None:
    facts = activations.facts(label)
    smoothness = facts.smoothness if facts else ""
    jumping = smoothness == "discontinuous"
    kinks = _kinks(label) if smoothness in ("continuous", "discontinuous") else ()
    # A gap at each kink: a jump is no steep line.
    gaps = np.isin(x, [kink.x for kink in kinks])
    values, slopes = activations.values(label, x), activations.slopes(label, x)
    axes.plot(x, np.where(gaps & jumping, np.nan, values), color=look.colour, linestyle="-")
    axes.plot(
        x,
        np.where(gaps, np.nan, slopes),
        color=look.colour,
        linestyle=_DASHED,
        linewidth=1.2,
    )
    for kink in kinks:
        axes.plot(kink.x, kink.slope, "o", markersize=3, color=look.colour)


def _mark_maximum(axes: Axes, label: str, x: NDArray[np.float64], look: Look, number: int) -> None:
    where, greatest = maximum(label, x)
    axes.plot(where, greatest, "v", markersize=5, color=look.colour, markeredgecolor="white")
    axes.text(
        0.98,
        0.03 + 0.075 * number,
        f"max f′ = {greatest:.4g}",
        transform=axes.transAxes,
        ha="right",
        va="bottom",
        fontsize=SMALL,
        color=look.colour,
    )


def _of_labels(labels: Sequence[str]) -> list[Line2D]:
    from matplotlib.lines import Line2D

    return [
        Line2D([], [], color=look.colour, label=str(parse(label)).partition("(")[2].rstrip(")"))
        for label, look in looks(labels).items()
    ]


def _legend(marked: bool) -> list[tuple[str, Look]]:
    entries = [
        ("f(x)", Look("black", "-", "")),
        ("f′(x)", Look("black", _DASHED, "")),
        ("f′ at a jump", Look("black", "none", ".")),
        ("maximum of f′", Look("black", "none", "v")),
    ]
    return entries if marked else entries[:3]


def _note(labels: Sequence[str], marked: bool) -> str:
    lines = ["Where f′ jumps, the dot is the value that TensorFlow takes."]
    if marked:
        lines.append("The maximum of f′ is that within the axes, marked where it is nearest to 0.")
    own = [parse(label).name for label in labels if activations.facts(label) is None]
    if own:
        lines.append(
            f"{', '.join(dict.fromkeys(own))}: as TensorFlow computes it in float32; a jump looks "
            "like a steep line."
        )
    return " ".join(lines)
