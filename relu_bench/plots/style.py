"""How figures look, to colour-blind readers and on a black printer too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from matplotlib.axis import Axis

    from relu_bench.compare import Scale

# Solid, or the lengths of dashes and gaps in line widths, behind an offset.
Line = Literal["-"] | tuple[float, Sequence[float]]

SETTINGS: dict[str, Any] = {
    "font.size": 9.0,
    "axes.titlesize": 9.0,
    "axes.labelsize": 9.0,
    "xtick.labelsize": 8.0,
    "ytick.labelsize": 8.0,
    "legend.fontsize": 8.0,
    "figure.titlesize": 11.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e3e3e3",
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "lines.linewidth": 1.5,
    "svg.fonttype": "none",  # text stays text: it can be selected and searched
    "svg.hashsalt": "relu-bench",  # the same figure gives the same bytes
    "pdf.fonttype": 42,  # fonts embedded as TrueType, which journals ask for
}
SMALL = 7.5
QUIET = "#555555"
BACKGROUND = "#c4c4c4"

# Okabe and Ito (2008), Color Universal Design, without its yellow, which vanishes on white. Ordered
# so that neighbours differ in lightness too.
_COLOURS = ("#0072B2", "#E69F00", "#009E73", "#000000", "#56B4E9", "#D55E00", "#CC79A7")
_LINES: tuple[Line, ...] = (
    "-",
    (0, (5, 1.6)),
    (0, (1.2, 1.2)),
    (0, (6, 1.5, 1.2, 1.5)),
    (0, (9, 2.5)),
    (0, (3, 1.2, 1.2, 1.2, 1.2, 1.2)),
    (0, (1.2, 3)),
)
_MARKERS = ("o", "s", "^", "D", "v", "P", "*")
MOST_LOOKS = len(_COLOURS)
# From dark to light, for what has an order: points of viridis (van der Walt and Smith 2015), whose
# lightness grows evenly, but for its end, which vanishes on white.
_SHADES = ("#440154", "#414487", "#2A788E", "#22A884", "#7AD151")


@dataclass(frozen=True)
class Look:
    """The colour, line and marker of one variant, the same in every panel."""

    colour: str
    line: Line
    marker: str


def looks(levels: Sequence[str]) -> dict[str, Look]:
    """A look for each level, in the order given; one look for all where there are too many."""
    if len(levels) > MOST_LOOKS:
        return {level: Look(_COLOURS[0], _LINES[0], _MARKERS[0]) for level in levels}
    parts = zip(_COLOURS, _LINES, _MARKERS, strict=True)
    return {level: Look(*part) for level, part in zip(levels, parts, strict=False)}


def pairs(levels: Sequence[str]) -> dict[str, Look]:
    """A colour and marker that no other level has, for points: up to 49 levels, then again."""
    count = len(_COLOURS)
    return {
        level: Look(_COLOURS[n % count], _LINES[n % count], _MARKERS[(n + n // count) % count])
        for n, level in enumerate(levels)
    }


def shades(names: Sequence[str]) -> dict[str, Look]:
    """A look for each of some names in order, such as layers: from dark to light."""
    return {
        name: Look(
            _SHADES[round(n * (len(_SHADES) - 1) / max(1, len(names) - 1))],
            _LINES[n % len(_LINES)],
            _MARKERS[0],
        )
        for n, name in enumerate(names)
    }


def moments(start: str, end: str) -> dict[str, Look]:
    """The looks of one variant at the start, dashed, and at the end, solid."""
    return {
        start: Look(_COLOURS[1], (0, (3, 1.2)), _MARKERS[1]),
        end: Look(_COLOURS[0], "-", _MARKERS[0]),
    }


@contextmanager
def styled() -> Iterator[None]:
    """Draw and save in this look, whatever the user's matplotlibrc says."""
    import matplotlib.style

    with matplotlib.style.context(["default", SETTINGS]):
        yield


def show_in(axis: Axis, scale: Scale, what: str) -> None:
    """Label an axis `what accuracy (%)`; its data stay in the metric's own unit."""
    axis.set_label_text(f"{what} {scale.title}{scale.suffix}".strip())
    if scale.factor != 1.0:
        from matplotlib.ticker import FuncFormatter

        axis.set_major_formatter(FuncFormatter(lambda value, _: _tick(value, axis, scale)))


def _tick(value: float, axis: Axis, scale: Scale) -> str:
    """A tick's label: as many decimals as tell all ticks of the axis apart, and no more."""
    ticks = [scale.factor * float(tick) for tick in axis.get_majorticklocs()]
    decimals = next(
        (n for n in range(6) if all(abs(round(tick, n) - tick) < 1e-7 for tick in ticks)), 6
    )
    return f"{scale.factor * value:.{decimals}f}"


def number(value: float, scale: Scale, digits: int = 2) -> str:
    """A value as figures write it, no line break before its unit.

    `97.72 %` of a fraction, with `digits` decimals; four significant digits of anything else.
    """
    shown = f"{scale.factor * value:.{digits}f}" if scale.unit == "%" else f"{value:.4g}"
    return f"{shown}\u00a0{scale.unit}".strip()
