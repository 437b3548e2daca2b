"""Figures of an experiment with ratings: no images, no classes, and lower is better."""

import pytest
from crowding import cut_off, overlapping, visible_texts
from fake_results import Row, epochs_of, relu_like, results, run
from inside_results import words
from matplotlib.figure import Figure

from relu_bench.compare import Selection
from relu_bench.plots import KINDS, draw

LAYERS: Row = {
    "slope_mean": 0.3,
    "slope_min": 0.1,
    "slope_max": 0.5,
    "same_sign_fraction": 0.5,
    "update_cosine": 0.5,
}
# Time steps are those of a recurrent network, which reads images.
DRAWABLE = [name for name in KINDS if name != "time-gradient"]


def rated(activation: str, rate: float, seed: int) -> Row:
    error = {"relu": 0.55, "prelu(initial=0.25)": 0.5}[activation] + rate + 0.002 * seed
    row = run(activation=activation, learning_rate=rate, seed=seed)
    return row | {
        "metric": "rmse",
        "train_accuracy": None,
        "val_accuracy": None,
        "test_accuracy": None,
        "train_rmse": error - 0.05,
        "val_rmse": error,
        "test_rmse": error,
        "guess_val_rmse": 1.0,
        "guess_test_rmse": 1.0,
    }


def epochs_to(row: Row) -> list[Row]:
    falling = [1.0 + 0.4 * row["seed"], 0.9, 0.7, row["val_rmse"]]
    blank = epochs_of(row, [None] * len(falling))
    return [
        epoch | {"train_rmse": error, "val_rmse": error}
        for epoch, error in zip(blank, falling, strict=True)
    ]


def ratings() -> Selection:
    rows = [
        rated(name, rate, seed)
        for name in ("relu", "prelu(initial=0.25)")
        for rate in (0.001, 0.01)
        for seed in (0, 1)
    ]
    epochs = [epoch for row in rows for epoch in epochs_to(row)]
    return results(rows, epochs, [layer for row in rows for layer in relu_like(row, **LAYERS)])


def figure_of(kind: str) -> Figure:
    return next(figure for _, figure in draw(ratings(), [kind]))


@pytest.mark.parametrize("kind", DRAWABLE)
def test_no_figure_of_ratings_speaks_of_images_or_accuracy(kind: str) -> None:
    figure = figure_of(kind)
    said, texts = words(figure), visible_texts(figure)

    assert "image" not in said
    assert "accura" not in said
    assert cut_off(figure, texts) == []
    assert list(overlapping(texts)) == []


@pytest.mark.parametrize("kind", ["time", "steadiness"])
def test_a_target_below_which_to_come_is_a_little_more_than_the_best(kind: str) -> None:
    assert "1.01 times the" in words(figure_of(kind))


def test_what_an_interaction_explains_is_named() -> None:
    assert "of the log of the test RMSE of the runs that learned" in words(figure_of("interaction"))


def test_the_unit_of_a_gradient_has_a_line_of_its_own() -> None:
    labels = {axes.get_ylabel() for axes in figure_of("gradient").axes}

    assert labels == {"gradient\n(squared rating)", ""}
