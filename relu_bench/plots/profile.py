"""The empirical distribution of all scores of a variant: a performance profile."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from relu_bench import compare, stats
from relu_bench.compare import Scale
from relu_bench.compare.views import Shared, profiles_differ, score_profiles, shared_settings
from relu_bench.errors import ReluBenchError
from relu_bench.plots import words
from relu_bench.plots.comparison import SIDE_BY_SIDE, WIDTH
from relu_bench.plots.distance_axis import axis_label, place_of, show_distances
from relu_bench.plots.frame import Frame
from relu_bench.plots.grid import Cell, in_rows, panel_grid
from relu_bench.plots.inside import PANEL_WIDTH
from relu_bench.plots.legend import level_handles
from relu_bench.plots.limits import Limits, outside, with_margin
from relu_bench.plots.pages import Page
from relu_bench.plots.pooled import by_variant, pooled_axes, pooling_in_words
from relu_bench.plots.share_curves import (
    bands_in_words,
    grey_curves,
    share_axis,
    share_curves,
)
from relu_bench.plots.style import QUIET, SMALL, Look, number
from relu_bench.plots.wanted import Wanted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from pandas import DataFrame

TITLE = "distribution of scores over all settings"
# In inches.
_HEIGHT = 3.4
_NARROW_HEIGHT = 2.8
_SMALL_HEIGHT = 1.3
_TICK = 0.55

_ONE = (Cell("", "share", ""),)


@dataclass(frozen=True, eq=False)
class _Shown:
    """What one page draws."""

    page: Page

    @cached_property
    def shared(self) -> Shared:
        return shared_settings(self.page.runs, "level", pooled_axes(self.page))

    @cached_property
    def profiles(self) -> DataFrame:
        """Of `score_profiles`, with the place on the axis (`x`) and the name of the `line`."""
        table = score_profiles(self.shared.runs, "level")
        return table.assign(x=place_of(table["score"], self.scale), line=table["level"])

    @property
    def scale(self) -> Scale:
        return compare.scale_of(self.page.metric)

    @cached_property
    def places(self) -> DataFrame:
        """Where each run stands on the axis: level, x."""
        scores = compare.score(self.shared.runs, "test")
        return self.shared.runs[["level"]].assign(x=place_of(scores, self.scale))

    @cached_property
    def limits(self) -> Limits:
        """As far as the runs go, but for a few bad ones."""
        return with_margin(*stats.robust_range(self.places["x"], ["low"]))

    @property
    def look(self) -> Mapping[str, Look]:
        there = set(self.shared.runs["level"].unique())
        return {level: self.page.look[level] for level in self.page.order if level in there}


def profile(
    page: Page,
    *,
    width: float = WIDTH,
    with_title: bool = True,
    where: Sequence[str] = (),
) -> Figure:
    """Draw one page: the share of a variant's runs that reach each score.

    Args:
        page: of `pooled.by_variant`.
        width: in inches; the height follows.
        with_title: False leaves the title to a paper's caption.
        where: the conditions that narrowed the runs, for the title.
    """
    shown = _Shown(page)
    subject = f"distribution of test {shown.scale.title} over all runs"
    title, details = words.title(page, subject, where) if with_title else ("", "")
    frame = Frame(
        note=" ".join(_note(shown)),
        title=title,
        details=details,
        handles=[] if page.crowded else level_handles(page, shown.look),
        legend_title="" if page.crowded else words.hue_title(page),
    )
    columns = max(2, int(width / PANEL_WIDTH)) if page.crowded else 1
    cells = [Cell("", "share", level) for level in shown.look] if page.crowded else _ONE

    def draw(axes: Axes, cell: Cell) -> Axes:
        return _panel(shown, axes, cell.panel, int(width / columns / _TICK))

    height, across = _height(page, width), axis_label(shown.scale)
    return panel_grid(in_rows(cells, columns), draw, frame, width, across, row_height=height)


def tells(runs: DataFrame) -> bool:
    """Variants were run at several settings, and their distributions differ.

    They differ where the shares of runs that reach some score are 10 percentage points apart.
    """
    try:
        found = [_Shown(page) for page in by_variant(runs, Wanted())]
    except ReluBenchError:
        return False
    return any(
        shown.shared.settings > 1 and profiles_differ(shown.profiles, "level") for shown in found
    )


def numbers(page: Page) -> str:
    """What half of the runs of the best and of the worst variant reach, for who sees no figure."""
    shown = _Shown(page)
    scores = compare.score(shown.shared.runs, "test")
    medians = scores.groupby(shown.shared.runs["level"]).median()
    medians = medians.sort_values(ascending=not shown.scale.higher_is_better, kind="stable")
    ends = [(str(medians.index[at]), float(medians.iloc[at])) for at in (0, -1)]
    said = [f"of {level} {number(value, shown.scale)}" for level, value in ends]
    return f"Test {shown.scale.title} that half of the runs reach: best {said[0]}, last {said[1]}."


def _panel(shown: _Shown, axes: Axes, level: str, most_ticks: int) -> Axes:
    """Draw one level before the others in grey, or all where no level is given."""
    table, look = shown.profiles, shown.look
    if level:
        grey_curves(axes, table[table["line"] != level], "pre")
        look = {level: look[level]}
    share_curves(axes, table, look, "pre")
    share_axis(axes)
    show_distances(axes, shown.limits, shown.scale, most_ticks)
    own = shown.places[shown.places["level"].isin(list(look))]
    below = outside(own["x"], shown.limits)[0]
    if below:  # in the corner where, with these runs missing, the curves leave most room
        runs = "1 run" if below == 1 else f"{below} runs"
        axes.annotate(
            f"← {runs}",
            xy=(0, 0),
            xycoords="axes fraction",
            xytext=(3, 4),
            textcoords="offset points",
            fontsize=SMALL - 0.5,
            color=QUIET,
        )
    return axes


def _height(page: Page, width: float) -> float:
    if page.crowded:
        return _SMALL_HEIGHT
    return _HEIGHT if width >= SIDE_BY_SIDE else _NARROW_HEIGHT


def _note(shown: _Shown) -> Iterator[str]:
    runs, scale = shown.shared.runs, shown.scale
    sizes = runs.groupby("level").size()
    each = f"{sizes.min()}" if sizes.min() == sizes.max() else f"{sizes.min()} to {sizes.max()}"
    better = "at least" if scale.higher_is_better else "at most"
    settings = f", over {shown.shared.settings} settings" if shown.shared.settings > 1 else ""
    yield (
        f"Lines: share of a variant's runs whose test {scale.title} is {better} the value below, "
        f"{each} runs each{settings}."
    )
    yield bands_in_words(int(runs.groupby("level")["seed"].nunique().max()))
    yield from pooling_in_words(shown.shared)
    diverged = int((runs["outcome"] == "diverged").sum())
    if diverged:
        those = "1 diverged run counts" if diverged == 1 else f"{diverged} diverged runs count"
        yield f"{those} as the constant guess."
    yield from words.missing(shown.page)
