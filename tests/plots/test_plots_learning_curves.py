import numpy as np
import pandas as pd
import pytest
from fake_results import epochs_of, epochs_table, run, runs_table
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.figure import Figure

from relu_bench.compare import curves, run_curves
from relu_bench.plots.highlighted_curve import highlighted_curve
from relu_bench.plots.learning_curves import learning_curves
from relu_bench.plots.style import looks

ENDS = {"relu": [0.96, 0.97, 0.98], "tanh": [0.90]}


def panel() -> Axes:
    return Figure().add_subplot()


def tables(
    ends: dict[str, list[float]], outcomes: dict[tuple[str, int], str] | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    rows, epochs = [], []
    for level, values in ends.items():
        for seed, end in enumerate(values):
            outcome = (outcomes or {}).get((level, seed), "learned")
            row = run(activation=level, seed=seed, outcome=outcome, epochs=3)
            rows.append(row)
            epochs += epochs_of(row, [0.1, end - 0.03, end - 0.01, end])
    runs = runs_table(rows)
    single = run_curves(runs.assign(level=runs["activation"]), epochs_table(epochs), ["level"])
    return single, curves(single, ["level"])


def of(table: pd.DataFrame, split: str) -> pd.DataFrame:
    return table[table["split"] == split]


def words(axes: Axes) -> str:
    return "\n".join(text.get_text() for text in axes.texts)


def test_the_training_line_stands_at_the_middle_of_its_epochs() -> None:
    _, means = tables(ENDS)

    axes = learning_curves(panel(), of(means, "train"))

    relu = axes.get_lines()[0]
    assert relu.get_label() == "relu"
    assert list(relu.get_xdata()) == [0, 0.5, 1.5, 2.5]
    assert list(relu.get_ydata()) == pytest.approx([0.1, 0.94, 0.96, 0.97])
    assert axes.get_xlim() == (0, 3)


def test_the_validation_line_stands_at_the_end_of_its_epochs() -> None:
    _, means = tables(ENDS)

    axes = learning_curves(panel(), of(means, "val"))

    assert list(axes.get_lines()[0].get_xdata()) == [0, 1, 2, 3]


def test_the_band_is_one_sd_and_a_single_run_has_none() -> None:
    _, means = tables(ENDS)

    axes = learning_curves(panel(), of(means, "val"))

    (band,) = [each for each in axes.collections if isinstance(each, PolyCollection)]
    at_the_end = [y for x, y in band.get_paths()[0].vertices if x == 3]
    sd = np.std(ENDS["relu"], ddof=1)
    assert min(at_the_end) == pytest.approx(0.97 - sd)
    assert max(at_the_end) == pytest.approx(0.97 + sd)


def test_axes_are_labelled_with_units_and_ticks_are_in_percent() -> None:
    _, means = tables(ENDS)

    axes = learning_curves(panel(), of(means, "train"), limits=(0.9, 1.0))

    assert axes.get_xlabel() == "epoch"
    assert axes.get_ylabel() == "training accuracy (%)"
    assert "96" in [axes.yaxis.get_major_formatter()(tick) for tick in axes.get_yticks()]


def test_what_lies_off_the_axis_is_said_in_words() -> None:
    _, means = tables({"relu": [0.97], "elu": [0.96], "tanh": [0.5]})

    axes = learning_curves(panel(), of(means, "val"), limits=(0.9, 1.0))

    assert axes.get_ylim() == (0.9, 1.0)
    assert words(axes) == "epoch 0:\n10.0\u00a0%\n1 mean ends below"


def test_nothing_is_said_where_everything_is_on_the_axis() -> None:
    _, means = tables(ENDS)

    assert words(learning_curves(panel(), of(means, "val"), limits=(0, 1))) == ""


def test_runs_of_a_level_of_which_some_did_not_learn_are_drawn_in_place_of_a_band() -> None:
    single, means = tables(
        {"relu": [0.97, 0.96, 0.11], "elu": [0.97, 0.96]}, {("relu", 2): "at_chance"}
    )

    axes = learning_curves(panel(), of(means, "val"), single=of(single, "val"))

    (lines,) = [each for each in axes.collections if isinstance(each, LineCollection)]
    ends = sorted(float(line[-1, 1]) for line in lines.get_segments())
    assert ends == pytest.approx([0.11, 0.96, 0.97])
    bands = [each for each in axes.collections if isinstance(each, PolyCollection)]
    assert len(bands) == 1
    assert len(axes.get_lines()) == 2


def test_runs_of_a_level_of_which_some_end_off_the_axis_are_drawn_in_place_of_a_band() -> None:
    single, means = tables({"relu": [0.97, 0.98, 0.3], "tanh": [0.96, 0.97, 0.98]})

    axes = learning_curves(panel(), of(means, "val"), single=of(single, "val"), limits=(0.9, 1.0))

    runs = [each for each in axes.collections if isinstance(each, LineCollection)]
    assert [len(each.get_segments()) for each in runs] == [3]
    assert sum(isinstance(each, PolyCollection) for each in axes.collections) == 1


def test_each_level_has_its_look() -> None:
    _, means = tables(ENDS)
    look = looks(["tanh", "relu"])

    axes = learning_curves(panel(), of(means, "val"), look=look)

    assert [line.get_color() for line in axes.get_lines()] == [
        look["relu"].colour,
        look["tanh"].colour,
    ]


def test_a_highlighted_curve_stands_before_the_others_in_grey() -> None:
    single, means = tables(ENDS)

    axes = highlighted_curve(panel(), means, level="relu", single=single, limits=(0.85, 1.0))

    grey, *own = axes.get_lines()
    assert list(grey.get_ydata()) == pytest.approx([0.1, 0.87, 0.89, 0.9])
    assert [list(line.get_xdata()) for line in own] == [[0, 0.5, 1.5, 2.5], [0, 1, 2, 3]]
    assert own[0].get_linestyle() != own[1].get_linestyle()
    assert axes.get_title(loc="left") == "relu"
    assert words(axes) == ""


def test_a_highlighted_curve_off_the_axis_says_so() -> None:
    single, means = tables(ENDS)

    axes = highlighted_curve(panel(), means, level="tanh", single=single, limits=(0.95, 1.0))

    assert words(axes) == "mean ends below"
