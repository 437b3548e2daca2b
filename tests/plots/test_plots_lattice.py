import numpy as np
import pytest
from crowding import cut_off, overlapping, visible_texts
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from numpy.testing import assert_allclose

from relu_bench.compare import Scale, scale_of
from relu_bench.plots.lattice import Lattice
from relu_bench.plots.lattice_frame import lattice_frame
from relu_bench.plots.style import styled

TITLES = ["relu", "elu", "a title that is too long for one line", "selu", "tanh"]
LATTICE = Lattice(TITLES, 3, 1.7, x_limits=(0.0, 10.0), y_limits=(0.9, 1.0))


def panel() -> Axes:
    with styled():
        return Figure(figsize=(6, LATTICE.height + 0.3), layout="constrained").add_subplot()


def test_panels_stand_row_by_row_without_overlapping() -> None:
    corners = [
        (LATTICE.corner(number, up=1.0), LATTICE.corner(number, right=1.0)) for number in range(5)
    ]

    (left, top), (right, bottom) = corners[0]
    assert left < right < corners[1][0][0]
    assert top < bottom < corners[3][0][1]  # inches from the top
    assert corners[4][1][1] < LATTICE.height
    assert {corner[0][1] for corner in corners[:3]} == {top}
    assert LATTICE.across == (left, corners[2][1][0])


def test_a_title_of_two_lines_makes_room_in_its_row() -> None:
    short = Lattice(["relu"] * 5, 3, 1.7, LATTICE.x_limits, LATTICE.y_limits)

    assert LATTICE.names[2].count("\n") == 1
    assert LATTICE.height > short.height


@pytest.mark.parametrize("column_width", [0.5, 0.8, 1.2, 2.5])
def test_no_title_is_wider_than_its_panel(column_width: float) -> None:
    names = ["relu", "gelu(approximate=false)", "prelu(initial=0.25)", "W" * 40]
    lattice = Lattice(names, 4, column_width, (0.0, 10.0), (0.9, 1.0))
    with styled():
        size = (4 * column_width + 0.6, lattice.height + 0.4)
        figure = Figure(figsize=size, layout="constrained")
        axes = lattice_frame(figure.add_subplot(), lattice, scale_of("accuracy"))

    texts = [
        (text, box) for text, box in visible_texts(figure) if text in axes.texts[-len(names) : -1]
    ]  # nobody's name is in capital letters alone
    assert len(texts) == len(names) - 1
    assert not list(overlapping(texts))
    assert not cut_off(figure, texts)
    assert lattice.names[-1].replace("\n", "") == "W" * 40


def test_titles_of_a_row_stand_on_one_line_right_above_their_panels() -> None:
    lattice = Lattice(["relu", "elu(alpha=1.0)", "jump"], 3, 1.7, (0.0, 10.0), (0.9, 1.0))
    axes = lattice_frame(panel(), lattice, scale_of("accuracy"))
    figure = axes.get_figure(root=True)
    assert figure is not None
    boxes = {text.get_text(): box for text, box in visible_texts(figure)}  # type: ignore[arg-type]
    top = axes.transData.transform(lattice.corner(0, up=1.0))[1] * 72 / figure.dpi

    for name in lattice.names:
        descent = boxes[name].y0 - boxes["relu"].y0
        assert -3 < descent <= 0
        assert 0 < boxes[name].y0 - top < 6
    below = axes.transData.transform(lattice.corner(0))[1] * 72 / figure.dpi
    assert 5 < below - boxes["3"].y1 < 9  # a mark and its pad


def test_points_lie_in_their_panel() -> None:
    places = LATTICE.places(4, np.array([0.0, 10.0]), np.array([0.9, 1.0]))

    assert_allclose(places, [LATTICE.corner(4), LATTICE.corner(4, right=1.0, up=1.0)])


def test_lines_and_bands_stay_in_their_panels() -> None:
    axes = panel()
    x = np.array([0.0, 5.0, 10.0])
    high, low = np.array([0.95, 1.5, 0.95]), np.array([0.91, 0.93, 0.2])

    LATTICE.lines(axes, [(3, x, high)], colors="k")
    LATTICE.bands(axes, [(3, x, low, high), (4, x, np.full(3, np.nan), high)], facecolors="k")

    lines, bands = axes.collections
    assert len(bands.get_paths()) == 1  # none where no edge is known
    (left, bottom), (right, top) = LATTICE.corner(3), LATTICE.corner(3, right=1.0, up=1.0)
    for path in (*lines.get_paths(), *bands.get_paths()):
        assert_allclose(np.nanmin(path.vertices, axis=0), [left, top], atol=1e-9)
        assert np.nanmax(path.vertices[:, 0]) == pytest.approx(right)
        assert np.nanmax(path.vertices[:, 1]) <= bottom + 1e-9


def test_a_gap_in_an_edge_is_one_in_the_band() -> None:
    axes = panel()
    x, low = np.arange(6.0), np.array([0.91, 0.92, np.nan, 0.93, 0.94, 0.95])

    LATTICE.bands(axes, [(0, x, low, low + 0.01)], facecolors="k")

    (bands,) = axes.collections
    expected = [
        LATTICE.places(0, np.append(x[there], x[there][::-1]), np.append(low[there], edge[::-1]))
        for there in (slice(0, 2), slice(3, 6))
        for edge in [low[there] + 0.01]
    ]
    for path, outline in zip(bands.get_paths(), expected, strict=True):
        assert_allclose(path.vertices[: len(outline)], outline)


def test_the_frame_has_a_title_for_each_panel_and_labels_at_the_edge() -> None:
    axes = lattice_frame(panel(), LATTICE, scale_of("accuracy"))

    assert [text.get_text() for text in axes.texts[-5:]] == LATTICE.names
    beside = [label.get_text() for label in axes.get_yticklabels()]
    assert beside == ["90.0", "92.5", "95.0", "97.5", "100.0"] * 2
    below = [text.get_text() for text in axes.texts[:-5]]
    assert below == ["0", "3", "6", "9"] * 3  # the third column ends one row higher
    texts = visible_texts(axes.get_figure(root=True))
    assert not list(overlapping(texts))
    assert not cut_off(axes.get_figure(root=True), texts)


def test_marks_and_grid_stand_at_the_ticks_of_every_panel() -> None:
    axes = lattice_frame(panel(), LATTICE, scale_of("accuracy"))

    grid, sides = (each for each in axes.collections if isinstance(each, LineCollection))
    ticks = 5 + 4
    assert len(grid.get_paths()) == 5 * ticks
    assert len(sides.get_paths()) == 5 * 2
    assert sum(len(line.get_xdata()) for line in axes.get_lines()) == 5 * ticks  # type: ignore[arg-type]


def test_a_metric_in_its_own_unit_has_its_own_labels() -> None:
    small = Lattice(["relu"], 2, 2.5, (0.0, 3.0), (1e-8, 5e-8))

    axes = lattice_frame(panel(), small, Scale("loss", higher_is_better=False, factor=1.0, unit=""))

    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert [float(label) for label in labels] == pytest.approx([1e-8, 2e-8, 3e-8, 4e-8, 5e-8])
