import numpy as np
import pandas as pd
import pytest
from curve_tables import ENDS, tables
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.figure import Figure

from relu_bench.plots.learning_curves import learning_curves
from relu_bench.plots.style import looks


def panel() -> Axes:
    return Figure().add_subplot()


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
