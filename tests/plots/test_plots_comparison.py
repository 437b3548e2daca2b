import itertools

import matplotlib.text
import pytest
from crowding import cut_off, overlapping, visible_texts
from fake_results import Row, epochs_table, failed, rising, run, runs_table
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from relu_bench.plots.comparison import comparison
from relu_bench.plots.pages import pages
from relu_bench.plots.style import MOST_LOOKS

FOUR = ["relu", "leaky_relu(negative_slope=0.01)", "prelu(initial=0.25)", "elu(alpha=1.0)"]
MANY = [f"elu(alpha={n / 10})" for n in range(MOST_LOOKS + 2)]


def grid(seeds: int = 3, **axes: list[object]) -> list[Row]:
    values = itertools.product(*axes.values())
    return [
        run(seed=seed, test=0.97 + 0.001 * seed + 0.0003 * n, **dict(zip(axes, each, strict=True)))
        for n, each in enumerate(values)
        for seed in range(seeds)
    ]


def draw(rows: list[Row], **given: object) -> Figure:
    epochs = [row for each in rows if each["status"] == "completed" for row in rising(each)]
    (page,) = pages(runs_table(rows))
    return comparison(page, epochs_table(epochs), **given)  # type: ignore[arg-type]


def panels(figure: Figure, word: str) -> list[Axes]:
    return [axes for axes in figure.axes if word in axes.get_xlabel() + axes.get_ylabel()]


def words(figure: Figure) -> str:
    found = [text.get_text() for text in figure.findobj(matplotlib.text.Text)]
    return " ".join(found).replace("\u00a0", " ").replace("\n", " ")


def legend(figure: Figure) -> list[str]:
    return [
        text.get_text()
        for part in figure.subfigs
        for legend in part.legends
        for text in legend.get_texts()
    ]


def test_three_panels_side_by_side_for_one_axis() -> None:
    figure = draw(grid(activation=FOUR))

    assert [axes.get_ylabel() for axes in figure.axes] == [
        "training accuracy (%)",
        "validation accuracy (%)",
        "",
    ]
    assert figure.axes[2].get_xlabel() == "test accuracy (%)"
    assert figure.axes[0].get_ylim() == figure.axes[1].get_ylim()
    assert figure.get_figwidth() == 10
    assert sorted(legend(figure)) == sorted(FOUR)


def test_a_variant_has_one_colour_in_all_panels() -> None:
    figure = draw(grid(activation=FOUR))
    training, validation, test = figure.axes

    colours = {line.get_label(): line.get_color() for line in training.get_lines()}
    assert {line.get_label(): line.get_color() for line in validation.get_lines()} == colours
    means = [line for line in test.get_lines() if line.get_markeredgecolor() == "white"]
    labels = [label.get_text().replace("\n", "") for label in test.get_yticklabels()]
    assert dict(zip(labels, (mean.get_color() for mean in means), strict=True)) == colours
    assert len(set(colours.values())) == 4


def test_the_note_says_what_bands_and_intervals_are() -> None:
    text = words(draw(grid(activation=FOUR)))

    assert "Lines: means over 3 seeds; bands: ± 1 sd." in text
    assert "The training mean of an epoch stands at its middle, validation at its end." in text
    assert "Dots: seeds; below them their mean with its 95 % t interval." in text
    assert "Rows are in the order of mean validation accuracy." in text


def test_one_seed_has_neither_and_the_note_says_so() -> None:
    text = words(draw(grid(seeds=1, activation=FOUR)))

    assert "One seed: no bands, no intervals." in text
    assert "± 1 sd" not in text


def test_different_numbers_of_seeds_are_said() -> None:
    text = words(draw([*grid(activation=FOUR), run(activation="tanh")]))

    assert "means over 1 to 3 seeds" in text
    assert "Where there is one seed, there is no band and no interval." in text


def test_marks_are_explained_where_they_occur() -> None:
    rows = grid(activation=FOUR)
    assert "×" not in words(draw(rows))

    bad = [run(seed=7, outcome="diverged"), run(seed=8, outcome="at_chance", test=0.1)]
    text = words(draw([*rows, *bad]))

    assert "×: diverged, counts as the constant guess (11.35 %)." in text
    assert "○: not better than the constant guess." in text
    assert "Thin lines: single runs, in place of a band where some learned" in text
    assert "2 runs below" in text


def test_failed_runs_are_said_and_a_variant_without_a_run_is_not_in_the_legend() -> None:
    figure = draw([*grid(activation=FOUR[:2]), failed(activation="tanh"), failed(seed=5)])

    assert "2 failed runs are missing (all of tanh)." in words(figure)
    assert "tanh" not in legend(figure)


def test_the_title_names_experiment_settings_and_conditions() -> None:
    text = words(draw(grid(activation=FOUR), where=("seed=0", "seed=1")))

    assert "variants: learning curves and test accuracy" in text
    assert (
        "mnist, mlp(hidden=[128, 64]), glorot_uniform, learning_rate=0.001, adam; "
        "only seed=0, seed=1"
    ) in text


def test_without_a_title_the_note_stays() -> None:
    with_title, without = (draw(grid(activation=FOUR), with_title=shown) for shown in (True, False))

    assert "learning curves and test" not in words(without)
    assert "bands: ± 1 sd" in words(without)
    assert without.get_figheight() < with_title.get_figheight()


def test_two_axes_are_strips_that_share_their_axes() -> None:
    figure = draw(grid(activation=FOUR, learning_rate=[0.1, 0.01, 0.001]))

    assert len(figure.axes) == 9
    headings = [axes.get_title(loc="left") for axes in figure.axes[::3]]
    assert headings == ["learning_rate=0.001", "learning_rate=0.01", "learning_rate=0.1"]
    assert len({axes.get_xlim() for axes in figure.axes[2::3]}) == 1
    assert len({axes.get_ylim() for axes in [*figure.axes[::3], *figure.axes[1::3]]}) == 1
    assert [axes.get_xlabel() for axes in figure.axes[2::3]] == ["", "", "test accuracy (%)"]
    assert {"training", "validation", "test"} <= set(words(figure).split())


def test_a_lone_axis_of_bare_values_is_named_in_the_legend() -> None:
    figure = draw(grid(learning_rate=[0.1, 0.01]))

    assert legend(figure) == ["0.01", "0.1"]
    assert figure.subfigs[0].legends[0].get_title().get_text() == "learning rate"


def test_more_variants_than_colours_are_small_multiples() -> None:
    figure = draw(grid(activation=MANY))

    curves, test = figure.axes
    titles = [text.get_text() for text in curves.texts]
    assert set(MANY) <= set(titles)
    assert curves.get_ylabel() == "accuracy (%)"
    assert len(test.get_yticklabels()) == len(MANY)
    assert legend(figure) == ["training", "validation", "validation of the others"]
    assert "epoch (0, off the axis: 10.0 %)" in words(figure)


def test_a_narrow_figure_has_the_scores_under_the_curves() -> None:
    rows = grid(activation=FOUR)
    narrow, wide = draw(rows, width=3.5), draw(rows, width=10.0)

    assert narrow.get_figwidth() == 3.5
    assert narrow.get_figheight() > wide.get_figheight()
    assert [axes.get_ylabel() for axes in narrow.axes] == ["accuracy (%)", "", ""]


@pytest.mark.parametrize("count", [4, len(MANY)])
def test_without_validation_there_is_no_such_panel(count: int) -> None:
    figure = draw(grid(activation=MANY[:count], validation_split=[0.0]))

    assert "validation" not in words(figure)
    assert "in the order of mean test accuracy" in words(figure)


@pytest.mark.parametrize(
    ("count", "width"),
    [(1, 5.0), (4, 3.0), (4, 7.0), (4, 10.0), (len(MANY), 3.0), (len(MANY), 20.0)],
)
def test_every_label_lies_on_the_figure(count: int, width: float) -> None:
    """Constrained layout warns, and so fails here, where it finds no room."""
    rows = grid(activation=MANY[:count], initializer=["random_normal(mean=0.0, stddev=0.05)"])
    figure = draw(rows, width=width)
    figure.canvas.draw()

    for axes in figure.axes:
        for label in (*axes.get_yticklabels(), *axes.texts):
            box = label.get_window_extent()
            if label.get_text() and label.get_visible():
                assert box.x0 >= -1
                assert box.x1 <= figure.bbox.width + 1


def test_a_store_without_epochs_still_has_its_scores() -> None:
    (page,) = pages(runs_table(grid(activation=FOUR)))

    figure = comparison(page, epochs_table([]))

    assert len(figure.axes) == 1
    assert figure.axes[0].get_xlabel() == "test accuracy (%)"


def test_a_narrow_figure_leaves_the_curves_of_many_variants_out_and_says_so() -> None:
    rows = grid(activation=[f"elu(alpha={n / 10})" for n in range(13)])
    narrow, wide = draw(rows, width=3.4), draw(rows, width=10.0)

    assert len(narrow.axes) == 1
    assert legend(narrow) == []
    assert "variants: test accuracy" in words(narrow)
    assert "Learning curves of more than 12 variants take a wider figure." in words(narrow)
    assert "Lines: means" not in words(narrow)
    assert len(wide.axes) == 2
    assert "take a wider figure" not in words(wide)


@pytest.mark.parametrize("width", [3.0, 3.4, 5.0])
def test_small_panels_are_readable_in_a_narrow_figure(width: float) -> None:
    names = ["relu", "gelu(approximate=false)", "prelu(initial=0.25)", "silu", "mish", "selu"]
    figure = draw(grid(activation=[*names, "elu(alpha=1.0)", "tanh", "sigmoid"]), width=width)

    texts = visible_texts(figure)
    assert len(figure.axes) == 2
    assert not list(overlapping(texts))
    assert not cut_off(figure, texts)


def test_few_variants_fill_a_wide_figure() -> None:
    curves, _ = draw(grid(activation=MANY), width=20.0).axes

    assert curves.get_xlim()[1] > len(MANY) - 0.2
