"""Legend entries: the variants of a page, and a line of a given look."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from relu_bench.plots.pages import Page
from relu_bench.plots.style import Look

if TYPE_CHECKING:
    from matplotlib.lines import Line2D


def level_handles(page: Page, there: Collection[str]) -> list[Line2D]:
    """An entry for each level that is drawn, which no reader needs when the page has only one."""
    if len(page.order) == 1:
        return []
    return [handle(level, page.look[level]) for level in page.order if level in there]


def handle(label: str, look: Look, *, marked: bool = True, lined: bool = True) -> Line2D:
    """An entry that shows a look's colour, and its line or marker or both."""
    from matplotlib.lines import Line2D

    marker = look.marker if marked else ""
    line = look.line if lined else "none"
    return Line2D(
        [], [], color=look.colour, linestyle=line, marker=marker, markersize=5, label=label
    )
