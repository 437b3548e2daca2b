"""Units that do nothing, in rows: before and after training, layer by layer and in all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from relu_bench import compare
from relu_bench.compare import Scale
from relu_bench.compare.layers import fates
from relu_bench.plots import words
from relu_bench.plots.fates_by_variant import FATE, counts_in_words
from relu_bench.plots.from_to import holding_bars
from relu_bench.plots.inside import AT_END, AT_START
from relu_bench.plots.inside_rows import (
    BY,
    Marks,
    beyond_in_words,
    by_layer,
    keys_of,
    layers_in_words,
    marks_in_words,
    missing,
    over_seeds,
    panel,
    panels,
    row_frame,
)
from relu_bench.plots.layer_columns import layer_columns
from relu_bench.plots.limits import Limits, level_limits
from relu_bench.plots.pages import Page
from relu_bench.plots.row_figure import columns_that_fit, row_figure
from relu_bench.plots.row_places import Key, Places, places
from relu_bench.plots.style import number, show_in

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from pandas import DataFrame

_SHARE = Scale("", higher_is_better=False, factor=100.0, unit="%")
_MEANING = (
    "Inactive: units whose derivative is 0 on every sample of the probe set. Zeros: share of exact "
    "zeros among a layer's outputs, after training. Dead: inactive units that no learned slope "
    "could revive, of all hidden layers, counted on the whole training part; ↓ units that fell "
    "silent and ↑ that came back, on the probe set, sums over all epochs, means over the seeds."
)
# A narrower axis would make a mountain of nothing.
_NARROWEST = 0.02
_NEXT_TO_NONE = 0.0005
_ROOM = 1.05
_MOST_BEYOND = 10
_MOST_NAMED = 3


def dead_rows(
    page: Page,
    layers: DataFrame,
    subject: str,
    *,
    width: float,
    with_title: bool,
    where: Sequence[str],
) -> Figure:
    """Draw one page: a row for each variant that has any such unit, columns for a few layers.

    Args:
        page: of `pages.pages`.
        layers: rows of layers.csv; those of other runs are ignored.
        subject: of the title.
        width: in inches; the height follows.
        with_title: False leaves the title to a paper's caption.
        where: the conditions that narrowed the runs, for the title.
    """
    single = compare.run_layers(page.runs, layers, BY).dropna(subset=["inactive_fraction"])
    fate = fates(page.runs, layers, BY)
    dead = _dead(fate)
    every = places(page, keys_of(single), width)
    titles, chosen = layer_columns(single, max(1, (columns_that_fit(every, width) - 1) // 2))
    inactive, zeros = (by_layer(single, chosen, name) for name in ("inactive_fraction", "sparsity"))
    empty = _levels_without_any(inactive, zeros, dead)
    those = places(page, {key for key in keys_of(single) if key[1] not in empty}, width)
    drawn = [
        share_marks(inactive, "inactive"),
        share_marks(zeros[zeros["moment"] == AT_END], "zeros"),
        share_marks(dead, "dead"),
    ]
    columns = [
        *panels([f"inactive\n{title}" for title in titles], drawn[0], those, page),
        *panels([f"zeros\n{title}" for title in titles], drawn[1], those, page),
        panel(FATE.replace(" ", "\n", 1), drawn[2], those, page, _counts(fate, those)),
    ]
    note = [
        _MEANING,
        marks_in_words(inactive, "means", "±\u00a01\u00a0sd"),
        *_without_row([level for level in page.order if level in empty]),
        beyond_in_words(*drawn),
        layers_in_words(single, titles),
        *missing(page, layers),
    ]
    frame = row_frame(page, subject, note, where, with_title=with_title)
    return row_figure(those, columns, frame, width, words.hue_title(page))


def share_marks(table: DataFrame, what: str) -> Marks:
    """Marks of shares on an axis in percent."""
    bars = table[["low", "high"]].clip(0.0, 1.0)
    kept = table.assign(low=bars["low"], high=bars["high"])
    return Marks(kept, share_limits(kept), f"{what} (%)", _written, _share_scale)


def share_limits(table: DataFrame) -> Limits:
    """From 0 as far as the marks but for a few far out, at most to 1, with room for a mark.

    How far out is judged among those that are not next to 0, which may be most of them; more than
    a tenth of the rows are no few.
    """
    some = table[table["middle"] >= _NEXT_TO_NONE]
    top = level_limits(some["middle"])[1] / _ROOM if len(some) else 0.0
    beyond = len(keys_of(table[table["middle"] > _ROOM * top]))
    if beyond > max(1, len(keys_of(table)) // _MOST_BEYOND):
        top = float(some["middle"].max())
    top = min(1.0, holding_bars(table, (0.0, max(_NARROWEST, top)))[1])
    return -(_ROOM - 1) * top, _ROOM * top


def _share_scale(axes: Axes) -> None:
    show_in(axes.xaxis, _SHARE, "")


def _written(share: float) -> str:
    return number(share, _SHARE, 0)


def _dead(fate: DataFrame) -> DataFrame:
    """The marks of dead units: strip, level, moment, n, middle, low, high."""
    import pandas as pd

    ends = {AT_START: "dead_before", AT_END: "dead_after"}
    rows = [
        fate[[*BY, name]].rename(columns={name: "dead"}).assign(moment=moment)
        for moment, name in ends.items()
    ]
    return over_seeds(pd.concat(rows), "dead", ["moment"], "mean")


def _counts(fate: DataFrame, those: Places) -> dict[Key, str]:
    means = fate.groupby(list(BY))[["died", "revived"]].mean().dropna(how="all")
    return {
        (strip, level): counts_in_words(float(died), float(revived))
        for (strip, level), died, revived in means.itertuples()
        if (strip, level) in those.rows
    }


def _levels_without_any(*tables: DataFrame) -> set[str]:
    """The levels of which every mark is next to 0; none where this is true of all."""
    busy = {level for table in tables for level in table[table["middle"] >= _NEXT_TO_NONE]["level"]}
    every = {level for table in tables for level in table["level"]}
    return every - busy if busy else set()


def _without_row(names: Sequence[str]) -> Iterator[str]:
    if names:
        few = " and ".join(names)
        some = few if len(names) <= _MOST_NAMED else f"{len(names)} variants"
        yield (
            f"{some} {'has' if len(names) == 1 else 'have'} neither inactive nor dead units nor "
            "zeros before and after training (under 0.05\u00a0%), and so no row."
        )
