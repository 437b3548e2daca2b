"""How figures look, to colour-blind readers and on a black printer too."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from relu_bench.plots.ticks import scaled
from relu_bench.wording import rounded

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
    "axes.titley": 1.0,  # right above the axes, which needs no look at ticks: none stand on top
    "grid.color": "#e3e3e3",
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "lines.linewidth": 1.5,
    "svg.fonttype": "none",  # text stays text: it can be selected and searched
    "svg.hashsalt": "relu-bench",  # the same figure gives the same bytes
    "pdf.fonttype": 42,  # fonts embedded as TrueType, which journals ask for
    "text.parse_math": False,  # a label may hold a `$`, and is no formula
    "text.hinting": "none",  # at 200 dots per inch it is not seen, and takes a tenth of the time
}
SMALL = 7.5
SMALL_CHARACTER = 0.062
"""Inches: how wide a letter of that size is, on average and with some room."""
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
# The looks of what is drawn most often: the same in every figure, whatever else is in it. Others
# of the same name (another slope) take it where this one is not there.
_PREFERRED: Mapping[str, int] = {
    "relu": 0,
    "leaky_relu(negative_slope=0.01)": 1,
    "prelu(initial=0.25)": 2,
    "elu(alpha=1.0)": 3,
    "gelu(approximate=false)": 4,
    "silu": 5,
    "tanh": 6,
    "glorot_uniform": 0,
    "he_normal": 1,
    "lecun_normal": 2,
    "glorot_normal": 3,
    "he_uniform": 4,
    "lecun_uniform": 5,
}
_PREFERRED_NAMES = {label.partition("(")[0]: look for label, look in _PREFERRED.items()}
# For points, which have no dashes: more markers, and colours from dark to light, in steps that
# leave what shares a marker apart in lightness.
_POINT_MARKERS = (*_MARKERS, "X", "<", ">", "p", "h", "d")
_BY_LIGHTNESS = ("#000000", "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
_STEPS = (0, 3, 5, 1, 6, 2, 4)
# From dark to light, for what has an order: points of viridis (van der Walt and Smith 2015), whose
# lightness grows evenly, but for its end, which vanishes on white.
_SHADES = ("#440154", "#414487", "#2A788E", "#22A884", "#7AD151")


_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


Name = Literal["screen", "paper"]


@dataclass(frozen=True)
class Sheet:
    """What figures are made for.

    Attributes:
        width: of a figure, in inches; the height follows.
        with_title: whether each has its title; a paper's caption says what it does.
        form: the file format.
    """

    width: float
    with_title: bool
    form: Literal["png", "pdf"]


SHEETS: Mapping[Name, Sheet] = {
    "screen": Sheet(10.0, with_title=True, form="png"),
    "paper": Sheet(3.4, with_title=False, form="pdf"),  # one of two columns
}
LEAST_SIZE = 7.0
"""Points: smaller letters are refused by journals."""


@dataclass(frozen=True)
class Look:
    """The colour, line and marker of one variant, the same in every panel."""

    colour: str
    line: Line
    marker: str


def looks(levels: Sequence[str], known: Mapping[str, str] | None = None) -> dict[str, Look]:
    """A look for each level; one look for all where there are more than `MOST_LOOKS`.

    Well-known activations and initializers have the same look in every figure; the others take the
    looks that are left, in the order given.

    Args:
        levels: names, in order.
        known: the canonical label of a level that is called something else.
    """
    names = list(dict.fromkeys(levels))
    if len(names) > MOST_LOOKS:
        return dict.fromkeys(names, _look(0))
    labels = {name: (known or {}).get(name, name) for name in names}
    taken: dict[str, int] = {}
    for wanted in (
        {name: _PREFERRED.get(label) for name, label in labels.items()},
        {name: _PREFERRED_NAMES.get(label.partition("(")[0]) for name, label in labels.items()},
    ):
        for name, look in wanted.items():
            if look is not None and name not in taken and look not in taken.values():
                taken[name] = look
    free = [look for look in range(MOST_LOOKS) if look not in taken.values()]
    return {name: _look(taken[name] if name in taken else free.pop(0)) for name in names}


def _look(number: int) -> Look:
    return Look(_COLOURS[number], _LINES[number], _MARKERS[number])


def pairs(levels: Sequence[str]) -> dict[str, Look]:
    """A colour and marker that no other level has, for points: up to 91 levels, then again."""
    found = {}
    for n, level in enumerate(levels):
        round_, place = divmod(n, len(_POINT_MARKERS))
        number = (place + _STEPS[round_ % len(_STEPS)]) % len(_BY_LIGHTNESS)
        found[level] = Look(_BY_LIGHTNESS[number], _LINES[number], _POINT_MARKERS[place])
    return found


def shades(names: Sequence[str]) -> dict[str, Look]:
    """A look for each of some names in order, such as layers: from dark to light."""
    count = len(_LINES)
    return {
        name: Look(
            _SHADES[round(n * (len(_SHADES) - 1) / max(1, len(names) - 1))],
            _LINES[n % count],
            _MARKERS[(n + n // count) % count],
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
    """Draw and save in this look, whatever the user's matplotlibrc says.

    Within another one it does nothing, which takes no time.
    """
    import matplotlib.style

    if _entered:
        yield
        return
    with matplotlib.style.context(["default", SETTINGS]):
        _entered.append(None)
        try:
            yield
        finally:
            _entered.clear()


# Holds something within `styled`.
_entered: list[None] = []


def show_in(axis: Axis, scale: Scale, what: str) -> None:
    """Label an axis `what accuracy (%)`; its data stay in the metric's own unit."""
    axis.set_label_text(f"{what} {scale.title}{scale.suffix}".strip())
    axis.set_major_formatter(scaled(axis, scale))


def show_powers(axis: Axis) -> None:
    """Label the ticks of a logarithmic axis `10⁻³`, in letters like all others."""
    from matplotlib.ticker import FuncFormatter, NullFormatter

    axis.set_major_formatter(FuncFormatter(lambda value, _: power_of_ten(value)))
    axis.set_minor_formatter(NullFormatter())


def power_of_ten(value: float) -> str:
    """`10⁻³` for 0.001; what is no power of ten with four digits."""
    if value > 0 and math.isclose(math.log10(value), round(math.log10(value)), abs_tol=1e-9):
        return f"10{str(round(math.log10(value))).translate(_RAISED)}"
    return f"{value:.4g}"


def number(value: float, scale: Scale, digits: int = 2) -> str:
    """A value as figures write it, no line break before its unit.

    `97.72 %` of a fraction, with `digits` decimals; four significant digits of anything else.
    """
    shown = rounded(scale.factor * value, digits) if scale.unit == "%" else f"{value:.4g}"
    return f"{shown}\u00a0{scale.unit}".strip()
