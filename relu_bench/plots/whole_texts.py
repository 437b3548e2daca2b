"""A canvas for pixels that draws each line of text at once.

From version 3.11 on, matplotlib draws letter by letter, each to a fraction of a pixel, which takes
a seventh of the time of a figure. At the resolution of a saved figure nobody sees it: here level
text is drawn as one picture, as earlier versions did, and whatever else as matplotlib does.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.backend_bases import GraphicsContextBase
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.font_manager import FontProperties
    from matplotlib.ft2font import FT2Font
    from matplotlib.text import Text

# Of FreeType, which counts in parts of a pixel.
_PIXEL = 64
# The first letter of Hebrew: nothing before it is written that way.
_RIGHT_TO_LEFT = "\u0590"
# How matplotlib draws letter by letter.
_BY_LETTER = "_draw_text_glyphs_and_boxes"


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
            level = not ismath and not angle
            plain = gc.get_antialiased() and not _has_wishes(mtext)
            if level and plain and max(s, default="") < _RIGHT_TO_LEFT:
                font = self._prepare_font(prop)  # type: ignore[no-untyped-call]
                # The space is drawn nowhere, but has the picture begin where the text does, and not
                # at its first ink, whose letter would then stand a pixel too near to the next.
                font.set_text(f"{s} ", 0.0, flags=get_hinting_flag())  # type: ignore[no-untyped-call]
                if not any(font.get_bitmap_offset()):  # a letter may begin further left, as j does
                    self._draw_picture(gc, font, x, y)
                    return
            super().draw_text(gc, x, y, s, prop, angle, ismath, mtext)  # type: ignore[no-untyped-call]

        def _draw_picture(self, gc: GraphicsContextBase, font: FT2Font, x: float, y: float) -> None:
            """Draw the text of the font, which begins at the left of its picture."""
            font.draw_glyphs_to_bitmap(antialiased=True)
            image = font.get_image()
            _, height = font.get_width_height()
            above_line = (height - font.get_descent()) // _PIXEL + 1
            bottom = round(y) - above_line + len(image)
            self._renderer.draw_text_image(image, round(x), bottom, 0, gc)

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
