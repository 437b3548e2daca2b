"""What goes into which figure: hue, strips and pages for any number of axes."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from relu_bench import compare
from relu_bench.compare.effects import CROSSED, TwoAxes, chosen_pair, crossable
from relu_bench.compare.variants import REVISION
from relu_bench.compare.views import Shared, shared_settings
from relu_bench.errors import ReluBenchError
from relu_bench.figures.style import MOST_LOOKS, Look, Sheet, looks, number

if TYPE_CHECKING:
    from pandas import DataFrame, Series

MOST_STRIPS = 8
PLANNED = "planned"
"""A column of the runs: the place of each in the plans that asked for it."""
MOST_ROWS = 32
# Below this share of the full cross product, the variants are a list and not a grid.
_GRID = 0.75
# Scores on different data sets share no axis.
_OWN_PAGE = ("dataset",)
# Nor do those of different computations.
# Never pooled: scores on two data sets, or of two models, make no one distribution.
_APART = ("dataset", "model", REVISION)
_OWN_CROSSED_PAGE = ("dataset", "numerics")


@dataclass(frozen=True)
class Axes:
    """The axes of an experiment by the part they play in its figures.

    `hue` tells lines and rows apart, `strips` are small multiples, `pages` are figures of their
    own. An axis that another one determines (`cases`) is named beside it.
    """

    hue: tuple[str, ...]
    strips: tuple[str, ...]
    pages: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Page:
    """One figure: some strips of an experiment.

    Attributes:
        experiment: its name.
        part: what sets this page apart from the experiment's others, `` when it is the only one.
        hue: the axes that tell the levels apart.
        order: the levels, top down.
        ordered_by: the split whose score orders them; `` for numbers, in their own order.
        strips: headings, in order.
        runs: its runs, failed ones included, with text columns `level` and `strip`.
        look: by level; the same on every page of the experiment, and well-known activations
            have the same in every experiment.
        baseline: the level of the run that was planned first, which has a look of its own.
    """

    experiment: str
    part: str
    hue: tuple[str, ...]
    order: tuple[str, ...]
    ordered_by: str
    strips: tuple[str, ...]
    runs: DataFrame
    look: dict[str, Look]
    baseline: str

    @property
    def crowded(self) -> bool:
        """Whether the experiment has more levels than there are looks."""
        return len(self.look) > MOST_LOOKS

    @property
    def metric(self) -> str:
        """The metric of the page's runs, which have one data set."""
        return str(compare.completed(self.runs)["metric"].iloc[0])


def pages(runs: DataFrame, most_strips: int = MOST_STRIPS) -> list[Page]:
    """The figures of one experiment, at most `most_strips` in each; none without completed runs."""
    parts = roles(runs, most_strips)
    named = _with_level(runs, parts.hue)
    named = _with_heading(named, parts.strips, "strip")
    named = _with_heading(named, parts.pages, "page")
    natural = _natural_levels(named, parts.hue)
    baseline, best = prominent(named, natural)
    look = looks(natural, known_labels(named, parts.hue), (baseline, *best))
    found = []
    for part in _in_order(named, parts.pages, "page"):
        rows = _where(named, named["page"] == part)
        if not len(compare.completed(rows)):
            continue
        order, by = _order(rows, parts.hue)
        headings = _in_order(rows, parts.strips, "strip")
        most = 1 if len(look) > MOST_LOOKS else most_strips
        for levels, strips, which in _chunks(order, headings, most):
            shown = _where(rows, rows["level"].isin(levels) & rows["strip"].isin(strips))
            name = ", ".join(text for text in (part, which) if text)
            experiment = str(rows["experiment"].iloc[0])
            found.append(
                Page(experiment, name, parts.hue, levels, by, strips, shown, look, baseline)
            )
    return found


def roles(runs: DataFrame, most_strips: int = MOST_STRIPS) -> Axes:
    """Which axis plays which part.

    The hue is the activation if it is an axis, else the first axis. The others become strips, the
    last one varying fastest; while there would be more than `most_strips` of them, the first of
    them becomes an axis of pages. Where much of the cross product is missing, one more axis joins
    the hue if that makes a grid of what there is (each activation with the initializers of its
    own); else the variants are drawn as one list.
    """
    varying = [name for name in compare.axes(runs) if name not in _OWN_PAGE]
    own = tuple(name for name in _OWN_PAGE if runs[name].nunique(dropna=False) > 1)
    if not varying:
        return Axes((), (), own)
    hue, strips = _without_determined(runs, varying)
    if not _is_grid(runs, hue, strips):
        joined = _joined(runs, hue, strips)
        if joined is None:
            return Axes(tuple(varying), (), own)
        hue, strips = joined
    levels = _count(runs, hue)
    most = 1 if levels > MOST_LOOKS else most_strips
    last = len(strips) if most == 1 else max(len(strips) - 1, 0)
    cut = next((n for n in range(last) if _count(runs, strips[n:]) <= most), last)
    return Axes(tuple(hue), tuple(strips[cut:]), (*own, *strips[:cut]))


def _without_determined(runs: DataFrame, varying: list[str]) -> tuple[list[str], list[str]]:
    """The hue and the strips; an axis that follows from the hue alone is a part of it."""
    hue, strips = varying[:1], []
    for name in varying[1:]:
        if _count(runs, [*hue, name]) == _count(runs, hue):
            hue.append(name)
        else:
            strips.append(name)
    return hue, strips


def _is_grid(runs: DataFrame, hue: list[str], strips: list[str]) -> bool:
    """Whether most combinations of a level and a strip exist."""
    return _count(runs, [*hue, *strips]) >= _GRID * _count(runs, hue) * _product(runs, strips)


def _joined(
    runs: DataFrame, hue: list[str], strips: list[str]
) -> tuple[list[str], list[str]] | None:
    """The hue with the first further axis that leaves a grid and not too many levels."""
    for name in strips:
        wider, others = [*hue, name], [other for other in strips if other != name]
        if others and _count(runs, wider) <= MOST_LOOKS and _is_grid(runs, wider, others):
            return wider, others
    return None


def _product(runs: DataFrame, strips: Sequence[str]) -> int:
    product = 1
    free: list[str] = []
    for name in strips:
        if free and _count(runs, [*free, name]) == _count(runs, free):
            continue
        free.append(name)
        product *= _count(runs, [name])
    return product


def _where(runs: DataFrame, mask: Series) -> DataFrame:
    """The rows that a mask has; the table itself, which may be large, where it has them all."""
    return runs if mask.all() else runs[mask]


def _count(runs: DataFrame, names: Sequence[str]) -> int:
    return len(runs[list(names)].drop_duplicates()) if names else 1


def _with_level(runs: DataFrame, hue: Sequence[str]) -> DataFrame:
    if len(hue) == 1:  # the legend says which axis it is
        return runs.assign(level=compare.as_texts(runs[hue[0]]))
    return compare.with_variant(runs, hue, "level")


def known_labels(named: DataFrame, hue: Sequence[str]) -> dict[str, str]:
    """By level, the canonical label of its activation; of the one axis where this is another."""
    axis = hue[0] if len(hue) == 1 else "activation"
    if len(hue) > 1 and axis not in hue:
        return {}
    column = compare.label_column(named, axis)
    labels = named[["level", column]].drop_duplicates("level")
    return dict(zip(labels["level"], labels[column].astype(str), strict=True))


def _with_heading(runs: DataFrame, names: Sequence[str], column: str) -> DataFrame:
    return compare.with_variant(runs, names, column) if names else runs.assign(**{column: ""})


def _in_order(runs: DataFrame, names: Sequence[str], column: str) -> list[str]:
    """The headings in the natural order of their axes, the last axis varying fastest."""
    runs = runs[[column, *names]].drop_duplicates()
    keys = runs[[column]].copy()
    for name in names:
        ranks = {text: rank for rank, text in enumerate(compare.texts(runs[name]).values())}
        keys[name] = compare.as_texts(runs[name]).map(ranks)
    keys = keys.drop_duplicates()
    return [str(text) for text in keys.sort_values(list(names) or [column])[column]]


def _natural_levels(runs: DataFrame, hue: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(_in_order(runs, hue, "level")))


def _order(runs: DataFrame, hue: Sequence[str]) -> tuple[tuple[str, ...], str]:
    """The levels top down, and the split that orders them.

    Numbers stand in numerical order; anything else by `best_first` over all strips.
    """
    from pandas.api.types import is_numeric_dtype

    natural = _natural_levels(runs, hue)
    if len(natural) == 1 or all(is_numeric_dtype(runs[name].dtype) for name in hue):
        return tuple(natural), ""
    ordered, split = best_first(runs, natural)
    return tuple(ordered), split


def best_first(runs: DataFrame, levels: Sequence[str]) -> tuple[list[str], str]:
    """The levels by mean validation score, or by test where nothing was held out; and which."""
    done = compare.completed(runs)
    scores = compare.score(done, "val")
    split = "validation" if scores.notna().any() else "test"
    if split == "test":
        scores = compare.score(done, "test")
    better = compare.scale_of(str(done["metric"].iloc[0])).higher_is_better
    means = scores.groupby(done["level"]).mean().reindex(list(levels))
    return list(means.sort_values(ascending=not better, kind="stable").index), split


def prominent(named: DataFrame, levels: Sequence[str]) -> tuple[str, list[str]]:
    """The baseline, and the other levels from the best on: they have looks where not all can.

    The baseline is the level of the run that was planned first, as in a comparison, where the runs
    have a column `PLANNED`; else the first one.
    """
    done = compare.completed(named)
    if not len(done):
        return levels[0], list(levels[1:])
    there = set(done["level"])
    baseline = next(level for level in levels if level in there)
    if PLANNED in done:
        baseline = str(done["level"].iloc[int(done[PLANNED].to_numpy().argmin())])
    one_metric = done[done["metric"] == done["metric"].iloc[0]]
    return baseline, [level for level in best_first(one_metric, levels)[0] if level != baseline]


def _chunks(
    order: tuple[str, ...], strips: list[str], most_strips: int
) -> Iterator[tuple[tuple[str, ...], tuple[str, ...], str]]:
    """Parts (levels, strips) that fit one figure, with `1 of 3` when they are several."""
    parts = [
        (order[row : row + MOST_ROWS], tuple(strips[strip : strip + most_strips]))
        for strip in range(0, len(strips), most_strips)
        for row in range(0, len(order), MOST_ROWS)
    ]
    for position, (levels, shown) in enumerate(parts, start=1):
        yield levels, shown, f"{position} of {len(parts)}" if len(parts) > 1 else ""


def by_every_axis(runs: DataFrame, sheet: Sheet) -> list[Page]:
    """The pages of one experiment, each axis playing the part that `roles` gives it."""
    return pages(runs, sheet.most_strips)


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
    sheet: Sheet,
    default: Callable[[DataFrame], TwoAxes],
    most_places: Callable[[Sequence[str]], int],
) -> list[CrossedPage]:
    """The pages of one experiment over two axes.

    Args:
        runs: of one experiment.
        sheet: its `over` are the axis along x and the other one, where these are given.
        default: chooses them where not.
        most_places: how many values of the axis along x stand in one figure, beside these levels.

    Raises:
        ReluBenchError: when the axes that were asked for are not there, or none can be crossed.
    """
    across, down = chosen_pair(runs, sheet.over) if sheet.over else default(runs)
    own = [name for name in _OWN_CROSSED_PAGE if name in compare.axes(runs)]
    hue, others = _hue(compare.completed(runs), across, down)
    named = _with_heading(_with_heading(runs, others, "strip"), own, "page")
    named = named.assign(place=compare.as_texts(runs[across]), level=compare.as_texts(runs[down]))
    if len(hue) > 1:
        named = compare.with_variant(named, hue, "level")
    places, order = (
        tuple(compare.texts(runs[across]).values()),
        tuple(_in_order(named, hue, "level")),
    )
    baseline, best = prominent(named, order)
    look = looks(order, known_labels(named, hue), (baseline, *best))
    most = most_places(order)
    found = []
    for part in _in_order(named, own, "page"):
        rows = named[named["page"] == part]
        strips = _in_order(rows, others, "strip")
        parts = [
            (order[row : row + MOST_ROWS], places[place : place + most], strips[at : at + n])
            for n in (sheet.most_strips,)
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
                    baseline=baseline,
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
    if _is_crossed(runs, [[across], [down], *([name] for name in others)]):
        return (down,), others
    for name in others:
        rest = [other for other in others if other != name]
        if _is_crossed(runs, [[across], [down, name], *([other] for other in rest)]):
            return (down, name), rest
    return (down, *others), []


def _is_crossed(runs: DataFrame, parts: Sequence[Sequence[str]]) -> bool:
    """Whether most combinations of the values of each part exist."""
    there = _count(runs, [name for part in parts for name in part])
    return there >= CROSSED * math.prod(_count(runs, part) for part in parts)


def numbers_across(runs: DataFrame, pair: TwoAxes) -> TwoAxes:
    """The pair with numbers along x, where one of its axes has them; else the fewer values."""
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    first, second = pair
    numeric = [
        is_numeric_dtype(runs[name].dtype) and not is_bool_dtype(runs[name].dtype) for name in pair
    ]
    if numeric[0] != numeric[1]:
        return (first, second) if numeric[0] else (second, first)
    fewer = runs[first].nunique(dropna=False) < runs[second].nunique(dropna=False)
    return (first, second) if fewer else (second, first)


def by_variant(runs: DataFrame, sheet: Sheet) -> list[Page]:
    """The runs of one experiment by what tells its variants apart, other settings together.

    A page for each data set, model and revision, which are never pooled. A variant looks as in the
    figures that show every setting.

    Raises:
        ReluBenchError: when there are no two variants.
    """
    import pandas as pd

    nothing = "there are no two variants that could be compared"
    those = pages(runs, sheet.most_strips)
    if not those:
        raise ReluBenchError(nothing)
    hue = those[0].hue
    every = pd.concat([page.runs for page in those]).sort_index().assign(strip="")
    apart = [name for name in _APART if name in compare.axes(runs) and name not in hue]
    parts = compare.with_variant(every, apart, "page") if apart else every.assign(page="")
    found = []
    for part, rows in parts.groupby("page", sort=False):
        levels = [level for level in those[0].look if (rows["level"] == level).any()]
        order, by = best_first(rows, levels) if those[0].ordered_by else (levels, "")
        found.append(
            replace(
                those[0], part=str(part), order=tuple(order), ordered_by=by, strips=("",), runs=rows
            )
        )
    several = [page for page in found if len(page.order) > 1]
    if not several:
        raise ReluBenchError(nothing)
    return several


def shared(page: Page) -> Shared:
    """The runs of a page of `by_variant` at the settings that all its variants have."""
    pooled = [name for name in compare.axes(page.runs) if name not in page.hue]
    return shared_settings(page.runs, "level", pooled)
