"""Figures drawn once look as `Figure.savefig` draws them."""

import io
from collections import Counter
from typing import Any

import numpy as np
import pytest
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from numpy.typing import NDArray
from PIL import Image

from relu_bench.plots import drawn_once
from relu_bench.plots.drawn_once import pixels, vectors
from relu_bench.plots.style import styled


def figure() -> Figure:
    made = Figure(figsize=(4, 3), layout="constrained")
    for axes, high in zip(made.subplots(2, 2).flat, (1, 20, 1e4, 1e-3), strict=True):
        axes.plot([0, 1], [0, high])
        axes.set_title("a title")
        axes.set_ylabel("a label")
    made.axes[1].set_yscale("symlog")
    return made


def test_pixels_are_those_of_savefig(monkeypatch: pytest.MonkeyPatch) -> None:
    # Texts stand within half a pixel of savefig's: test_plots_whole_texts.py.
    monkeypatch.setattr(drawn_once, "canvas_class", lambda: FigureCanvasAgg)
    with styled():
        saved = io.BytesIO()
        figure().savefig(saved, format="png", dpi=150)
        drawn = pixels(figure(), 150)

    assert drawn.shape == (450, 600, 4)
    with Image.open(saved) as picture:
        assert np.array_equal(np.asarray(picture), drawn)


@pytest.mark.parametrize("form", ["svg", "pdf"])
def test_vectors_are_those_of_savefig(form: str) -> None:
    nothing = {
        "svg": {"Date": None, "Creator": None},
        "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
    }[form]
    with styled():
        saved = io.BytesIO()
        figure().savefig(saved, format=form, dpi=150, metadata=nothing)
        drawn = vectors(figure(), form, 150, nothing)  # type: ignore[arg-type]

    assert drawn == saved.getvalue()


def test_a_figure_is_as_it_was() -> None:
    made = figure()
    canvas = made.canvas
    with styled():
        pixels(made, 150)
        vectors(made, "svg", 300, {})

    assert made.dpi == 100
    assert made.canvas is canvas
    assert not [artist for artist in made.findobj() if _changed(artist)]


def test_ticks_follow_an_axis_that_changes_between_two_drawings() -> None:
    made = Figure(figsize=(2, 2))
    axes = made.subplots()
    with styled():
        pixels(made, 100)
        axes.set_xlim(0, 1000)
        pixels(made, 100)

    assert [text.get_text() for text in axes.get_xticklabels()][-1] == "1000"


def test_texts_follow_what_is_said_and_how_between_two_drawings() -> None:
    def drawn(words: str, size: float) -> NDArray[np.uint8]:
        made = Figure(figsize=(2, 2))
        text = made.text(0.1, 0.5, "before", fontsize=8)
        pixels(made, 100)
        text.set(text=words, fontsize=size)
        return pixels(made, 100).copy()

    with styled():
        assert not np.array_equal(drawn("after", 8), drawn("before", 8))
        assert not np.array_equal(drawn("before", 12), drawn("before", 8))
        assert np.array_equal(drawn("before", 8), drawn("before", 8))


def test_ticks_and_lines_of_text_are_found_once(monkeypatch: pytest.MonkeyPatch) -> None:
    found: Counter[int] = Counter()
    find = Text._get_layout  # type: ignore[attr-defined]

    def counted(text: Text, *arguments: Any) -> Any:
        found[id(text)] += 1
        return find(text, *arguments)

    monkeypatch.setattr(Text, "_get_layout", counted)
    with styled():
        made = figure()
        pixels(made, 100)

    assert {found[id(axes.title)] for axes in made.axes} == {1}


def _changed(artist: Artist) -> bool:
    return not vars(artist).keys().isdisjoint({"_update_ticks", "plain_ticks", "_get_layout"})
