"""How many runs of a row lie off the axis, in words where nothing of that row is drawn."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from relu_bench.plots.limits import Limits, outside
from relu_bench.plots.style import QUIET, SMALL, SMALL_CHARACTER

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame

_SIZE = SMALL - 0.5
# Inches: of a letter on average, beside words, and half of a dot or of the head of an arrow.
_LETTER = 0.0076 * _SIZE
_GAP = 2 / 72
_DOT = 3 / 72
# Beside a panel, for the numbers; the least that is left of it.
_NUMBERS = 0.75
_LEAST = 0.5
# Where the letters stand: below the line through a mean or through a dot, in points.
_BELOW = -3.7


def say_what_is_outside(
    axes: Axes, rows: DataFrame, limits: Limits, *, width: float, dots: float, mean: float
) -> None:
    """Count the runs of a row that lie off the axis, and tell whether their mean does.

    The words stand in the lane of the mean, at the edge where the runs are or behind the interval
    that comes from there; where that has no room, between the dots. They are fewer where no place
    has room for all.

    Args:
        axes: to write on.
        rows: of `compare.final_scores`, of one level.
        limits: of the x axis.
        width: about that of the panel, in inches.
        dots: the middle of the lane of the dots, on the y axis.
        mean: that of the mean and its interval.
    """
    counts = outside(rows["value"], limits)
    if not any(counts):
        return
    means = outside(rows["mean"].head(1 if len(rows) > 1 else 0), limits)
    inch = (limits[1] - limits[0]) / width
    interval = list(_interval(rows, limits, inch))
    lanes = [(mean, interval), (dots, list(_dots(rows, limits, inch)))]
    for count, with_mean, side in zip(counts, means, ("below", "above"), strict=True):
        if count:
            texts = _texts(count, side, with_mean=bool(with_mean), with_arrow=bool(interval))
            _write(axes, side, *_place(texts, lanes, limits, inch, side))


def panel_width(axes: Axes, names: Sequence[str]) -> float:
    """About how wide a panel will be, in inches, before there is a layout.

    Args:
        axes: the panel.
        names: of its rows, which stand beside it, as its numbers do.
    """
    figure = axes.get_figure(root=True)
    if figure is None:
        raise ValueError("the axes belong to no figure")
    longest = max((len(line) for name in names for line in name.splitlines()), default=0)
    beside = figure.get_figwidth() - SMALL_CHARACTER * longest - _NUMBERS
    return max(_LEAST, min(axes.get_window_extent().width / figure.dpi, beside))


def _texts(count: int, side: str, *, with_mean: bool, with_arrow: bool) -> list[str]:
    """What to say, then the same in fewer words; the arrow of an interval tells of its mean too."""
    runs = f"{'1 run' if count == 1 else f'{count} runs'} {side}"
    whole = [f"mean and {runs}"] if with_mean else []
    return whole if whole and not with_arrow else [*whole, runs, f"{count} {side}"]


def _interval(rows: DataFrame, limits: Limits, inch: float) -> Iterator[Limits]:
    """What the interval of the mean covers of the axis."""
    low, high = float(rows["low"].iloc[0]), float(rows["high"].iloc[0])
    if len(rows) > 1 and high >= limits[0] and low <= limits[1]:
        yield max(low, limits[0]) - inch * _DOT, min(high, limits[1]) + inch * _DOT


def _dots(rows: DataFrame, limits: Limits, inch: float) -> Iterator[Limits]:
    for value in rows.loc[rows["value"].between(*limits), "value"]:
        yield value - inch * _DOT, value + inch * _DOT


def _place(
    texts: Sequence[str],
    lanes: Sequence[tuple[float, Iterable[Limits]]],
    limits: Limits,
    inch: float,
    side: str,
) -> tuple[str, float, float]:
    """The first text that has room, its lane, and its end on its side; else the last, widest."""
    free = []
    for lane, taken in lanes:
        gaps = _gaps(taken, limits)
        free += [(lane, gap) for gap in (gaps if side == "below" else reversed(gaps))]
    fitting = (
        (text, *place)
        for text in texts
        for place in free
        if place[1][1] - place[1][0] >= inch * (len(text) * _LETTER + _GAP)
    )
    widest = max(free, key=lambda place: place[1][1] - place[1][0])
    text, lane, (start, end) = next(fitting, (texts[-1], *widest))
    return text, lane, start if side == "below" else end


def _gaps(taken: Iterable[Limits], limits: Limits) -> list[Limits]:
    """What is left of an axis, from left to right."""
    gaps, start = [], limits[0]
    for low, high in sorted(taken):
        gaps.append((start, max(start, low)))
        start = max(start, high)
    return [*gaps, (start, max(start, limits[1]))]


def _write(axes: Axes, side: str, text: str, lane: float, place: float) -> None:
    left = side == "below"
    axes.annotate(
        text,
        xy=(place, lane),
        xytext=((72 if left else -72) * _GAP, _BELOW),
        textcoords="offset points",
        ha="left" if left else "right",
        va="baseline",
        fontsize=_SIZE,
        color=QUIET,
        zorder=5,
    )
