"""The comparison figure of an experiment: learning curves and test scores of every variant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from relu_bench import compare
from relu_bench.plots import words
from relu_bench.plots.content import Content, content
from relu_bench.plots.frame import Frame
from relu_bench.plots.highlighted_curves import LINES
from relu_bench.plots.learning_curves import SPLITS
from relu_bench.plots.legend import level_handles
from relu_bench.plots.many import MOST_NARROW_PANELS, NARROW, many
from relu_bench.plots.pages import Page
from relu_bench.plots.strips import side_by_side, stacked
from relu_bench.plots.style import BACKGROUND

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D
    from pandas import DataFrame

TITLE = "learning curves and test scores"
WIDTH = 10.0
# Below this width, in inches, the test scores go under the curves.
SIDE_BY_SIDE = 7.0


def comparison(
    page: Page,
    epochs: DataFrame,
    *,
    width: float = WIDTH,
    with_title: bool = True,
    where: Sequence[str] = (),
) -> Figure:
    """Draw one page.

    Args:
        page: of `pages.pages`.
        epochs: rows of epochs.csv; those of other runs are ignored.
        width: in inches; the height follows from what is drawn.
        with_title: False leaves the title to a paper's caption. The note stays: it says what the
            bands are.
        where: the conditions that narrowed the runs, for the title.

    Returns:
        A figure of its own, unknown to pyplot.
    """
    beside = width >= SIDE_BY_SIDE and not page.crowded
    shown = content(page, epochs, width / 4 if beside else max(width - 2.5, 1.0))
    panels = len(shown.levels(page.strips[0]))
    too_many = page.crowded and width < NARROW and panels > MOST_NARROW_PANELS
    if too_many:
        shown = replace(shown, splits=())
    scale = compare.scale_of(page.metric)
    subject = f"{'' if too_many else 'learning curves and '}test {scale.title}"
    title, details = words.title(page, subject, where) if with_title else ("", "")
    note = words.note(
        page, shown.scores, shown.splits, shown.score_limits, thin_lines=shown.has_thin_lines
    )
    if too_many:
        note += f" Learning curves of more than {MOST_NARROW_PANELS} variants take a wider figure."
    frame = Frame(
        note=note,
        title=title,
        details=details,
        handles=_roles(shown) if page.crowded else level_handles(page, set(shown.scores["level"])),
        legend_title="" if page.crowded else words.hue_title(page),
    )
    if page.crowded:
        return many(shown, frame, width)
    return (side_by_side if beside else stacked)(shown, frame, width)


def _roles(shown: Content) -> list[Line2D]:
    """A legend entry for each kind of line in small multiples."""
    from matplotlib.lines import Line2D

    if not shown.splits:
        return []
    colour = shown.page.look[shown.page.order[0]].colour
    lines = [
        Line2D([], [], color=colour, linestyle=LINES[split], label=SPLITS[split])
        for split in shown.splits
    ]
    others = f"{SPLITS[shown.splits[-1]]} of the others"
    return [*lines, Line2D([], [], color=BACKGROUND, label=others)]
