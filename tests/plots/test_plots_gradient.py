import numpy as np
import pandas as pd
import pytest
from fake_results import Row, layers_table, relu_like
from inside_results import FOUR, layers_of_all, lines_of, names, page_of, runs_of, words

from relu_bench.plots.gradient_by_depth import gradient_by_depth


def test_a_panel_at_initialization_and_one_after_training_with_medians() -> None:
    rows = runs_of(FOUR[:1])
    layers = [
        layer
        for row in rows
        for layer in relu_like(
            row,
            3,
            gradient_rms=lambda epoch, n, seed=row["seed"]: (1.0, 2.0, 90.0)[seed] * (1 + epoch),
        )
    ]

    figure = gradient_by_depth(page_of(rows), layers_table(layers))

    start, end = figure.axes
    assert names(figure) == ["at initialization", "after training"]
    assert start.get_yscale() == end.get_yscale() == "log"
    assert start.get_ylim() == end.get_ylim()
    assert lines_of(start)["relu"] == [2.0, 2.0, 2.0]
    assert lines_of(end)["relu"] == [8.0, 8.0, 8.0]
    assert "Lines: medians over 3 seeds; bands: smallest to largest." in words(figure)


def test_a_gradient_of_exactly_zero_is_a_gap_and_a_mark_at_the_edge() -> None:
    rows = runs_of(FOUR[:1], seeds=1)
    zero = layers_of_all(rows, 3, gradient_rms=lambda epoch, n: 0.0 if n == 1 else 0.5)

    figure = gradient_by_depth(page_of(rows), zero)

    panel = figure.axes[0]
    assert lines_of(panel)["relu"] == pytest.approx([np.nan, 0.5, 0.5], nan_ok=True)
    (marks,) = [line for line in panel.get_lines() if line.get_marker() == "v"]
    assert list(marks.get_xdata()) == [1]  # type: ignore[arg-type]
    assert "▾ at the lower edge: a median of exactly 0, without a band." in words(figure)


def test_without_zeros_there_is_no_word_of_them() -> None:
    rows = runs_of()

    assert "▾" not in words(gradient_by_depth(page_of(rows), layers_of_all(rows)))


def test_a_band_that_reaches_zero_ends_at_the_lower_edge() -> None:
    rows = runs_of(FOUR[:1])
    layers = [
        layer
        for row in rows
        for layer in relu_like(row, gradient_rms=0.0 if row["seed"] == 0 else 0.5)
    ]

    figure = gradient_by_depth(page_of(rows), layers_table(layers))

    (band,) = figure.axes[0].collections
    lowest = min(y for path in band.get_paths() for _, y in np.asarray(path.vertices))
    assert lowest == pytest.approx(figure.axes[0].get_ylim()[0])


def test_nothing_but_zeros_can_be_drawn() -> None:
    rows = runs_of()

    figure = gradient_by_depth(page_of(rows), layers_of_all(rows, gradient_rms=0.0))

    assert figure.axes[0].get_ylim()[0] > 0


@pytest.mark.parametrize(("factor", "decades"), [(0.9, 1), (0.5, 1), (0.01, 4), (1e-3, 6)])
def test_the_axis_holds_everything_and_a_decade_at_least(factor: float, decades: int) -> None:
    rows = runs_of()
    layers = layers_of_all(rows, 3, gradient_rms=lambda epoch, n: 0.5 * factor ** (3 - n))

    low, high = gradient_by_depth(page_of(rows), layers).axes[0].get_ylim()

    assert low < 0.5 * factor**2
    assert high > 0.5
    assert np.log10(high / low) == pytest.approx(decades * 1.1, rel=0.01)


def test_networks_of_different_depth_have_layer_axes_of_their_own() -> None:
    models = {"mlp(depth=2, width=64)": 2, "mlp(depth=10, width=64)": 10}
    rows = [row for model in models for row in runs_of(model=model)]
    layers = [layer for row in rows for layer in relu_like(row, models[row["model"]])]

    figure = gradient_by_depth(page_of(rows), layers_table(layers))

    assert [len(lines_of(axes)["relu"]) for axes in figure.axes] == [2, 2, 10, 10]
    assert figure.axes[0].get_xlim()[1] < 3
    assert figure.axes[2].get_xlim()[1] > 10
    assert all(0 < axes.get_xlim()[0] < 1 for axes in figure.axes)


def of_depth(exponent: dict[str, float], depth: int = 20) -> tuple[list[Row], pd.DataFrame]:
    """One run a variant, whose gradient falls by some decades a layer towards the input."""
    rows = runs_of(tuple(exponent), seeds=1)
    layers = [
        layer
        for row in rows
        for layer in relu_like(
            row,
            depth,
            gradient_rms=lambda epoch, n, fall=exponent[row["activation"]]: (
                0.1 * 10.0 ** (-fall * (depth - n))
            ),
        )
    ]
    return rows, layers_table(layers)


def test_one_vanishing_gradient_does_not_squash_the_others() -> None:
    rows, layers = of_depth(
        {"relu": 0.1, "tanh": 0.05, "elu(alpha=1.0)": 0.1, "silu": 0.0, "sigmoid": 1.4}
    )

    figure = gradient_by_depth(page_of(rows), layers)

    low, high = figure.axes[0].get_ylim()
    assert 8 <= np.log10(high / low) < 10
    hollow = [
        line
        for line in figure.axes[0].get_lines()
        if line.get_marker() == "v" and line.get_markerfacecolor() == "white"
    ]
    places = [float(x) for line in hollow for x in np.asarray(line.get_xdata())]
    assert places[0] == 1
    assert len(places) <= 6
    assert max(places) < 20
    assert "1 line to 10⁻²⁸" in words(figure)
    assert "▿ or ▵ at an edge: a median beyond it." in words(figure)


def test_one_exploding_gradient_is_cut_on_top() -> None:
    rows, layers = of_depth(
        {"relu": 0.1, "tanh": 0.05, "elu(alpha=1.0)": 0.1, "silu": 0.0, "selu": -1.0}
    )

    figure = gradient_by_depth(page_of(rows), layers)

    low, high = figure.axes[0].get_ylim()
    assert np.log10(high / low) < 10
    assert low < 0.1 * 10**-1.9
    assert "1 line to 10¹⁸" in words(figure)
    assert [line for line in figure.axes[0].get_lines() if line.get_marker() == "^"]


@pytest.mark.parametrize("fall", [0.1, 0.3])
def test_up_to_eight_decades_everything_is_shown(fall: float) -> None:
    rows, layers = of_depth({"relu": 0.0, "tanh": 0.0, "silu": 0.0, "sigmoid": fall})

    figure = gradient_by_depth(page_of(rows), layers)

    assert figure.axes[0].get_ylim()[0] < 0.1 * 10 ** (-19 * fall)
    assert "▿" not in words(figure)


def test_what_most_variants_do_is_shown_whole() -> None:
    rows, layers = of_depth({"relu": 0.9, "tanh": 0.8, "silu": 1.0, "sigmoid": 1.1})

    figure = gradient_by_depth(page_of(rows), layers)

    assert figure.axes[0].get_ylim()[0] < 1e-21
    assert "▿" not in words(figure)
