"""Figures as pixels, and pictures in 256 colours, which is enough: a third of the bytes."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_COLOURS = 256
_WHITE = 0xFFFFFF
_OPAQUE_WHITE = 0xFFFFFFFF
# Of zlib: two thirds of the time of its usual 6, for files that are 7 % larger.
_COMPRESSION = 4
# Pixels that say how common each colour is: enough for that.
_SAMPLE = 20_000


def pixels(figure: Figure, dots_per_inch: float) -> NDArray[np.uint8]:
    """Red, green, blue and alpha of each pixel, shape (height, width, 4), from the top left.

    The figure is drawn once; `Figure.savefig` draws it twice to find its layout.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    before = figure.dpi
    figure.dpi = dots_per_inch
    canvas = FigureCanvasAgg(figure)
    canvas.draw()  # type: ignore[no-untyped-call]
    figure.dpi = before
    return np.asarray(canvas.buffer_rgba())  # type: ignore[no-untyped-call]


def png(drawn: NDArray[np.uint8], dots_per_inch: float) -> bytes:
    """A PNG file.

    Args:
        drawn: (height, width, 4), red, green, blue and alpha, which is taken as opaque.
        dots_per_inch: of a print.
    """
    from PIL import Image

    pixels = np.ascontiguousarray(drawn).view("<u4")[..., 0]
    places = np.full(pixels.size, _COLOURS - 1, np.uint8)
    palette = np.full((_COLOURS, 3), 255, np.uint8)
    # Most pixels are white, and most others have one of a few thousand colours: only these are
    # looked up by what is near.
    inked = np.flatnonzero(pixels.ravel() != _OPAQUE_WHITE)
    if len(inked):
        ink = pixels.ravel()[inked] & _WHITE
        there = np.zeros(_WHITE + 1, bool)
        there[ink] = True
        colours = np.flatnonzero(there)
        place_of = there.view(np.uint8)
        place_of[colours], found = _nearest(colours, ink[:: 1 + len(ink) // _SAMPLE])
        places[inked] = place_of[ink]
        palette[: len(found)] = found
    picture = Image.fromarray(places.reshape(pixels.shape))
    picture.putpalette(palette.tobytes())
    written = io.BytesIO()
    picture.save(
        written, format="png", compress_level=_COMPRESSION, dpi=(dots_per_inch, dots_per_inch)
    )
    return written.getvalue()


def _nearest(
    colours: NDArray[np.integer], sample: NDArray[np.integer]
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """A palette for some colours, in which those that the sample holds often are exact.

    Args:
        colours: blue, green and red, one byte each, the last one lowest.
        sample: the same, of pixels.

    Returns:
        the place of each colour in the palette, and the palette: (at most 255, 3).
    """
    from PIL import Image

    line = np.concatenate([colours, sample]).astype("<u4").view(np.uint8).reshape(1, -1, 4)
    nearest = Image.fromarray(line[..., :3]).quantize(_COLOURS - 1, dither=Image.Dither.NONE)
    palette = np.array(nearest.getpalette(), np.uint8).reshape(-1, 3)[: _COLOURS - 1]
    return np.asarray(nearest)[0, : len(colours)], palette
