"""The figures of layers of many variants or many strips: a row each."""

import pandas as pd
import pytest
from crowding import cut_off, overlapping, smallest, visible_texts
from fake_results import Row, epochs_of, failed, layers_of, layers_table, relu_like, results, run
from inside_results import (
    FOUR,
    MANY,
    layers_of_all,
    marks_of,
    names,
    page_of,
    row_names,
    runs_of,
    words,
)
from matplotlib.figure import Figure
from test_plots_inside import laid_out, nothing_overflows

from relu_bench.plots.dead_rows import share_limits
from relu_bench.plots.dead_units import dead_units
from relu_bench.plots.gradient_by_depth import gradient_by_depth
from relu_bench.plots.output_mean import output_mean
from relu_bench.plots.sparsity import sparsity
from relu_bench.plots.steadiness import steadiness
from relu_bench.plots.style import LEAST_SIZE, looks

RATES = (0.1, 0.03, 0.01, 0.003, 0.001, 0.0003, 0.0001)
NINE = MANY[:9]


def of_rates(count: int = 7, activations: tuple[str, ...] = FOUR) -> list[Row]:
    """Runs of a few variants at many learning rates."""
    return [row for rate in RATES[:count] for row in runs_of(activations, learning_rate=rate)]


def steady(rows: list[Row], width: float = 10.0, **changed: object) -> Figure:
    """The figure of steadiness of runs that reach 0.9 in epoch 3."""
    done = [row for row in rows if row["status"] == "completed"]
    kernels: Row = {
        "same_sign_fraction": lambda epoch, number: 0.2 * number if epoch == 0 else 0.1,
        "update_cosine": lambda epoch, number: 0.9 - 0.2 * epoch if epoch > 1 else None,
    }
    layers = [layer for row in done for layer in relu_like(row, **{**kernels, **changed})]
    epochs = [epoch for row in done for epoch in epochs_of(row, [0.1, 0.5, 0.8, 0.9])]
    table = results(rows, epochs, layers).layers_and_scores
    return steadiness(page_of(rows), table, width=width)


def test_many_variants_have_a_row_each_and_the_layers_a_column() -> None:
    rows = runs_of(NINE)
    layers = layers_of_all(rows, 3, gradient_rms=lambda epoch, n: 10.0 ** (-n - epoch))

    figure = laid_out(gradient_by_depth(page_of(rows), layers))

    assert names(figure) == ["dense_1", "dense_2", "dense_3"]
    assert row_names(figure.axes[0]) == list(NINE)
    for number, axes in enumerate(figure.axes, start=1):
        assert axes.get_xscale() == "log"
        assert axes.get_xlabel() == "gradient (nats)"
        assert axes.get_xlim() == figure.axes[0].get_xlim()
        assert marks_of(axes, filled=False) == pytest.approx([10.0**-number] * 9)
        assert marks_of(axes, filled=True) == pytest.approx([10.0 ** (-number - 3)] * 9)
    assert "Marks: medians over 3 seeds; bars: smallest to largest." in words(figure)
    legend = [text.get_text() for text in figure.subfigs[0].legends[0].get_texts()]
    assert legend == ["at initialization", "after training"]


def test_many_strips_are_groups_of_rows_under_their_headings() -> None:
    rows = of_rates()

    figure = laid_out(output_mean(page_of(rows), layers_of_all(rows)))

    assert len(figure.axes) == 2
    assert sorted(row_names(figure.axes[0])) == sorted(FOUR * 7)
    for rate in RATES:
        assert words(figure).count(f"learning_rate={rate:g} ") == 1
    colours = {
        line.get_color() for line in figure.axes[0].get_lines() if line.get_marker() != "None"
    }
    assert {look.colour for look in looks(sorted(FOUR)).values()} <= colours
    nothing_overflows(figure)


def test_few_strips_keep_their_curves() -> None:
    rows = of_rates(6)

    assert len(output_mean(page_of(rows), layers_of_all(rows)).axes) == 12


def test_deep_networks_show_four_layers_and_both_ends() -> None:
    rows = runs_of(NINE, seeds=1)

    figure = laid_out(output_mean(page_of(rows), layers_of_all(rows, 50)))

    assert names(figure) == ["dense_1", "dense_17", "dense_34", "dense_50"]
    assert "Of 50 hidden layers, 4 are shown, evenly spaced." in words(figure)
    assert "Marks: one seed, no bars." in words(figure)


def test_networks_of_different_depth_share_their_first_and_last_column() -> None:
    models = {f"mlp(depth={depth}, width=64)": depth for depth in (2, 3, 5, 7, 10, 20, 50)}
    rows = [row for model in models for row in runs_of(model=model)]
    layers = [
        layer
        for row in rows
        for layer in relu_like(row, models[row["model"]], out_mean=lambda epoch, n: float(n))
    ]

    figure = laid_out(output_mean(page_of(rows), layers_table(layers)))

    assert names(figure)[0::3] == ["first layer", "last layer"]
    assert marks_of(figure.axes[0], filled=True) == [1.0] * 28
    assert sorted(set(marks_of(figure.axes[3], filled=True))) == sorted(map(float, models.values()))
    assert "The networks have 2 to 50 hidden layers" in words(figure)


def test_a_layer_without_numbers_leaves_a_gap_in_its_row() -> None:
    rows = runs_of(NINE, seeds=1)
    layers = [
        layer
        for row in rows
        for layer in relu_like(
            row,
            out_mean=lambda epoch, n, lost=row["activation"] == NINE[0]: (
                None if lost and n == 2 else 0.4
            ),
        )
    ]

    figure = laid_out(output_mean(page_of(rows), layers_table(layers)))

    assert [len(marks_of(axes, filled=True)) for axes in figure.axes] == [9, 8]
    assert names(figure) == ["dense_1", "dense_2"]


def test_one_variant_far_out_does_not_squash_the_others() -> None:
    rows = runs_of(NINE, seeds=1)
    layers = [
        layer
        for row in rows
        for layer in relu_like(
            row,
            out_mean={NINE[0]: 1e6}.get(row["activation"], 0.04 * NINE.index(row["activation"])),
        )
    ]

    figure = laid_out(output_mean(page_of(rows), layers_table(layers)))

    assert figure.axes[0].get_xlim()[1] < 1
    assert [text.get_text() for text in figure.axes[0].texts] == ["1e+06"]
    assert "◂ or ▸ at an edge: off the axis, the value beside it." in words(figure)


def test_a_gradient_of_zero_is_written_at_the_edge() -> None:
    rows = runs_of(NINE, seeds=1)
    layers = [
        layer
        for row in rows
        for layer in relu_like(row, gradient_rms=0.0 if row["activation"] == NINE[0] else 0.1)
    ]

    figure = laid_out(gradient_by_depth(page_of(rows), layers_table(layers)))

    assert [text.get_text() for text in figure.axes[1].texts] == ["0"]


def test_a_diverged_run_is_shown_as_far_as_it_goes_and_a_lost_strip_says_so() -> None:
    fine = of_rates(6)
    lost = [run(activation=FOUR[0], outcome="diverged", learning_rate=rate) for rate in (7.0, 9.0)]
    layers = [layer for row in [*fine, lost[0]] for layer in relu_like(row)]

    figure = laid_out(
        output_mean(page_of([*fine, *lost]), layers_table([*layers, *layers_of(lost[1])]))
    )

    rows = row_names(figure.axes[0])
    assert rows.count(FOUR[0]) == 8
    assert (
        len(marks_of(figure.axes[0], filled=False))
        == len(marks_of(figure.axes[0], filled=True)) + 1
    )
    assert words(figure).count("no numbers") == 1
    assert "2 runs diverged" in words(figure)


def test_dead_units_before_and_after_training_with_their_fates() -> None:
    rows = runs_of(NINE, seeds=2)
    dying = {
        "inactive_fraction": lambda epoch, n: 0.1 * n * epoch,
        "dead_fraction": lambda epoch, n: 0.05 * epoch,
        "sparsity": 0.6,
        "died": lambda epoch, n: 4 if epoch else None,
        "revived": lambda epoch, n: 1 if epoch == 3 else None,
    }
    calm = {"inactive_fraction": 0.0, "dead_fraction": 0.0, "sparsity": 0.0}
    layers = [
        layer
        for row in rows
        for layer in relu_like(row, **(dying if row["activation"] in NINE[:3] else calm))
    ]

    figure = laid_out(dead_units(page_of(rows), layers_table(layers)))

    assert names(figure) == [
        "inactive dense_1",
        "inactive dense_2",
        "zeros dense_1",
        "zeros dense_2",
        "dead before → after",
    ]
    assert row_names(figure.axes[0]) == list(NINE[:3])
    assert marks_of(figure.axes[1], filled=False) == [0.0] * 3
    assert marks_of(figure.axes[1], filled=True) == pytest.approx([0.6] * 3)
    assert marks_of(figure.axes[2], filled=False) == []
    assert marks_of(figure.axes[2], filled=True) == pytest.approx([0.6] * 3)
    assert marks_of(figure.axes[4], filled=True) == pytest.approx([0.15] * 3)
    assert [text.get_text() for text in figure.axes[4].texts] == ["↓24 ↑2"] * 3
    assert "6 variants have neither inactive nor dead units nor zeros" in words(figure)


def test_few_variants_without_any_such_unit_are_named() -> None:
    rows = of_rates(3)
    layers = [
        layer
        for row in rows
        for layer in relu_like(
            row,
            **(
                {"inactive_fraction": 0.0, "dead_fraction": 0.0, "sparsity": 0.0}
                if row["activation"] == "tanh"
                else {}
            ),
        )
    ]

    figure = laid_out(dead_units(page_of(rows), layers_table(layers)))

    assert "tanh has neither inactive nor dead units nor zeros" in words(figure)
    assert "tanh" not in row_names(figure.axes[0])


def test_where_no_variant_has_any_such_unit_all_have_rows() -> None:
    rows = runs_of(NINE, seeds=1)
    none = {"inactive_fraction": 0.0, "dead_fraction": 0.0, "sparsity": 0.0}

    figure = laid_out(dead_units(page_of(rows), layers_of_all(rows, **none)))

    assert row_names(figure.axes[0]) == list(NINE)
    assert "neither" not in words(figure)
    assert figure.axes[0].get_xlim()[1] == pytest.approx(0.021)


@pytest.mark.parametrize(
    ("shares", "end"),
    [
        ([], 0.02),
        ([0.0, 0.001], 0.02),
        ([0.01, 0.02, 0.04] * 4 + [0.0] * 9, 0.04),
        ([*[0.01, 0.02, 0.04] * 4, *[0.0] * 9, 0.9], 0.04),
        ([*[0.01, 0.02, 0.04] * 4, *[0.9] * 4], 0.9),
        ([0.5, 1.0], 1.0),
    ],
)
def test_an_axis_of_shares_ends_before_few_that_are_far_out(
    shares: list[float], end: float
) -> None:
    none = float("nan")
    table = pd.DataFrame(
        [("", f"v{n}", share, none, none) for n, share in enumerate(shares)],
        columns=["strip", "level", "middle", "low", "high"],
    )

    assert share_limits(table) == pytest.approx((-0.05 * end, 1.05 * end))


def test_signs_updates_and_the_target_in_rows() -> None:
    rows = [*runs_of(NINE, val=0.9), failed(activation=NINE[0], seed=9)]

    figure = laid_out(steady(rows))

    assert names(figure) == ["same sign dense_1", "same sign dense_2", "successive updates"]
    assert marks_of(figure.axes[1], filled=False) == pytest.approx([0.4] * 9)
    assert marks_of(figure.axes[1], filled=True) == pytest.approx([0.1] * 9)
    updates = figure.axes[2]
    assert marks_of(updates, filled=False) == pytest.approx([0.5] * 9)
    assert marks_of(updates, filled=True) == pytest.approx([0.3] * 9)
    assert [text.get_text() for text in updates.texts] == ["3"] * 9 + ["target:\nepoch"]
    assert "hollow: the first two epochs, filled: the last two" in words(figure)
    assert "At the right: the median epoch" in words(figure)
    assert "1 failed run is missing." in words(figure)
    nothing_overflows(figure)


def test_without_validation_or_updates_these_columns_are_not_there() -> None:
    rows = runs_of(NINE, validation_split=0.0)

    figure = laid_out(steady(rows, update_cosine=None))

    assert names(figure) == ["same sign dense_1", "same sign dense_2"]
    assert not figure.axes[1].texts
    assert "Nothing was held out, so there is no target." in words(figure)


def test_sparsity_of_many_strips_stands_beside_gap_and_score() -> None:
    rows = [row for rate in RATES[:4] for row in runs_of(FOUR, learning_rate=rate, test=0.95)]
    layers = layers_of_all(rows, sparsity=lambda epoch, n: 0.5 if epoch == 0 else 0.3)

    figure = laid_out(sparsity(page_of(rows), layers))

    assert [axes.get_xlabel() for axes in figure.axes] == [
        "active outputs (%)",
        "gap (points)",
        "test accuracy (%)",
    ]
    active, gap, test = figure.axes
    assert marks_of(active, filled=False) == pytest.approx([0.5] * 16)
    assert marks_of(active, filled=True) == pytest.approx([0.7] * 16)
    assert marks_of(gap, filled=False) == []
    assert marks_of(gap, filled=True) == pytest.approx([0.01] * 16)
    assert marks_of(test, filled=True) == pytest.approx([0.95] * 16)
    assert "Marks: means over 3 seeds; bars: 95 % t intervals." in words(figure)
    nothing_overflows(figure)


def test_a_bad_setting_does_not_squash_the_scores_of_sparsity() -> None:
    rows = [
        row
        for number, rate in enumerate(RATES)
        for row in runs_of(
            FOUR, learning_rate=rate, test=0.3 if number == 0 else 0.95 + 0.003 * number
        )
    ]

    figure = laid_out(sparsity(page_of(rows), layers_of_all(rows)))

    assert figure.axes[2].get_xlim()[0] > 0.9
    assert [text.get_text() for text in figure.axes[2].texts] == ["30.0\u00a0%"] * 4


@pytest.mark.parametrize("figure", ["gradient", "mean", "dead", "steadiness"])
def test_rows_are_read_in_a_column_of_a_paper(figure: str) -> None:
    rows = runs_of(NINE, seeds=2, val=0.9)
    if figure == "steadiness":
        drawn = steady(rows, 3.4)
    else:
        draw = {"gradient": gradient_by_depth, "mean": output_mean, "dead": dead_units}[figure]
        drawn = draw(page_of(rows), layers_of_all(rows, died=2), width=3.4, with_title=False)
    texts = visible_texts(drawn)

    assert cut_off(drawn, texts) == []
    assert list(overlapping(texts)) == []
    assert smallest(texts) >= LEAST_SIZE
