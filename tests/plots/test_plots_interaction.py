import pytest
from fake_results import Row, results, run, runs_table
from grid_results import RATES, THREE, figure_of, figures, grid, overlaps, unasked
from inside_results import MANY, lines_of, names, words
from matplotlib.colors import to_rgba

from relu_bench.errors import ReluBenchError
from relu_bench.plots import draw
from relu_bench.plots.interaction import InteractionPage, numbers
from relu_bench.plots.pages import pages

KIND = "interaction"
INITIALIZERS = ("glorot_normal", "he_normal")


def page_of(rows: list[Row], **given: list[str]) -> InteractionPage:
    ((_, _, page),) = draw(results(rows), [KIND], **given).drawings  # type: ignore[arg-type]
    assert isinstance(page, InteractionPage)
    return page


def test_lines_join_the_means_of_each_level() -> None:
    figure = figure_of(grid(initializer=INITIALIZERS, batch_norm=(False, True)), KIND)
    (panel,) = figure.axes

    lines = lines_of(panel)
    assert lines["glorot_normal"] == pytest.approx([0.981, 0.977])
    assert lines["he_normal"] == pytest.approx([0.979, 0.975])
    assert [tick.get_text() for tick in panel.get_xticklabels()] == ["false", "true"]
    said = words(figure)
    assert "test accuracy, interaction of initializer and batch norm" in said
    assert "Marks: means over 3 seeds; bars: 95 % t intervals." in said
    assert "Parallel lines: no interaction." in said


def test_the_share_of_the_interaction_is_that_of_compare() -> None:
    rows = grid(initializer=INITIALIZERS, batch_norm=(False, True))
    crossing = [
        {**row, "test_accuracy": 0.9}
        if row["batch_norm"] and row["initializer"] == "he_normal"
        else row
        for row in rows
    ]

    parallel, crossed = page_of(rows).effect, page_of(crossing).effect

    assert parallel is not None
    assert crossed is not None
    assert parallel.share < 0.01
    assert crossed.share > 0.2
    share = f"The interaction explains {100 * crossed.share:.1f} % of the variation of the log of"
    assert share in words(figure_of(crossing, KIND))
    assert share in numbers(page_of(crossing)).replace("\u00a0", " ")


def test_initializer_and_batch_norm_are_crossed_first_and_others_are_panels() -> None:
    rows = grid(initializer=INITIALIZERS, batch_norm=(False, True), learning_rate=RATES)
    page = page_of(rows)
    figure = figure_of(rows, KIND)

    assert (page.across, page.hue) == ("batch_norm", ("initializer",))
    assert names(figure) == [f"learning_rate={rate:g}" for rate in RATES]
    assert len({panel.get_ylim() for panel in figure.axes}) == 1
    assert "Over all settings, the interaction explains" in words(figure)


def test_a_share_is_that_of_all_settings_on_whichever_page() -> None:
    rows = grid(initializer=INITIALIZERS, batch_norm=(False, True), learning_rate=RATES)
    drawings = draw(results(rows), [KIND], width=5.0).drawings

    pages_there = [page for _, _, page in drawings if isinstance(page, InteractionPage)]
    assert len(pages_there) == len(drawings) == 2
    assert pages_there[0].effect == pages_there[1].effect == page_of(rows).effect


def test_two_axes_can_be_chosen() -> None:
    rows = grid(initializer=INITIALIZERS, batch_norm=(False, True), learning_rate=RATES)
    page = page_of(rows, over=["learning_rate", "batch_norm"])

    assert page.places == ("0.0001", "0.001", "0.01", "0.1")
    assert page.order == ("false", "true")
    assert page.strips == INITIALIZERS


def test_a_variant_has_the_colour_of_the_comparison() -> None:
    rows = grid(activation=THREE, learning_rate=RATES)
    (panel,) = figure_of(rows, KIND).axes
    look = pages(runs_table(rows))[0].look

    lines = {str(line.get_label()): line for line in panel.get_lines()}
    for name in THREE:
        assert to_rgba(lines[name].get_color()) == to_rgba(look[name].colour)
        assert look[name].marker in {
            line.get_marker()
            for line in panel.get_lines()
            if to_rgba(line.get_color()) == to_rgba(look[name].colour)
        }


def test_an_axis_of_many_values_lies_along_x() -> None:
    page = page_of(grid(seeds=2, activation=MANY[:9], batch_norm=(False, True)))

    assert (page.across, page.hue) == ("activation", ("batch_norm",))


@pytest.mark.parametrize("width", [3.4, 5.0, 10.0])
def test_long_names_do_not_overlap(width: float) -> None:
    rows = grid(seeds=1, activation=MANY, batch_norm=(False, True))

    for figure in figures(rows, KIND, width=width):
        for panel in figure.axes:
            assert not overlaps(figure, panel.get_xticklabels())
            assert panel.get_window_extent().height > 60


def test_two_axes_of_many_values_are_refused() -> None:
    rates = [0.001 * 2**n for n in range(8)]
    rows = grid(seeds=1, activation=MANY[:8], learning_rate=rates)

    with pytest.raises(ReluBenchError, match="more than 7 lines cannot be told apart"):
        draw(results(rows), [KIND])


def test_one_axis_has_no_interaction() -> None:
    with pytest.raises(ReluBenchError, match="no interaction figure: it takes two axes"):
        draw(results(grid(activation=THREE)), [KIND])


def test_it_is_drawn_unasked_where_axes_interact() -> None:
    rows = grid(activation=THREE, learning_rate=RATES)
    interacting = [
        {**row, "test_accuracy": 0.9}
        if row["activation"] == "tanh" and row["learning_rate"] == 0.1
        else row
        for row in rows
    ]

    assert KIND in unasked(interacting)
    assert KIND in unasked(grid(initializer=INITIALIZERS, batch_norm=(False, True)))
    assert KIND not in unasked(grid(activation=THREE))


def test_diverged_runs_are_marked() -> None:
    rows = grid(initializer=INITIALIZERS, batch_norm=(False, True))
    rows[0] = run(initializer="glorot_normal", batch_norm=False, seed=0, outcome="diverged")
    figure = figure_of(rows, KIND)

    assert "x" in {line.get_marker() for line in figure.axes[0].get_lines()}
    assert "×: with diverged runs, which count as the constant guess" in words(figure)


def test_several_models_have_lines_but_no_share() -> None:
    rows = grid(activation=THREE, model=("mlp(depth=2)", "mlp(depth=4)"))

    assert page_of(rows).effect is None
    assert "explains" not in words(figure_of(rows, KIND))
