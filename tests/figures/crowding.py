"""What a reader of a figure would trip over: words on words, beyond the edge, or too small."""

from collections.abc import Iterator
from itertools import combinations
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from relu_bench.figures.style import styled

# Points: letters touch before their boxes do, which leave room for accents.
SLACK = 1.5

Texts = list[tuple[Text, Bbox]]


def visible_texts(figure: Figure) -> Texts:
    """Every text that is drawn, with its box in points from the lower left corner."""
    figure.dpi = 72
    canvas = FigureCanvasAgg(figure)
    with styled():
        figure.draw_without_rendering()
    renderer = canvas.get_renderer()  # type: ignore[no-untyped-call]
    hidden = set(_ticks_out_of_view(figure))
    shown = [
        text
        for text in figure.findobj(Text)
        if text.get_text().strip() and text.get_visible() and id(text) not in hidden
    ]
    points = 72 / figure.dpi
    return [(text, Bbox(text.get_window_extent(renderer).get_points() * points)) for text in shown]


def _ticks_out_of_view(figure: Figure) -> Iterator[int]:
    """The labels of ticks that an axis has in store, and does not draw."""
    for axes in figure.findobj(Axes):
        both: tuple[Any, Any] = (axes.xaxis, axes.yaxis)
        for axis in both:
            low, high = sorted(axis.get_view_interval())
            room = 1e-9 * (high - low)
            shown = axes.axison and axis.get_visible()
            for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks()):
                if not shown or not low - room <= tick.get_loc() <= high + room:
                    yield from (id(tick.label1), id(tick.label2))


def overlapping(texts: Texts) -> Iterator[tuple[str, str]]:
    """Pairs of texts whose boxes share more than a hair."""
    for (one, box), (other, beside) in combinations(texts, 2):
        shared = Bbox.intersection(box, beside)
        if shared is not None and min(shared.width, shared.height) > SLACK:
            yield one.get_text(), other.get_text()


def cut_off(figure: Figure, texts: Texts) -> list[str]:
    """Texts that reach over the edge of the figure."""
    width, height = (72 * inches for inches in figure.get_size_inches())
    return [
        text.get_text()
        for text, box in texts
        if min(box.x0, box.y0) < -SLACK or box.x1 > width + SLACK or box.y1 > height + SLACK
    ]


def smallest(texts: Texts) -> float:
    """The smallest size of letters, in points."""
    return min(float(text.get_fontsize()) for text, _ in texts)
