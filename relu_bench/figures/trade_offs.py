"""The Pareto front: what a better score costs in seconds per epoch and in dead units."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from relu_bench import compare
from relu_bench.compare import Scale, Selection
from relu_bench.compare.time_to_accuracy import circumstances
from relu_bench.compare.views import is_a_choice, trade_offs
from relu_bench.errors import ReluBenchError
from relu_bench.figures import marks, notes
from relu_bench.figures.canvas import Grid, Panel, Picture, after_layout, flowing, inches
from relu_bench.figures.limits import Limits, any_cut, dead_limits, mean_limits
from relu_bench.figures.pages import Page, pages
from relu_bench.figures.style import QUIET, SMALL, Sheet, number, numbered
from relu_bench.wording import plural

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame

TITLE = "Pareto front of score, cost and dead units"
_BY = ("strip", "level")
_SCALES = {
    "seconds": Scale("seconds per epoch", higher_is_better=False, factor=1.0, unit="s"),
    "dead": Scale("dead units", higher_is_better=False, factor=100.0, unit="%"),
}
_LABELS = {"seconds": "seconds per epoch", "dead": "dead units after training (%)"}
# The column that says who is on the front of score and this cost.
_FRONTS = {"seconds": "cheap", "dead": "alive"}
# Inches.
_LONE, _HEIGHT, _CROWDED = 2.6, 1.6, 3.4
_MOST_NAMED = 6
# Points.
_FROM_MARK = 5.0


def by_machine(runs: DataFrame, sheet: Sheet) -> list[Page]:
    """The pages of one experiment, those of each machine and number of jobs apart.

    Raises:
        ReluBenchError: when no two variants can be compared.
    """
    found = pages(runs, sheet.most_strips)
    under = circumstances(runs)
    if under.nunique() > 1:
        look = found[0].look if found else {}
        found = [
            replace(page, look=look, part=", ".join(text for text in (page.part, name) if text))
            for name, those in runs.groupby(under, sort=True)
            for page in pages(those, sheet.most_strips)
        ]
    several = [page for page in found if len(page.order) > 1]
    if not several:
        alike = " that were timed on one machine, beside as many others" * (under.nunique() > 1)
        raise ReluBenchError(f"there are no two variants{alike} that could be compared")
    return several


def tells(runs: DataFrame) -> bool:
    """At some setting, the better variant costs more by more than noise: see `is_a_choice`."""
    try:
        found = by_machine(runs, Sheet())
    except ReluBenchError:
        return False
    return any(
        is_a_choice(trades, page.metric)
        for page in found
        for _, trades in trade_offs(page.runs, _BY, ("strip",)).groupby("strip")
    )


def pareto(page: Page, results: Selection, sheet: Sheet) -> Picture:
    """Score against seconds per epoch, and against dead units where there are any."""
    del results  # the page has all that it takes
    scale = compare.scale_of(page.metric)
    trades = trade_offs(page.runs, _BY, ("strip",))
    costs = ["seconds", *(["dead"] if (trades["dead"] > 0).any() else [])]
    across = {cost: _limits(trades, cost, _SCALES[cost]) for cost in costs}
    panels = [
        [_panel(page, trades[trades["strip"] == strip], cost, across[cost]) for cost in costs]
        for strip in page.strips
    ]
    several = len(costs) > 1
    against = "cost per epoch and dead units" if several else "cost per epoch"
    subject = f"Pareto front{'s' * several}, test {scale.title} against {against}"
    title, details = notes.title(page, subject, sheet.where)
    there = notes.legend_of(page, set(trades["level"]))
    legend = [(name, replace(look, line="none")) for name, look in there]
    return Picture(
        title=title,
        details=details,
        grids=[Grid(flowing(panels, len(costs) if sheet.wide else 1))],
        legend=legend,
        legend_title=notes.hue_title(page),
        note=" ".join(text for text in _note(page, trades, costs) if text),
        words=_front_in_words(trades, costs, scale),
    )


def _panel(page: Page, trades: DataFrame, cost: str, across: Limits) -> Panel:
    scale = compare.scale_of(page.metric)
    strip = str(trades["strip"].iloc[0]) if len(trades) else ""
    shown = trades.dropna(subset=["score", cost])
    up = _limits(trades, "score", scale)
    front = shown[shown[_FRONTS[cost]]].sort_values([cost, "score"])
    table = _of(shown, "score").assign(
        x=shown[cost],
        x_low=shown[f"{cost}_low"].clip(*across),
        x_high=shown[f"{cost}_high"].clip(*across),
        value=shown["score"],
        low=shown["score_low"].clip(*up),
        high=shown["score_high"].clip(*up),
        hollow=~shown[_FRONTS[cost]],
    )

    def draw(axes: Axes) -> None:
        axes.set_xlim(*across)
        axes.set_ylim(*up)
        numbered(axes.xaxis, _SCALES[cost])
        numbered(axes.yaxis, scale)
        if not len(shown):
            marks.say_nothing_is_there(axes)
            return
        worst = up[0] if scale.higher_is_better else up[1]
        x, y = (front[name].to_numpy(np.float64) for name in (cost, "score"))
        corners = [*x[:1], *x, across[1]], [worst, *y, *y[-1:]]
        axes.step(*corners, where="post", color=QUIET, lw=0.9, zorder=1)
        marks.scatter(axes, table, page.look, (across, up))
        grey = front[[page.look[level].quiet for level in front["level"]]]
        after_layout(axes, lambda: _name(axes, grey, cost, shown))

    heights = _CROWDED if page.crowded else (_LONE if len(page.strips) == 1 else _HEIGHT)
    return Panel(
        draw=draw,
        heading=strip,
        height=heights,
        x=_LABELS[cost],
        y=f"test {scale.title}{scale.suffix}",
    )


def _of(trades: DataFrame, name: str) -> DataFrame:
    """The means of the score or of a cost, and the ends of their intervals: mean, low, high."""
    return trades.assign(mean=trades[name], low=trades[f"{name}_low"], high=trades[f"{name}_high"])


def _limits(trades: DataFrame, name: str, scale: Scale) -> Limits:
    """Every mean and its interval, but for a few bad or wide ones."""
    rows = trades.dropna(subset=["score", "seconds"])
    if not len(rows):
        return 0.0, 1.0
    return dead_limits(rows) if name == "dead" else mean_limits(_of(rows, name), scale)


def _name(axes: Axes, front: DataFrame, cost: str, every: DataFrame) -> None:
    """Names beside points of the front that the legend does not name, where there is room."""
    pixels = axes.figure.dpi / 72
    frame = np.array(axes.get_window_extent().extents) / pixels
    marked: NDArray[np.float64] = axes.transData.transform(every[[cost, "score"]]) / pixels
    taken = [(x - 3, y - 3, x + 3, y + 3) for x, y in marked]
    for level, x, y in front[["level", cost, "score"]].itertuples(index=False):
        place = axes.transData.transform((x, y)) / pixels
        wide, high = 72 * inches(str(level), SMALL), SMALL
        for right, upward in ((1, 1), (1, -1), (-1, 1), (-1, -1), (1, 3), (1, -3), (-1, 3)):
            left = place[0] + (_FROM_MARK if right > 0 else -_FROM_MARK - wide)
            low = place[1] + upward * _FROM_MARK - (high if upward < 0 else 0)
            box = (left, low, left + wide, low + high)
            inside = not (
                box[0] < frame[0] or box[1] < frame[1] or box[2] > frame[2] or box[3] > frame[3]
            )
            if inside and not any(_overlap(box, other) for other in taken):
                taken.append(box)
                at = axes.transData.inverted().transform(np.array([left, low]) * pixels)
                axes.text(
                    float(at[0]),
                    float(at[1]),
                    str(level),
                    fontsize=SMALL,
                    va="bottom",
                    linespacing=1.0,
                )
                break


def _overlap(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    apart = one[2] < other[0] or other[2] < one[0] or one[3] < other[1] or other[3] < one[1]
    return not apart


def _note(page: Page, trades: DataFrame, costs: list[str]) -> Iterator[str]:
    scale = compare.scale_of(page.metric)
    several = trades["n"].max() > 1
    yield f"Marks: means with {notes.interval(page.runs)}." if several else "Marks: one seed each."
    yield (
        "Filled, on the line: the front of this panel, that is, no other variant is better in "
        "both, by the means. Variants at the constant guess are on none."
    )
    cut = False
    for cost in costs:
        across = _limits(trades, cost, _SCALES[cost])
        for _, rows in trades.groupby("strip"):
            up = _limits(rows, "score", scale)
            for name, limits in ((cost, across), ("score", up)):
                shown = _of(rows, name).dropna(subset=["mean"])
                cut = cut or any_cut(shown, limits) or not shown["mean"].between(*limits).all()
    if cut:
        yield "A triangle: a variant beyond the axis; intervals end there too."
    if len(costs) == 1:
        yield "No unit died." if trades["dead"].notna().any() else "Dead units were not measured."
    if page.crowded:
        on_any = trades[[_FRONTS[cost] for cost in costs]].any(axis=1)
        fronts = dict.fromkeys(trades.loc[on_any, "level"])
        yield f"On a front: {', '.join(fronts)}."
    yield from _left_out(page, trades)
    yield from notes.missing(page)
    yield notes.crowd(page)


def _left_out(page: Page, trades: DataFrame) -> Iterator[str]:
    """Diverged runs have no seconds, and what has no number has no point."""
    done = compare.completed(page.runs)
    diverged = int((done["outcome"] == "diverged").sum())
    if diverged:
        those = plural(diverged, "diverged run counts", "diverged runs count")
        they = plural(diverged, "it", "they")
        yield (
            f"{diverged} {those} as the constant guess, and not in the seconds, as {they} "
            "stopped early."
        )
    lost = trades[trades["seconds"].isna()]
    names = [
        ", ".join(text for text in key if text)
        for key in zip(lost["level"], lost["strip"], strict=True)
    ]
    if names:
        more = ", …" if len(names) > _MOST_NAMED else ""
        yield f"Without seconds, and not shown: {'; '.join(names[:_MOST_NAMED])}{more}."


def _front_in_words(trades: DataFrame, costs: list[str], scale: Scale) -> str:
    """The front of all that is traded."""
    front = trades[trades["front"]]
    said = []
    for row in front.head(_MOST_NAMED).to_dict("records"):
        place = ", ".join(part for part in (row["level"], row["strip"]) if part)
        of_costs = [number(row[name], _SCALES[name]) for name in costs]
        of_costs[0] += " an epoch"
        if len(of_costs) > 1:
            of_costs[1] += " dead units"
        said.append(f"{place} with {number(row['score'], scale)} at {' and '.join(of_costs)}")
    more = f"; and {len(front) - _MOST_NAMED} more" if len(front) > _MOST_NAMED else ""
    return f"On the Pareto front, by the means: {'; '.join(said)}{more}." if said else ""
