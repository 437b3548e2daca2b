"""Bands around lines."""

import numpy as np
from matplotlib.figure import Figure

from relu_bench.plots.band import band


def test_a_band_goes_there_below_and_back_above() -> None:
    axes = Figure().subplots()
    band(axes, np.array([0.0, 1, 2]), np.array([1.0, 2, 3]), np.array([4.0, 5, 6]), "#0072B2")
    (drawn,) = axes.collections

    red, green, blue, alpha = np.ravel(drawn.get_facecolor())
    assert [round(255 * each) for each in (red, green, blue)] == [0x00, 0x72, 0xB2]
    assert alpha == 0.16
    corners = drawn.get_paths()[0].vertices[:6].tolist()  # type: ignore[index, union-attr]
    assert corners == [[0, 1], [1, 2], [2, 3], [2, 6], [1, 5], [0, 4]]
    assert tuple(axes.dataLim.extents) == (0, 1, 2, 6)


def test_missing_points_are_left_out() -> None:
    axes = Figure().subplots()
    missing = np.array([np.nan, 2, 3])
    band(axes, np.array([0.0, 1, 2]), missing, missing + 1, "black")

    assert tuple(axes.dataLim.extents) == (1, 2, 2, 4)


def test_nothing_is_drawn_of_nothing() -> None:
    axes = Figure().subplots()
    band(axes, np.array([0.0, 1]), np.full(2, np.nan), np.ones(2), "black")

    assert not axes.collections
