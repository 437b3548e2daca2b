from collections.abc import Sequence

import pytest
from matplotlib.figure import Figure

from relu_bench.compare import Scale, scale_of
from relu_bench.figures.style import labels_of, scaled

ACCURACY = scale_of("accuracy")
RMSE = Scale("RMSE", higher_is_better=False, factor=1.0, unit="rating")


@pytest.mark.parametrize(
    ("ticks", "labels"),
    [
        ([0.97, 0.975, 0.98], ["97.0", "97.5", "98.0"]),
        ([0.0, 0.5, 1.0], ["0", "50", "100"]),
        ([-0.05, 0.0, 0.05], ["\u22125", "0", "5"]),
        ([-0.025, 0.0], ["\u22122.5", "0.0"]),
    ],
)
def test_fractions_are_percent_with_a_true_minus(ticks: list[float], labels: list[str]) -> None:
    assert labels_of(ticks, ACCURACY) == labels


@pytest.mark.parametrize(
    ("ticks", "labels"),
    [
        ([9e-7, 1e-6, 1.1e-6, 1.2e-6], ["9.0e-07", "1.0e-06", "1.1e-06", "1.2e-06"]),
        ([0.0, 2e-7, 4e-7], ["0", "2e-07", "4e-07"]),
        ([-2e-7, 2e-7], ["\u22122e-07", "2e-07"]),
        ([0.0, 0.0001, 0.0002], ["0.0000", "0.0001", "0.0002"]),
        ([0.0], ["0"]),
        ([0.9, 1.0], ["0.9", "1.0"]),
        ([0.0, 500_000.0], ["0", "500000"]),
        ([0.0, 1e9, 2e9], ["0", "1e+09", "2e+09"]),
    ],
)
def test_very_small_and_very_large_ticks_are_as_short_as_numbers(
    ticks: Sequence[float], labels: list[str]
) -> None:
    assert labels_of(ticks, RMSE) == labels


def test_one_tick_is_written_as_all_of_its_axis_are() -> None:
    axes = Figure().add_subplot()
    axes.set_xticks([9e-7, 1.1e-6])
    axes.xaxis.set_major_formatter(scaled(axes.xaxis, RMSE))

    assert axes.xaxis.get_major_formatter()(9e-7) == "9.0e-07"
    assert [label.get_text() for label in axes.get_xticklabels()] == ["9.0e-07", "1.1e-06"]
