"""Pages of figures that take all settings of a variant together, one for each model and data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from relu_bench import compare
from relu_bench.compare.variants import REVISION
from relu_bench.compare.views import Shared
from relu_bench.errors import ReluBenchError
from relu_bench.plots.pages import Page, pages
from relu_bench.plots.wanted import Wanted

if TYPE_CHECKING:
    from pandas import DataFrame

# Never pooled: scores on two data sets, or of two models, make no one distribution.
_APART = ("dataset", "model", REVISION)


def by_variant(runs: DataFrame, wanted: Wanted) -> list[Page]:
    """The runs of one experiment by what tells its variants apart, other settings together.

    A variant looks as in the figures that show every setting.

    Raises:
        ReluBenchError: when there are no two variants.
    """
    import pandas as pd

    nothing = "there are no two variants that could be compared"
    those = pages(runs, wanted.most_strips)
    if not those:
        raise ReluBenchError(nothing)
    hue = those[0].hue
    every = pd.concat([page.runs for page in those]).sort_index().assign(strip="")
    apart = [name for name in _APART if name in compare.axes(runs) and name not in hue]
    parts = compare.with_variant(every, apart, "page") if apart else every.assign(page="")
    found = []
    for part, rows in parts.groupby("page", sort=False):
        levels = [level for level in those[0].look if (rows["level"] == level).any()]
        order, by = _best_first(rows, levels) if those[0].ordered_by else (levels, "")
        experiment = those[0].experiment
        found.append(Page(experiment, str(part), hue, tuple(order), by, ("",), rows, those[0].look))
    several = [page for page in found if len(page.order) > 1]
    if not several:
        raise ReluBenchError(nothing)
    return several


def pooled_axes(page: Page) -> list[str]:
    """The axes whose settings a page takes together."""
    return [name for name in compare.axes(page.runs) if name not in page.hue]


def pooling_in_words(shared: Shared) -> Iterator[str]:
    """Which settings are not taken together, or differ between the variants."""
    if not shared.alike:
        yield "No setting is common to all variants: each is shown over its own."
    if shared.left_out:
        runs = "1 run is" if shared.left_out == 1 else f"{shared.left_out} runs are"
        yield f"{runs} left out, at settings that not every variant has."


def _best_first(runs: DataFrame, levels: list[str]) -> tuple[list[str], str]:
    """The levels by mean validation score, or test score where nothing was held out."""
    done = compare.completed(runs)
    scores = compare.score(done, "val")
    split = "validation" if scores.notna().any() else "test"
    means = (scores if split == "validation" else compare.score(done, "test")).groupby(
        done["level"]
    )
    better = compare.scale_of(str(done["metric"].iloc[0])).higher_is_better
    ordered = means.mean().reindex(levels).sort_values(ascending=not better, kind="stable")
    return list(ordered.index), split
