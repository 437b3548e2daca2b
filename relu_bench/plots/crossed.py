"""Pages of two axes against each other; the other axes become small multiples and pages."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from relu_bench import compare
from relu_bench.compare.effects import CROSSED, Pair, chosen_pair, crossable
from relu_bench.plots.pages import MOST_ROWS, Page, known_labels
from relu_bench.plots.style import looks, number
from relu_bench.plots.wanted import Wanted

if TYPE_CHECKING:
    from pandas import DataFrame

# Scores on different data sets share no axis, nor those of different computations.
_OWN_PAGE = ("dataset", "numerics")


@dataclass(frozen=True, eq=False)
class CrossedPage(Page):
    """A page whose `order` are the values of one axis, its hue, and `places` those of another.

    Attributes:
        across: the axis along x; its texts stand in the column `place` of the runs.
        places: its values, in their natural order.
    """

    across: str
    places: tuple[str, ...]

    @property
    def down(self) -> str:
        """The other axis; an axis that is tied to it may stand in the hue beside it."""
        return self.hue[0]

    @property
    def title(self) -> str:
        """`initializer and learning rate`: the levels, then the places."""
        names = [name.replace("_", " ") for name in (*self.hue, self.across)]
        return f"{', '.join(names[:-1])} and {names[-1]}"


def crossed_pages(
    runs: DataFrame,
    wanted: Wanted,
    default: Callable[[DataFrame], Pair],
    most_places: Callable[[Sequence[str]], int],
) -> list[CrossedPage]:
    """The pages of one experiment over two axes.

    Args:
        runs: of one experiment.
        wanted: its `over` are the axis along x and the other one, where these are given.
        default: chooses them where not.
        most_places: how many values of the axis along x stand in one figure, beside these levels.

    Raises:
        ReluBenchError: when the axes that were asked for are not there, or none can be crossed.
    """
    across, down = chosen_pair(runs, wanted.over) if wanted.over else default(runs)
    own = [name for name in _OWN_PAGE if name in compare.axes(runs)]
    hue, others = _hue(compare.completed(runs), across, down)
    named = _headed(_headed(runs, others, "strip"), own, "page")
    named = named.assign(place=compare.as_texts(runs[across]), level=compare.as_texts(runs[down]))
    if len(hue) > 1:
        named = compare.with_variant(named, hue, "level")
    places, order = (
        tuple(compare.texts(runs[across]).values()),
        tuple(_natural(named, hue, "level")),
    )
    look, most = looks(order, known_labels(named, hue)), most_places(order)
    found = []
    for part in _natural(named, own, "page"):
        rows = named[named["page"] == part]
        strips = _natural(rows, others, "strip")
        parts = [
            (order[row : row + MOST_ROWS], places[place : place + most], strips[at : at + n])
            for n in (wanted.most_strips,)
            for at in range(0, len(strips), n)
            for row in range(0, len(order), MOST_ROWS)
            for place in range(0, len(places), most)
        ]
        for place, (levels, some, headings) in enumerate(parts, start=1):
            kept = rows[
                rows["level"].isin(levels) & rows["place"].isin(some) & rows["strip"].isin(headings)
            ]
            if not len(compare.completed(kept)):
                continue
            which = f"{place} of {len(parts)}" if len(parts) > 1 else ""
            found.append(
                CrossedPage(
                    experiment=str(runs["experiment"].iloc[0]),
                    part=", ".join(text for text in (part, which) if text),
                    hue=hue,
                    order=levels,
                    ordered_by="",
                    strips=tuple(headings),
                    runs=kept,
                    look=look,
                    across=across,
                    places=some,
                )
            )
    return found


def ends_in_words(groups: DataFrame, page: CrossedPage) -> str:
    """The lowest and the highest mean, and where they are, for who cannot see the figure.

    Args:
        groups: of `compare.group_scores`, with level, place and strip.
        page: what they are drawn on.
    """
    scale = compare.scale_of(page.metric)
    ordered = groups.sort_values("mean", kind="stable").to_dict("records")

    def told(row: Mapping[Hashable, Any]) -> str:
        level = str(row["level"])
        parts = [
            compare.label({page.down: level}) if len(page.hue) == 1 else level,
            compare.label({page.across: str(row["place"])}),
            str(row["strip"]),
        ]
        where = ", ".join(part for part in parts if part)
        return f"{number(float(row['mean']), scale)} ({where})"

    return (
        f"Mean test {scale.title} by {page.title}: lowest {told(ordered[0])}, highest "
        f"{told(ordered[-1])}."
    )


def _hue(runs: DataFrame, across: str, down: str) -> tuple[tuple[str, ...], list[str]]:
    """The axes that tell the levels apart, and those of the small multiples.

    An axis that follows from one of the two is neither. Where much of the cross product is missing,
    an axis joins the levels that makes a grid of what there is (the initializers of each
    activation), or all of them do.
    """
    others = [
        name
        for name in crossable(runs)
        if name not in (across, down)
        and not any(_count(runs, [axis, name]) == _count(runs, [axis]) for axis in (across, down))
    ]
    if _is_grid(runs, [[across], [down], *([name] for name in others)]):
        return (down,), others
    for name in others:
        rest = [other for other in others if other != name]
        if _is_grid(runs, [[across], [down, name], *([other] for other in rest)]):
            return (down, name), rest
    return (down, *others), []


def _is_grid(runs: DataFrame, parts: Sequence[Sequence[str]]) -> bool:
    """Whether most combinations of the values of each part exist."""
    there = _count(runs, [name for part in parts for name in part])
    return there >= CROSSED * math.prod(_count(runs, part) for part in parts)


def _count(runs: DataFrame, names: Sequence[str]) -> int:
    return len(runs[list(names)].drop_duplicates())


def _headed(runs: DataFrame, names: Sequence[str], column: str) -> DataFrame:
    return compare.with_variant(runs, names, column) if names else runs.assign(**{column: ""})


def _natural(runs: DataFrame, names: Sequence[str], column: str) -> list[str]:
    """The headings in the natural order of their axes, the last axis varying fastest."""
    ranks = {
        name: {text: n for n, text in enumerate(compare.texts(runs[name]).values())}
        for name in names
    }
    keys = runs[[column]].assign(
        **{name: compare.as_texts(runs[name]).map(ranks[name]) for name in names}
    )
    ordered = keys.drop_duplicates().sort_values(list(names) or [column])
    return [str(text) for text in ordered[column]]
