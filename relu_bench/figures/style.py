"""How figures look, to colour-blind readers and on a black printer too."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from relu_bench.wording import rounded

if TYPE_CHECKING:
    from matplotlib.axis import Axis
    from matplotlib.lines import Line2D
    from matplotlib.ticker import Formatter
    from numpy.typing import ArrayLike

    from relu_bench.compare import Scale

# Solid, or the lengths of dashes and gaps in line widths, behind an offset.
Line = Literal["-", "none"] | tuple[float, Sequence[float]]

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
LABEL_SIZE = 9.0
"""Points: of the labels of axes."""
SIZE = 8.0
"""Points: of ticks and legends."""
SMALL = 7.5
"""Points: of notes and of numbers beside marks."""
QUIET = "#555555"
QUIET_WIDTH = 0.7
"""Points: of lines of a quiet look."""

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
# Ticks have as many decimals as tell them apart.
_MOST_DECIMALS = 12
_OF_ODD_TICKS = 6
# Beside the largest tick: what arithmetic leaves of a round number.
_TOLERANCE = 1e-9
# Where the largest tick is less, or as much, all are written like 1.2e-06, as numbers beside are.
_SMALL, _LARGE = 1e-4, 1e6
_MINUS = "\u2212"
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


Name = Literal["screen", "paper"]


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """What figures are made for.

    Attributes:
        width: of a figure, in inches; the height follows.
        with_title: whether each has its title; a paper's caption says what it does.
        form: the file format.
        where: the conditions that narrowed the runs, for the title.
        over: the two axes that a figure over two axes shows; empty for its own choice.
    """

    width: float = 10.0
    with_title: bool = True
    form: Literal["png", "pdf"] = "png"
    where: tuple[str, ...] = ()
    over: tuple[str, ...] = ()

    @property
    def wide(self) -> bool:
        """Whether panels of different kinds have room beside each other."""
        return self.width >= _WIDE

    @property
    def most_strips(self) -> int:
        """How many small multiples stand in one figure."""
        return 8 if self.wide else 3


SHEETS: Mapping[Name, Sheet] = {
    "screen": Sheet(),
    "paper": Sheet(width=3.4, with_title=False, form="pdf"),  # one of two columns
}
# Inches.
_WIDE = 7.0
LEAST_SIZE = 7.0
"""Points: smaller letters are refused by journals."""


@dataclass(frozen=True)
class Look:
    """The colour, line and marker of one variant, the same in every panel.

    Attributes:
        colour: of all.
        line: solid or dashes; `none` for marks alone.
        marker: in matplotlib's words; empty for lines alone.
        quiet: whether it is one of many that stand behind the others, thin and grey.
        hollow: whether the marker is.
    """

    colour: str
    line: Line
    marker: str
    quiet: bool = False
    hollow: bool = False


_QUIET_LOOK = Look("#9c9c9c", "-", ".", quiet=True)


def handle(look: Look) -> Line2D:
    """An entry of a legend."""
    from matplotlib.lines import Line2D

    return Line2D(
        [],
        [],
        color=look.colour,
        linestyle=look.line,
        linewidth=QUIET_WIDTH if look.quiet else None,
        marker=look.marker,
        markersize=5,
        markerfacecolor="white" if look.hollow else look.colour,
    )


def looks(
    levels: Sequence[str],
    known: Mapping[str, str] | None = None,
    prominent: Sequence[str] = (),
) -> dict[str, Look]:
    """A look for each level; of more than `MOST_LOOKS` the prominent have one, others are grey.

    Well-known activations and initializers have the same look in every figure; the others take the
    looks that are left, in the order given.

    Args:
        levels: names, in order.
        known: the canonical label of a level that is called something else.
        prominent: those that have a look of their own where not all can, as many as there are.
    """
    names = list(dict.fromkeys(levels))
    if len(names) > MOST_LOOKS:
        few = looks((*prominent, *names)[:MOST_LOOKS], known)
        return {name: few.get(name, _QUIET_LOOK) for name in names}
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


def numbered(axis: Axis, scale: Scale, most: int = 5) -> None:
    """At most so many ticks, at the same places whatever the height, in the unit of a metric."""
    from matplotlib.ticker import MaxNLocator

    axis.set_major_locator(MaxNLocator(most, min_n_ticks=2))
    axis.set_major_formatter(scaled(axis, scale))


def whole_numbers(axis: Axis, most: int = 6) -> None:
    """Ticks at epochs or layers, which have no halves."""
    from matplotlib.ticker import MaxNLocator

    axis.set_major_locator(MaxNLocator(most, integer=True, min_n_ticks=1, steps=[1, 2, 5, 10]))


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


def labels_of(ticks: ArrayLike, scale: Scale) -> list[str]:
    """Labels with as many decimals as tell all of these ticks apart, and no more.

    Very small and very large ones are written with a power of ten.
    """
    return _written(_shown(ticks, scale), _form(_shown(ticks, scale)))


def scaled(axis: Axis, scale: Scale) -> Formatter:
    """Labels as `labels_of` writes them for all ticks of the axis together."""
    from matplotlib.ticker import Formatter

    class Scaled(Formatter):
        def __call__(self, value: float, pos: int | None = None) -> str:
            form = _form(_shown(axis.get_majorticklocs(), scale))
            return _written(_shown([value], scale), form)[0]

        def format_ticks(self, values: ArrayLike) -> list[str]:
            # All at once: an axis is asked for them many times.
            return labels_of(values, scale)

    return Scaled()


def _written(ticks: Sequence[float], form: str) -> list[str]:
    return [_signed(format(tick, form) if tick or "e" not in form else "0") for tick in ticks]


def _signed(label: str) -> str:
    """With the sign that is as long as a plus."""
    return _MINUS + label[1:] if label.startswith("-") else label


def _form(ticks: Sequence[float]) -> str:
    """The format of all of these numbers: `.2f`, or `.1e` for very small and very large ones."""
    largest = max(map(abs, ticks), default=0.0)
    kind = "f" if not largest or _SMALL <= largest < _LARGE else "e"
    least = _TOLERANCE * largest
    decimals = next(
        (
            count
            for count in range(_MOST_DECIMALS + 1)
            if all(abs(_rounded(tick, count, kind) - tick) <= least for tick in ticks)
        ),
        _OF_ODD_TICKS,
    )
    return f".{decimals}{kind}"


def _rounded(tick: float, decimals: int, kind: str) -> float:
    return round(tick, decimals) if kind == "f" else float(f"{tick:.{decimals}e}")


def _shown(ticks: ArrayLike, scale: Scale) -> Sequence[float]:
    return [scale.factor * tick for tick in np.asarray(ticks, np.float64).tolist()]
