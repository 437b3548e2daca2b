from typing import Any

import pytest
from fake_results import Row, layers_table, run, runs_table
from inside_results import lines_of, names, words

from relu_bench.compare.layers import STEP_MEASURE
from relu_bench.plots.gradient_by_time import gradient_by_time, numbers, pages_of_steps
from relu_bench.plots.pages import Page
from relu_bench.plots.wanted import Wanted

RNN = "rnn(sequence=rows, units=64)"
INITIALIZERS = ("identity(gain=1.0)", "orthogonal(gain=1.0)")


def runs_of(seeds: int = 3, **axes: tuple[Any, ...]) -> list[Row]:
    """Runs of ReLU and tanh with both recurrent initializers, and of one more axis."""
    (name, values) = next(iter(axes.items()), ("learning_rate", (0.001,)))
    rows = [
        run(activation=f, recurrent_initializer=u, model=RNN, seed=seed, **{name: value})
        for f in ("relu", "tanh")
        for u in INITIALIZERS
        for value in values
        for seed in range(seeds)
    ]
    return [{**row, "run_id": f"r{number:012x}"} for number, row in enumerate(rows)]


def steps_of(row: Row, count: int = 28) -> list[Row]:
    """Identity holds; orthogonal halves at each step back, with ReLU; after training all hold."""
    fades = row["recurrent_initializer"] == INITIALIZERS[1] and row["activation"] == "relu"
    return [
        {
            **{name: row[name] for name in ("experiment", "run_id")},
            "epoch": epoch,
            "layer": f"recurrent_1_step_{step}",
            "units": 64,
            "time_step": step,
            STEP_MEASURE: (1 + row["seed"]) * (0.5 ** (count - step) if fades and not epoch else 1),
        }
        for epoch in (0, row["epochs"])
        for step in range(1, count + 1)
    ]


def page_of(rows: list[Row]) -> Page:
    (page,) = pages_of_steps(runs_table(rows), Wanted())
    return page


def test_two_moments_for_each_recurrent_initializer_with_medians_over_the_seeds() -> None:
    rows = runs_of()
    layers = layers_table([step for row in rows for step in steps_of(row)])

    figure = gradient_by_time(page_of(rows), layers)

    assert names(figure) == ["at initialization", "after training"]
    identity_start, _, orthogonal_start, orthogonal_end = figure.axes
    assert {axes.get_yscale() for axes in figure.axes} == {"log"}
    assert len({axes.get_ylim() for axes in figure.axes}) == 1
    assert lines_of(identity_start) == {"relu": [2.0] * 28, "tanh": [2.0] * 28}
    expected = [2.0 * 0.5 ** (28 - step) for step in range(1, 29)]
    assert lines_of(orthogonal_start)["relu"] == pytest.approx(expected)
    assert lines_of(orthogonal_end)["relu"] == [2.0] * 28
    said = words(figure)
    assert "time step of the sequence" in said
    assert "Lines: medians over 3 seeds; bands: smallest to largest." in said
    assert all(f"recurrent initializer={name}" in said.replace("_", " ") for name in INITIALIZERS)
    assert "▾" not in said


def test_every_other_axis_makes_pages_of_its_own_in_natural_order() -> None:
    rows = runs_of(seeds=1, learning_rate=(0.001, 0.01, 0.0001))
    found = pages_of_steps(runs_table(rows), Wanted())
    assert [page.part for page in found] == [
        f"learning_rate={rate}" for rate in ("0.0001", "0.001", "0.01")
    ]
    assert all(len(page.strips) == 2 and len(page.runs) == 4 for page in found)
    clipped = runs_of(seeds=1, gradient_clip_norm=(None, 1.0))
    assert len(pages_of_steps(runs_table(clipped), Wanted())) == 2


def test_a_gradient_of_exactly_zero_stands_at_the_edge() -> None:
    rows = runs_of(seeds=1)
    steps = [step for row in rows for step in steps_of(row)]
    for step in steps:
        if step["time_step"] < 3 and step["epoch"] == 0:
            step[STEP_MEASURE] = 0.0

    figure = gradient_by_time(page_of(rows), layers_table(steps))

    assert "▾ at the lower edge: a median of exactly 0." in words(figure)
    assert "One seed: no bands." in words(figure)


def test_the_words_for_who_cannot_see_it_are_the_ratios() -> None:
    rows = runs_of()
    layers = layers_table([step for row in rows for step in steps_of(row)])
    said = numbers(page_of(rows), layers)
    assert said.startswith(
        f"The gradient by the first step's state, at initialization, is between {0.5**27:.3g} "
        "(relu at recurrent_initializer=orthogonal(gain=1.0)) and 1 ("
    )
    assert "after training, is between 1 (" in said


def test_nothing_measured_is_said_in_the_one_panel() -> None:
    rows = runs_of(seeds=1)
    figure = gradient_by_time(page_of(rows), layers_table([]))
    assert "no numbers" in words(figure)
