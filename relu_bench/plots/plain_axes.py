"""Axes whose ticks are measured and drawn all at once.

For each tick, matplotlib makes six artists; the ticks of small panels take most of the time of a
figure. Here the grid of an axis is one path, its marks are one, and one text is measured and drawn
at every place. What is drawn is what matplotlib draws; where an axis is out of the ordinary (labels
above or at the right, a spine that was moved, tick artists that somebody asked for and may have
changed), matplotlib draws it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

from relu_bench.plots.plain_ticks import Settings, Ticks, settings_of, ticks_of
from relu_bench.plots.tick_marks import TickMarks

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis, Tick
    from matplotlib.backend_bases import RendererBase
    from matplotlib.transforms import Bbox

    _Axis = Axis
    _Axes = Axes
else:
    _Axis = _Axes = object

_GROUP = "matplotlib.axis"  # of an axis, in an SVG


class _NoneYet:
    """A list of ticks that is empty until somebody asks the axis for ticks."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, axis: Any, owner: type | None = None) -> Any:
        return self if axis is None else vars(axis).setdefault(self._name, [])


class _PlainAxis(_Axis):
    """Half of an axis: the other half is matplotlib's."""

    majorTicks: Any = _NoneYet()  # noqa: N815 - the names are matplotlib's
    minorTicks: Any = _NoneYet()  # noqa: N815
    axis_name: str
    _label_is_placed = False
    _settings: Settings

    def clear(self) -> None:
        super().clear()
        self._settings = settings_of(self)  # of now: others may hold when it is drawn

    def plain_ticks(self) -> tuple[Ticks, ...] | None:
        """What to draw; None where matplotlib is to draw it."""
        if self.majorTicks or self.minorTicks or self._label_is_placed:
            return None
        usual = "bottom" if self.axis_name == "x" else "left"
        spines = self.axes.spines
        if usual not in spines or spines[usual].get_position() != ("outward", 0.0):
            return None
        return ticks_of(self, self._settings) if self.get_label_position() == usual else None

    def get_major_ticks(self, numticks: int | None = None) -> list[Tick]:
        with self._as_it_was_made():
            return self._clipped(super().get_major_ticks(numticks))

    def get_minor_ticks(self, numticks: int | None = None) -> list[Tick]:
        with self._as_it_was_made():
            return self._clipped(super().get_minor_ticks(numticks))

    def get_ticks_position(self) -> Any:
        self.get_major_ticks(1)  # matplotlib looks at the first one of each
        self.get_minor_ticks(1)
        return super().get_ticks_position()  # type: ignore[misc]

    def _as_it_was_made(self) -> AbstractContextManager[None]:
        """Whatever the settings are when somebody asks for ticks."""
        from matplotlib import rc_context

        return rc_context(self._settings)

    def _clipped(self, ticks: list[Tick]) -> list[Tick]:
        """Ticks whose grid lines end at the panel, as those do that are there from the start."""
        for tick in ticks:
            if tick.gridline.get_clip_box() is None:
                tick.set_clip_path(self.axes.patch)
        return ticks

    def get_children(self) -> list[Any]:
        """The ticks among them are those that are there, and none is made for this."""
        return [self.label, self.offsetText, *self.majorTicks, *self.minorTicks]

    def set_label_coords(self, x: float, y: float, transform: Any = None) -> None:
        self._label_is_placed = True
        super().set_label_coords(x, y, transform)

    def set_ticks(
        self,
        ticks: Any,
        labels: Any = None,
        *,
        minor: bool = False,
        **kwargs: Any,
    ) -> Any:
        """As of matplotlib, but makes no artists for ticks within the limits: the list is empty."""
        from matplotlib.ticker import FixedFormatter, FixedLocator

        low, high = sorted(self.get_view_interval())
        inside = all(low <= tick <= high for tick in ticks)
        matched = labels is None or len(labels) == len(ticks)
        if kwargs or self.majorTicks or self.minorTicks or not (inside and matched):
            return super().set_ticks(ticks, labels, minor=minor, **kwargs)
        locate, write = (
            (self.set_minor_locator, self.set_minor_formatter)
            if minor
            else (self.set_major_locator, self.set_major_formatter)
        )
        locate(FixedLocator(list(ticks)))
        if labels is not None:
            write(FixedFormatter(list(labels)))
        return []

    def draw(self, renderer: RendererBase) -> None:
        if not self.get_visible():
            return
        ticks = self.plain_ticks()
        if ticks is None:
            super().draw(renderer)
            return
        renderer.open_group(_GROUP, gid=self.get_gid())
        marks = TickMarks(self, renderer, self._settings)
        marks.draw(ticks)
        self.label.set_position(marks.label_place(marks.boxes(ticks), ticks))
        self.label.draw(renderer)
        renderer.close_group(_GROUP)
        self.stale = False

    def get_tightbbox(
        self, renderer: RendererBase | None = None, *, for_layout_only: bool = False
    ) -> Bbox | None:
        ticks = self.plain_ticks()
        if ticks is None or renderer is None:
            return super().get_tightbbox(renderer, for_layout_only=for_layout_only)
        if not self.get_visible() or (for_layout_only and not self.get_in_layout()):
            return None
        marks = TickMarks(self, renderer, self._settings)
        boxes = marks.boxes(ticks)
        self.label.set_position(marks.label_place(boxes, ticks))
        return marks.whole(boxes, ticks, for_layout_only=for_layout_only)


class _PlainAxes(_Axes):
    """Half of the axes: the other half is matplotlib's."""

    def get_default_bbox_extra_artists(self) -> list[Any]:
        """All but the spines of plain axes, whose boxes hold their marks."""
        plain = [
            axis
            for axis in (self.xaxis, self.yaxis)
            if isinstance(axis, _PlainAxis) and axis.plain_ticks() is not None
        ]
        spines = [spine for spine in self.spines.values() if spine.axis in plain]
        return [each for each in super().get_default_bbox_extra_artists() if each not in spines]


@contextmanager
def plain() -> Iterator[None]:
    """Have figures make such axes where they would make matplotlib's."""
    from matplotlib.projections import get_projection_class, register_projection

    before = get_projection_class("rectilinear")
    register_projection(plain_axes())
    try:
        yield
    finally:
        register_projection(before)


@cache
def plain_axes() -> type[Axes]:
    """The class of such axes."""
    from matplotlib import axes, axis

    class XAxis(_PlainAxis, axis.XAxis):
        pass

    class YAxis(_PlainAxis, axis.YAxis):
        pass

    class PlainAxes(_PlainAxes, axes.Axes):
        def _init_axis(self) -> None:
            # As subclasses do; one that is not asked has matplotlib's axes, and they work.
            self.xaxis, self.yaxis = XAxis(self, clear=False), YAxis(self, clear=False)
            for names, its_axis in (("bottom top", self.xaxis), ("left right", self.yaxis)):
                for name in names.split():
                    self.spines[name].register_axis(its_axis)

    return PlainAxes
