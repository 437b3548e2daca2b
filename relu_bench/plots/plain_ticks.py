"""Where the ticks of an axis stand and how they look, without an artist for each of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Rank = Literal["major", "minor"]
Settings = dict[Any, Any]
AnyAxis = Any
"""matplotlib's `XAxis` or `YAxis`: what these have in common, its `Axis` does not say."""

_RANKS: tuple[Rank, ...] = ("major", "minor")
_LINES_AND_TEXT = ("lines.solid_capstyle", "lines.solid_joinstyle", "text.parse_math")
# How far beyond its limits an axis still shows a tick, as a share of its length.
_CLOSE = 1e-10
_SIDES = ("bottom", "left", "top", "right")
_LOOKS = ("length", "width", "color", "pad", "labelsize", "labelcolor")
_GRID = ("gridOn", "grid_color", "grid_linewidth")
# What `Axis.get_tick_params` may hold of an axis that is drawn here.
_KNOWN = frozenset([*_SIDES, *(f"label{side}" for side in _SIDES), *_LOOKS, *_GRID])


@dataclass(frozen=True)
class Ticks:
    """The major or the minor ticks of an axis that lie within its limits.

    Attributes:
        places: in the unit of the data.
        labels: one for each place; empty ones are not drawn, but keep their place.
        labelled: whether the labels are shown.
        marked: whether there is a mark at the spine.
        gridded: whether there is a line across the panel.
        length: of a mark, in points.
        width: of a mark, in points.
        colour: of a mark.
        pad: from the spine to a label, in points.
        size: of a label, in points or a word that matplotlib knows.
        label_colour: of a label.
        grid_colour: of a line across.
        grid_width: of a line across, in points.
    """

    places: NDArray[np.float64]
    labels: Sequence[str]
    labelled: bool
    marked: bool
    gridded: bool
    length: float
    width: float
    colour: Any
    pad: float
    size: Any
    label_colour: Any
    grid_colour: Any
    grid_width: float

    @property
    def reach(self) -> float:
        """How far the marks go beyond the panel, in points."""
        return self.length if self.marked and len(self.places) else 0.0


def settings_of(axis: AnyAxis) -> Settings:
    """What matplotlib's settings say now of the ticks of an axis, and of its grid."""
    import matplotlib

    return {name: matplotlib.rcParams[name] for name in _names_of_settings(axis.axis_name)}


@cache
def _names_of_settings(axis_name: str) -> tuple[Any, ...]:
    import matplotlib

    kinds = (f"{axis_name}tick.", "grid.", "font.")
    return tuple(
        name for name in matplotlib.rcParams if name.startswith(kinds) or name in _LINES_AND_TEXT
    )


def ticks_of(axis: AnyAxis, settings: Settings) -> tuple[Ticks, ...] | None:
    """The major and then the minor ticks; None where they are out of the ordinary.

    Ordinary are labels and marks below or at the left, marks that point outwards, solid lines, and
    labels that are written whole: without an offset beside the axis.

    Args:
        axis: whose ticks these are.
        settings: of `settings_of`, when the axis was made.
    """
    if settings["grid.linestyle"] not in ("-", "solid"):
        return None
    if settings[f"{axis.axis_name}tick.direction"] != "out":
        return None
    found = []
    for rank in _RANKS:
        params = axis.get_tick_params(rank)
        if not params.keys() <= _KNOWN or not _at_the_usual_side(params):
            return None
        found.append(_ticks(axis, rank, params, settings))
    return None if axis.get_major_formatter().get_offset() else tuple(found)


def _at_the_usual_side(params: Mapping[str, Any]) -> bool:
    elsewhere = ("top", "right", "labeltop", "labelright")
    return not any(params.get(name) for name in elsewhere)


def _ticks(axis: AnyAxis, rank: Rank, params: Mapping[str, Any], settings: Settings) -> Ticks:
    tick = f"{axis.axis_name}tick"
    places, labels = _shown(axis, major=rank == "major", wanted=any(_visible(params)))
    length = params.get("length", settings[f"{tick}.{rank}.size"])
    label_colour = params.get("labelcolor", settings[f"{tick}.labelcolor"])
    marked, labelled, gridded = _visible(params)
    return Ticks(
        places,
        labels,
        labelled=labelled,
        marked=marked,
        gridded=gridded,
        length=length,
        width=params.get("width", settings[f"{tick}.{rank}.width"]),
        colour=params.get("color", settings[f"{tick}.color"]),
        pad=params.get("pad", settings[f"{tick}.{rank}.pad"]) + length,
        size=params.get("labelsize", settings[f"{tick}.labelsize"]),
        label_colour=settings[f"{tick}.color"] if label_colour == "inherit" else label_colour,
        grid_colour=params.get("grid_color", settings["grid.color"]),
        grid_width=params.get("grid_linewidth", settings["grid.linewidth"]),
    )


def _visible(params: Mapping[str, Any]) -> tuple[bool, bool, bool]:
    """Whether marks, labels and grid lines are shown."""
    return (
        any(params.get(name) for name in ("bottom", "left")),
        any(params.get(name) for name in ("labelbottom", "labelleft")),
        bool(params.get("gridOn")),
    )


def _shown(
    axis: AnyAxis, *, major: bool, wanted: bool
) -> tuple[NDArray[np.float64], Sequence[str]]:
    """Places and labels within the limits."""
    from matplotlib.ticker import NullLocator

    locator = axis.get_major_locator() if major else axis.get_minor_locator()
    if not wanted or isinstance(locator, NullLocator):
        return np.empty(0), ()
    places = np.asarray(axis.get_majorticklocs() if major else axis.get_minorticklocs(), float)
    formatter = axis.get_major_formatter() if major else axis.get_minor_formatter()
    labels = formatter.format_ticks(places)
    transform = axis.get_transform()
    low, high = sorted(transform.transform(np.asarray(axis.get_view_interval())))
    room = _CLOSE * (high - low)
    along = transform.transform(places)
    inside = np.flatnonzero((low - room <= along) & (along <= high + room))
    return places[inside], [labels[number] for number in inside]
