"""Text drawn line by line stands where matplotlib's stands, letter by letter."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.testing import assert_array_equal
from numpy.typing import NDArray

from relu_bench.plots import whole_texts
from relu_bench.plots.style import styled
from relu_bench.plots.whole_texts import canvas_class

Pixels = NDArray[np.float64]
HALF_A_PIXEL = 0.55


def ink(
    canvas: Callable[[Figure], FigureCanvasAgg],
    words: str,
    dots_per_inch: float = 200,
    **given: Any,
) -> Pixels:
    """How dark each pixel is."""
    with styled():
        figure = Figure(figsize=(4, 2), dpi=dots_per_inch)
        place = {"x": 0.25, "y": 0.4, "fontsize": 8, **given}
        figure.text(s=words, **place)
        drawn = canvas(figure)
        drawn.draw()  # type: ignore[no-untyped-call]
        pixels = np.asarray(drawn.buffer_rgba())  # type: ignore[no-untyped-call]
    return 255.0 - pixels[:, :, 0]


def centre(pixels: Pixels) -> NDArray[np.float64]:
    rows, columns = np.indices(pixels.shape)
    return np.array([(rows * pixels).sum(), (columns * pixels).sum()]) / pixels.sum()


@pytest.mark.parametrize(
    "words",
    ["Mish", "97.74 %", "accuracy (%)", "Ångström", "10⁻³ − 5", "a\nb", "−0.5", "β ≤ 1", "e\u0301"],
)
def test_level_text_stands_where_matplotlib_puts_it(words: str) -> None:
    apart = []
    for step in range(12):
        place = {"x": 0.25 + step / 977, "y": 0.4 + step / 541}
        ours, theirs = (ink(canvas, words, **place) for canvas in (canvas_class(), FigureCanvasAgg))
        assert ours.sum() == pytest.approx(theirs.sum(), rel=0.03)
        apart.append(centre(ours) - centre(theirs))

    assert np.abs(apart).max() < HALF_A_PIXEL
    assert np.abs(np.mean(apart, axis=0)).max() < HALF_A_PIXEL / 2
    assert all(picture is not None for picture in pictures_of(words))


@pytest.mark.parametrize("words", ["jumpy", "ƒ", "\u05d0\u05d1 \u05d2"])
@pytest.mark.filterwarnings("ignore:Glyph .* missing from font")
def test_a_text_that_begins_further_left_is_matplotlib_s(words: str) -> None:
    assert_array_equal(ink(canvas_class(), words), ink(FigureCanvasAgg, words))
    assert pictures_of(words) == [None]


def pictures_of(words: str) -> list[Any]:
    """What was found for each line of a text; None where matplotlib is to draw it."""
    lines = words.split("\n")
    return [
        found
        for (find, text, *_), found in whole_texts._all_found.items()
        if find is whole_texts._picture and text in lines
    ]


def test_a_picture_stays_as_it_is_when_others_are_made() -> None:
    first, _, again = (ink(canvas_class(), words) for words in ("ReLU", "GELU", "ReLU"))

    assert_array_equal(again, first)


def test_the_same_words_at_another_resolution_are_another_picture() -> None:
    heights = []
    for dots_per_inch in (100, 200):
        rows = ink(canvas_class(), "ELU", dots_per_inch=dots_per_inch).any(axis=1)
        heights.append(np.count_nonzero(rows))

    assert heights[1] == pytest.approx(2 * heights[0], abs=2)


@pytest.mark.parametrize(
    ("words", "given"),
    [
        ("upright", {"rotation": 90}),
        ("slanting", {"rotation": 30}),
        ("$x^2$", {"parse_math": True}),
        ("jagged", {"antialiased": False}),
        ("in Turkish", {"language": "tr"}),
        ("0123", {"fontfeatures": ["tnum"]}),
    ],
)
@pytest.mark.filterwarnings("ignore:Glyph .* missing from font")
def test_whatever_else_is_drawn_by_matplotlib(words: str, given: dict[str, Any]) -> None:
    assert_array_equal(ink(canvas_class(), words, **given), ink(FigureCanvasAgg, words, **given))


def test_an_empty_text_draws_nothing() -> None:
    assert not ink(canvas_class(), "").any()


def test_another_resolution_is_another_canvas_size() -> None:
    figure = Figure(figsize=(1, 1), dpi=100)
    canvas = canvas_class()(figure)
    canvas.draw()  # type: ignore[no-untyped-call]
    figure.dpi = 50
    canvas.draw()  # type: ignore[no-untyped-call]

    assert np.asarray(canvas.buffer_rgba()).shape == (50, 50, 4)  # type: ignore[no-untyped-call]


def test_the_same_words_look_as_they_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whole_texts, "_MOST_FOUND", 2)  # forgotten in between
    looks: list[dict[str, Any]] = [
        {},
        {"fontsize": 12},
        {"fontweight": "bold"},
        {"family": "serif"},
        {"color": "#777777"},
        {},
    ]

    pictures = [ink(canvas_class(), "ReLU", **look) for look in looks]

    assert_array_equal(pictures[0], pictures[-1])
    assert len({picture.tobytes() for picture in pictures}) == len(looks) - 1
    assert len(whole_texts._all_found) <= 2
