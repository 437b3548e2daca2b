import numpy as np
import pytest
from fake_results import Row, failed, layers_of, layers_table, relu_like, run
from inside_results import FOUR, MANY, layers_of_all, names, page_of, runs_of, words
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from test_plots_inside import laid_out, nothing_overflows

from relu_bench.plots.sparsity import sparsity


def means_of(axes: Axes) -> list[tuple[float, float]]:
    """Where the large marks of a panel stand."""
    marks = [
        drawn
        for drawn in axes.collections
        if isinstance(drawn, PathCollection) and drawn.get_sizes()[0] > 30
    ]
    return [(float(x), float(y)) for drawn in marks for x, y in np.asarray(drawn.get_offsets())]


def test_gap_and_test_score_stand_over_the_active_share_before_and_after_training() -> None:
    rows = runs_of(FOUR[:1], test=0.95)
    layers = layers_of_all(rows, sparsity=lambda epoch, number: 0.5 if epoch == 0 else 0.3)

    figure = laid_out(sparsity(page_of(rows), layers))

    assert names(figure) == ["at initialization", "after training"]
    assert [axes.get_ylabel() for axes in figure.axes] == [
        "gap (points)",
        "",
        "test accuracy (%)",
        "",
    ]
    assert [means_of(axes) for axes in figure.axes] == [
        [pytest.approx((0.5, 0.01))],
        [pytest.approx((0.7, 0.01))],
        [pytest.approx((0.5, 0.95))],
        [pytest.approx((0.7, 0.95))],
    ]
    assert "mean over the last epoch's batches as trained" in words(figure)
    assert "Dots: seeds; large marks: their means, with 95 % t intervals." in words(figure)


def test_every_variant_has_a_mark_of_its_own_however_many() -> None:
    rows = runs_of(MANY[:12], seeds=2)

    figure = laid_out(sparsity(page_of(rows), layers_of_all(rows)))

    legend = figure.subfigs[0].legends[0]
    looks = {(line.get_color(), line.get_marker()) for line in legend.get_lines()}
    assert len(looks) == 12
    assert all(len(means_of(axes)) == 12 for axes in figure.axes)


def test_runs_that_learned_nothing_are_left_out_and_named() -> None:
    rows = [
        *runs_of(FOUR[:2]),
        run(activation=FOUR[1], seed=7, outcome="at_chance", test=0.1),
        run(activation=FOUR[1], seed=8, outcome="diverged"),
        run(activation=FOUR[1], seed=9, probes=False),
        failed(activation=FOUR[1], seed=10),
    ]
    layers = layers_of_all([row for row in rows if row["seed"] < 9])

    text = words(laid_out(sparsity(page_of(rows), layers)))

    assert (
        "2 runs that were not better than the constant guess, or diverged, are left out "
        f"({FOUR[1]}: 2 of 6)."
    ) in text
    assert "1 run was stored without probes and is missing." in text
    assert "1 failed run is missing." in text


def test_a_run_far_off_is_counted_at_the_edge() -> None:
    rows = [*runs_of(FOUR, seeds=5), run(seed=9, test=0.3)]
    for position, row in enumerate(rows[:-1]):
        row["test_accuracy"] = 0.97 + 0.001 * (position % 5)

    figure = laid_out(sparsity(page_of(rows), layers_of_all(rows)))

    assert figure.axes[2].get_ylim()[0] > 0.9
    assert [text.get_text() for text in figure.axes[2].texts] == ["1 run below"]


def test_many_strips_have_four_panels_in_a_row() -> None:
    rows = [row for rate in (0.1, 0.01, 0.001) for row in runs_of(learning_rate=rate)]

    figure = laid_out(sparsity(page_of(rows), layers_of_all(rows)))

    assert len(figure.axes) == 3 * 4
    assert words(figure).count("learning_rate=0.01") == 1
    nothing_overflows(figure)


@pytest.mark.parametrize("width", [3.5, 10.0])
def test_without_any_measurement_the_figure_says_so(width: float) -> None:
    rows = runs_of(probes=False)
    bare = layers_table([layer for row in rows for layer in layers_of(row)])

    figure = laid_out(sparsity(page_of(rows), bare, width=width))

    assert "no numbers" in words(figure)
    assert "12 runs were stored without probes and are missing." in words(figure)


def test_one_seed_has_no_interval() -> None:
    rows = runs_of(seeds=1)

    text = words(laid_out(sparsity(page_of(rows), layers_of_all(rows))))

    assert "Marks: one seed." in text
    assert "interval" not in text


def test_nothing_but_runs_at_chance_can_be_drawn() -> None:
    rows: list[Row] = runs_of(outcome="at_chance", test=0.1)
    layers = layers_table([layer for row in rows for layer in relu_like(row)])

    assert "12 runs that were not better" in words(laid_out(sparsity(page_of(rows), layers)))
