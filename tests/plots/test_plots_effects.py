import math

import numpy as np
import pytest
from fake_results import Row, failed, results, run
from grid_results import RATES, THREE, figure_of, grid, outside, overlaps, unasked
from inside_results import MANY, words
from matplotlib.figure import Figure

from relu_bench.errors import ReluBenchError
from relu_bench.plots import draw
from relu_bench.plots.main_effects import EffectsPage, error_title, numbers, pages_of_effects
from relu_bench.plots.wanted import Wanted

KIND = "effects"


def mixed() -> list[Row]:
    """A bad learning rate, at which tanh diverges."""
    rows = grid(activation=THREE, learning_rate=RATES)
    for n, row in enumerate(rows):
        if row["activation"] == "tanh" and row["learning_rate"] == 0.1:
            rows[n] = run(
                activation="tanh", learning_rate=0.1, seed=row["seed"], outcome="diverged"
            )
    return rows


def marks(figure: Figure, panel: int = 0) -> dict[str, float]:
    """The mean at each row of a panel by its name, which stands at the first."""
    first = figure.axes[0]
    names = {
        float(place): label.get_text().replace("\n", "")
        for place, label in zip(first.get_yticks(), first.get_yticklabels(), strict=True)
    }
    return {
        names[y]: x
        for line in figure.axes[panel].get_lines()
        if line.get_marker() == "o"
        for x, y in np.asarray(line.get_xydata(), float).tolist()
    }


def test_two_panels_show_who_learned_and_the_error_of_these() -> None:
    figure = figure_of(mixed(), KIND)
    left, right = figure.axes

    assert left.get_xlabel() == "runs that learned (%)"
    assert right.get_xlabel() == "test error (%) of these, geometric mean"
    assert right.get_xscale() == "log"
    assert marks(figure)["tanh"] == pytest.approx(75.0)
    assert marks(figure)["0.001"] == pytest.approx(100.0)
    assert marks(figure)["0.1"] == pytest.approx(200 / 3)
    assert 1.9 < marks(figure, 1)["0.0001"] < 2.5
    assert left.get_ylim() == right.get_ylim()


def test_values_stand_below_the_name_of_their_axis_the_first_explaining_most() -> None:
    left = figure_of(mixed(), KIND).axes[0]

    labels = [label.get_text() for label in left.get_yticklabels()]
    assert labels == [
        *("learning rate", "0.0001", "0.001", "0.01", "0.1"),
        *("activation", "elu(alpha=1.0)", "relu", "tanh"),
    ]
    bold = [
        label.get_text() for label in left.get_yticklabels() if label.get_fontweight() == "bold"
    ]
    assert bold == ["learning rate", "activation"]


def test_the_note_has_ranges_shares_and_what_bars_are() -> None:
    figure = figure_of(mixed(), KIND)
    said = words(figure)

    assert "variants: main effects of learning rate, activation" in said
    assert "Ranges: activation elu(alpha=1.0), relu, tanh; learning_rate 0.0001 to 0.1." in said
    assert "bars: 95 % intervals over the seeds." in said
    assert "Largest interaction: activation × learning rate" in said
    ((_, _, page),) = draw(results(mixed()), [KIND]).drawings
    assert isinstance(page, EffectsPage)
    shares = {each.axes: each.share for each in page.found.effects.error.effects}
    assert f"explains {100 * shares['learning_rate',]:.1f} %" in said


def test_where_all_learned_the_error_is_shown_alone() -> None:
    figure = figure_of(grid(activation=THREE, learning_rate=RATES), KIND)
    (panel,) = figure.axes

    assert panel.get_xlabel() == "test error (%), geometric mean"
    assert "All 36 runs learned." in words(figure)


def test_a_value_at_which_nothing_learned_says_so() -> None:
    rows = [
        run(activation=row["activation"], learning_rate=0.1, seed=row["seed"], outcome="diverged")
        if row["learning_rate"] == 0.1
        else row
        for row in grid(activation=THREE, learning_rate=RATES)
    ]
    figure = figure_of(rows, KIND)
    left, right = figure.axes

    assert marks(figure)["0.1"] == 0.0
    assert math.isnan(marks(figure, 1)["0.1"])
    assert "no run learned" in {text.get_text() for text in right.texts}
    assert "no run learned" not in {text.get_text() for text in left.texts}


def test_one_bad_value_squashes_no_axis_and_none_is_cut() -> None:
    rows = grid(activation=THREE, learning_rate=RATES)
    for row in rows:
        if row["activation"] == "tanh":
            row["test_accuracy"] = 0.3
    figure = figure_of(rows, KIND)

    low, high = figure.axes[0].get_xlim()
    assert all(low < mean < high for mean in marks(figure).values())


def test_intervals_that_are_wide_do_not_take_the_axis() -> None:
    rows = grid(seeds=2, activation=THREE, learning_rate=RATES)
    for row in rows:
        row["test_accuracy"] -= 0.3 * row["seed"] * (row["activation"] == "relu")
    (panel,) = figure_of(rows, KIND).axes

    low, high = panel.get_xlim()
    assert high / low < 100


@pytest.mark.parametrize("width", [3.4, 5.0, 10.0])
def test_many_values_fit(width: float) -> None:
    rows = grid(seeds=2, activation=MANY, learning_rate=RATES)
    rows[0] = run(activation=MANY[0], learning_rate=RATES[0], seed=0, outcome="diverged")
    figure = figure_of(rows, KIND, width=width)

    left, right = figure.axes
    assert not overlaps(figure, left.get_yticklabels())
    assert not overlaps(figure, [left.xaxis.label, right.xaxis.label])
    for panel in (left, right):
        assert not overlaps(figure, panel.get_xticklabels())
        assert not outside(figure, panel)


def test_more_values_than_anybody_reads_are_refused() -> None:
    rates = [0.0001 * 1.05**n for n in range(100)]

    with pytest.raises(ReluBenchError, match="have 102 values, more than 100"):
        draw(results(grid(seeds=1, activation=THREE[:2], learning_rate=rates)), [KIND])


def test_aliased_axes_are_refused_with_the_words_of_compare() -> None:
    rows = [
        run(activation=name, initializer=f"for_{name}", seed=seed, test=0.9 + 0.01 * seed)
        for name in THREE
        for seed in range(3)
    ]

    with pytest.raises(ReluBenchError, match="no effects figure: The effects of activation, init"):
        draw(results(rows), [KIND])
    assert KIND not in unasked(rows)


def test_one_axis_is_refused_with_the_words_of_compare() -> None:
    with pytest.raises(ReluBenchError, match="Only activation varies in variants: effects take"):
        draw(results(grid(activation=THREE)), [KIND])


def test_data_sets_and_models_have_a_page_each() -> None:
    rows = [
        {**row, "dataset": data, "run_id": f"{data}{n}"}
        for data in ("mnist", "digits")
        for n, row in enumerate(
            grid(activation=THREE, learning_rate=RATES, model=("mlp(depth=2)", "mlp(depth=4)"))
        )
    ]

    parts = [page.part for _, _, page in draw(results(rows), [KIND]).drawings]
    assert parts == [
        f"{data}, mlp(depth={depth})" for data in ("digits", "mnist") for depth in (2, 4)
    ]


def test_it_is_drawn_unasked_where_two_axes_vary() -> None:
    assert KIND in unasked(grid(activation=THREE, learning_rate=RATES))
    assert KIND not in unasked(grid(activation=THREE))


def test_failed_runs_are_said() -> None:
    rows = [*mixed(), failed(activation="relu", learning_rate=0.1, seed=9)]

    assert "1 failed run is missing." in words(figure_of(rows, KIND))


@pytest.mark.parametrize(
    ("metric", "title"),
    [("accuracy", "test error (%)"), ("auc", "1 − test AUC"), ("rmse", "test RMSE (rating)")],
)
def test_the_error_is_named_by_the_metric(metric: str, title: str) -> None:
    rows = [
        {**row, "metric": metric, f"test_{metric}": 0.9 + 0.001 * n}
        for n, row in enumerate(grid(activation=THREE, learning_rate=RATES))
    ]
    ((_, _, page),) = draw(results(rows), [KIND]).drawings

    assert error_title(page) == title


def test_the_shares_are_told_in_words() -> None:
    ((_, _, page),) = draw(results(mixed()), [KIND]).drawings
    assert isinstance(page, EffectsPage)

    told = numbers(page).replace("\u00a0", " ")

    assert told.startswith("Share of the variation of whether a run learns: learning_rate ")
    assert "Share of the variation of the log of the test error: learning_rate " in told
    assert told.endswith("Least error of each: learning_rate=0.0001, relu.")


def test_pages_are_the_same_at_any_width() -> None:
    runs = results(mixed()).runs

    assert (
        len(pages_of_effects(runs, Wanted(3.4))) == len(pages_of_effects(runs, Wanted(10.0))) == 1
    )
