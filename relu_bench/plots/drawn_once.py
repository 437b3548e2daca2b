"""A figure drawn once: `Figure.savefig` draws it twice where a layout is to be found first."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

_FIND = "_update_ticks"


def pixels(figure: Figure, dots_per_inch: float) -> NDArray[np.uint8]:
    """Red, green, blue and alpha of each pixel, shape (height, width, 4), from the top left."""
    import numpy as np
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    with _at(figure, dots_per_inch), _ticks_kept(figure):
        canvas = FigureCanvasAgg(figure)
        canvas.draw()  # type: ignore[no-untyped-call]
        return np.asarray(canvas.buffer_rgba())  # type: ignore[no-untyped-call]


def vectors(
    figure: Figure,
    form: Literal["svg", "pdf"],
    dots_per_inch: float,
    metadata: Mapping[str, Any],
) -> bytes:
    """The figure as a vector file.

    Args:
        figure: what is drawn.
        form: the file format.
        dots_per_inch: of what can only be pixels, such as images.
        metadata: as `Figure.savefig` takes them.
    """
    from matplotlib.backends.backend_pdf import FigureCanvasPdf
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    buffer = io.BytesIO()
    with _at(figure, dots_per_inch), _ticks_kept(figure):
        canvas: Any = FigureCanvasSVG(figure) if form == "svg" else FigureCanvasPdf(figure)
        getattr(canvas, f"print_{form}")(buffer, metadata=dict(metadata))
    return buffer.getvalue()


@contextmanager
def _at(figure: Figure, dots_per_inch: float) -> Iterator[None]:
    """Have another resolution, and leave figure and canvas as they were."""
    canvas, before = figure.canvas, figure.dpi
    figure.dpi = dots_per_inch
    try:
        yield
    finally:
        figure.dpi = before
        figure.canvas = canvas


@contextmanager
def _ticks_kept(figure: Figure) -> Iterator[None]:
    """Find the ticks of an axis anew only when its place or its limits have changed.

    Layout and drawing ask each axis some ten times which ticks it has, which is a good part of all
    that they do. No public function says that nothing has changed between; where a matplotlib
    finds ticks by another way, they are found as often as it likes.
    """
    each = [axis for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)]
    wrapped = [axis for axis in each if hasattr(axis, _FIND)]
    for axis in wrapped:
        vars(axis)[_FIND] = _kept(axis, getattr(axis, _FIND))
    try:
        yield
    finally:
        for axis in wrapped:
            del vars(axis)[_FIND]


def _kept(axis: Axis, find: Callable[[], list[Any]]) -> Callable[[], list[Any]]:
    last: dict[tuple[bytes, bytes], list[Any]] = {}

    def kept() -> list[Any]:
        axes = axis.axes
        now = axes.bbox.get_points().tobytes(), axes.viewLim.get_points().tobytes()
        if now not in last:
            last.clear()  # the ticks are one set of artists, which stand where they last were put
            last[now] = find()
        return last[now]

    return kept
