"""The ticks of an axis on a canvas: their lines, their labels, and the room that these take."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from relu_bench.plots.plain_ticks import AnyAxis, Settings, Ticks

if TYPE_CHECKING:
    from matplotlib.backend_bases import RendererBase
    from matplotlib.text import Text
    from matplotlib.transforms import Bbox

Box = tuple[float, float, float, float]
"""Left, bottom, right and top, in pixels."""

_POINTS = 72.0  # to an inch
# The room that a text takes around its place, by all that makes it, for each canvas.
_rooms: WeakKeyDictionary[RendererBase, dict[Any, Box]] = WeakKeyDictionary()


class TickMarks:
    """Draws and measures the ticks of one axis."""

    def __init__(self, axis: AnyAxis, renderer: RendererBase, settings: Settings) -> None:
        self._axis = axis
        self._settings = settings
        self._renderer = renderer
        self._is_x = axis.axis_name == "x"
        self._left, self._bottom, self._right, self._top = axis.axes.bbox.extents
        self._point = axis.axes.figure.dpi / _POINTS

    def draw(self, ticks: Sequence[Ticks]) -> None:
        """Grid lines first, then marks and labels."""
        for each in ticks:
            if each.gridded and len(each.places):
                self._draw_grid(each)
        for each in ticks:
            if each.reach:
                self._draw_marks(each)
        for each in ticks:
            if each.labelled and any(each.labels):
                self._draw_labels(each)

    def boxes(self, ticks: Sequence[Ticks]) -> list[Box]:
        """The room of each label; that of an empty one is a point."""
        return [
            (x + left, y + bottom, x + right, y + top)
            for each in ticks
            if each.labelled and len(each.places)
            for (x, y), (left, bottom, right, top) in zip(
                self._label_places(each).tolist(), self._label_rooms(each), strict=True
            )
        ]

    def label_place(self, boxes: Sequence[Box], ticks: Sequence[Ticks]) -> tuple[float, float]:
        """Where the label of the axis stands: beyond the labels of its ticks."""
        x, y = self._axis.label.get_position()
        pad, reach = self._axis.labelpad * self._point, max(each.reach for each in ticks)
        if self._is_x:
            ends = [self._bottom - reach * self._point, *(box[1] for box in boxes)]
            return x, min(ends) - pad
        ends = [self._left - reach * self._point, *(box[0] for box in boxes)]
        return min(ends) - pad, y

    def whole(
        self, boxes: Sequence[Box], ticks: Sequence[Ticks], *, for_layout_only: bool
    ) -> Bbox | None:
        """A box around all of the axis, once its label is in its place."""
        from matplotlib.transforms import Bbox

        named = [(left, *rest) for left, *rest in boxes if rest[1] > left]  # not the empty ones
        label = self._axis_label_room(shortened=for_layout_only)
        parts = np.array([*named, *self._mark_room(ticks), *label])
        if not len(parts):
            return None
        return Bbox.from_extents(*parts[:, :2].min(axis=0), *parts[:, 2:].max(axis=0))

    def _draw_grid(self, ticks: Ticks) -> None:
        from matplotlib.colors import to_rgba

        settings = self._settings
        along = self._pixels(ticks)
        ends = np.empty((len(along), 2, 2))
        ends[:, :, 0 if self._is_x else 1] = along[:, np.newaxis]
        ends[:, :, 1 if self._is_x else 0] = (
            (self._bottom, self._top) if self._is_x else (self._left, self._right)
        )
        gc = self._renderer.new_gc()
        gc.set_clip_rectangle(self._axis.axes.bbox)
        gc.set_linewidth(ticks.grid_width)
        gc.set_capstyle(settings["lines.solid_capstyle"])
        gc.set_joinstyle(settings["lines.solid_joinstyle"])
        gc.set_foreground(to_rgba(ticks.grid_colour, settings["grid.alpha"]), isRGBA=True)
        self._renderer.draw_path(gc, _separate(ends), _identity())
        gc.restore()

    def _draw_marks(self, ticks: Ticks) -> None:
        from matplotlib.colors import to_rgba
        from matplotlib.markers import TICKDOWN, TICKLEFT, MarkerStyle
        from matplotlib.path import Path

        marker = MarkerStyle(TICKDOWN if self._is_x else TICKLEFT)
        size: Any = self._renderer.points_to_pixels(ticks.length)
        scaled: Any = marker.get_transform()
        gc = self._renderer.new_gc()
        gc.set_linewidth(ticks.width)
        gc.set_capstyle(marker.get_capstyle())
        gc.set_joinstyle(marker.get_joinstyle())
        gc.set_snap(size >= 1.0)
        gc.set_foreground(to_rgba(ticks.colour), isRGBA=True)
        self._renderer.draw_markers(
            gc,
            marker.get_path(),
            scaled.scale(size),
            Path(self._beside(self._pixels(ticks), 0.0)),
            _identity(),
        )
        gc.restore()

    def _draw_labels(self, ticks: Ticks) -> None:
        text = self._text(ticks)
        for (x, y), label in zip(self._label_places(ticks).tolist(), ticks.labels, strict=True):
            text.set_text(label)
            text.set_position((x, y))
            text.draw(self._renderer)

    def _label_places(self, ticks: Ticks) -> NDArray[np.float64]:
        return self._beside(self._pixels(ticks), ticks.pad * self._point)

    def _label_rooms(self, ticks: Ticks) -> Iterator[Box]:
        """Around the place of each label."""
        known = _rooms.setdefault(self._renderer, {})
        look = self._is_x, ticks.size, self._point
        for label in ticks.labels:
            if (label, *look) not in known:
                text = self._text(ticks)
                text.set_text(label)
                left, bottom, right, top = text.get_window_extent(self._renderer).extents
                known[label, *look] = left, bottom, right, top
            yield known[label, *look]

    def _text(self, ticks: Ticks) -> Text:
        """A text at no place yet."""
        from matplotlib.text import Text

        settings = self._settings
        alignment = settings[f"{self._axis.axis_name}tick.alignment"]
        text = Text(
            0,
            0,
            fontfamily=settings["font.family"],
            fontsize=ticks.size,
            parse_math=settings["text.parse_math"],
            color=ticks.label_colour,
            va="top" if self._is_x else alignment,
            ha=alignment if self._is_x else "right",
        )
        text.set_figure(self._axis.axes.figure)
        return text

    def _pixels(self, ticks: Ticks) -> NDArray[np.float64]:
        """Where each tick stands along the axis."""
        axes = self._axis.axes
        transform = axes.get_xaxis_transform() if self._is_x else axes.get_yaxis_transform()
        points = np.zeros((len(ticks.places), 2))
        points[:, 0 if self._is_x else 1] = ticks.places
        along: NDArray[np.float64] = transform.transform(points)[:, 0 if self._is_x else 1]
        return along

    def _beside(self, along: NDArray[np.float64], distance: float) -> NDArray[np.float64]:
        """Points at a distance from the spine, which is below or at the left."""
        if self._is_x:
            return np.column_stack([along, np.full(len(along), self._bottom - distance)])
        return np.column_stack([np.full(len(along), self._left - distance), along])

    def _mark_room(self, ticks: Sequence[Ticks]) -> Iterator[Box]:
        spine = self._axis.axes.spines["bottom" if self._is_x else "left"]
        reach = max(each.reach for each in ticks) * self._point
        if not (reach and spine.get_visible() and spine.get_in_layout()):
            return
        if self._is_x:
            yield self._left, self._bottom - reach, self._right, self._bottom
        else:
            yield self._left - reach, self._bottom, self._left, self._top

    def _axis_label_room(self, *, shortened: bool) -> Iterator[Box]:
        """A layout cannot mend a label that is longer than its axis: it has the label shortened."""
        label = self._axis.label
        if not label.get_visible() or not label.get_text():
            return
        left, bottom, right, top = label.get_window_extent(self._renderer).extents
        if shortened and self._is_x and right > left:
            left = (left + right) / 2 - 0.5
            right = left + 1.0
        if shortened and not self._is_x and top > bottom:
            bottom = (bottom + top) / 2 - 0.5
            top = bottom + 1.0
        yield left, bottom, right, top


def _separate(ends: NDArray[np.float64]) -> Any:
    """One path of lines that do not touch.

    Args:
        ends: (lines, 2, 2), x and y of both ends of each.
    """
    from matplotlib.path import Path

    codes = np.tile(np.array([Path.MOVETO, Path.LINETO], Path.code_type), len(ends))
    return Path(ends.reshape(-1, 2), codes)


def _identity() -> Any:
    from matplotlib.transforms import IdentityTransform

    return IdentityTransform()
