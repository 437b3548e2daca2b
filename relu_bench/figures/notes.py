"""The words around a figure: its title, and the note that names every band, bar and mark."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from relu_bench import compare
from relu_bench.compare.measures import seeds_added
from relu_bench.figures.pages import Page
from relu_bench.figures.style import Look, number
from relu_bench.wording import plural

if TYPE_CHECKING:
    from pandas import DataFrame, Series

    from relu_bench.compare import Scale
    from relu_bench.compare.views import Shared
    from relu_bench.figures.limits import Limits

_MOST_NAMED = 4
_SETTINGS = ("dataset", "model", "activation", "initializer", "learning_rate", "optimizer")


def title(page: Page, subject: str, where: Sequence[str] = ()) -> tuple[str, str]:
    """The experiment and what is shown of it, and the settings that all its runs have in common."""
    part = f", {page.part}" if page.part else ""
    fixed = []
    for name in _SETTINGS:
        values = list(compare.texts(page.runs[name]).values())
        if len(values) == 1:
            fixed.append(f"{name}={values[0]}" if name == "learning_rate" else values[0])
    only = f"; only {', '.join(where)}" if where else ""
    return f"{page.experiment}{part}: {subject}", ", ".join(fixed) + only


def hue_title(page: Page) -> str:
    """The name of the axis whose bare values are the levels; empty where these speak alone."""
    if len(page.hue) != 1 or page.hue[0] == "activation":
        return ""
    return page.hue[0].replace("_", " ")


def rows_by(page: Page) -> str:
    """What orders the rows; nothing where their numbers do."""
    if not page.ordered_by:
        return ""
    title = compare.scale_of(page.metric).title
    return f"Rows are in the order of mean {page.ordered_by} {title}."


def missing(page: Page) -> list[str]:
    """How many failed runs of the page are not in the figure; nothing when there are none."""
    failed = page.runs[page.runs["status"] == "failed"]
    if not len(failed):
        return []
    done = set(compare.completed(page.runs)["level"])
    lost = [level for level in page.order if level not in done]
    count = f"{len(failed)} {plural(len(failed), 'failed run is', 'failed runs are')}"
    all_of = f" (all of {', '.join(lost)})" if lost else ""
    return [f"{count} missing{all_of}."]


def legend_of(page: Page, there: Collection[str]) -> list[tuple[str, Look]]:
    """An entry for each level that has a look of its own, which one level alone does not need."""
    if len(page.order) == 1:
        return []
    shown = [level for level in page.order if level in there]
    loud = [(level, page.look[level]) for level in shown if not page.look[level].quiet]
    others = len(shown) - len(loud)
    if not others:
        return loud
    name = f"{others} {plural(others, 'other', 'others')}"
    return [*loud, (name, next(look for look in page.look.values() if look.quiet))]


def crowd(page: Page) -> str:
    """Which of many variants have colours, and how others get them; nothing for few."""
    if not page.crowded:
        return ""
    count = sum(not look.quiet for look in page.look.values()) - 1
    first = (
        f"{page.baseline}, which comes first in the config,"
        if page.baseline in page.order
        else ("The variant that comes first in the config")
    )
    split = page.ordered_by or "validation"
    title = compare.scale_of(page.metric).title
    return (
        f"In colour: {first} and the {count} best of the others by {split} {title}; the rest is "
        f"grey (--where {page.hue[0]}=... gives colours to those that it names)."
    )


def seeds(sizes: Iterable[int]) -> str:
    """`10 seeds`, `1 to 10 seeds`."""
    counts = list(sizes)
    if max(counts, default=1) == 1:
        return "1 seed"
    return (
        f"{max(counts)} seeds"
        if min(counts) == max(counts)
        else (f"{min(counts)} to {max(counts)} seeds")
    )


def interval(runs: DataFrame, *, several: bool = True) -> str:
    """What the intervals of means are; of seeds that were added to resolve something, no t ones."""
    kind = "anytime-valid" if seeds_added(runs).any() else "t"
    return f"95\u00a0% {kind} interval{'s' if several else ''}"


def ends(means: Series, shown: Callable[[float], str]) -> str:
    """The lowest and the highest of some means by level and strip, with what has them."""
    places = [" at ".join(str(part) for part in key if part) for key in means.index.to_list()]
    values = [float(value) for value in means]
    if len(values) < 2:
        return "".join(map(shown, values))
    ends = (("lowest", values.index(min(values))), ("highest", values.index(max(values))))
    return ", ".join(f"{word} {shown(values[at])} ({places[at]})" for word, at in ends)


def span(values: Series, scale: Scale) -> str:
    """One value, or the least and the greatest of several: `97 to 98 %`."""
    least, greatest = (number(value, scale) for value in (float(values.min()), float(values.max())))
    if least == greatest:
        return least
    return f"{least.removesuffix(scale.unit).strip()} to {greatest}"


def off_axis(values: Series, limits: Limits, what: str, scale: Scale) -> Iterator[str]:
    """How many of some values the axis does not show, and where they are.

    Args:
        values: of what is drawn.
        limits: of their axis.
        what: they are, one of them: `run`.
        scale: of them.
    """
    for those, side in ((values < limits[0], "below"), (values > limits[1], "above")):
        if those.any():
            count = int(those.sum())
            lie = plural(count, f"{what} lies", f"{what}s lie")
            yield f"{count} {lie} {side} the axis ({span(values[those], scale)})."


def guesses(diverged: DataFrame, scale: Scale) -> str:
    """What diverged runs count as."""
    return f"counts as the constant guess ({span(diverged['guess'], scale)})"


def unprobed(count: int) -> Iterator[str]:
    """How many runs have no measurement of their layers; nothing when there are none."""
    if count:
        runs, are = plural(count, "run was", "runs were"), plural(count, "is", "are")
        yield f"{count} {runs} stored without probes and {are} missing."


def diverged_layers(page: Page) -> Iterator[str]:
    """How many runs diverged, and of which variants; nothing when there are none."""
    done = compare.completed(page.runs)
    key = ["level", "strip"]
    runs = done[key].value_counts().to_dict()
    lost = done.loc[done["outcome"] == "diverged", key].value_counts().to_dict()
    if not lost:
        return
    count = sum(lost.values())
    named = [
        f"{', '.join(name for name in (level, strip) if name)}: "
        f"{lost[level, strip]} of {runs[level, strip]}"
        for strip in page.strips
        for level in page.order
        if (level, strip) in lost
    ]
    more = ", …" if len(named) > _MOST_NAMED else ""
    those = plural(count, "run diverged", "runs diverged")
    yield (
        f"{count} {those} ({'; '.join(named[:_MOST_NAMED])}{more}): shown as far as the numbers "
        "are finite, so later points are of the other runs."
    )


def pooling(shared: Shared) -> Iterator[str]:
    """Which settings are not taken together, or differ between the variants."""
    if not shared.alike:
        yield "No setting is common to all variants: each is shown over its own."
    if shared.left_out:
        runs = plural(shared.left_out, "run is", "runs are")
        yield f"{shared.left_out} {runs} left out, at settings that not every variant has."
