import numpy as np
import pytest
from crowding import cut_off, overlapping, smallest, visible_texts
from fake_results import failed, results, run, runs_table
from grid_results import RATES, THREE, figure_of, figures, grid, outside, overlaps, unasked
from inside_results import MANY, names, words
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from relu_bench.compare.views import group_scores
from relu_bench.errors import ReluBenchError
from relu_bench.plots import draw
from relu_bench.plots.crossed import CrossedPage
from relu_bench.plots.heatmap import Shades, shades_of
from relu_bench.plots.heatmaps import numbers
from relu_bench.plots.style import LEAST_SIZE

KIND = "heatmap"


def panels(figure: Figure) -> list[Axes]:
    """Those with cells: the last one is the colour bar."""
    return [axes for axes in figure.axes if axes.texts]


def mesh(panel: Axes) -> QuadMesh:
    """The coloured cells of a panel."""
    (found,) = (each for each in panel.collections if isinstance(each, QuadMesh))
    return found


def cells(panel: Axes) -> dict[tuple[str, str], str]:
    """The text of each cell by the names of its row and column."""
    rows = [label.get_text().replace("\n", "") for label in panel.get_yticklabels()]
    columns = [label.get_text().replace("\n", "") for label in panel.get_xticklabels()]
    return {
        (
            rows[round(text.get_position()[1])],
            columns[round(text.get_position()[0])],
        ): text.get_text()
        for text in panel.texts
    }


def test_the_mean_stands_in_each_cell() -> None:
    figure = figure_of(grid(activation=THREE, learning_rate=RATES), KIND)
    (panel,) = panels(figure)

    found = cells(panel)
    assert len(found) == 12
    assert found["relu", "0.0001"] == "98.10"
    assert found["tanh", "0.1"] == "96.50"
    assert "Cells: means over 3 seeds." in words(figure)
    assert figure.axes[-1].get_ylabel() == "mean (%)"


def test_cells_tell_how_many_runs_learned_where_not_all_did() -> None:
    rows = grid(activation=THREE, learning_rate=RATES)
    rows[0] = run(activation="relu", learning_rate=0.0001, seed=0, outcome="diverged")
    figure = figure_of(rows, KIND)

    found = cells(panels(figure)[0])
    assert found["relu", "0.0001"].endswith("\n2/3")
    assert sum("/" in text for text in found.values()) == 1
    assert "Diverged runs count as the constant guess (11.35 %)." in words(figure)


def test_one_bad_cell_takes_no_shade_from_the_others() -> None:
    rows = grid(activation=THREE, learning_rate=RATES)
    for row in rows:
        if row["learning_rate"] == 0.1 and row["activation"] == "relu":
            row["test_accuracy"] = 0.11
    figure = figure_of(rows, KIND)

    shades = shades_of(group_scores(runs_table(rows), ["activation", "learning_rate"]), "accuracy")
    assert shades.limits[0] > 0.95
    assert (shades.cut, shades.extend) == (True, "min")
    assert "Black: worse than the colour bar shows, below its end." in words(figure)


def test_where_lower_is_better_the_bad_end_is_the_upper_one() -> None:
    rows = [
        {**row, "metric": "rmse", "test_rmse": 1.0 + 0.01 * row["seed"] + row["learning_rate"]}
        for row in grid(activation=THREE, learning_rate=RATES)
    ]
    rows[-1]["test_rmse"] = 60.0
    groups = group_scores(runs_table(rows), ["activation", "learning_rate"])
    shades = shades_of(groups, "rmse")

    assert (shades.cut, shades.extend) == (True, "max")
    assert _luminance(shades, shades.limits[0]) > _luminance(shades, shades.limits[1])
    assert _luminance(shades, 60.0) < _luminance(shades, shades.limits[1])


def _luminance(shades: Shades, value: float) -> float:
    red, green, blue, _ = shades.map(float(shades.norm(value)))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_the_lighter_the_better_evenly() -> None:
    shades = shades_of(
        group_scores(runs_table(grid(activation=THREE, learning_rate=RATES)), ["activation"]),
        "accuracy",
    )
    values = np.linspace(*shades.limits, 50)

    assert all(np.diff([_luminance(shades, value) for value in values]) > 0)
    assert shades.map(0.5) == colormaps["viridis"](0.5)


def test_letters_can_be_read_on_every_shade() -> None:
    figure = figure_of(grid(activation=MANY[:7], learning_rate=RATES), KIND)
    (panel,) = panels(figure)
    image = mesh(panel)

    colours = set()
    for text in panel.texts:
        column, row = (round(place) for place in text.get_position())
        ground = image.cmap(image.norm(image.get_array()[row, column]))  # type: ignore[index]
        light = [_linear(part) for part in ground[:3]]
        luminance = 0.2126 * light[0] + 0.7152 * light[1] + 0.0722 * light[2]
        ink = _linear(to_rgb(text.get_color())[0])
        ends = sorted((luminance + 0.05, ink + 0.05))
        assert ends[1] / ends[0] >= 4.5
        colours.add(text.get_color())
    assert colours == {"white", "black"}


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4


def test_equal_cells_have_a_colour_bar_too() -> None:
    rows = grid(spread=0.0, activation=THREE, learning_rate=RATES)
    for row in rows:
        row["test_accuracy"] = 0.9

    (panel,) = panels(figure_of(rows, KIND))
    assert set(cells(panel).values()) == {"90.00"}


def test_a_missing_combination_stays_empty() -> None:
    rows = grid(activation=THREE, learning_rate=RATES)[3:]
    rows.append(failed(activation="relu", learning_rate=0.0001))
    figure = figure_of(rows, KIND)

    assert len(cells(panels(figure)[0])) == 11
    assert "Empty: no run. 1 failed run is missing." in words(figure)


def test_the_widest_grid_is_drawn_with_numbers_along_x_and_the_others_as_panels() -> None:
    rows = grid(seeds=1, activation=THREE, learning_rate=RATES, batch_norm=(False, True))
    drawings = draw(results(rows), [KIND]).drawings
    figure = figure_of(rows, KIND)

    ((name, _, page),) = drawings
    assert isinstance(page, CrossedPage)
    assert (page.across, page.down) == ("learning_rate", "activation")
    assert name == "variants-heatmap-learning_rate-activation"
    assert names(figure) == ["batch_norm=false", "batch_norm=true"]
    first, second = panels(figure)
    assert mesh(first).norm.vmin == mesh(second).norm.vmin


def test_two_axes_can_be_chosen() -> None:
    rows = grid(seeds=1, activation=THREE, learning_rate=RATES, batch_norm=(False, True))
    ((name, _, page),) = draw(results(rows), [KIND], over=["activation", "batch_norm"]).drawings

    assert isinstance(page, CrossedPage)
    assert page.places == ("elu(alpha=1.0)", "relu", "tanh")
    assert page.order == ("false", "true")
    assert len(page.strips) == 4
    assert name == "variants-heatmap-activation-batch_norm"


def test_axes_that_are_none_are_refused() -> None:
    found = results(grid(activation=THREE, learning_rate=RATES))

    with pytest.raises(ReluBenchError, match="'rate' is no axis"):
        draw(found, [KIND], over=["rate", "activation"])
    with pytest.raises(ReluBenchError, match="--axes a,b says what --kind heatmap or --kind inter"):
        draw(found, ["comparison"], over=["a", "b"])
    with pytest.raises(ReluBenchError, match="ask for one too"):
        draw(found, over=["learning_rate", "activation"])


def test_one_axis_has_no_heatmap() -> None:
    with pytest.raises(ReluBenchError, match="no heatmap figure: it takes two axes"):
        draw(results(grid(activation=THREE)), [KIND])


def test_it_is_drawn_unasked_from_six_cells_on() -> None:
    assert KIND in unasked(grid(activation=THREE, learning_rate=RATES[:2]))
    assert KIND not in unasked(grid(activation=THREE[:2], learning_rate=RATES[:2]))
    assert KIND not in unasked(grid(activation=MANY))


def test_initializers_of_their_own_join_the_levels() -> None:
    rows = [
        run(activation=name, initializer=own, learning_rate=rate, seed=seed)
        for name, owns in (("relu", ("he_normal", "he_uniform")), ("selu", ("lecun_normal",)))
        for own in owns
        for rate in RATES
        for seed in (0, 1)
    ]
    ((_, _, page),) = draw(results(rows), [KIND], over=["learning_rate", "activation"]).drawings

    assert page.hue == ("activation", "initializer")
    assert page.order == ("relu, he_normal", "relu, he_uniform", "selu, lecun_normal")
    assert page.strips == ("",)


def test_an_axis_that_follows_from_another_is_no_panel() -> None:
    rows = [
        run(activation=name, initializer=own, learning_rate=rate)
        for name, own in (("relu", "he_normal"), ("selu", "lecun_normal"))
        for rate in RATES
    ]
    ((_, _, page),) = draw(results(rows), [KIND], over=["learning_rate", "activation"]).drawings

    assert (page.hue, page.strips) == (("activation",), ("",))


def test_data_sets_have_pages_of_their_own() -> None:
    rows = [
        {**row, "dataset": data, "run_id": f"{data}{n}"}
        for data in ("mnist", "digits")
        for n, row in enumerate(grid(seeds=1, activation=THREE, learning_rate=RATES))
    ]

    found = [name for name, _, _ in draw(results(rows), [KIND]).drawings]
    assert found == [
        "variants-heatmap-learning_rate-activation-digits",
        "variants-heatmap-learning_rate-activation-mnist",
    ]


@pytest.mark.parametrize("width", [3.4, 5.0, 10.0])
def test_many_rows_and_columns_fit(width: float) -> None:
    rates = [round(0.001 * 1.5**n, 6) for n in range(15)]
    rows = grid(seeds=1, activation=MANY, learning_rate=rates)

    for figure in figures(rows, KIND, width=width):
        (panel,) = panels(figure)
        assert not overlaps(figure, panel.texts)
        assert not overlaps(figure, panel.get_yticklabels())
        assert not outside(figure, panel)


def test_the_ends_are_told_in_words() -> None:
    rows = grid(activation=THREE, learning_rate=RATES)
    ((_, _, page),) = draw(results(rows), [KIND]).drawings

    assert isinstance(page, CrossedPage)
    assert numbers(page).replace("\u00a0", " ") == (
        "Mean test accuracy by activation and learning rate: lowest 96.50 % (tanh, "
        "learning_rate=0.1), highest 98.10 % (relu, learning_rate=0.0001)."
    )


def test_names_of_places_that_are_wider_than_their_cells_stand_upright() -> None:
    models = tuple(f"mlp(depth={depth}, width=64)" for depth in (3, 10, 20, 40))
    narrow = figure_of(
        grid(model=models, activation=THREE), KIND, width=3.4, over=("model", "activation")
    )
    wide = figure_of(grid(model=models, activation=THREE), KIND, over=("model", "activation"))

    for figure, turned in ((narrow, 90.0), (wide, 0.0)):
        (panel,) = panels(figure)
        texts = visible_texts(figure)
        assert {label.get_rotation() for label in panel.get_xticklabels()} == {turned}
        assert list(overlapping(texts)) == []
        assert cut_off(figure, texts) == []
        assert smallest(texts) >= LEAST_SIZE
