"""The figures of the report: SVG, a caption, and words for who cannot see it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from relu_bench import compare
from relu_bench.compare import Selection
from relu_bench.errors import ReluBenchError, StoreError
from relu_bench.figures import KINDS, Figures, Sheet, draw
from relu_bench.figures.canvas import rendered
from relu_bench.figures.side_by_side import each_part
from relu_bench.report.alternatives import alternative
from relu_bench.report.svg import svg_of


@dataclass(frozen=True)
class Drawing:
    """One figure.

    Attributes:
        name: as `relu-bench plot` calls its file.
        caption: what it shows, of which experiment.
        alternative: the same and its main numbers in words.
        svg: an `svg` element.
        of_layers: whether it shows the inside of the networks.
    """

    name: str
    caption: str
    alternative: str
    svg: str
    of_layers: bool


def drawings(results: Selection) -> tuple[Iterator[Drawing], tuple[str, ...]]:
    """The figures that tell something of these results, being drawn, and what is not drawn.

    Raises:
        StoreError: a file of the results is damaged.
    """
    if not len(compare.completed(results.runs)):
        return iter(()), ()
    try:
        figures = draw(results, sheet=Sheet(with_title=False))
    except StoreError:
        raise
    except ReluBenchError as error:
        return iter(()), tuple(str(error).splitlines())
    found = each_part(len(figures), lambda number: _drawing(figures, number))
    return found, figures.notices


def _drawing(figures: Figures, number: int) -> Drawing:
    name, kind, page = figures.drawings[number]
    picture = figures.picture(number)
    words = alternative(kind, page, picture)
    experiment = ", ".join(part for part in (page.experiment, page.part) if part)
    return Drawing(
        name=name,
        caption=f"{experiment}: {KINDS[kind].title}",
        alternative=words,
        svg=svg_of(rendered(picture, figures.sheet), f"figure-{number + 1}-", words),
        of_layers=bool(KINDS[kind].measure),
    )
