import math

import numpy as np
import pytest
from fake_results import Row, epochs_of, failed, results, run, runs_table
from inside_results import FOUR, MANY, runs_of, words
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from test_plots_inside import laid_out, nothing_overflows

from relu_bench.errors import ReluBenchError
from relu_bench.plots import draw
from relu_bench.plots.arriving import judged, numbers, pages_with_validation, tells
from relu_bench.plots.style import styled
from relu_bench.plots.time_to_target import time_to_target
from relu_bench.plots.wanted import Wanted

USUAL = [0.1, 0.5, 0.8, 0.9]
Curves = dict[str, list[float | None]]


def epochs_for(rows: list[Row], curves: Curves) -> list[Row]:
    """Validation curves by activation; `USUAL` for the others."""
    done = [row for row in rows if row["status"] == "completed"]
    return [
        epoch for row in done for epoch in epochs_of(row, curves.get(row["activation"], [*USUAL]))
    ]


def figure_of(rows: list[Row], curves: Curves | None = None, width: float = 10.0) -> Figure:
    found = results(rows, epochs_for(rows, curves or {}))
    (page,) = pages_with_validation(found.runs, Wanted(width))
    with styled():
        figure = laid_out(time_to_target(page, found.epochs_in_plan_order, width=width))
    nothing_overflows(figure)
    return figure


def told(rows: list[Row], curves: Curves) -> bool:
    found = results(rows, epochs_for(rows, curves))
    return tells(judged(found, found.runs))


def steps_of(axes: Axes, level: str) -> list[tuple[float, float]]:
    """The corners of a line, without its far ends."""
    (line,) = [line for line in axes.get_lines() if line.get_label() == level]
    return [tuple(place) for place in np.asarray(line.get_xydata())[1:-1].tolist()]


def texts_in(axes: Axes) -> list[str]:
    return [text.get_text() for text in axes.texts]


def test_shares_by_epoch_and_by_seconds_and_the_medians() -> None:
    figure = figure_of(runs_of(FOUR[:2], val=0.9), {FOUR[1]: [0.1, 0.9, 0.9, 0.9]})

    by_epoch, by_seconds, rows = figure.axes
    assert steps_of(by_epoch, FOUR[0]) == [(1.0, 0.0), (3.0, 1.0)]
    assert steps_of(by_epoch, FOUR[1]) == [(1.0, 1.0), (3.0, 1.0)]
    assert steps_of(by_seconds, FOUR[0]) == [(0.25, 0.0), (0.75, 1.0)]
    assert [axes.get_xlabel() for axes in figure.axes] == ["epoch", "seconds", "epoch of arrival"]
    assert {label.get_text() for label in rows.get_yticklabels()} == set(FOUR[:2])
    text = words(figure)
    assert "time to a validation accuracy of 89.10 %" in text
    assert f"99 % of the final validation accuracy of {FOUR[0]}, the baseline." in text
    assert "percentile bootstrap over the seeds" in text


def test_runs_that_never_arrive_are_counted_at_the_edge() -> None:
    rows = [*runs_of(FOUR[:1], seeds=4, val=0.9), *runs_of(FOUR[1:2], seeds=4, val=0.5)]

    figure = figure_of(rows, {FOUR[1]: [0.1, 0.2, 0.3, 0.5]})

    assert texts_in(figure.axes[-1]) == ["never: 4 of 4"]
    assert figure.axes[-1].get_xticklabels()[-1].get_text() == "never"


def test_seconds_of_two_machines_have_no_panel() -> None:
    rows = [{**row, "host": f"host {row['seed']}"} for row in runs_of(FOUR[:2], val=0.9)]

    figure = figure_of(rows)

    assert len(figure.axes) == 2
    assert "No seconds: the runs were made on several hosts" in words(figure)


def test_a_very_slow_run_does_not_squash_the_seconds() -> None:
    rows = runs_of(FOUR[:2], seeds=5, val=0.9)
    epochs = epochs_for(rows, {})
    for place, epoch in enumerate(epochs):
        epoch["seconds"] = 99.0 if place < 4 else 0.2 + 0.001 * place
    found = results(rows, epochs)
    (page,) = pages_with_validation(found.runs, Wanted())

    figure = laid_out(time_to_target(page, found.epochs_in_plan_order))

    assert figure.axes[1].get_xlim()[1] < 1
    assert texts_in(figure.axes[1]) == ["1 run later →"]


@pytest.mark.parametrize("width", [3.4, 5.0])
def test_a_narrow_figure_has_the_medians_below(width: float) -> None:
    figure = figure_of(runs_of(FOUR, val=0.9), width=width)

    assert len(figure.axes) == 3
    assert figure.axes[2].get_position().y1 <= 1
    assert figure.get_figheight() < 8
    assert "Below: runs, and their median;" in words(figure)


def test_a_wide_figure_has_the_medians_at_the_right() -> None:
    assert "Right: runs, and their median;" in words(figure_of(runs_of(FOUR, val=0.9)))


@pytest.mark.parametrize("width", [3.4, 5.0, 10.0])
def test_many_variants_are_rows_of_a_table_the_fastest_on_top(width: float) -> None:
    names = MANY[:9]
    rows = [*runs_of(names[:8], val=0.9), *runs_of(names[8:], val=0.2)]
    curves: Curves = {names[3]: [0.1, 0.9, 0.9, 0.9], names[8]: [0.1, 0.1, 0.1, 0.2]}

    figure = figure_of(rows, curves, width)

    (axes,) = figure.axes
    labels = [label.get_text().replace("\n", "") for label in axes.get_yticklabels()]
    assert (labels[0], labels[-1]) == (names[3], names[8])
    (image,) = axes.get_images()
    shares = np.asarray(image.get_array())
    assert shares[0].tolist() == [1.0, 1.0, 1.0]
    assert shares[1].tolist() == [0.0, 0.0, 1.0]
    assert shares[-1].tolist() == [0.0, 0.0, 0.0]
    assert texts_in(axes)[-1] == "never: 3 of 3"
    assert ("100" in texts_in(axes)) is (width == 10.0)
    assert ("Numbers: the same in percent" in words(figure)) is (width == 10.0)


def test_all_settings_are_taken_together_with_the_baseline_at_its_best() -> None:
    rows = [
        {**row, "val_accuracy": 0.9 if rate == 0.01 else 0.2}
        for rate in (0.01, 1.0)
        for row in runs_of(FOUR[:2], learning_rate=rate)
    ]

    text = words(figure_of(rows))

    assert "of 89.10 %" in text
    assert "the baseline, at its best setting." in text


def test_diverged_failed_and_missing_runs() -> None:
    rows = [
        *runs_of(FOUR[:2], val=0.9),
        run(activation=FOUR[1], seed=7, outcome="diverged"),
        failed(activation=FOUR[0], seed=8),
    ]

    figure = figure_of(rows, {FOUR[1]: [0.1, 0.1, None, None]})

    assert texts_in(figure.axes[-1]) == ["never: 4 of 4"]
    assert "1 failed run is missing." in words(figure)


def test_without_validation_it_is_refused() -> None:
    rows = runs_of(FOUR[:2], validation_split=0.0)

    with pytest.raises(ReluBenchError, match="nothing was held out"):
        pages_with_validation(runs_table(rows), Wanted())
    assert not told(rows, {})


def test_without_epochs_the_figure_says_so() -> None:
    found = results(runs_of(FOUR[:2]), [])
    (page,) = pages_with_validation(found.runs, Wanted())

    figure = laid_out(time_to_target(page, found.epochs_in_plan_order))

    assert "No run has rows in epochs.csv." in words(figure)
    assert numbers(page, found.epochs_in_plan_order) == ""


def test_it_is_drawn_unasked_where_variants_differ() -> None:
    rows = runs_of(FOUR[:2], val=0.9)
    soon: Curves = {FOUR[1]: [0.1, 0.9, 0.9, 0.9]}

    assert told(rows, soon)
    assert not told(rows, {})
    assert not told(runs_of(FOUR[:1], val=0.9), {})
    figures = draw(results(rows, epochs_for(rows, soon)))
    assert "time" in [kind for _, kind, _ in figures.drawings]


def test_a_target_that_was_reached_before_training_tells_nothing() -> None:
    rows = [*runs_of(FOUR[:1], val=0.1), *runs_of(FOUR[1:2], val=0.9)]

    curves: Curves = {FOUR[0]: [0.1, 0.05, 0.1, 0.1]}

    assert not told(rows, curves)
    assert "Some runs reach it before training" in words(figure_of(rows, curves))


def test_medians_in_words() -> None:
    rows = [*runs_of(FOUR[:1], val=0.9), *runs_of(FOUR[1:2], val=0.2)]
    found = results(rows, epochs_for(rows, {FOUR[1]: [0.1, 0.1, 0.1, 0.2]}))
    (page,) = pages_with_validation(found.runs, Wanted())

    said = numbers(page, found.epochs_in_plan_order).replace("\u00a0", " ")

    assert said == (
        "Target: validation accuracy of 89.10 %. Median epochs to it: fastest relu, epoch 3; "
        "slowest elu(alpha=1.0), never: 3 of 3."
    )
    assert not math.isnan(found.epochs["epoch"].max())
