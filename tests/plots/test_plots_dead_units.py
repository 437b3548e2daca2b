import pytest
from fake_results import layers_table, relu_like
from inside_results import FOUR, layers_of_all, lines_of, names, page_of, runs_of, words

from relu_bench.plots.dead_units import dead_units, share_limits
from relu_bench.plots.fates_by_variant import FATE


def test_inactive_units_stand_above_zeros_one_panel_a_layer() -> None:
    rows = runs_of()

    figure = dead_units(page_of(rows), layers_of_all(rows))

    assert names(figure) == ["dense_1", "dense_2", FATE]
    labels = [axes.get_ylabel() for axes in figure.axes]
    assert labels == ["inactive (%)", "", "", "zeros (%)", ""]
    assert lines_of(figure.axes[0])["relu"] == pytest.approx([0.0, 0.02, 0.04, 0.06])
    assert lines_of(figure.axes[4])["relu"] == pytest.approx([0.5] * 4)
    assert figure.axes[0].get_ylim() == figure.axes[1].get_ylim()
    assert figure.axes[3].get_ylim() == figure.axes[4].get_ylim()


def test_markers_are_dead_units_before_and_after_training() -> None:
    rows = runs_of(FOUR[:1])

    figure = dead_units(page_of(rows), layers_of_all(rows))

    (markers,) = [line for line in figure.axes[0].get_lines() if line.get_marker() == "o"]
    assert list(markers.get_xdata()) == [0, 3]  # type: ignore[arg-type]
    assert list(markers.get_ydata()) == pytest.approx([0.0, 0.03])  # type: ignore[arg-type]
    assert "Markers: dead units (inactive, and no learned slope" in words(figure)
    assert "counted on the whole training part" in words(figure)


def test_the_right_panel_tells_who_dies_and_who_recovers() -> None:
    rows = runs_of(FOUR[:2])
    dying = {
        "dead_fraction": lambda epoch, number: 0.1 * epoch,
        "died": lambda epoch, number: 4 * number if epoch else None,
        "revived": lambda epoch, number: number if epoch == 3 else None,
    }
    calm = {"dead_fraction": 0.0, "died": 0, "revived": 0}
    layers = [
        layer
        for row in rows
        for layer in relu_like(row, **(dying if row["activation"] == FOUR[0] else calm))
    ]

    figure = dead_units(page_of(rows), layers_table(layers))

    panel = figure.axes[2]  # at the right of both rows
    assert panel.get_xlabel() == "dead (%)"
    ends = [line.get_xdata() for line in panel.get_lines() if line.get_linestyle() == "-"]
    assert sorted([*map(list, ends)]) == [  # type: ignore[arg-type]
        pytest.approx([0.0, 0.0]),
        pytest.approx([0.0, 0.3]),
    ]
    assert sorted(text.get_text() for text in panel.texts) == ["↓0 ↑0", "↓36 ↑3"]
    assert "↓ units that fell silent and ↑ that came back" in words(figure)


def test_what_was_not_counted_is_left_out_beside_the_row() -> None:
    rows = runs_of(FOUR[:2])
    layers = [
        layer
        for row in rows
        for layer in relu_like(row, **({"died": 2} if row["activation"] == FOUR[0] else {}))
    ]

    figure = dead_units(page_of(rows), layers_table(layers))

    panel = figure.axes[2]
    assert sorted(text.get_text() for text in panel.texts) == ["", "↓16"]


def test_deep_networks_show_some_layers_and_both_ends() -> None:
    rows = runs_of()

    figure = dead_units(page_of(rows), layers_of_all(rows, 50))

    assert names(figure) == [*(f"dense_{n}" for n in (1, 13, 25, 38, 50)), FATE]
    assert "Of 50 hidden layers, 5 are shown, evenly spaced." in words(figure)


def test_nothing_makes_no_mountain() -> None:
    rows = runs_of()
    page = page_of(rows)

    figure = dead_units(page, layers_of_all(rows, inactive_fraction=0.0, dead_fraction=0.0))

    assert figure.axes[0].get_ylim()[1] == pytest.approx(0.0208)
    assert share_limits()[1] == pytest.approx(0.0208)


def test_a_band_beyond_all_units_is_cut_there() -> None:
    rows = runs_of(FOUR[:1])
    layers = [
        layer
        for row in rows
        for layer in relu_like(row, inactive_fraction=(0.0, 1.0, 1.0)[row["seed"]])
    ]

    figure = dead_units(page_of(rows), layers_table(layers))

    assert figure.axes[0].get_ylim() == pytest.approx((-0.04, 1.04))


@pytest.mark.parametrize("width", [3.4, 10.0])
def test_no_cell_of_the_grid_is_empty(width: float) -> None:
    rows = runs_of()
    figure = dead_units(page_of(rows), layers_of_all(rows), width=width)

    places = [axes.get_subplotspec() for axes in figure.axes]
    grid = places[0].get_gridspec()  # type: ignore[union-attr]
    taken = [
        (row, column)
        for place in places
        if place is not None
        for row in place.rowspan
        for column in place.colspan
    ]
    assert sorted(taken) == [(r, c) for r in range(grid.nrows) for c in range(grid.ncols)]


def test_in_a_narrow_figure_each_axis_says_what_it_shows() -> None:
    rows = runs_of()
    figure = dead_units(page_of(rows), layers_of_all(rows), width=3.4)

    assert [axes.get_xlabel() for axes in figure.axes] == ["", "", "epoch", "epoch", "dead (%)"]
