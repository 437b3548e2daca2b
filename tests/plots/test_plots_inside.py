"""What holds of every figure of layers, whatever it shows."""

import warnings
from collections.abc import Callable

import pytest
from fake_results import Row, failed, layers_of, layers_table, relu_like, run
from hypothesis import given, settings
from hypothesis import strategies as st
from inside_results import FOUR, MANY, SLOPES, layers_of_all, page_of, runs_of, words
from matplotlib.figure import Figure

from relu_bench.plots.dead_units import dead_units
from relu_bench.plots.gradient_by_depth import gradient_by_depth
from relu_bench.plots.inside import evenly
from relu_bench.plots.learned_slopes import learned_slopes
from relu_bench.plots.output_mean import output_mean
from relu_bench.plots.style import looks, styled

FIGURES: list[Callable[..., Figure]] = [dead_units, gradient_by_depth, learned_slopes, output_mean]
each_figure = pytest.mark.parametrize("figure", FIGURES)


def laid_out(figure: Figure) -> Figure:
    """Lay a figure out, which warns, and so fails, where there is no room."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with styled():
            figure.draw_without_rendering()
    return figure


def nothing_overflows(figure: Figure) -> None:
    boxes = [axes.get_tightbbox() for axes in figure.axes]
    boxes += [text.get_window_extent() for axes in figure.axes for text in axes.texts]
    for box in boxes:
        assert box is not None
        assert box.x0 >= -1
        assert box.x1 <= figure.bbox.width + 1
        assert box.y1 <= figure.bbox.height + 1


@each_figure
@pytest.mark.parametrize(
    ("count", "depth", "width"),
    [(1, 1, 10.0), (1, 50, 3.5), (4, 2, 3.5), (4, 50, 10.0), (25, 1, 3.5), (25, 50, 10.0)],
)
def test_any_number_of_variants_and_layers_fits(
    figure: Callable[..., Figure], count: int, depth: int, width: float
) -> None:
    rows = runs_of(MANY[:count], seeds=2 if count < 25 else 1, epochs=1)
    layers = layers_of_all(rows, depth, **SLOPES)

    drawn = laid_out(figure(page_of(rows), layers, width=width))

    assert drawn.get_figwidth() == width
    assert drawn.get_figheight() < 45
    nothing_overflows(drawn)


@each_figure
@pytest.mark.parametrize("rates", [[0.1, 0.01], [0.1, 0.01, 0.001, 0.0001]])
def test_each_strip_has_its_heading(figure: Callable[..., Figure], rates: list[float]) -> None:
    rows = [row for rate in rates for row in runs_of(learning_rate=rate)]
    drawn = laid_out(figure(page_of(rows), layers_of_all(rows, **SLOPES)))

    for rate in rates:
        assert words(drawn).count(f"learning_rate={rate:g}") == 1
    nothing_overflows(drawn)


@each_figure
@pytest.mark.parametrize("activations", [FOUR, MANY[:9]], ids=["4", "9"])
def test_without_any_measurement_the_figure_says_so(
    figure: Callable[..., Figure], activations: tuple[str, ...]
) -> None:
    rows = runs_of(activations, probes=False)
    bare = layers_table([layer for row in rows for layer in layers_of(row)])

    text = words(laid_out(figure(page_of(rows), bare)))

    assert "no numbers" in text
    assert f"{len(rows)} runs were stored without probes and are missing." in text


@each_figure
@pytest.mark.parametrize("activations", [FOUR, MANY[:9]], ids=["4", "9"])
def test_diverged_failed_and_unprobed_runs_are_named(
    figure: Callable[..., Figure], activations: tuple[str, ...]
) -> None:
    name = activations[1]
    rows = [
        *runs_of(activations),
        run(activation=name, seed=7, outcome="diverged"),
        run(activation=name, seed=8, probes=False),
        failed(activation=name, seed=9),
    ]
    probed = [row for row in rows if row["seed"] not in (8, 9)]

    text = words(laid_out(figure(page_of(rows), layers_of_all(probed, **SLOPES))))

    assert f"1 run diverged ({name}: 1 of 5): shown as far as the numbers are finite" in text
    assert "1 run was stored without probes and is missing." in text
    assert "1 failed run is missing" in text
    assert "3 to 4 seeds" in text


@each_figure
def test_a_strip_whose_runs_all_diverged_at_once_stays_and_says_so(
    figure: Callable[..., Figure],
) -> None:
    fine = runs_of(learning_rate=0.01)
    lost = [run(activation=name, outcome="diverged", learning_rate=9.0) for name in FOUR]
    bare = [layer for row in lost for layer in layers_of(row)]
    layers = [layer for row in fine for layer in relu_like(row, **SLOPES)]

    text = words(laid_out(figure(page_of([*fine, *lost]), layers_table([*layers, *bare]))))

    assert "learning_rate=9" in text
    assert "no numbers" in text
    assert "4 runs diverged (" in text
    assert "1 of 1" in text


@each_figure
def test_one_seed_has_no_band_over_seeds(figure: Callable[..., Figure]) -> None:
    rows = runs_of(seeds=1)

    text = words(figure(page_of(rows), layers_of_all(rows, **SLOPES)))

    assert "One seed: no bands." in text or "the units and 1 seed;" in text


@each_figure
def test_colours_are_those_of_the_page(figure: Callable[..., Figure]) -> None:
    rows = runs_of()
    page = page_of(rows)

    drawn = figure(page, layers_of_all(rows, **SLOPES))

    assert page.look == looks(sorted(FOUR))
    for axes in drawn.axes:
        found = {line.get_label(): line.get_color() for line in axes.get_lines()}
        for level, look in page.look.items():
            assert found[level] == look.colour


@each_figure
def test_the_title_can_be_left_to_a_caption(figure: Callable[..., Figure]) -> None:
    rows = runs_of()
    layers = layers_of_all(rows, **SLOPES)

    with_title = words(figure(page_of(rows), layers, where=("seed=0",)))
    without = words(figure(page_of(rows), layers, with_title=False))

    assert "variants: " in with_title
    assert "only seed=0" in with_title
    assert "variants: " not in without
    assert "3 seeds" in without


@each_figure
def test_a_variant_without_probes_is_not_in_the_legend(figure: Callable[..., Figure]) -> None:
    rows = runs_of(FOUR[:3])
    layers = layers_of_all(rows[:6], **SLOPES)

    drawn = figure(page_of(rows), layers)

    legend = [text.get_text() for text in drawn.subfigs[0].legends[0].get_texts()]
    assert sorted(legend) == sorted(FOUR[:2])


@given(
    shares=st.lists(st.none() | st.floats(0, 1), min_size=4, max_size=4),
    gradients=st.lists(st.none() | st.floats(0, 1e30), min_size=4, max_size=4),
    means=st.lists(st.none() | st.floats(-1e30, 1e30), min_size=4, max_size=4),
)
@settings(max_examples=6)
def test_any_numbers_can_be_drawn(
    shares: list[float | None], gradients: list[float | None], means: list[float | None]
) -> None:
    measures: Row = {
        "inactive_fraction": lambda epoch, number: shares[epoch],
        "dead_fraction": lambda epoch, number: shares[epoch],
        "sparsity": lambda epoch, number: shares[-1 - epoch],
        "gradient_rms": lambda epoch, number: gradients[epoch],
        "out_mean": lambda epoch, number: means[epoch],
        "slope_mean": lambda epoch, number: means[epoch],
        "slope_min": lambda epoch, number: means[epoch],
        "slope_max": lambda epoch, number: means[epoch],
    }
    rows = runs_of(FOUR[:2], seeds=2)
    layers = layers_table([layer for row in rows for layer in layers_of(row, **measures)])

    for figure in FIGURES:
        laid_out(figure(page_of(rows), layers))


@given(count=st.integers(0, 60), most=st.integers(1, 12))
def test_names_evenly_spaced_are_few_in_order_and_hold_both_ends(count: int, most: int) -> None:
    names = [str(number) for number in range(count)]

    kept = evenly(names, most)

    assert kept == sorted(set(kept), key=int)
    assert len(kept) == min(count, most)
    if count > most > 1:
        assert (kept[0], kept[-1]) == (names[0], names[-1])
