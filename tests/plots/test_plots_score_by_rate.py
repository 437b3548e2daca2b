import math

import numpy as np
import pytest
from fake_results import failed, results, run, runs_table
from grid_results import RATES, THREE, figure_of, figures, grid, overlaps, unasked
from inside_results import MANY, lines_of, names, words
from matplotlib.colors import to_rgba

from relu_bench.errors import ReluBenchError
from relu_bench.plots import KINDS, draw
from relu_bench.plots.pages import pages
from relu_bench.plots.score_by_rate import numbers, pages_by_rate
from relu_bench.plots.wanted import Wanted

KIND = "learning-rate"


def test_means_stand_at_their_learning_rates_with_intervals() -> None:
    figure = figure_of(grid(activation=THREE, learning_rate=RATES), KIND)
    (panel,) = figure.axes

    lines = lines_of(panel)
    assert set(lines) == set(THREE)
    assert lines["relu"] == pytest.approx([0.981, 0.977, 0.973, 0.969])
    assert [tick.get_text() for tick in panel.get_xticklabels()] == [
        "0.0001",
        "0.001",
        "0.01",
        "0.1",
    ]
    assert list(panel.get_xticks()) == pytest.approx([-4, -3, -2, -1])
    assert panel.get_ylabel() == "test accuracy (%)"
    said = words(figure)
    assert "variants: test accuracy by learning rate" in said
    assert "means over 3 seeds; bars: 95 % t intervals" in said
    assert "within 1 point of the best mean." in said


def test_variants_stand_side_by_side_in_their_colours() -> None:
    rows = grid(activation=THREE, learning_rate=RATES)
    panel = figure_of(rows, KIND).axes[0]
    look = pages(runs_table(rows))[0].look

    lines = {str(line.get_label()): line for line in panel.get_lines()}
    at_first = {name: np.asarray(lines[name].get_xdata(), float)[0] for name in THREE}
    assert len(set(at_first.values())) == 3
    assert all(abs(place + 4) < 0.3 for place in at_first.values())
    for name in THREE:
        assert to_rgba(lines[name].get_color()) == to_rgba(look[name].colour)
    markers = {line.get_marker() for line in panel.get_lines() if line.get_linestyle() == "None"}
    assert markers >= {look[name].marker for name in THREE}


def test_other_axes_are_small_multiples_with_shared_axes() -> None:
    figure = figure_of(grid(activation=THREE, learning_rate=RATES, batch_norm=(False, True)), KIND)

    assert names(figure) == ["batch_norm=false", "batch_norm=true"]
    first, second = figure.axes
    assert first.get_ylim() == second.get_ylim()
    assert "of the best mean in its panel." in words(figure)


def bad_corner() -> list[dict[str, object]]:
    rows = grid(activation=THREE, learning_rate=RATES)
    for n, row in enumerate(rows):
        if row["learning_rate"] == 0.1 and row["activation"] == "tanh":
            rows[n] = run(
                activation="tanh", learning_rate=0.1, seed=row["seed"], outcome="diverged"
            )
    return rows


def test_diverged_runs_count_as_the_guess_and_squash_nothing() -> None:
    figure = figure_of(bad_corner(), KIND)
    (panel,) = figure.axes

    assert panel.get_ylim()[0] > 0.9
    assert lines_of(panel)["tanh"][-1] == pytest.approx(0.1135)
    assert {"x", "v"} <= {line.get_marker() for line in panel.get_lines()}
    said = words(figure)
    assert "×: with diverged runs, which count as the constant guess (11.35 %)." in said
    assert "▾: the mean lies below the axis (11.35 %)." in said
    assert "Open marks: not all runs learned." in said


def test_a_mean_off_the_axis_has_no_interval() -> None:
    rows = grid(activation=("relu", "elu"), learning_rate=RATES)
    for row in rows:
        if row["activation"] == "elu" and row["learning_rate"] == 0.1:
            row.update(test_accuracy=0.2 + 0.1 * row["seed"])
    (panel,) = figure_of(rows, KIND).axes

    bars = [collection.get_segments() for collection in panel.collections]  # type: ignore[attr-defined]
    assert sorted(map(len, bars)) == [3, 4]


def test_intervals_are_shown_whole() -> None:
    rows = grid(activation=("relu", "elu"), learning_rate=RATES[:2], spread=0.005)
    figure = figure_of(rows, KIND)
    (panel,) = figure.axes

    ends = np.concatenate([np.vstack(bar.get_segments())[:, 1] for bar in panel.collections[1:]])  # type: ignore[attr-defined]
    assert panel.get_ylim()[0] < ends.min()
    assert ends.max() < panel.get_ylim()[1]
    assert "goes on" not in words(figure)


def test_a_huge_interval_ends_in_an_arrow() -> None:
    rows = grid(activation=THREE, learning_rate=RATES)
    for row in rows:
        if row["activation"] == "elu(alpha=1.0)" and row["learning_rate"] == RATES[1]:
            row.update(test_accuracy=(1.0, 1.0, 0.91)[row["seed"]])
    figure = figure_of(rows, KIND)
    (panel,) = figure.axes

    low, high = panel.get_ylim()
    assert high - low < 0.1
    arrows = {
        line.get_marker(): np.asarray(line.get_ydata()).tolist()
        for line in panel.get_lines()
        if line.get_marker() in ("v", "^") and line.get_markersize() == 4
    }
    assert arrows == {"v": [low], "^": [high]}
    assert "An interval that ends in an arrow goes on." in words(figure)


def test_many_variants_have_a_panel_each_before_the_others() -> None:
    rows = grid(seeds=2, activation=MANY, learning_rate=RATES)
    figure = figure_of(rows, KIND)

    assert sorted(names(figure)) == sorted(MANY)
    assert all(len(lines_of(panel)) == 1 for panel in figure.axes)
    assert all(len(panel.get_lines()) > len(MANY) for panel in figure.axes)
    assert "Grey lines: the others." in words(figure)


@pytest.mark.parametrize("width", [3.4, 5.0, 10.0])
def test_tick_labels_do_not_overlap(width: float) -> None:
    rows = grid(activation=THREE, learning_rate=RATES, batch_norm=(False, True))
    for figure in figures(rows, KIND, width=width):
        for panel in figure.axes:
            assert not overlaps(figure, panel.get_xticklabels())


def test_a_lower_rmse_is_better_and_has_no_band() -> None:
    rows = [
        {
            **row,
            "metric": "rmse",
            "test_rmse": (9.0 if row["learning_rate"] == 0.1 else 1.0) + row["seed"] / 100,
            "val_rmse": 1.0,
        }
        for row in grid(activation=THREE, learning_rate=RATES)
    ]
    figure = figure_of(rows, KIND)
    (panel,) = figure.axes

    assert panel.get_ylim()[1] < 2.0
    assert panel.get_ylabel() == "test RMSE (rating)"
    assert "▴: the mean lies above the axis" in words(figure)
    assert "Shaded" not in words(figure)


def test_one_seed_has_no_interval_and_says_so() -> None:
    figure = figure_of(grid(seeds=1, activation=THREE, learning_rate=RATES), KIND)

    assert "One seed: no intervals." in words(figure)
    assert not any(len(each.get_segments()) for each in figure.axes[0].collections)  # type: ignore[attr-defined]


def test_it_is_drawn_unasked_from_three_learning_rates_on() -> None:
    assert KIND in unasked(grid(activation=THREE, learning_rate=RATES[:3]))
    assert KIND not in unasked(grid(activation=THREE, learning_rate=RATES[:2]))


def test_one_learning_rate_has_no_figure() -> None:
    with pytest.raises(
        ReluBenchError, match="no learning-rate figure: learning_rate has one value"
    ):
        draw(results(grid(activation=THREE)), [KIND])


def test_a_rate_without_a_logarithm_is_refused() -> None:
    with pytest.raises(ReluBenchError, match="learning_rate 0 has no place"):
        pages_by_rate(runs_table(grid(learning_rate=(0.0, 0.1))), Wanted())


def test_failed_runs_are_said() -> None:
    rows = [*grid(learning_rate=RATES), failed(learning_rate=0.1, seed=9)]

    assert "1 failed run is missing." in words(figure_of(rows, KIND))


def test_the_best_rates_are_told_in_words() -> None:
    rows = grid(activation=("relu", "tanh"), learning_rate=RATES, batch_norm=(False, True))
    ((_, kind, page),) = draw(results(rows), [KIND]).drawings

    assert KINDS[kind].numbers is numbers
    assert numbers(page).replace("\u00a0", " ") == (
        "Best mean test accuracy and its learning rate: relu at batch_norm=false: 98.10 % at "
        "0.0001; tanh at batch_norm=false: 97.90 % at 0.0001; relu at batch_norm=true: 97.50 % at "
        "0.0001; tanh at batch_norm=true: 97.30 % at 0.0001."
    )


def test_the_learning_rates_of_a_page_are_those_of_its_runs() -> None:
    rows = runs_table(grid(activation=THREE, learning_rate=RATES))
    (page,) = pages_by_rate(rows, Wanted())

    assert page.hue == ("activation",)
    assert page.runs["learning_rate"].tolist() == rows["learning_rate"].tolist()
    assert all(math.isfinite(rate) for rate in page.runs["learning_rate"])
