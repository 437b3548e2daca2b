"""When runs reach a target: one row for each variant, each seed a dot, a column for never."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from relu_bench.compare import broken
from relu_bench.plots.scores_by_variant import evenly_spread
from relu_bench.plots.style import SMALL, Look

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame

_SPREAD = 0.5
_NEVER = 0.36


def epochs_by_variant(
    axes: Axes,
    reached: DataFrame,
    *,
    order: Sequence[str],
    look: Mapping[str, Look],
    last: int,
    named: bool = False,
) -> Axes:
    """Draw one row for each level, the first on top.

    Args:
        axes: to draw on.
        reached: of `compare.steadiness.epochs_to_target`: level, seed, epoch.
        order: of the levels, top down.
        look: by level.
        last: the last epoch.
        named: whether each row has its name at the left, and says in words how many of its runs
            never arrive; else it says, in figures, how many do.

    Returns:
        `axes`.
    """
    never = (1 + _NEVER) * last
    axes.set_xlim(0, never + 0.5 * (never - last))
    axes.set_ylim(len(order) - 0.45, -0.55)
    names = [broken(level) for level in order] if named else []
    axes.set_yticks(range(len(names)), names)
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")
    ticks = _whole_ticks(last)
    axes.set_xticks([*ticks, never], [*(str(tick) for tick in ticks), "never"])
    axes.axvline((last + never) / 2, color="#e3e3e3", linewidth=2)
    for row, level in enumerate(order):
        runs = reached[reached["level"] == level].sort_values("seed")
        if not len(runs):
            continue
        its_look = look[level]
        heights = [row + _SPREAD * (evenly_spread(i) - 0.5) for i in range(len(runs))]
        axes.scatter(
            runs["epoch"].fillna(never),
            heights,
            s=13,
            color=its_look.colour,
            alpha=0.6,
            linewidths=0,
            zorder=2,
        )
        axes.plot(
            [min(_median(runs), never)],
            [row],
            marker=its_look.marker,
            markersize=6,
            color=its_look.colour,
            markeredgecolor="white",
            markeredgewidth=0.6,
            linestyle="none",
            label=level,
            zorder=3,
        )
        _count(axes, runs, row, in_words=named)
    return axes


def median_epoch(reached: DataFrame) -> str:
    """The median over the runs, and how many got there where some did not: `4`, `never, 2/10`."""
    median = _median(reached)
    there = int(reached["epoch"].notna().sum())
    when = "never" if median == float("inf") else f"{median:g}"
    return when if there in (0, len(reached)) else f"{when}, {there}/{len(reached)}"


def _median(reached: DataFrame) -> float:
    """Of all runs; one that never gets there counts as later than any."""
    return float(reached["epoch"].fillna(float("inf")).median())


def _count(axes: Axes, runs: DataFrame, row: int, *, in_words: bool) -> None:
    there, every = int(runs["epoch"].notna().sum()), len(runs)
    if there < every:
        axes.annotate(
            f"never: {every - there} of {every}" if in_words else f"{there}/{every}",
            xy=(1, row),
            xycoords=("axes fraction", "data"),
            xytext=(3, 0),
            textcoords="offset points",
            va="center",
            fontsize=SMALL,
        )


def _whole_ticks(last: int) -> list[int]:
    from matplotlib.ticker import MaxNLocator

    locator = MaxNLocator(nbins=4, integer=True, steps=[1, 2, 5, 10])
    return [int(tick) for tick in locator.tick_values(0, last) if 0 <= tick <= last]
