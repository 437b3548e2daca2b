"""Axes without tick artists draw and measure what matplotlib's axes do."""

import contextlib
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.projections import get_projection_class, register_projection

from relu_bench.plots.drawn_once import pixels
from relu_bench.plots.style import show_powers, styled


def as_they_are(axes: Axes) -> None:
    pass


def logarithmic(axes: Axes) -> None:
    axes.set_yscale("log")
    show_powers(axes.yaxis)


def symlog(axes: Axes) -> None:
    axes.set_yscale("symlog")


def unlabelled(axes: Axes) -> None:
    axes.set_yscale("log")
    axes.tick_params(labelleft=False, which="both")
    axes.tick_params(labelbottom=False)
    axes.set_ylabel("")


def rows_of_names(axes: Axes) -> None:
    axes.set_ylim(2.45, -0.55)
    axes.set_yticks(range(3), ["one", "two\nlines", "a much longer name"])
    axes.tick_params(axis="y", which="both", length=0)
    axes.grid(visible=False, axis="y")
    axes.set_yticks([0.5, 1.5], minor=True)
    axes.grid(visible=True, axis="y", which="minor")


def a_grid_of_its_own(axes: Axes) -> None:
    axes.set_xticks([0.25, 0.75], minor=True)
    axes.grid(visible=True, axis="x", which="minor", color="#00ff00", linewidth=1.5)


def no_ticks(axes: Axes) -> None:
    axes.set_yticks([])


def reversed_and_empty(axes: Axes) -> None:
    axes.set_xlim(1, 0)
    axes.set_xlabel("")


def at_the_right(axes: Axes) -> None:
    axes.tick_params(labelright=True, right=True)


def inwards(axes: Axes) -> None:
    axes.tick_params(direction="in", which="both")


def turned(axes: Axes) -> None:
    axes.tick_params(axis="x", labelrotation=40)


def with_an_offset(axes: Axes) -> None:
    axes.set_ylim(1e9, 1e9 + 3)


def with_a_moved_spine(axes: Axes) -> None:
    axes.spines["bottom"].set_position(("outward", 9))


def with_a_placed_label(axes: Axes) -> None:
    axes.xaxis.set_label_coords(0.9, -0.4)


def with_a_changed_label(axes: Axes) -> None:
    axes.get_xticklabels()[1].set_color("red")


def hidden(axes: Axes) -> None:
    axes.xaxis.set_visible(False)


def without_spines(axes: Axes) -> None:
    for spine in axes.spines.values():
        spine.set_visible(False)


PLAIN = [
    as_they_are,
    logarithmic,
    symlog,
    unlabelled,
    rows_of_names,
    a_grid_of_its_own,
    no_ticks,
    reversed_and_empty,
    hidden,
    without_spines,
]
OTHERS = [
    at_the_right,
    inwards,
    turned,
    with_an_offset,
    with_a_moved_spine,
    with_a_placed_label,
    with_a_changed_label,
]


def figure(change: Callable[[Axes], None]) -> Figure:
    made = Figure(figsize=(4, 3), layout="constrained")
    for axes in made.subplots(2, 2).flat:
        axes.plot([0, 1], [0.1, 2000])
        axes.set_title("a title")
        axes.set_xlabel("across")
        axes.set_ylabel("a label")
        change(axes)
    return made


@contextlib.contextmanager
def of_matplotlib() -> Iterator[None]:
    ours = get_projection_class("rectilinear")
    register_projection(Axes)
    try:
        yield
    finally:
        register_projection(ours)


def boxes(made: Figure, *, for_layout_only: bool) -> list[float]:
    renderer = FigureCanvasAgg(made).get_renderer()  # type: ignore[no-untyped-call]
    found = [axes.get_tightbbox(renderer, for_layout_only=for_layout_only) for axes in made.axes]
    return [number for box in found if box is not None for number in box.extents]


def tick_artists(made: Figure) -> int:
    both = [axis for axes in made.axes for axis in (axes.xaxis, axes.yaxis)]
    return sum(len(axis.majorTicks) + len(axis.minorTicks) for axis in both)


@pytest.mark.parametrize("change", [*PLAIN, *OTHERS])
def test_they_look_and_measure_as_those_of_matplotlib(change: Callable[[Axes], None]) -> None:
    with styled():
        ours = figure(change)
        with of_matplotlib():
            theirs = figure(change)
        assert type(theirs.axes[0]) is Axes is not type(ours.axes[0])
        assert np.array_equal(pixels(ours, 150), pixels(theirs, 150))
        for alone in (False, True):
            assert boxes(ours, for_layout_only=alone) == pytest.approx(
                boxes(theirs, for_layout_only=alone), abs=1e-6
            )


@pytest.mark.parametrize("change", PLAIN)
def test_no_tick_artist_is_made(change: Callable[[Axes], None]) -> None:
    with styled():
        made = figure(change)
        pixels(made, 100)
        made.findobj(Axes)
        assert tick_artists(made) == 0


@pytest.mark.parametrize("change", OTHERS)
def test_what_is_out_of_the_ordinary_is_left_to_matplotlib(change: Callable[[Axes], None]) -> None:
    with styled():
        made = figure(change)
        pixels(made, 100)
        assert tick_artists(made) > 0


def test_ticks_are_there_for_who_asks_and_look_as_when_the_axes_were_made() -> None:
    with styled():
        axes = figure(rows_of_names).axes[0]
    labels = axes.get_yticklabels()

    assert [label.get_text() for label in labels] == ["one", "two\nlines", "a much longer name"]
    assert {label.get_fontsize() for label in labels} == {8.0}


def test_a_title_may_be_given_outside_our_style() -> None:
    with styled():
        axes = figure(as_they_are).axes[0]
    axes.set_title("which looks for ticks above the axes")
    pixels(axes.figure, 100)  # type: ignore[arg-type]

    assert axes.xaxis.get_ticks_position() == "bottom"
    assert axes.yaxis.get_ticks_position() == "left"


def test_ticks_outside_the_limits_move_these() -> None:
    with styled():
        axes = Figure().subplots()
        axes.set_xlim(0, 1)
        axes.set_xticks([0, 5], ["none", "all"])

    assert axes.get_xlim() == (0, 5)
    assert [label.get_text() for label in axes.get_xticklabels()] == ["none", "all"]


def test_too_few_names_are_refused_as_ever() -> None:
    with styled():
        axes = Figure().subplots()
        with pytest.raises(ValueError, match="labels"):
            axes.set_xticks([0, 1], ["one"])


def test_other_figures_keep_the_axes_of_matplotlib() -> None:
    with styled(), styled():
        assert type(Figure().subplots()) is not Axes
    assert type(Figure().subplots()) is Axes

    with contextlib.suppress(ZeroDivisionError), styled():
        raise ZeroDivisionError
    assert type(Figure().subplots()) is Axes
