"""What goes into which figure: hue, strips and pages for any number of axes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from relu_bench import compare
from relu_bench.plots.style import MOST_LOOKS, Look, looks

if TYPE_CHECKING:
    from pandas import DataFrame, Series

MOST_STRIPS = 8
MOST_ROWS = 32
# Below this share of the full cross product, the variants are a list and not a grid.
_GRID = 0.75
# Scores on different data sets share no axis.
_OWN_PAGE = ("dataset",)


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
    """

    experiment: str
    part: str
    hue: tuple[str, ...]
    order: tuple[str, ...]
    ordered_by: str
    strips: tuple[str, ...]
    runs: DataFrame
    look: dict[str, Look]

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
    look = looks(_natural_levels(named, parts.hue), known_labels(named, parts.hue))
    found = []
    for part in _in_order(named, parts.pages, "page"):
        rows = _where(named, named["page"] == part)
        if not len(compare.completed(rows)):
            continue
        order, by = _order(rows, parts.hue)
        headings = _in_order(rows, parts.strips, "strip")
        most = 1 if len(look) > MOST_LOOKS else most_strips
        for levels, strips, number in _chunks(order, headings, most):
            shown = _where(rows, rows["level"].isin(levels) & rows["strip"].isin(strips))
            name = ", ".join(text for text in (part, number) if text)
            experiment = str(rows["experiment"].iloc[0])
            found.append(Page(experiment, name, parts.hue, levels, by, strips, shown, look))
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

    Numbers stand in numerical order; anything else by the mean validation score over all strips, or
    by test where nothing was held out, the best on top.
    """
    from pandas.api.types import is_numeric_dtype

    natural = _natural_levels(runs, hue)
    if len(natural) == 1 or all(is_numeric_dtype(runs[name].dtype) for name in hue):
        return tuple(natural), ""
    scored = compare.score(runs, "val")
    held_out = scored.notna().any()
    means = (scored if held_out else compare.score(runs, "test")).groupby(runs["level"]).mean()
    metric = str(compare.completed(runs)["metric"].iloc[0])
    better = compare.scale_of(metric).higher_is_better
    ordered = means.reindex(natural).sort_values(ascending=not better, kind="stable")
    return tuple(ordered.index), "validation" if held_out else "test"


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
