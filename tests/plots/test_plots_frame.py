import pytest
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from relu_bench.plots.frame import Frame, framed
from relu_bench.plots.style import styled


def drawn(labels: list[str], width: float, legend_title: str) -> Figure:
    handles = [Line2D([], [], marker="o", label=label) for label in labels]
    frame = Frame("A note.", "A title", "details", handles, legend_title)
    with styled():
        figure, body = framed(frame, width, 2.0)
        body.add_subplot()
        figure.draw_without_rendering()
    return figure


@pytest.mark.parametrize("legend_title", ["", "learning rate"])
@pytest.mark.parametrize(
    ("labels", "width"),
    [
        (["one"], 10.0),
        ([f"variant {n}" for n in range(9)], 1.8),
        ([f"a long name of a variant, number {n} of them" for n in range(9)], 10.0),
        ([f"a name as long as the figure is wide, which is little: {n}" for n in range(4)], 3.4),
    ],
)
def test_a_legend_stands_right_below_the_title(
    labels: list[str], width: float, legend_title: str
) -> None:
    figure = drawn(labels, width, legend_title)

    head = figure.subfigs[0]
    (legend,) = head.legends
    points = 72 / figure.dpi
    lowest = min(text.get_window_extent().y0 for text in head.texts) * points
    top = legend.get_window_extent().y1 * points
    assert 0 <= lowest - top < 10
    assert legend.get_window_extent().y0 >= head.bbox.y0
