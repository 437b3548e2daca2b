"""Many variants, a row each: every epoch is as dark as the share of runs that have arrived."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from relu_bench.compare import broken
from relu_bench.plots.style import SMALL, looks

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame

# Numbers in more cells than this cannot be read.
MOST_NUMBERED = 12
# Above this share, the cell is dark.
_DARK = 0.55


def arrival_table(
    axes: Axes,
    table: DataFrame,
    *,
    order: Sequence[str],
    words: Mapping[str, str],
    last: int,
    numbered: bool,
    label_width: int,
) -> Axes:
    """Draw a row of epochs for each line, the first on top, from white (none) to dark (all).

    Args:
        axes: to draw on.
        table: of `compare.profiles.time_profiles` over epochs: line, x, share.
        order: of the lines, top down.
        words: what stands at the right of each row.
        last: the last epoch.
        numbered: whether the share is written into the cells, in percent.
        label_width: of a line of a name, in characters.

    Returns:
        `axes`.
    """
    from matplotlib.colors import LinearSegmentedColormap

    shares = _shares(table, order, last)
    colours = LinearSegmentedColormap.from_list("arrived", ["#ffffff", looks([""])[""].colour])
    axes.imshow(
        shares,
        cmap=colours,
        vmin=0,
        vmax=1,
        aspect="auto",
        interpolation="nearest",
        extent=(0.5, last + 0.5, len(order) - 0.5, -0.5),
    )
    axes.set_yticks(range(len(order)), [broken(name, label_width) for name in order])
    axes.tick_params(axis="y", labelsize=SMALL)
    axes.tick_params(axis="y", length=0)
    axes.set_yticks([row + 0.5 for row in range(len(order) - 1)], minor=True)
    axes.grid(visible=False)
    axes.grid(visible=True, axis="y", which="minor", color="#ffffff", linewidth=1.5)
    axes.tick_params(axis="y", which="minor", length=0)
    for row, name in enumerate(order):
        if numbered:
            _write(axes, shares[row], row)
        axes.annotate(
            words[name],
            xy=(1, row),
            xycoords=("axes fraction", "data"),
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
            fontsize=SMALL,
        )
    return axes


def _shares(table: DataFrame, order: Sequence[str], last: int) -> np.ndarray:
    """The share of each line after each epoch from 1 on: (lines, epochs)."""
    found = np.zeros((len(order), last))
    for row, name in enumerate(order):
        line = table[table["line"] == name].sort_values("x")
        times, shares = line["x"].to_numpy(np.float64), line["share"].to_numpy(np.float64)
        if times.size:
            # How many of the steps lie at or before each epoch.
            steps = np.searchsorted(times, np.arange(1, last + 1), side="right")
            found[row] = np.concatenate(([0.0], shares))[steps]
    return found


def _write(axes: Axes, shares: np.ndarray, row: int) -> None:
    """The share in percent, where it first differs from the epoch before."""
    for place, share in enumerate(shares):
        if share == (shares[place - 1] if place else 0.0):
            continue
        axes.text(
            place + 1,
            row,
            f"{100 * share:.0f}",
            ha="center",
            va="center",
            fontsize=SMALL - 0.5,
            color="white" if share > _DARK else "black",
        )
