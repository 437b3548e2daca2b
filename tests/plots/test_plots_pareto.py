from typing import Any

import numpy as np
import pytest
from fake_results import Row, failed, results, run, runs_table
from hypothesis import given, settings
from hypothesis import strategies as st
from inside_results import FOUR, MANY, words
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text
from test_plots_inside import laid_out, nothing_overflows

from relu_bench.errors import ReluBenchError
from relu_bench.plots import draw
from relu_bench.plots.pareto import by_machine, numbers, pareto, tells
from relu_bench.plots.placed_names import say_how_many_are_lost
from relu_bench.plots.style import styled
from relu_bench.plots.wanted import Wanted


def variant(
    name: str, test: float, seconds: float, dead: float | None = 0.0, seeds: int = 3, **given: Any
) -> list[Row]:
    """Runs of three epochs around these means."""
    return [
        run(
            activation=name,
            seed=seed,
            test=test + 0.001 * (seed % 3 - 1),
            train_seconds=3 * (seconds + 0.01 * (seed % 3 - 1)),
            final_dead_fraction=dead,
            **given,
        )
        for seed in range(seeds)
    ]


CHOICE = [
    *variant("relu", 0.95, 1.0, 0.2),
    *variant("elu(alpha=1.0)", 0.97, 2.0),
    *variant("tanh", 0.94, 2.5),
]


def many(count: int, seeds: int = 2) -> list[Row]:
    """Variants close together, a few of them far off."""
    random = np.random.default_rng(count)
    rows = []
    for number, name in enumerate(MANY[:count]):
        bad = number % 9 == 8
        test = 0.3 if bad else float(random.normal(0.97, 0.002))
        dead = 0.02 * number if number % 5 == 0 else 0.0
        rows += variant(name, test, float(random.normal(0.2, 0.01)), dead, seeds)
    return rows


def figure_of(rows: list[Row], width: float = 10.0) -> Figure:
    (page,) = by_machine(runs_table(rows), Wanted(width))
    with styled():
        figure = laid_out(pareto(page, width=width))
    nothing_overflows(figure)
    return figure


def names_in(axes: Axes, *, bold: bool | None = None) -> list[str]:
    return [
        text.get_text().replace("\n", "")
        for text in axes.texts
        if bold is None or (text.get_fontweight() == "bold") is bold
    ]


def nothing_is_covered(axes: Axes) -> None:
    """No name touches another one, nor leaves its panel."""
    # Of the words, without the line that leads to them.
    boxes = [Text.get_window_extent(text) for text in axes.texts]
    window = axes.get_window_extent().padded(1)
    for number, box in enumerate(boxes):
        assert window.contains(box.x0, box.y0)
        assert window.contains(box.x1, box.y1)
        assert not any(box.padded(-0.5).overlaps(other.padded(-0.5)) for other in boxes[:number])


def test_the_front_is_named_in_bold_in_both_panels() -> None:
    figure = figure_of(CHOICE)

    cost, dead = figure.axes
    assert names_in(cost, bold=True) == ["elu(alpha=1.0)", "relu"]
    assert names_in(cost, bold=False) == ["tanh"]
    assert names_in(dead) == ["elu(alpha=1.0)", "relu"]
    assert (cost.get_xlabel(), dead.get_xlabel()) == (
        "seconds per epoch",
        "dead units after training (%)",
    )
    assert cost.get_ylabel() == "test accuracy (%)"
    assert "Points: means with 95 % t intervals." in words(figure)
    assert "no other variant is better in score, seconds and dead units" in words(figure)


def test_the_line_of_the_front_goes_through_its_corners() -> None:
    stairs = figure_of(CHOICE).axes[0].get_lines()[0].get_xydata()

    corners = [tuple(place) for place in np.asarray(stairs)[1:-1].round(6).tolist()]
    assert corners == [(1.0, pytest.approx(corners[0][1])), (1.0, 0.95), (2.0, 0.95), (2.0, 0.97)]


def test_where_low_is_good_the_line_comes_from_above() -> None:
    rows = [
        {**row, "metric": "rmse", "test_rmse": 2 - row["test_accuracy"], "guess_test_rmse": 3.0}
        for row in CHOICE
    ]

    axes = figure_of(rows).axes[0]

    heights = np.asarray(axes.get_lines()[0].get_ydata())
    assert heights[0] == axes.get_ylim()[1]
    assert (np.diff(heights) <= 0).all()
    assert axes.get_ylabel() == "test RMSE (rating)"


def test_intervals_are_drawn_both_ways_and_not_for_one_seed() -> None:
    several = figure_of(CHOICE).axes[0].get_lines()
    rows = [row for row in CHOICE if row["seed"] == 0]
    lone = figure_of(rows)

    assert sum(len(np.asarray(line.get_xdata())) == 2 for line in several) == 6
    assert not any(len(np.asarray(line.get_xdata())) == 2 for line in lone.axes[0].get_lines())
    assert "Points: means of one seed." in words(lone)


def test_intervals_are_shown_whole_or_end_in_an_arrow() -> None:
    whole = figure_of(CHOICE)
    wide = [*variant("silu", 0.96, 1.5), *variant("gelu(approximate=false)", 0.955, 1.8)]
    for seed, row in enumerate(wide[:3]):
        row["train_seconds"] = (0.03, 0.03, 13.5)[seed]
    cut = figure_of([*CHOICE, *wide])

    for axes in whole.axes:
        for line in axes.get_lines():
            if line.get_linestyle() != "None" and len(line.get_xdata()) == 2:
                assert axes.get_ylim()[0] < min(line.get_ydata())
                assert axes.get_ylim()[1] > max(line.get_ydata())
                assert axes.get_xlim()[0] < min(line.get_xdata())
                assert axes.get_xlim()[1] > max(line.get_xdata())
    assert "goes on" not in words(whole)
    panel = cut.axes[0]
    arrows = {
        line.get_marker(): list(line.get_xdata())
        for line in panel.get_lines()
        if line.get_marker() in ("<", ">")
    }
    assert arrows == {"<": [panel.get_xlim()[0]], ">": [panel.get_xlim()[1]]}
    assert "An interval that ends in an arrow goes on." in words(cut)


@pytest.mark.parametrize(
    ("dead", "said"), [(0.0, "No unit died."), (None, "Dead units were not measured.")]
)
def test_without_dead_units_there_is_one_panel(dead: float | None, said: str) -> None:
    figure = figure_of([*variant("relu", 0.95, 1.0, dead), *variant("tanh", 0.94, 0.5, dead)])

    assert len(figure.axes) == 1
    assert said in words(figure)
    assert "better in both" in words(figure)


@pytest.mark.parametrize("width", [3.4, 5.0, 10.0])
@pytest.mark.parametrize("count", [2, 9, 25])
def test_names_cover_nothing_however_many(count: int, width: float) -> None:
    figure = figure_of(many(count), width)

    for axes in figure.axes:
        nothing_is_covered(axes)
    if width > 3.4:
        assert "no room for a name" not in words(figure)
        shown = {text.partition(")")[0] + ")" for text in names_in(figure.axes[0])}
        assert shown == set(MANY[:count])
    assert figure.get_figheight() < 25


def test_a_bad_variant_stands_at_the_edge_with_its_number() -> None:
    rows = [row for n, name in enumerate(FOUR) for row in variant(name, 0.97 - n / 1000, 1 + n / 9)]

    axes = figure_of([*rows, *variant("sigmoid", 0.2, 1.05)]).axes[0]

    assert axes.get_ylim()[0] > 0.9
    assert "sigmoid (20.0\u00a0%)" in names_in(axes)
    markers = [str(line.get_marker()) for line in axes.get_lines()]
    assert markers.count("v") == 1


def test_settings_are_small_multiples_compared_within_each() -> None:
    rows = [
        row
        for rate in (0.01, 0.1)
        for name, test in (("relu", 0.95), ("tanh", 0.94 + rate / 10))
        for row in variant(name, test, 1.0 + rate, 0.1 * rate, learning_rate=rate)
    ]

    figure = figure_of(rows)

    assert len(figure.axes) == 4
    assert [axes.get_title(loc="left") for axes in figure.axes][::2] == [
        "learning_rate=0.01",
        "learning_rate=0.1",
    ]


def test_runs_of_two_machines_are_pages_of_their_own() -> None:
    rows = [
        {**row, "host": host} for host in ("desk", "laptop") for row in CHOICE if row["seed"] != 2
    ]

    found = by_machine(runs_table(rows), Wanted())

    assert [page.part for page in found] == ["host=desk", "host=laptop"]
    assert found[0].look == found[1].look


def test_variants_that_share_no_machine_are_refused() -> None:
    rows = [{**row, "host": row["activation"]} for row in CHOICE]

    with pytest.raises(ReluBenchError, match="timed on one machine, beside as many others"):
        by_machine(runs_table(rows), Wanted())
    assert not tells(runs_table(rows))


def test_one_variant_has_no_front() -> None:
    with pytest.raises(ReluBenchError, match="no two variants"):
        by_machine(runs_table(variant("relu", 0.9, 1.0)), Wanted())


def test_diverged_and_failed_runs_are_named() -> None:
    lost = [run(activation="selu", seed=n, outcome="diverged") for n in range(2)]

    text = words(figure_of([*CHOICE, *lost, failed(activation="relu", seed=9)]))

    counted = "2 diverged runs count as the constant guess"
    assert f"{counted}, and not in the seconds, as they stopped early." in text
    assert "Without seconds, and not shown: selu." in text
    assert "1 failed run is missing." in text


def test_it_is_drawn_unasked_where_better_costs_more() -> None:
    alike = [row for name in FOUR for row in variant(name, 0.95, 1.0)]

    assert tells(runs_table(CHOICE))
    assert not tells(runs_table(alike))
    assert "pareto" in [kind for _, kind, _ in draw(results(CHOICE)).drawings]
    assert "pareto" not in [kind for _, kind, _ in draw(results(alike)).drawings]


def test_the_front_in_words() -> None:
    (page,) = by_machine(runs_table(CHOICE), Wanted())

    assert numbers(page).replace("\u00a0", " ") == (
        "On the Pareto front, by the means: relu with 95.00 % at 1 s an epoch and 20.00 % dead "
        "units; elu(alpha=1.0) with 97.00 % at 2 s an epoch and 0.00 % dead units."
    )


@settings(max_examples=6, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(0, 1), st.floats(0.001, 1000), st.none() | st.floats(0, 1)),
        min_size=2,
        max_size=12,
    )
)
def test_any_numbers_can_be_drawn(means: list[tuple[float, float, float | None]]) -> None:
    rows = [
        run(
            activation=MANY[n],
            test=test,
            train_seconds=seconds,
            final_dead_fraction=dead,
        )
        for n, (test, seconds, dead) in enumerate(means)
    ]

    for axes in figure_of(rows).axes:
        nothing_is_covered(axes)


@pytest.mark.parametrize(("corner", "put"), [(0.0, "top"), (1.0, "bottom")])
def test_names_without_a_place_are_counted_where_no_name_stands(corner: float, put: str) -> None:
    figure = Figure(figsize=(3.4, 2.0))
    axes = figure.add_subplot()
    axes.text(0.9, corner, "relu", transform=axes.transAxes, ha="center", va="center")

    say_how_many_are_lost(axes, 1)

    name, said = axes.texts
    assert (said.get_text(), said.get_verticalalignment()) == (
        "1 variant has no room for a name",
        put,
    )
    assert not said.get_window_extent().overlaps(name.get_window_extent())
