import numpy as np
import pandas as pd
from curve_tables import ENDS, tables
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import same_color
from matplotlib.figure import Figure
from numpy.testing import assert_allclose
from numpy.typing import NDArray

from relu_bench.plots.highlighted_curves import highlighted_curves
from relu_bench.plots.lattice import Lattice
from relu_bench.plots.limits import Limits
from relu_bench.plots.style import BACKGROUND

COLOUR = "#0072B2"
# Two of each come first: the grid and the lines at the left and at the bottom.
FRAME = 2


def drawn(
    single: pd.DataFrame, curves: pd.DataFrame, limits: Limits
) -> tuple[Axes, Lattice, list[LineCollection]]:
    panels = Lattice(["relu", "tanh"], 2, 2.0, (0.0, 3.0), limits)
    axes = highlighted_curves(Figure().add_subplot(), panels, curves, single, colour=COLOUR)
    lines = [each for each in axes.collections if isinstance(each, LineCollection)]
    return axes, panels, lines[FRAME:]


def in_panel(panels: Lattice, number: int, x: list[float], y: list[float]) -> NDArray[np.float64]:
    return panels.places(number, np.array(x), np.array(y))


def words(axes: Axes) -> list[str]:
    return [text.get_text() for text in axes.texts if " " in text.get_text()]


def test_each_curve_stands_before_all_in_grey() -> None:
    single, means = tables(ENDS)

    axes, panels, (grey, _, validation, training) = drawn(single, means, (0.0, 1.0))

    relu, tanh = [0.1, 0.94, 0.96, 0.97], [0.1, 0.87, 0.89, 0.9]
    both = in_panel(panels, 0, [0, 1, 2, 3, np.nan] * 2, [*relu, np.nan, *tanh, np.nan])
    assert_allclose(grey.get_paths()[0].vertices, both)
    assert len(grey.get_paths()) == 2
    assert same_color(grey.get_color(), BACKGROUND)
    assert same_color(training.get_color(), COLOUR)
    assert same_color(validation.get_color(), COLOUR)
    for number, values in enumerate((relu, tanh)):
        own = validation.get_paths()[number].vertices
        assert_allclose(own, in_panel(panels, number, [0, 1, 2, 3], values))
    assert_allclose(
        training.get_paths()[0].vertices[:, 0],
        in_panel(panels, 0, [0, 0.5, 1.5, 2.5], [0.5] * 4)[:, 0],
    )
    assert training.get_linestyle() != validation.get_linestyle()
    assert words(axes) == []


def test_a_band_where_there_are_several_runs() -> None:
    single, means = tables(ENDS)

    axes, panels, _ = drawn(single, means, (0.0, 1.0))

    (bands,) = (each for each in axes.collections if isinstance(each, PolyCollection))
    assert len(bands.get_paths()) == 2  # training and validation of relu; tanh has one run
    assert same_color(bands.get_facecolor()[0][:3], COLOUR)
    own = means[(means["level"] == "relu") & (means["split"] == "train")].sort_values("x")
    edges = [own["mean"] - own["sd"], own["mean"] + own["sd"]]
    corners = in_panel(
        panels,
        0,
        [*own["x"], *own["x"][::-1]],
        [*np.clip(edges[0], 0, 1), *np.clip(edges[1], 0, 1)[::-1]],
    )
    drawn_corners = {
        tuple(np.round(point, 9)) for path in bands.get_paths() for point in path.vertices
    }
    assert {tuple(np.round(point, 9)) for point in corners} <= drawn_corners


def test_runs_of_two_kinds_are_thin_lines_instead_of_a_band() -> None:
    single, means = tables(ENDS, {("relu", 0): "diverged"})

    axes, panels, (_, thin, *_) = drawn(single, means, (0.0, 1.0))

    assert len(thin.get_paths()) == 2 * 3
    assert same_color(thin.get_color()[0][:3], COLOUR)
    ends = {round(float(path.vertices[-1][1]), 9) for path in thin.get_paths()}
    for value in ENDS["relu"]:
        assert round(float(in_panel(panels, 0, [3], [value])[0][1]), 9) in ends
    (bands,) = (each for each in axes.collections if isinstance(each, PolyCollection))
    assert not bands.get_paths()


def test_a_curve_that_ends_off_the_axis_says_so_in_its_panel() -> None:
    single, means = tables(ENDS)

    axes, panels, _ = drawn(single, means, (0.95, 1.0))

    assert words(axes) == ["mean ends below"]
    (text,) = (each for each in axes.texts if each.get_text() == "mean ends below")
    assert text.xy == panels.corner(1, right=1.0)  # type: ignore[attr-defined]


def test_without_validation_training_stands_before_training() -> None:
    single, means = tables(ENDS)
    single, means = (table[table["split"] == "train"] for table in (single, means))

    _, _, (grey, _, validation, training) = drawn(single, means, (0.0, 1.0))

    assert len(grey.get_paths()) == len(training.get_paths()) == 2
    assert not validation.get_paths()
