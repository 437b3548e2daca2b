"""Names beside points, placed so that none covers another one, a point or the edge.

Each name tries places around its point, near ones first; to one farther off leads a thin line. The
first names have the first choice, until one finds no place: then that one. The same points give the
same places.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from relu_bench.plots.learning_curves import write_at_edge
from relu_bench.plots.style import LEAST_SIZE, QUIET, SMALL

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Annotation

Numbers = NDArray[np.float64]

# In points: between a point and its name, and around a point.
_GAPS = (2.0, 6.0, 11.0, 17.0, 24.0, 33.0, 44.0, 57.0, 72.0, 90.0, 110.0)
_POINT = 3.0
_ANGLES = np.linspace(0, 2 * np.pi, 24, endpoint=False)
_WAYS = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], axis=1)
# From this gap on, a line leads to the name.
_LED = 8.0
# What touching a bar or a line costs, in points of gap.
_CROSSING = 7.0
_SAMPLES = 16
# How often names without a place get the first choice.
_TRIES = 8

# The offset of a text's middle from its point, where on the text its line ends (as shares of its
# width and height), and whether it has one.
_Place = tuple[tuple[float, float], tuple[float, float], bool]


@dataclass(frozen=True)
class Name:
    """A name and its point, in the units of the axes; `strong` ones are easier to read."""

    text: str
    x: float
    y: float
    strong: bool


@dataclass(eq=False)
class _Taken:
    """What stands on the axes, in points: boxes are left, bottom, right, top.

    Attributes:
        inside: (4,), the box of the axes.
        marks: (n, 4), of points.
        lines: (m, 4), boxes of lines that are better not touched.
        names: (i, 4), of names that have their place.
        leads: (j, 2), places along the lines that lead to these.
    """

    inside: Numbers
    marks: Numbers
    lines: Numbers
    names: Numbers
    leads: Numbers


def place_names(axes: Axes, names: Sequence[Name], points: Numbers, lines: Numbers) -> list[Name]:
    """Write the names into axes whose layout is settled.

    Args:
        axes: to write on; the figure has been laid out (`draw_without_rendering`), and its size and
            the limits of the axes do not change any more.
        names: those with the first choice first.
        points: (n, 2), all points that no name may cover, in the units of the axes.
        lines: (m, 4), segments along an axis that names should not touch: x, y, x, y.

    Returns:
        The names that found no place and are not written.
    """
    sizes = {name: _size(axes, name) for name in names}
    taken = _taken(axes, points, lines)
    order = list(names)
    fewest, best = len(order) + 1, {}
    for _ in range(_TRIES):
        found = _places(axes, order, sizes, taken)
        lost = [name for name in order if name not in found]
        if len(lost) < fewest:
            fewest, best = len(lost), found
        if not lost:
            break
        order = [*lost, *found]
    for name, place in best.items():
        _write(axes, name, place)
    return [name for name in names if name not in best]


def say_how_many_are_lost(axes: Axes, count: int) -> None:
    """Say how many names found no place: in a right corner that no name reaches, else on top."""
    those = "1 variant has" if count == 1 else f"{count} variants have"
    names = [name.get_window_extent() for name in axes.texts]
    for top in (False, True):
        write_at_edge(axes, [f"{those} no room for a name"], top=top)
        said = axes.texts[-1]
        if top or not said.get_window_extent().count_overlaps(names):
            break
        said.remove()


def _places(
    axes: Axes, names: Sequence[Name], sizes: Mapping[Name, Numbers], taken: _Taken
) -> dict[Name, _Place]:
    """The places of the names that found one, in this order."""
    still = replace(taken)
    found = {}
    for name in names:
        place = _place(_in_points(axes, np.array([[name.x, name.y]]))[0], sizes[name], still)
        if place is not None:
            found[name] = place
    return found


def _in_points(axes: Axes, places: Numbers) -> Numbers:
    return np.asarray(axes.transData.transform(places) * 72.0 / axes.figure.dpi)


def _taken(axes: Axes, points: Numbers, lines: Numbers) -> _Taken:
    window = axes.get_window_extent()
    inside = np.array([window.x0, window.y0, window.x1, window.y1]) * 72.0 / axes.figure.dpi
    marks = _in_points(axes, points.reshape(-1, 2))
    ends = _in_points(axes, lines.reshape(-1, 2)).reshape(-1, 2, 2)
    return _Taken(
        inside,
        np.hstack([marks - _POINT, marks + _POINT]),
        np.hstack([ends.min(axis=1), ends.max(axis=1)]),
        np.empty((0, 4)),
        np.empty((0, 2)),
    )


def _write(axes: Axes, name: Name, place: _Place | None = None) -> Annotation:
    """The name at its place; without one on its point, to be measured."""
    offset, anchor, led = place or ((0.0, 0.0), (0.5, 0.5), False)
    line = {
        "arrowstyle": "-",
        "color": QUIET,
        "linewidth": 0.4,
        "shrinkA": 0,
        "shrinkB": 0,
        "relpos": anchor,
    }
    text = axes.annotate(
        name.text,
        xy=(name.x, name.y),
        xytext=offset,
        textcoords="offset points",
        ha="center",
        va="center",
        fontsize=SMALL if name.strong else LEAST_SIZE,
        fontweight="bold" if name.strong else "normal",
        color="black" if name.strong else QUIET,
        linespacing=0.95,
        arrowprops=line if led else None,
        annotation_clip=False,
        bbox={"facecolor": "white", "alpha": 0.8, "edgecolor": "none", "pad": 0.4},
        zorder=5,
    )
    text.set_in_layout(False)
    return text


def _place(point: Numbers, size: Numbers, taken: _Taken) -> _Place | None:
    """The best place of a name, which it takes; None where there is none."""
    best: tuple[float, Numbers, Numbers, bool] | None = None
    for gap in _GAPS:
        if best is not None and best[0] <= gap:
            break  # what is farther off costs more, whatever it touches
        led = gap >= _LED
        middles, costs = _around(point, size, gap)
        boxes = np.hstack([middles - size / 2, middles + size / 2])
        allowed = _allowed(point, boxes, led, taken)
        boxes, costs = boxes[allowed], costs[allowed]
        if not len(boxes):
            continue
        costs = costs + _CROSSING * _touching(boxes, taken.lines).sum(axis=1)
        at = int(costs.argmin())
        if best is None or costs[at] < best[0]:
            best = float(costs[at]), boxes[at], np.clip(point, boxes[at, :2], boxes[at, 2:]), led
    if best is None:
        return None
    _, box, end, led = best
    taken.names = np.vstack([taken.names, box])
    if led:
        taken.leads = np.vstack([taken.leads, _along(point, end[np.newaxis])[0]])
    x, y = (box[:2] + box[2:]) / 2 - point
    across, up = (end - box[:2]) / size
    return (float(x), float(y)), (float(across), float(up)), led


def _allowed(point: Numbers, boxes: Numbers, led: bool, taken: _Taken) -> NDArray[np.bool_]:
    """Which boxes cover nothing, while nothing covers the line that leads there."""
    free = (boxes[:, :2] >= taken.inside[:2]).all(1) & (boxes[:, 2:] <= taken.inside[2:]).all(1)
    free &= ~_touching(boxes, np.vstack([taken.marks, taken.names])).any(axis=1)
    free &= ~_holds(boxes, taken.leads).any(axis=1)
    if led:
        leads = _along(point, np.clip(point, boxes[:, :2], boxes[:, 2:]))
        covered = np.any(_holds(taken.names, leads.reshape(-1, 2)), axis=0)
        free &= ~np.any(covered.reshape(leads.shape[:2]), axis=1)
    return np.asarray(free)


def _size(axes: Axes, name: Name) -> Numbers:
    text = _write(axes, name)
    extent = text.get_window_extent()
    text.remove()
    return np.array([extent.width, extent.height]) * 72.0 / axes.figure.dpi


def _around(point: Numbers, size: Numbers, gap: float) -> tuple[Numbers, Numbers]:
    """Where the middle of a text may stand at some gap from its point, and what each place costs.

    Beside a point, a name is read more easily than above or below it, and right of it first.
    """
    aside = size / 2 * [1, 0] * np.abs(_WAYS[:, [1]])
    middles = point + (gap + _POINT) * _WAYS + _WAYS * size / 2
    costs = gap + 1.5 * np.abs(_WAYS[:, 1]) + 0.5 * (_WAYS[:, 0] < 0)
    return (
        np.concatenate([middles, middles - aside, middles + aside]),
        np.concatenate([costs, costs + 1, costs + 1]),
    )


def _along(start: Numbers, ends: Numbers) -> Numbers:
    """Places along the segments from (2,) to (n, 2): (n, k, 2)."""
    share = np.linspace(0, 1, _SAMPLES)[:, np.newaxis]
    return np.asarray(start * (1 - share) + ends[:, np.newaxis] * share)


def _touching(boxes: Numbers, others: Numbers) -> NDArray[np.bool_]:
    """Which boxes touch which others: (boxes, others)."""
    one, other = boxes[:, np.newaxis], others[np.newaxis]
    apart = (one[..., :2] > other[..., 2:]).any(-1) | (one[..., 2:] < other[..., :2]).any(-1)
    return np.asarray(~apart)


def _holds(boxes: Numbers, places: Numbers) -> NDArray[np.bool_]:
    """Which boxes hold which places: (boxes, places)."""
    x, y = places[:, 0], places[:, 1]
    left, bottom, right, top = (boxes[:, [side]] for side in range(4))
    return np.asarray((x >= left) & (x <= right) & (y >= bottom) & (y <= top))
