"""A canvas for pixels that draws each line of text at once.

From version 3.11 on, matplotlib draws letter by letter, each to a fraction of a pixel, which takes
a seventh of the time of a figure. At the resolution of a saved figure nobody sees it: here level
text is drawn as one picture, as earlier versions did, and whatever else as matplotlib does.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.backend_bases import GraphicsContextBase
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.font_manager import FontProperties
    from matplotlib.ft2font import FT2Font, LoadFlags
    from matplotlib.text import Text
    from numpy.typing import NDArray

Found = TypeVar("Found")

# Of FreeType, which counts in parts of a pixel.
_PIXEL = 64
# Classes of letters and marks, as Unicode's bidirectional algorithm names them.
_RIGHT_TO_LEFT = frozenset({"R", "AL", "AN", "RLE", "RLO", "RLI"})
# How matplotlib draws letter by letter.
_BY_LETTER = "_draw_text_glyphs_and_boxes"


# Figures of one command share most of their texts, whose letters take time to find and to place.
_all_found: dict[Any, Any] = {}
_MOST_FOUND = 4096


@dataclass(frozen=True, eq=False)
class _Picture:
    """A line of text, which begins at the left of its picture.

    Attributes:
        ink: from 0 to 255, shape (rows, columns).
        below_line: how far it goes below the line on which letters stand, in pixels.
    """

    ink: NDArray[np.uint8]
    below_line: int


@cache
def canvas_class() -> type[FigureCanvasAgg]:
    """The class of such canvases; matplotlib's own where it draws whole lines already."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg, get_hinting_flag

    if not hasattr(RendererAgg, _BY_LETTER):
        return FigureCanvasAgg

    class Renderer(RendererAgg):
        def draw_text(  # noqa: PLR0917 - the order is matplotlib's
            self,
            gc: GraphicsContextBase,
            x: float,
            y: float,
            s: str,
            prop: FontProperties,
            angle: float,
            ismath: Any = False,
            mtext: Text | None = None,
        ) -> None:
            usual = not angle and gc.get_antialiased() and not _has_wishes(mtext)
            picture = self._found(_picture, s, prop) if usual and not ismath else None
            if picture is None:
                super().draw_text(gc, x, y, s, prop, angle, ismath, mtext)  # type: ignore[no-untyped-call]
                return
            bottom = round(y) + picture.below_line
            self._renderer.draw_text_image(picture.ink, round(x), bottom, 0, gc)

        def get_text_width_height_descent(self, s: str, prop: FontProperties, ismath: Any) -> Any:
            if ismath:
                return super().get_text_width_height_descent(s, prop, ismath)  # type: ignore[no-untyped-call]
            return self._found(_measures, s, prop)

        def _found(self, find: Callable[[FT2Font, str, Any], Found], s: str, prop: Any) -> Found:
            """What was found for the same text and font in this figure or another, or is now."""
            flags = get_hinting_flag()  # type: ignore[no-untyped-call]
            key = find, s, hash(prop), self.dpi, flags
            if key not in _all_found:
                if len(_all_found) >= _MOST_FOUND:
                    _all_found.clear()
                _all_found[key] = find(self._prepare_font(prop), s, flags)  # type: ignore[no-untyped-call]
            found: Found = _all_found[key]
            return found

    class Canvas(FigureCanvasAgg):
        _size: tuple[float, ...] = ()

        def get_renderer(self) -> RendererAgg:
            size = *self.get_width_height(physical=True), self.figure.dpi
            if size != self._size:
                self.renderer = Renderer(*size)  # type: ignore[no-untyped-call]
                self._size = size
            renderer: RendererAgg = self.renderer
            return renderer

    return Canvas


def _has_wishes(text: Text | None) -> bool:
    """Whether a text asks for features of its font, or for the letters of a language."""
    return text is not None and bool(text.get_fontfeatures() or text.get_language())


def _picture(font: FT2Font, words: str, flags: LoadFlags) -> _Picture | None:
    """None where the first letter begins further left, or the last one is the first to be read."""
    if not _RIGHT_TO_LEFT.isdisjoint(map(unicodedata.bidirectional, words)):
        return None
    # The space is drawn nowhere, but has the picture begin where the text does, and not at its
    # first ink, whose letter would then stand a pixel too near to the next.
    font.set_text(f"{words} ", 0.0, flags=flags)
    if any(font.get_bitmap_offset()):
        return None
    font.draw_glyphs_to_bitmap(antialiased=True)
    ink = font.get_image()
    _, height = font.get_width_height()
    above_line = (height - font.get_descent()) // _PIXEL + 1
    return _Picture(ink, len(ink) - above_line)


def _measures(font: FT2Font, words: str, flags: LoadFlags) -> tuple[float, float, float]:
    """Width, height, and what of it is below the line, in pixels."""
    font.set_text(words, 0.0, flags=flags)
    width, height = font.get_width_height()
    return width / _PIXEL, height / _PIXEL, font.get_descent() / _PIXEL
