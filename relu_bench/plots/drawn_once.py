"""A figure drawn once: `Figure.savefig` draws it twice where a layout is to be found first."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

from relu_bench.plots.whole_texts import canvas_class

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.artist import Artist
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure
    from matplotlib.text import Text
    from numpy.typing import NDArray

# How matplotlib finds ticks, and how `plain_axes` does; and how the lines of a text lie.
_FIND_TICKS = ("_update_ticks", "plain_ticks")
_FIND_LINES = "_get_layout"


def pixels(figure: Figure, dots_per_inch: float) -> NDArray[np.uint8]:
    """Red, green, blue and alpha of each pixel, shape (height, width, 4), from the top left."""
    import numpy as np

    with _at(figure, dots_per_inch), _findings_kept(figure):
        canvas = canvas_class()(figure)
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
    buffer = io.BytesIO()
    with _at(figure, dots_per_inch), _findings_kept(figure):
        getattr(_canvas(figure, form), f"print_{form}")(buffer, metadata=dict(metadata))
    return buffer.getvalue()


def _canvas(figure: Figure, form: Literal["svg", "pdf"]) -> Any:
    if form == "svg":
        from matplotlib.backends.backend_svg import FigureCanvasSVG

        return FigureCanvasSVG(figure)
    from matplotlib.backends.backend_pdf import FigureCanvasPdf  # which takes its time to import

    return FigureCanvasPdf(figure)


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
def _findings_kept(figure: Figure) -> Iterator[None]:
    """Find ticks and the lines of texts anew only when what they depend on has changed.

    Layout and drawing ask each axis some ten times which ticks it has, and each text some three
    times how its lines lie, which is a good part of all that they do. No public function says that
    nothing has changed between; where a matplotlib finds them by another way, they are found as
    often as it likes.
    """
    from matplotlib.text import Text

    each = [axis for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)]
    wrapped: list[tuple[Artist, str]] = []
    for axis in each:
        wrapped += [(axis, name) for name in _FIND_TICKS if _keep(axis, name, _room_for_ticks)]
    for text in figure.findobj(Text):
        wrapped += [(text, _FIND_LINES)] if _keep(text, _FIND_LINES, _look) else []
    try:
        yield
    finally:
        for artist, name in wrapped:
            del vars(artist)[name]


def _keep(artist: Any, name: str, state: Callable[[Any], Any]) -> bool:
    """Have a method of an artist find again what it last found, while its state is the same."""
    find = getattr(artist, name, None)
    if find is None:
        return False
    last: dict[Any, Any] = {}

    def kept(*arguments: Any) -> Any:
        now = state(artist), *arguments
        if now not in last:
            last.clear()  # ticks are one set of artists, which stand where they last were put
            last[now] = find(*arguments)
        return last[now]

    vars(artist)[name] = kept
    return True


def _room_for_ticks(axis: Axis) -> tuple[bytes, int]:
    return axis.axes.viewLim.get_points().tobytes(), axis.get_tick_space()


def _look(text: Text) -> tuple[Any, ...]:
    alignment = text.get_horizontalalignment(), text.get_verticalalignment()
    font = text.get_fontproperties()
    return text.get_text(), font, text.get_rotation(), alignment, text.figure.dpi
