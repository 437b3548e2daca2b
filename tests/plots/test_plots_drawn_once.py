"""Figures drawn once look as `Figure.savefig` draws them."""

import io

import numpy as np
import pytest
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from PIL import Image

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


def test_pixels_are_those_of_savefig() -> None:
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
    assert not [axis for axes in made.axes for axis in (axes.xaxis, axes.yaxis) if _changed(axis)]


def test_ticks_follow_an_axis_that_changes_between_two_drawings() -> None:
    made = Figure(figsize=(2, 2))
    axes = made.subplots()
    with styled():
        pixels(made, 100)
        axes.set_xlim(0, 1000)
        pixels(made, 100)

    assert [text.get_text() for text in axes.get_xticklabels()][-1] == "1000"


def _changed(axis: Axis) -> bool:
    return "_update_ticks" in vars(axis)
