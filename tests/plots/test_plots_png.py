"""Pictures in 256 colours."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from relu_bench.plots.png import png


def picture(colours: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Colours in a row, each twice, below a white row."""
    line = np.repeat(colours, 2, axis=0)[np.newaxis]
    drawn = np.full((2, line.shape[1], 4), 255, np.uint8)
    drawn[1, :, :3] = line
    return drawn


def read(content: bytes) -> tuple[Image.Image, NDArray[np.int64]]:
    with Image.open(io.BytesIO(content)) as made:
        made.load()
        return made, np.asarray(made.convert("RGB")).astype(np.int64)


def test_a_few_colours_stay_what_they_are() -> None:
    drawn = picture(np.array([(0, 114, 178), (230, 159, 0), (0, 0, 0), (254, 255, 255)], np.uint8))
    made, shown = read(png(drawn, 200))

    assert np.array_equal(shown, drawn[..., :3])
    assert made.mode == "P"
    assert np.allclose(made.info["dpi"], 200, atol=0.1)


def test_thousands_become_those_that_are_near() -> None:
    steps = np.linspace(0, 255, 16).astype(np.uint8)
    colours = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(-1, 3)
    drawn = picture(colours)
    _, shown = read(png(drawn, 100))

    assert len(np.unique(shown.reshape(-1, 3), axis=0)) <= 256
    assert np.abs(shown - drawn[..., :3]).mean() < 16
    assert (shown[0] == 255).all()


def test_a_colour_that_is_common_is_exact() -> None:
    drawn = np.full((200, 200, 4), 255, np.uint8)
    drawn[:100, :, :3] = (0, 114, 178)
    drawn[150, :, :3] = np.random.default_rng(0).integers(0, 255, (200, 3))
    _, shown = read(png(drawn, 100))

    assert (shown[:100] == (0, 114, 178)).all()


def test_an_empty_picture_is_white() -> None:
    _, shown = read(png(np.full((3, 5, 4), 255, np.uint8), 100))

    assert shown.shape == (3, 5, 3)
    assert (shown == 255).all()
