"""Pictures in 256 colours."""

import io

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import to_rgb
from PIL import Image

from relu_bench.figures.saving import png
from relu_bench.figures.style import looks

ALL = [look.colour for look in looks([f"x{n}" for n in range(9)]).values()]


def drawn() -> np.ndarray:
    """White, a broad and a thin line of each colour with its band, and a heat map."""
    pixels = np.full((400, 600, 4), 255, np.uint8)
    for number, colour in enumerate(ALL):
        ink = 255 * np.array(to_rgb(colour))
        pixels[10 * number : 10 * number + 3, :300, :3] = ink
        pixels[10 * number + 5, :300, :3] = ink
        pixels[100 + 10 * number : 108 + 10 * number, :300, :3] = 0.17 * ink + 0.83 * 255
    shades = colormaps["viridis"](np.linspace(0, 1, 16))[:, :3] * 255
    pixels[200:300, :, :3] = np.repeat(shades, 38, axis=0)[:600]
    return pixels


def test_every_colour_of_a_figure_is_found_in_its_picture_and_white_is_white() -> None:
    pixels = drawn()
    with Image.open(io.BytesIO(png(pixels, 200))) as made:
        shown = np.asarray(made.convert("RGB")).astype(int)
        mode, dots = made.mode, made.info["dpi"]
    whole = pixels[..., :3].astype(int)

    assert (mode, round(dots[0])) == ("P", 200)
    assert (shown[(whole == 255).all(axis=-1)] == 255).all()
    assert np.abs(shown - whole).max() <= 12
    for colour in ALL:
        assert (np.abs(shown - 255 * np.array(to_rgb(colour))).max(axis=-1) <= 12).any()
