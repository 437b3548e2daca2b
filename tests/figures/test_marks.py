"""The marks of all figures, compared with the numbers that they are drawn of."""

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from relu_bench.figures import marks
from relu_bench.figures.style import looks

LOOK = looks(["a", "b"])
NAN = math.nan
PLAIN = {"hollow": False, "crossed": False}


def axes_of(x: tuple[float, float] = (0.0, 10.0), y: tuple[float, float] = (0.0, 1.0)) -> Axes:
    """Axes of 4 by 3 inches with these limits."""
    figure = Figure((4, 3), dpi=72)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0.1, 0.1, 0.8, 0.8))
    axes.set_xlim(*x)
    axes.set_ylim(*y)
    return axes


def table(*rows: tuple[Any, ...], **more: Any) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["level", "x", "value", "low", "high"]).assign(**more)


def points(axes: Axes, marker: str) -> list[tuple[float, float]]:
    return [
        (float(x), float(y))
        for line in axes.lines
        if line.get_marker() == marker
        for x, y in np.column_stack([line.get_xdata(), line.get_ydata()])
    ]


def dots(axes: Axes) -> list[tuple[float, float]]:
    return [
        (float(x), float(y)) for each in axes.collections for x, y in np.asarray(each.get_offsets())
    ]


def test_lines_go_through_their_values_and_have_their_bands() -> None:
    axes = axes_of()
    marks.lines(axes, table(("a", 2, 0.5, 0.4, 0.6), ("a", 1, 0.2, 0.1, 0.3)), LOOK)

    assert axes.lines[0].get_xydata().tolist() == [[1, 0.2], [2, 0.5]]
    band = axes.collections[0].get_paths()[0].vertices
    assert {(1.0, 0.1), (1.0, 0.3), (2.0, 0.4), (2.0, 0.6)} <= {tuple(each) for each in band}


def test_quiet_lines_are_thin_behind_the_others_and_have_no_band() -> None:
    crowd = looks([f"x{n}" for n in range(9)])
    axes = axes_of()
    rows = [(f"x{n}", x, 0.1 * n, 0.0, 1.0) for n in range(9) for x in (0, 1)]
    marks.lines(axes, table(*rows), crowd)

    quiet = [line for line in axes.lines if line.get_linewidth() < 1]
    assert len(quiet) == 2
    assert len(axes.collections) == 7
    assert max(line.get_zorder() for line in quiet) < 2


def test_means_stand_at_their_numbers_where_nothing_covers_them() -> None:
    axes = axes_of((0.001, 0.1))
    axes.set_xscale("log")
    shown = table(
        ("a", 0.01, 0.2, 0.1, 0.3), ("b", 0.01, 0.8, 0.7, 0.9), hollow=False, crossed=False
    )
    marks.means(axes, shown, LOOK, (0.0, 1.0))

    assert points(axes, LOOK["a"].marker) == [(pytest.approx(0.01), pytest.approx(0.2))]
    assert points(axes, LOOK["b"].marker) == [(pytest.approx(0.01), pytest.approx(0.8))]


def test_means_that_would_cover_each_other_stand_a_few_points_beside() -> None:
    axes = axes_of((0.001, 0.1))
    axes.set_xscale("log")
    shown = table(
        ("a", 0.01, 0.5, NAN, NAN), ("b", 0.01, 0.5, NAN, NAN), hollow=False, crossed=False
    )
    marks.means(axes, shown, LOOK, (0.0, 1.0))

    places = [points(axes, LOOK[level].marker)[0] for level in "ab"]
    apart = np.diff(axes.transData.transform(places), axis=0)[0]
    assert apart == pytest.approx([6.0, 0.0], abs=0.01)
    assert all(0.0085 < x < 0.0118 for x, _ in places)


def test_a_mean_off_the_axis_has_a_triangle_and_no_interval_and_a_cut_interval_an_arrow() -> None:
    axes = axes_of()
    shown = table(("a", 1, -3.0, -4.0, -2.0), ("b", 2, 0.1, -1.0, 0.3), hollow=True, crossed=True)
    marks.means(axes, shown, LOOK, (0.0, 1.0))

    assert sorted(points(axes, "v")) == [(pytest.approx(1.0), 0.0), (pytest.approx(2.0), 0.0)]
    bars = [
        segment.tolist()
        for each in axes.collections
        for segment in each.get_segments()
        if len(segment) == 2 and np.isfinite(segment).all()
    ]
    assert np.allclose(bars, [[[2.0, 0.0], [2.0, 0.3]]])
    assert len(points(axes, "x")) == 2


def test_rows_have_dots_a_mean_and_an_interval_of_which_nothing_is_off_the_axis() -> None:
    axes = axes_of()
    places = marks.row_places(["b", "a"], 4.0, texts={"a": "90 %"})
    means = table(("a", 1, 0.5, 0.4, 1.7), ("b", 1, -2.0, NAN, NAN))
    runs = pd.DataFrame(
        [
            ("a", 0.4, "learned"),
            ("a", 0.6, "diverged"),
            ("b", -2.0, "learned"),
            ("b", 0.1, "learned"),
        ],
        columns=["level", "value", "outcome"],
    )
    marks.rows(axes, means, LOOK, places, (0.0, 1.0), dots=runs)

    assert points(axes, LOOK["a"].marker) == [(0.5, pytest.approx(places.middles[1], abs=0.06))]
    assert [x for x, _ in points(axes, "<")] == [0.0]
    assert [x for x, _ in points(axes, ">")] == [1.0]
    assert sorted(x for x, _ in dots(axes)) == pytest.approx([0.1, 0.4, 0.6])
    beside = axes.figure.axes[1]
    assert [label.get_text() for label in beside.get_yticklabels()] == ["", "90 %"]


@pytest.mark.parametrize("count", [2, 10, 40])
def test_no_seed_hides_another(count: int) -> None:
    axes = axes_of()
    places = marks.row_places(["a"], 4.0)
    means = table(("a", 1, 0.5, 0.4, 0.6))
    runs = pd.DataFrame({"level": "a", "value": [0.5] * count, "outcome": "learned"})
    marks.rows(axes, means, LOOK, places, (0.0, 1.0), dots=runs)

    drawn = axes.transData.transform(dots(axes))
    apart = np.hypot(*(drawn[:, np.newaxis] - drawn).T)
    assert len(drawn) == count
    assert apart[~np.eye(count, dtype=bool)].min() > 3


def test_before_is_hollow_and_after_filled() -> None:
    axes = axes_of()
    places = marks.row_places(["a"], 4.0)
    marks.rows(
        axes, table(("a", 0, 0.2, NAN, NAN), ("a", 1, 0.7, NAN, NAN)), LOOK, places, (0.0, 1.0)
    )

    faces = {
        float(line.get_xdata()[0]): line.get_markerfacecolor()
        for line in axes.lines
        if line.get_marker() == LOOK["a"].marker
    }
    assert faces == {0.2: "white", 0.7: LOOK["a"].colour}


def test_steps_begin_at_none_and_go_on_to_the_end_of_the_axis() -> None:
    axes = axes_of()
    marks.steps(axes, table(("a", 3, 0.4, 0.3, 0.5), ("a", 5, 1.0, 0.9, 1.0)), LOOK)

    assert axes.lines[0].get_xydata().tolist() == [[0, 0], [3, 0.4], [5, 1], [10, 1]]
    assert axes.lines[0].get_drawstyle() == "steps-post"


def test_steps_of_a_share_that_is_reached_end_at_none() -> None:
    axes = axes_of()
    marks.steps(axes, table(("a", 3, 1.0, 0.9, 1.0), ("a", 5, 0.4, 0.3, 0.5)), LOOK, until=True)

    assert axes.lines[0].get_xydata().tolist() == [[0, 1], [3, 1], [5, 0.4], [10, 0]]
    assert axes.lines[0].get_drawstyle() == "steps-pre"


def test_letters_are_read_on_every_shade_of_a_heat_map() -> None:
    axes = axes_of()
    values = np.linspace(0, 1, 20)
    shown = pd.DataFrame(
        {"level": "a", "x": [f"{n}" for n in range(20)], "value": values, "text": "97.1"}
    )
    colours = ScalarMappable(Normalize(0, 1), "viridis")
    marks.heat(axes, shown, across=[*shown["x"], "empty"], down=["a"], colours=colours, size=8)

    assert len(axes.texts) == 20
    for value, text in zip(values, axes.texts, strict=True):
        part = np.array(colours.to_rgba(value)[:3])
        linear = np.where(part <= 0.03928, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
        luminance = float(np.dot([0.2126, 0.7152, 0.0722], linear))
        light = 1.0 if text.get_color() == "white" else 0.0
        high, low = max(luminance, light), min(luminance, light)
        assert (high + 0.05) / (low + 0.05) >= 4.5


def test_points_beyond_an_edge_are_triangles_without_intervals() -> None:
    axes = axes_of()
    shown = table(("a", 5, 0.5, 0.4, 0.6), ("b", 20, 0.5, 0.4, 0.6)).assign(
        x_low=[4.0, 19.0], x_high=[6.0, 21.0], hollow=[False, True]
    )
    marks.scatter(axes, shown, LOOK, ((0.0, 10.0), (0.0, 1.0)))

    assert points(axes, LOOK["a"].marker) == [(5.0, 0.5)]
    assert points(axes, ">") == [(10.0, 0.5)]
    lines = [line for line in axes.lines if line.get_marker() == "None"]
    assert len(lines) == 2
