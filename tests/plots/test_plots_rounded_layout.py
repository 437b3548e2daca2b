"""The places of panels to six decimals."""

import numpy as np
from matplotlib.figure import Figure

from relu_bench.plots.png import pixels
from relu_bench.plots.rounded_layout import rounded_layout


def figure(layout: object) -> Figure:
    made = Figure(figsize=(4, 3), layout=layout)  # type: ignore[arg-type]
    above, below = made.subfigures(2, 1, squeeze=False, height_ratios=[1.7, 1])[:, 0]
    for axes in (*above.subplots(1, 2), below.subplots()):
        axes.plot([0, 1], [0, 30])
        axes.set_ylabel("a label")
    made.axes[1].set_in_layout(False)
    return made


def places(made: Figure) -> list[float]:
    parts = [number for part in made.subfigs for number in part.bbox_relative.extents]
    return [*parts, *(number for axes in made.axes for number in axes.get_position().bounds)]


def test_places_are_those_of_the_constrained_layout_but_rounded() -> None:
    rounded, exact = figure(rounded_layout()), figure("constrained")
    for made in (rounded, exact):
        pixels(made, 100)

    assert np.allclose(places(rounded), places(exact), rtol=0, atol=2e-6)
    assert np.allclose(places(rounded), np.round(places(rounded), 6), rtol=0, atol=1e-12)
    assert not np.allclose(places(exact), np.round(places(exact), 6), rtol=0, atol=1e-12)


def test_what_is_in_the_layout_stays_in_it() -> None:
    made = figure(rounded_layout())
    pixels(made, 100)

    assert [axes.get_in_layout() for axes in made.axes] == [True, False, True]


def test_a_change_moves_the_panels_at_the_next_drawing() -> None:
    made = figure(rounded_layout())
    pixels(made, 100)
    before = made.axes[0].get_position().x0
    made.axes[0].set_ylabel("a label\nof two lines")
    pixels(made, 100)

    assert made.axes[0].get_position().x0 > before
