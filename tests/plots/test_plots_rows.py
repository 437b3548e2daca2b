"""Rows in place of small multiples: where they stand, and what their marks are."""

import pandas as pd
import pytest
from crowding import cut_off, overlapping, smallest, visible_texts
from fake_results import failed, run
from hypothesis import given
from hypothesis import strategies as st
from inside_results import MANY, layers_of_all, marks_of, page_of, row_names, runs_of
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from numpy.testing import assert_allclose
from test_plots_inside import laid_out, nothing_overflows

from relu_bench.plots.frame import Frame
from relu_bench.plots.from_to import from_to, holding_bars, is_beyond, moment_handles
from relu_bench.plots.gradient_by_depth import gradient_by_depth
from relu_bench.plots.inside import AT_END, AT_START, evenly
from relu_bench.plots.layer_columns import layer_columns
from relu_bench.plots.row_figure import Column, row_figure
from relu_bench.plots.row_places import placed, places
from relu_bench.plots.style import LEAST_SIZE, Look

LOOK = {"a": Look("#0072B2", "-", "o"), "b": Look("#000000", "-", "D")}


def chains(**depths: list[str]) -> pd.DataFrame:
    """The layers of networks, by level."""
    rows = [
        ("", level, name, number)
        for level, names in depths.items()
        for number, name in enumerate(names, start=1)
    ]
    return pd.DataFrame(rows, columns=["strip", "level", "layer", "depth"])


def columns_of(chosen: pd.DataFrame, level: str) -> dict[str, int]:
    rows = chosen[chosen["level"] == level]
    return dict(zip(rows["layer"], rows["column"], strict=True))


def test_networks_of_the_same_layers_have_columns_of_these() -> None:
    names = ["conv2d_1", "conv2d_2", "dense_1"]

    titles, chosen = layer_columns(chains(a=names, b=names), 4)

    assert titles == names
    assert (
        columns_of(chosen, "a")
        == columns_of(chosen, "b")
        == dict(zip(names, range(3), strict=True))
    )


def test_a_layer_without_numbers_leaves_its_column_to_the_others() -> None:
    table = chains(a=["x", "y", "z"], b=["x", "y", "z"])
    table = table[(table["level"] != "b") | (table["layer"] != "y")]

    titles, chosen = layer_columns(table, 4)

    assert titles == ["x", "y", "z"]
    assert columns_of(chosen, "b") == {"x": 0, "z": 2}


def test_other_networks_stand_first_and_last_layer_in_the_same_columns() -> None:
    deep = [f"dense_{number}" for number in range(1, 11)]

    titles, chosen = layer_columns(chains(a=deep[:2], b=deep, c=deep[:1], d=deep[:3]), 4)

    assert titles == ["first layer", "at 1/3 of the depth", "at 2/3 of the depth", "last layer"]
    assert columns_of(chosen, "a") == {"dense_1": 0, "dense_2": 3}
    assert columns_of(chosen, "b") == {"dense_1": 0, "dense_4": 1, "dense_7": 2, "dense_10": 3}
    assert columns_of(chosen, "c") == {"dense_1": 0}
    assert columns_of(chosen, "d")["dense_3"] == 3


def test_as_many_layers_of_other_names_are_other_networks() -> None:
    titles, _ = layer_columns(chains(a=["dense_1", "dense_2"], b=["conv2d_1", "dense_1"]), 4)

    assert titles == ["first layer", "last layer"]


def test_without_layers_there_are_no_columns() -> None:
    titles, chosen = layer_columns(chains(), 4)

    assert titles == []
    assert not len(chosen)


@given(depths=st.lists(st.integers(1, 60), min_size=1, max_size=4), most=st.integers(1, 5))
def test_each_column_shows_one_layer_of_a_network_at_most(depths: list[int], most: int) -> None:
    named = {f"v{n}": [f"dense_{i}" for i in range(1, of + 1)] for n, of in enumerate(depths)}

    titles, chosen = layer_columns(chains(**named), most)

    assert len(titles) == min(most, max(depths))
    assert not chosen.duplicated(["level", "column"]).any()
    assert chosen["column"].between(0, len(titles) - 1).all()
    for level, layers in named.items():
        shown = columns_of(chosen, level)
        assert set(evenly(layers, most)) == set(shown)


def table_of(*rows: tuple[str, str, float, float, float, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["level", "moment", "y", "middle", "low", "high"])


def axes_of(
    table: pd.DataFrame, limits: tuple[float, float] = (0.0, 1.0), scale: str = "linear"
) -> Axes:
    axes = Figure().add_subplot()
    axes.set_xscale(scale)
    return from_to(axes, table, look=LOOK, limits=limits, shown=lambda value: f"{value:g}")


def test_hollow_before_and_filled_after_training_joined_by_a_line() -> None:
    none = float("nan")
    axes = axes_of(
        table_of(
            ("a", AT_START, 0.1, 0.2, none, none),
            ("a", AT_END, 0.1, 0.6, 0.5, 0.7),
            ("b", AT_END, 0.3, 0.4, none, none),
        )
    )

    assert marks_of(axes, filled=False) == [0.2]
    assert marks_of(axes, filled=True) == [0.6, 0.4]
    bars, joins = (each for each in axes.collections if isinstance(each, LineCollection))
    assert_allclose(bars.get_segments(), [[[0.5, 0.1], [0.7, 0.1]]])
    assert_allclose(joins.get_segments(), [[[0.2, 0.1], [0.6, 0.1]]])
    assert not axes.texts


def test_marks_of_one_look_are_drawn_in_one_go() -> None:
    rows = [
        ("a", moment, 0.1 * n, 0.5, 0.4, 0.6) for n in range(30) for moment in (AT_START, AT_END)
    ]

    axes = axes_of(table_of(*rows))

    assert len(axes.get_lines()) == 2
    assert len(axes.collections) == 3


def test_what_leaves_the_axis_is_an_arrow_with_its_values() -> None:
    none = float("nan")
    axes = axes_of(
        table_of(
            ("a", AT_START, 0.1, 7.0, none, none),
            ("a", AT_END, 0.1, 9.0, none, none),
            ("b", AT_START, 0.3, -2.0, none, none),
            ("b", AT_END, 0.3, 0.1, none, none),
        )
    )

    assert [text.get_text() for text in axes.texts] == ["-2", "7 → 9"]
    arrows = {
        str(line.get_marker()): line for line in axes.get_lines() if line.get_marker() in "<>"
    }
    assert arrows[">"].get_markerfacecolor() == LOOK["a"].colour
    assert arrows["<"].get_markerfacecolor() == "white"
    assert axes.texts[0].xy[0] == 0.1  # beside the mark that stands near the edge
    assert axes.texts[1].xy[0] == 1.0
    assert marks_of(axes, filled=True) == [0.1]


def test_zero_stands_at_the_edge_of_a_logarithmic_axis() -> None:
    none = float("nan")

    axes = axes_of(table_of(("a", AT_END, 0.1, 0.0, none, none)), (1e-3, 1.0), "log")

    assert [text.get_text() for text in axes.texts] == ["0"]
    assert axes.get_xlim() == (1e-3, 1.0)


def test_an_axis_grows_for_bars_by_a_quarter_at_most() -> None:
    near = table_of(("a", AT_END, 0.1, 0.5, -0.1, 1.1))
    far = table_of(("a", AT_END, 0.1, 0.5, -9.0, 9.0))
    beyond = table_of(("a", AT_END, 0.1, 5.0, 4.0, 6.0))

    assert holding_bars(near, (0.0, 1.0)) == (-0.1, 1.1)
    assert holding_bars(far, (0.0, 1.0)) == (-0.25, 1.25)
    assert holding_bars(beyond, (0.0, 1.0)) == (0.0, 1.0)
    assert is_beyond(beyond, (0.0, 1.0))
    assert not is_beyond(near, (0.0, 1.0))


def test_the_legend_says_what_hollow_marks_are() -> None:
    before, after = moment_handles()

    assert (before.get_label(), before.get_markerfacecolor()) == (AT_START, "white")
    assert (after.get_label(), after.get_markerfacecolor()) == (AT_END, "black")


def test_rows_stand_under_the_headings_of_their_strips() -> None:
    rows = [
        *runs_of(("relu", "tanh"), learning_rate=0.1),
        *runs_of(("relu",), learning_rate=0.01),
        failed(activation="tanh", learning_rate=0.01),
    ]
    page = page_of(rows)
    every = [(strip, level) for strip in page.strips for level in ("relu", "tanh")]

    found = places(page, every, 10.0)

    assert set(found.rows) == {
        *((page.strips[1], name) for name in ("relu", "tanh")),
        (page.strips[0], "relu"),
    }
    assert [lines for lines, _, _ in found.headings] == list(page.strips)
    tops = [top for _, top, _ in found.headings]
    assert tops[0] < found.rows[page.strips[0], "relu"] < tops[1]
    assert found.height > max(found.rows.values())
    assert not found.blank
    assert list(
        placed(pd.DataFrame({"strip": page.strips, "level": ["tanh"] * 2}), found)["y"]
    ) == [found.rows[page.strips[1], "tanh"]]


def test_long_names_take_several_lines_and_more_room() -> None:
    names = ("relu", "threshold(default_value=0.0, threshold=1.0)")
    page = page_of(runs_of(names))

    wide, narrow = (places(page, [("", name) for name in names], width) for width in (10.0, 3.4))

    assert wide.height < narrow.height
    assert narrow.label_characters <= 20
    assert "\n" in narrow.names["", names[1]]


def test_columns_that_do_not_fit_stand_below_and_are_named_again() -> None:
    page = page_of(runs_of(MANY[:9]))
    found = places(page, [("", name) for name in MANY[:9]], 3.4)
    columns = [Column(f"c{n}", "share (%)", lambda axes: axes.set_xlim(0, 1)) for n in range(5)]

    narrow = laid_out(row_figure(found, columns, Frame("A note."), 3.4, ""))
    wide = laid_out(row_figure(found, columns, Frame("A note."), 10.0, ""))

    assert [bool(row_names(axes)) for axes in wide.axes] == [True, False, False, False, False]
    assert [bool(row_names(axes)) for axes in narrow.axes] == [True, False, False, True, False]
    assert wide.axes[0].get_ylim() == (found.height, 0.0)
    nothing_overflows(narrow)


@pytest.mark.parametrize("width", [3.4, 10.0])
@pytest.mark.parametrize("seeds", [1, 3])
def test_thirty_one_rows_are_read(width: float, seeds: int) -> None:
    names = tuple(f"prelu(initial={n / 100})" for n in range(31))
    rows = runs_of(names, seeds=seeds)
    layers = layers_of_all(rows, 6, gradient_rms=lambda epoch, n: 10.0 ** (-n - epoch))

    figure = gradient_by_depth(page_of(rows), layers, width=width, with_title=width > 5)
    texts = visible_texts(figure)

    assert cut_off(figure, texts) == []
    assert list(overlapping(texts)) == []
    assert smallest(texts) >= LEAST_SIZE
    assert figure.get_figheight() < 11
    assert len(row_names(figure.axes[0])) == 31
    assert len(figure.axes) == (4 if width > 5 else 2)


def test_a_row_of_a_run_that_diverged_at_once_says_so() -> None:
    rows = [*runs_of(MANY[:9], seeds=1), run(activation=MANY[9], outcome="diverged")]

    figure = laid_out(gradient_by_depth(page_of(rows), layers_of_all(rows[:9])))

    assert len(row_names(figure.axes[0])) == 9
    assert "no numbers" not in [text.get_text() for text in figure.axes[0].texts]
