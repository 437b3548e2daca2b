import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_costs import cost, some_costs
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from relu_bench import speed
from relu_bench.figures.activation_cost import cost_figure
from relu_bench.figures.saving import save_file


def panels(figure: Figure) -> list[Axes]:
    return list(figure.axes)


def names(axes: Axes) -> list[str]:
    return [label.get_text() for label in axes.get_yticklabels()]


def marks(axes: Axes) -> list[tuple[float, float]]:
    return [
        (float(x), float(y))
        for each in axes.collections
        if hasattr(each, "get_sizes") and len(each.get_sizes())
        for x, y in np.asarray(each.get_offsets())
    ]


def lines(axes: Axes) -> list[tuple[float, float]]:
    return [
        (float(path[0][0]), float(path[1][0]))
        for each in axes.collections
        if hasattr(each, "get_segments")
        for path in each.get_segments()
    ]


def test_a_panel_for_each_mode_with_the_cheapest_on_top() -> None:
    figure = cost_figure(speed.frame(some_costs()), "one machine")
    found = panels(figure)
    assert [axes.get_title(loc="left") for axes in found] == [
        "cache, 32,768 elements\ncompiled by XLA",
        "eager",
        "NumPy",
    ]
    assert names(found[0]) == ["relu", "elu(alpha=0.1)"]
    assert len({axes.get_xlim() + axes.get_ylim() for axes in found}) == 1
    assert {axes.get_xscale() for axes in found} == {"log"}
    bottom, top = found[0].get_ylim()
    assert bottom > top


def test_medians_and_intervals_stand_where_they_belong() -> None:
    compiled, eager, _ = panels(cost_figure(speed.frame(some_costs())))
    assert sorted(x for x, _ in marks(compiled)) == pytest.approx(
        [0.0412, 2 * 0.0412, 3 * 0.0412, 6 * 0.0412]
    )
    between = sum(eager.get_yticks()) / 2  # the two rows
    assert [(round(x, 2), int(y > between)) for x, y in sorted(marks(eager))] == [
        (2.71, 0),
        (5.42, 0),
        (8.13, 1),
        (16.26, 1),
    ]
    ends = [(0.97 * median, 1.045 * median) for median in (2.71, 5.42, 8.13, 16.26)]
    np.testing.assert_allclose(sorted(lines(eager)), ends)


def test_a_size_of_its_own_row() -> None:
    costs = [*some_costs(), cost("relu", size="memory", elements=1 << 23)]
    figure = cost_figure(speed.frame(costs))
    titles = [axes.get_title(loc="left").partition("\n")[0] for axes in panels(figure)[::3]]
    assert titles == ["cache, 32,768 elements", "memory, 8,388,608 elements"]
    assert len(panels(figure)) == 6


def test_a_median_that_noise_made_negative_is_left_out() -> None:
    costs = [cost("relu"), cost("tanh", median_ns=-0.5, low_ns=-1.0, high_ns=0.1)]
    axes = panels(cost_figure(speed.frame(costs)))[0]
    assert [x for x, _ in marks(axes)] == [1.0]
    assert sorted(names(axes)) == ["relu", "tanh"]


def note(figure: Figure) -> str:
    return " ".join(figure.texts[-1].get_text().split("\n"))


def test_the_note_says_what_is_special() -> None:
    plain = note(cost_figure(speed.frame(some_costs())))
    assert plain.startswith("Marks: median of 9 rounds with its 95\u00a0% interval by order")
    assert "edge" not in plain
    odd = [cost("relu", low_ns=0.001), cost("tanh", median_ns=-0.5, low_ns=-1.0)]
    assert "A line that reaches the edge goes on. Lost in noise (median not above 0): tanh." in (
        note(cost_figure(speed.frame(odd)))
    )
    assert "median of 1 round without an interval" in note(
        cost_figure(speed.frame([cost("relu", rounds=1, low_ns=math.nan)]))
    )


@pytest.mark.parametrize("changes", [{"low_ns": math.nan, "high_ns": math.nan}, {"low_ns": -1.0}])
def test_odd_intervals_draw(changes: dict[str, Any], tmp_path: Path) -> None:
    figure = cost_figure(speed.frame([cost("relu", rounds=1, **changes)]))
    save_file(figure, tmp_path / "speed.png")
    assert (tmp_path / "speed.png").stat().st_size > 5000
