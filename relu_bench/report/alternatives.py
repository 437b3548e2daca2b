"""What a figure shows, in words: for who cannot see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from relu_bench import compare
from relu_bench.figures import KINDS
from relu_bench.wording import counted, first_of

if TYPE_CHECKING:
    from relu_bench.figures.canvas import Picture
    from relu_bench.figures.pages import Page

_MOST_NAMED = 8


def alternative(kind: str, page: Page, picture: Picture) -> str:
    """The subject of a figure, what it tells apart, and its main numbers."""
    title = KINDS[kind].title
    experiment = ", ".join(part for part in (page.experiment, page.part) if part)
    runs = compare.completed(page.runs)
    count = len(runs)
    sentences = [
        f"Figure: {title}. Experiment {experiment}, {counted(count, 'run')}.",
        _levels(page),
        picture.words,
    ]
    return " ".join(sentence for sentence in sentences if sentence)


def _levels(page: Page) -> str:
    if not any(page.order):
        return ""
    names = [name.replace("_", " ") for name in page.hue] or ["activation"]
    levels = first_of(page.order, _MOST_NAMED, between="; ")
    parts = f", in {len(page.strips)} parts by the other settings" if len(page.strips) > 1 else ""
    return f"It shows {' and '.join(names)} {levels}{parts}."
