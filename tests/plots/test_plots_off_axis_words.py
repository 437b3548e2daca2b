from itertools import pairwise

import numpy as np
import pytest
from fake_results import run, runs_table
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.text import Annotation

from relu_bench.compare import final_scores
from relu_bench.plots.scores_by_variant import scores_by_variant
from relu_bench.plots.style import styled

GOOD = [0.94 + 0.002 * n for n in range(10)]
# The mean lies off the axis, the upper half of its interval does not.
SCATTERED = [0.1, 0.2, 0.55, 0.6, 0.65, 0.73, 0.78, 0.8, 0.83, 0.85]
LIMITS = (0.7, 1.0)


def drawn(values: list[float], width: float, row: float = 0.3) -> Axes:
    """Two rows, the second of these runs, `row` inches high each."""
    rows = [run(seed=n, test=value) for n, value in enumerate(GOOD)]
    rows += [run(seed=n, test=value, activation="tanh") for n, value in enumerate(values)]
    runs = runs_table(rows)
    scores = final_scores(runs.assign(level=runs["activation"]), ["level"])
    with styled():
        figure = Figure(figsize=(width, 2 * row + 0.5), layout="constrained")
        axes = scores_by_variant(
            figure.add_subplot(), scores, order=["relu", "tanh"], limits=LIMITS
        )
        figure.draw_without_rendering()
    return axes


def count_of(axes: Axes) -> Annotation:
    """The words that count runs off the axis."""
    (found,) = (
        each
        for each in axes.texts
        if isinstance(each, Annotation) and each.get_text().endswith(("below", "above"))
    )
    return found


def covered(axes: Axes) -> list[str]:
    """What the words lie on."""
    words = count_of(axes).get_window_extent()
    found = []
    for dots in axes.collections:
        assert isinstance(dots, PathCollection)
        places = axes.transData.transform(np.asarray(dots.get_offsets()))
        found += ["dot" for x, y in places if words.padded(-2).contains(x, y)]
    for line in axes.get_lines():
        places = line.get_transform().transform(np.asarray(line.get_xydata()))
        for (left, y), (right, _) in pairwise(places):
            if words.y0 < y < words.y1 and left < words.x1 and right > words.x0:
                found.append("interval")
    return found


@pytest.mark.parametrize("row", [0.2, 0.3, 0.6])
@pytest.mark.parametrize("width", [2.6, 3.4, 5.0, 10.0])
@pytest.mark.parametrize(
    "values",
    [
        SCATTERED,
        [0.1] * 7 + [0.71, 0.72, 0.75],
        [0.1] + [0.71 + 0.02 * n for n in range(9)],
        [0.1] * 9 + [0.705],
        [0.69, *GOOD[1:]],
    ],
)
def test_words_lie_on_no_dot_and_no_interval(values: list[float], width: float, row: float) -> None:
    axes = drawn(values, width, row)

    assert covered(axes) == []
    box, panel = count_of(axes).get_window_extent(), axes.get_window_extent()
    assert panel.x0 <= box.x0
    assert box.x1 <= panel.x1 + 2


def test_words_stand_behind_an_interval_that_comes_from_the_edge() -> None:
    axes = drawn(SCATTERED, 10.0)

    words = count_of(axes)
    assert words.get_text() == "mean and 5 runs below"
    assert words.get_window_extent().x0 > axes.transData.transform((0.75, 0))[0]


def test_words_stand_at_the_edge_where_nothing_is() -> None:
    axes = drawn([0.1] * 9 + [0.95], 10.0)

    words = count_of(axes)
    assert words.get_text() == "mean and 9 runs below"
    assert words.get_window_extent().x0 - axes.get_window_extent().x0 < 10


def test_words_are_fewer_in_a_narrow_panel() -> None:
    texts = [count_of(drawn(SCATTERED, width)).get_text() for width in (4.0, 2.6, 1.8)]

    assert texts == ["mean and 5 runs below", "5 runs below", "5 below"]


def test_runs_above_are_counted_at_the_right() -> None:
    axes = scores_by_variant(
        Figure().add_subplot(),
        final_scores(
            runs_table([run(seed=n, test=value) for n, value in enumerate([*GOOD, 0.99])]).assign(
                level="relu"
            ),
            ["level"],
        ),
        limits=(0.9, 0.97),
    )

    words = count_of(axes)
    assert words.get_text() == "1 run above"
    assert words.get_horizontalalignment() == "right"
