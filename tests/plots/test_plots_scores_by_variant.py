import numpy as np
import pandas as pd
import pytest
from fake_results import Row, run, runs_table
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from scipy import stats as scipy_stats

from relu_bench.compare import final_scores
from relu_bench.plots.scores_by_variant import scores_by_variant
from relu_bench.plots.style import looks

RELU = [0.971, 0.974, 0.975, 0.978]
TANH = [0.951, 0.953, 0.956, 0.957]


def scores(rows: list[Row]) -> pd.DataFrame:
    runs = runs_table(rows)
    return final_scores(runs.assign(level=runs["activation"]), ["level"])


def two_levels() -> pd.DataFrame:
    return scores(
        [run(seed=seed, test=value) for seed, value in enumerate(RELU)]
        + [run(seed=seed, test=value, activation="tanh") for seed, value in enumerate(TANH)]
    )


def draw(table: pd.DataFrame, **given: object) -> Axes:
    return scores_by_variant(Figure().add_subplot(), table, **given)  # type: ignore[arg-type]


def dots(axes: Axes) -> list[PathCollection]:
    return [each for each in axes.collections if isinstance(each, PathCollection)]


def intervals(axes: Axes) -> list[Line2D]:
    return [line for line in axes.get_lines() if len(line.get_xdata()) == 2]


def means(axes: Axes) -> list[Line2D]:
    return [line for line in axes.get_lines() if line.get_markeredgecolor() == "white"]


def words(axes: Axes) -> list[str]:
    return [text.get_text().replace("\u00a0", " ") for text in axes.texts]


def test_every_seed_is_a_dot_in_the_row_of_its_level() -> None:
    axes = draw(two_levels(), order=["tanh", "relu"])

    tanh, relu = (np.asarray(each.get_offsets()) for each in dots(axes))
    assert tanh[:, 0].tolist() == TANH
    assert relu[:, 0].tolist() == RELU
    assert np.round(tanh[:, 1]).tolist() == [0] * 4
    assert np.round(relu[:, 1]).tolist() == [1] * 4
    assert len(set(relu[:, 1])) == 4
    assert [label.get_text() for label in axes.get_yticklabels()] == ["tanh", "relu"]
    assert axes.get_ylim()[0] > axes.get_ylim()[1]


def test_the_mean_stands_in_its_95_percent_t_interval() -> None:
    axes = draw(two_levels(), order=["relu", "tanh"])

    for line, mean, values in zip(intervals(axes), means(axes), (RELU, TANH), strict=True):
        ends = scipy_stats.t.interval(0.95, 3, loc=np.mean(values), scale=scipy_stats.sem(values))
        assert list(line.get_xdata()) == pytest.approx(ends)
        assert list(mean.get_xdata()) == pytest.approx([np.mean(values)])


def test_the_value_is_written_beside_each_row() -> None:
    assert words(draw(two_levels(), order=["relu", "tanh"])) == ["97.45 %", "95.43 %"]


def test_the_axis_is_labelled_in_percent() -> None:
    axes = draw(two_levels())

    assert axes.get_xlabel() == "test accuracy (%)"
    assert axes.xaxis.get_major_formatter()(0.97).startswith("97")


def test_one_run_has_a_dot_and_no_interval() -> None:
    table = scores([run(test=0.97), run(test=0.95, activation="tanh")])
    look = looks(["relu", "tanh"])

    axes = draw(table, look=look)

    assert [np.asarray(each.get_offsets()).tolist() for each in dots(axes)] == [
        [[0.97, 0.0]],
        [[0.95, 1.0]],
    ]
    assert axes.get_lines()[:] == []
    assert words(axes) == ["97.00 %", "95.00 %"]


def test_a_diverged_run_is_a_cross_at_the_guess_and_one_at_chance_an_open_circle() -> None:
    table = scores(
        [
            run(seed=0, test=0.5),
            run(seed=1, outcome="diverged"),
            run(seed=2, outcome="at_chance", test=0.12),
        ]
    )

    axes = draw(table, limits=(0.0, 1.0))

    chance, diverged, learned = dots(axes)
    assert np.asarray(diverged.get_offsets())[:, 0].tolist() == [0.1135]
    assert np.asarray(chance.get_offsets())[:, 0].tolist() == [0.12]
    assert len(chance.get_facecolors()) == 0
    assert len(learned.get_facecolors()) == 1
    assert not np.array_equal(diverged.get_paths()[0].vertices, learned.get_paths()[0].vertices)
    assert words(axes)[0] == "24.45 %\n1/3 learned"


def test_bad_runs_are_counted_at_the_edge_and_do_not_squash_the_axis() -> None:
    bad = [run(seed=8, outcome="diverged"), run(seed=9, outcome="at_chance", test=0.1)]
    good = [run(seed=seed, test=value) for seed, value in enumerate(RELU)]
    other = [run(seed=s, test=value, activation="tanh") for s, value in enumerate(RELU)]

    axes = draw(scores([*good, *bad, *other]), order=["relu", "tanh"])

    assert words(axes) == [
        "68.53 %\n4/6 learned",  # 68.525
        "mean and 2 runs below",
        "97.45 %",
    ]
    low, high = axes.get_xlim()
    assert low > 0.95
    assert high < 0.99
    assert len(means(axes)) == 1


def test_one_bad_run_is_one_run() -> None:
    rows = [run(seed=seed, test=value) for seed, value in enumerate(RELU)]

    axes = draw(scores([*rows, run(seed=7, outcome="diverged")]), limits=(0.7, 1.0))

    assert words(axes)[1] == "1 run below"


def test_an_interval_that_goes_on_ends_in_an_arrow() -> None:
    axes = draw(scores([run(seed=0, test=0.96), run(seed=1, test=0.98)]), limits=(0.95, 0.99))

    arrows = {line.get_marker(): list(line.get_xdata()) for line in axes.get_lines()}
    assert arrows["<"] == [0.95]
    assert arrows[">"] == [0.99]


def test_an_interval_on_the_axis_has_no_arrow() -> None:
    axes = draw(two_levels())

    assert not {line.get_marker() for line in axes.get_lines()} & {"<", ">"}


def test_mean_and_dots_have_the_colour_of_their_level() -> None:
    look = looks(["relu", "tanh"])

    axes = draw(two_levels(), look=look, order=["tanh", "relu"])

    assert [line.get_color() for line in means(axes)] == [look["tanh"].colour, look["relu"].colour]
