"""Made-up runs over several axes, and the figures of them."""

import itertools
from collections.abc import Sequence
from typing import Any

from fake_results import Row, results, run
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

from relu_bench.plots import draw

RATES = (0.0001, 0.001, 0.01, 0.1)
THREE = ("relu", "elu(alpha=1.0)", "tanh")


def grid(seeds: int = 3, spread: float = 0.001, **axes: Sequence[Any]) -> list[Row]:
    """Every combination; each value is a little worse than the one before it."""
    rows = []
    for each in itertools.product(*axes.values()):
        places = [values.index(value) for values, value in zip(axes.values(), each, strict=True)]
        worse = sum(place * 0.002 * (number + 1) for number, place in enumerate(places))
        given = dict(zip(axes, each, strict=True))
        rows += [
            run(seed=seed, test=0.98 - worse + spread * seed, **given) for seed in range(seeds)
        ]
    return rows


def figures(rows: Sequence[Row], kind: str, **given: Any) -> list[Figure]:
    """All figures of one kind."""
    return [figure for _, figure in draw(results(rows), [kind], **given)]


def figure_of(rows: Sequence[Row], kind: str, **given: Any) -> Figure:
    """The only figure of one kind."""
    (figure,) = figures(rows, kind, **given)
    return figure


def unasked(rows: Sequence[Row]) -> set[str]:
    """The kinds that are drawn without being asked for."""
    return {kind for _, kind, _ in draw(results(rows)).drawings}


def overlaps(figure: Figure, texts: Sequence[Text]) -> list[tuple[str, str]]:
    """Texts that lie over each other."""
    figure.draw_without_rendering()
    boxes = [(text.get_text(), text.get_window_extent()) for text in texts if text.get_text()]
    return [
        (one, other)
        for (one, box), (other, further) in itertools.combinations(boxes, 2)
        if box.shrunk(0.98, 0.98).overlaps(further.shrunk(0.98, 0.98))
    ]


def outside(figure: Figure, axes: Axes) -> list[str]:
    """Tick labels and axis titles that are cut off by the edge of the figure."""
    figure.draw_without_rendering()
    low, high = axes.get_xlim()
    shown = [tick for tick in axes.get_xticklabels() if low <= tick.get_position()[0] <= high]
    texts = [*shown, *axes.get_yticklabels(), axes.xaxis.label, axes.yaxis.label]
    edge = figure.bbox
    return [
        text.get_text()
        for text in texts
        if text.get_text()
        and text.get_visible()
        and not (
            edge.x0 - 1 <= text.get_window_extent().x0
            and text.get_window_extent().x1 <= edge.x1 + 1
        )
    ]
