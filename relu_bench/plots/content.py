"""The numbers of a page, and the ends of the axes that all its panels share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from relu_bench import compare
from relu_bench.plots.learning_curves import SPLITS, learning_curves, mixed_levels
from relu_bench.plots.limits import Limits, curve_limits, score_limits
from relu_bench.plots.pages import Page
from relu_bench.plots.scores_by_variant import LABEL_WIDTH, scores_by_variant

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame

# Inches.
_WORDS = 0.75


@dataclass(frozen=True, eq=False)
class Content:
    """What the panels of a page draw.

    Attributes:
        page: the page.
        scores: of `compare.final_scores`, by strip and level.
        single: of `compare.run_curves`, by strip and level.
        curves: of `compare.curves`, by strip and level.
        splits: those that have curves, training first.
        score_limits: of the axis of test scores.
        curve_limits: of the axis of the curves.
    """

    page: Page
    scores: DataFrame
    single: DataFrame
    curves: DataFrame
    splits: tuple[str, ...]
    score_limits: Limits
    curve_limits: Limits

    def levels(self, strip: str) -> list[str]:
        """The levels that have a score in a strip, top down."""
        there = set(self.scores.loc[self.scores["strip"] == strip, "level"])
        return [level for level in self.page.order if level in there]

    @property
    def has_thin_lines(self) -> bool:
        """Whether some curves are drawn run by run."""
        strips = self.single.groupby("strip")
        return bool(self.splits) and any(
            mixed_levels(rows, self.curve_limits) for _, rows in strips
        )

    def draw_curves(self, strip: str, split: str, panel: Axes) -> None:
        """Draw one split of one strip; an empty place where nothing was held out."""
        curves, single = (
            table[(table["strip"] == strip) & (table["split"] == split)]
            for table in (self.curves, self.single)
        )
        if not len(curves):
            panel.set_axis_off()
            return
        learning_curves(
            panel,
            curves,
            single=single,
            metric=self.page.metric,
            look=self.page.look,
            limits=self.curve_limits,
        )

    def draw_scores(self, strip: str, panel: Axes, label_width: int = LABEL_WIDTH) -> None:
        """Draw the test scores of one strip, names broken at `label_width` characters."""
        scores_by_variant(
            panel,
            self.scores[self.scores["strip"] == strip],
            metric=self.page.metric,
            look=self.page.look,
            order=self.levels(strip),
            limits=self.score_limits,
            label_width=label_width,
        )


def content(page: Page, epochs: DataFrame, score_width: float) -> Content:
    """Compute what a page shows.

    Args:
        page: of `pages.pages`.
        epochs: rows of epochs.csv; those of other runs are ignored.
        score_width: about how wide a panel of scores will be, in inches.
    """
    by: Sequence[str] = ("strip", "level")
    scores = compare.final_scores(page.runs, by)
    single = compare.run_curves(page.runs, epochs, by)
    curves = compare.curves(single, by)
    scale = compare.scale_of(page.metric)
    return Content(
        page=page,
        scores=scores,
        single=single,
        curves=curves,
        splits=tuple(split for split in SPLITS if (curves["split"] == split).any()),
        score_limits=score_limits(scores, scale, room=_room_for_words(score_width)),
        curve_limits=curve_limits(single, scale) if len(single) else (0.0, 1.0),
    )


def _room_for_words(width: float) -> float:
    """Room for `10 runs below`, as a share of what else the axis shows."""
    share = min(_WORDS / width, 0.5)
    return share / (1 - share)
