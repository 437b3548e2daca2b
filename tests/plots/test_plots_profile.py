import numpy as np
import pytest
from fake_results import Row, failed, results, run, runs_table
from inside_results import FOUR, MANY, names, words
from matplotlib.figure import Figure
from matplotlib.text import Text
from test_plots_inside import laid_out, nothing_overflows

from relu_bench.compare import scale_of
from relu_bench.errors import ReluBenchError
from relu_bench.plots import draw
from relu_bench.plots.distance_axis import place_of
from relu_bench.plots.pooled import by_variant
from relu_bench.plots.profile import numbers, profile, tells
from relu_bench.plots.style import styled
from relu_bench.plots.wanted import Wanted

RATES = (0.1, 0.01)


def grid(activations: tuple[str, ...] = FOUR, seeds: int = 4) -> list[Row]:
    """Later activations are worse at the high learning rate."""
    return [
        run(
            activation=name,
            learning_rate=rate,
            seed=seed,
            test=0.97 - 0.001 * seed - (0.02 * place if rate == 0.1 else 0.0),
            val=0.96 - 0.01 * place,
        )
        for place, name in enumerate(activations)
        for rate in RATES
        for seed in range(seeds)
    ]


def figure_of(rows: list[Row], width: float = 10.0) -> Figure:
    (page,) = by_variant(runs_table(rows), Wanted(width))
    with styled():
        figure = laid_out(profile(page, width=width))
    nothing_overflows(figure)
    return figure


def test_all_settings_of_a_variant_are_one_line_with_its_band() -> None:
    figure = figure_of(grid())

    (axes,) = figure.axes
    lines = {str(line.get_label()): line for line in axes.get_lines()}
    assert [name for name in lines if not name.startswith("_")] == list(FOUR)
    assert len(axes.collections) == 4
    worst = np.asarray(lines[FOUR[3]].get_xydata())[1:-1]
    place = float(place_of(runs_table(grid()[:1])["test_accuracy"], scale_of("accuracy"))[0])
    assert worst[np.isclose(worst[:, 0], place)][:, 1].tolist() == [0.125]  # 1 of its 8 runs
    text = words(figure)
    assert "8 runs each, over 2 settings." in text
    assert "Bands: pointwise 95 % intervals, percentile bootstrap over the seeds" in text
    assert "test accuracy (%), error on a log scale" in text
    assert axes.get_ylabel() == "share of runs (%)"


def test_the_axis_is_spaced_by_the_error_and_says_the_accuracy() -> None:
    axes = figure_of(grid()).axes[0]

    places = axes.get_xticks()
    shown = [float(label.get_text()) for label in axes.get_xticklabels()]
    assert places == pytest.approx([-np.log10(1 - value / 100) for value in shown])
    assert len(shown) >= 4
    assert shown == sorted(shown)


def test_where_low_is_good_it_lies_at_the_right() -> None:
    rows = [
        {**row, "metric": "rmse", "test_rmse": 1 - row["test_accuracy"], "guess_test_rmse": 1.2}
        for row in grid()
    ]

    figure = figure_of(rows)

    shown = [float(label.get_text()) for label in figure.axes[0].get_xticklabels()]
    assert shown == sorted(shown, reverse=True)
    assert "test RMSE (rating), log scale, better to the right" in words(figure)
    assert "RMSE is at most the value" in words(figure)


def test_a_metric_without_a_best_has_an_even_axis() -> None:
    rows = [
        {**row, "metric": "auc", "test_auc": row["test_accuracy"], "guess_test_auc": 0.5}
        for row in grid()
    ]

    figure = figure_of(rows)

    assert "test AUC" in [text.get_text() for text in figure.findobj(Text)]
    assert figure.axes[0].get_xlim()[1] < 1.0


def test_one_bad_run_is_off_the_axis_and_counted() -> None:
    rows = [*grid(FOUR[:2]), run(activation=FOUR[0], learning_rate=0.1, seed=9, test=0.1)]
    rows = [{**row, "test_accuracy": max(row["test_accuracy"], 0.965)} for row in rows[:-1]] + rows[
        -1:
    ]

    axes = figure_of(rows).axes[0]

    assert [text.get_text() for text in axes.texts] == ["← 1 run"]


def test_perfect_scores_have_a_place() -> None:
    rows = [{**row, "test_accuracy": 1.0 - 0.01 * row["seed"]} for row in grid()]

    axes = figure_of(rows).axes[0]

    assert axes.get_xlim()[1] >= 5.0


def test_many_variants_have_panels_of_their_own() -> None:
    figure = figure_of(grid(MANY[:9], seeds=2))

    assert names(figure) == list(MANY[:9])
    assert all(len(axes.get_lines()) == 9 for axes in figure.axes)


@pytest.mark.parametrize("width", [3.4, 5.0])
def test_a_narrow_figure_fits(width: float) -> None:
    assert figure_of(grid(), width).get_figheight() < 6


def test_one_seed_has_no_bands() -> None:
    figure = figure_of(grid(seeds=1))

    assert "One seed: no bands." in words(figure)
    assert not figure.axes[0].collections


def test_what_is_left_out_or_counted_otherwise_is_said() -> None:
    rows = [
        *grid(FOUR[:2]),
        run(activation=FOUR[0], learning_rate=1.0),
        run(activation=FOUR[0], learning_rate=0.1, seed=7, outcome="diverged"),
        failed(activation=FOUR[1], learning_rate=0.1, seed=7),
    ]

    text = words(figure_of(rows))

    assert "8 to 9 runs each, over 2 settings." in text
    assert "1 run is left out, at settings that not every variant has." in text
    assert "1 diverged run counts as the constant guess." in text
    assert "1 failed run is missing." in text


def test_variants_without_a_common_setting_are_shown_over_their_own() -> None:
    rows = [
        run(activation=name, initializer=initializer, learning_rate=rate, seed=seed)
        for name, initializer, rate in (
            ("relu", "he_normal", 0.1),
            ("relu", "he_normal", 0.2),
            ("selu", "lecun_normal", 0.3),
            ("selu", "lecun_normal", 0.4),
        )
        for seed in (0, 1)
    ]
    pages = by_variant(runs_table(rows), Wanted())

    assert all(page.strips == ("",) for page in pages)


def test_data_sets_and_models_are_never_pooled() -> None:
    rows = [
        {**row, "model": model}
        for model in ("mlp(hidden=[8])", "mlp(hidden=[16])")
        for row in grid(FOUR[:2])
    ]

    pages = by_variant(runs_table(rows), Wanted())

    assert [page.part for page in pages] == ["mlp(hidden=[8])", "mlp(hidden=[16])"]


def test_one_variant_is_refused() -> None:
    with pytest.raises(ReluBenchError, match="no two variants"):
        by_variant(runs_table([run(seed=0), run(seed=1)]), Wanted())


def test_it_is_drawn_unasked_where_settings_are_pooled_and_variants_differ() -> None:
    lone = [row for row in grid() if row["learning_rate"] == 0.1]
    alike = [{**row, "test_accuracy": 0.97} for row in grid()]

    assert tells(runs_table(grid()))
    assert not tells(runs_table(lone))
    assert not tells(runs_table(alike))
    assert not tells(runs_table([run()]))
    assert "profile" in [kind for _, kind, _ in draw(results(grid())).drawings]


def test_medians_in_words() -> None:
    (page,) = by_variant(runs_table(grid()), Wanted())

    assert numbers(page).replace("\u00a0", " ") == (
        "Test accuracy that half of the runs reach: best of relu 96.85 %, last of tanh 93.85 %."
    )
