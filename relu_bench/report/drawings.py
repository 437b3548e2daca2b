"""The figures of the report: the files of `relu-bench plot`, and words for who cannot see them."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass

from relu_bench import compare
from relu_bench.compare import Selection
from relu_bench.errors import ReluBenchError, StoreError
from relu_bench.figures import KINDS, Figures, draw, encoded, missing_letters
from relu_bench.figures.side_by_side import each_part
from relu_bench.report.alternatives import alternative

_CSS_PIXELS_PER_INCH = 96


@dataclass(frozen=True)
class Drawing:
    """One figure.

    Attributes:
        name: as `relu-bench plot` calls its file.
        kind: of figure.
        alternative: what it shows, of which experiment, and its main numbers, in words.
        png: the file's bytes, in base64.
        width, height: on a screen, in pixels of CSS.
        of_layers: whether it shows the inside of the networks.
        further: whether `relu-bench plot` draws it only when asked to.
    """

    name: str
    kind: str
    alternative: str
    png: str
    width: int
    height: int
    of_layers: bool
    further: bool


def drawings(results: Selection) -> tuple[Iterator[Drawing], tuple[str, ...]]:
    """The figures that tell something of these results, being drawn, and what is not drawn.

    Raises:
        StoreError: a file of the results is damaged.
    """
    if not len(compare.completed(results.runs)):
        return iter(()), ()
    try:
        answering = draw(results)
    except StoreError:
        raise
    except ReluBenchError as error:
        return iter(()), tuple(str(error).splitlines())
    figures = answering.with_further()
    unasked = len(answering)
    found = each_part(len(figures), lambda number: _drawing(figures, number, number >= unasked))
    return found, (*figures.notices, *missing_letters.notices(results.runs, ["png"]))


def _drawing(figures: Figures, number: int, further: bool) -> Drawing:
    name, kind, page = figures.drawings[number]
    picture = figures.picture(number)
    figure = figures.rendered(picture)
    width, height = (round(inches * _CSS_PIXELS_PER_INCH) for inches in figure.get_size_inches())
    return Drawing(
        name=name,
        kind=kind,
        alternative=alternative(kind, page, picture),
        png=base64.b64encode(encoded(figure, "png")).decode(),
        width=width,
        height=height,
        of_layers=bool(KINDS[kind].measure),
        further=further,
    )
