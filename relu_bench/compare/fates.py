"""What became of the units of each run: how many were dead, fell silent and came back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from relu_bench.compare.layers import run_layers

if TYPE_CHECKING:
    from pandas import DataFrame, Series


def fates(runs: DataFrame, layers: DataFrame, by: Sequence[str]) -> DataFrame:
    """The units of all hidden layers of each run together.

    Args:
        runs: rows of runs.csv; only completed ones count.
        layers: rows of layers.csv, as for `layers.run_layers`.
        by: further columns of `runs` to keep.

    Returns:
        One row for each probed run: `by`, run_id, outcome, units, dead_before and dead_after
        (shares of dead units at initialization and after training, counted on the whole training
        part; NaN where they do not exist), died and revived (how often a unit fell silent on the
        probe set from one epoch to the next, and how often one came back; one unit may do both more
        than once; NaN where neither was counted).
    """
    single = run_layers(runs, layers, by)
    single = single.assign(dead=single["dead_fraction"] * single["units"])
    key = ["run_id"]
    start, end = single[single["epoch"] == 0], single[single["last"]]
    runs_of = single[[*by, *key, "outcome"]].drop_duplicates(key).set_index(key)
    sums = single.groupby(key)[["died", "revived"]].sum(min_count=1)
    return (
        runs_of.assign(
            units=start.groupby(key)["units"].sum(),
            dead_before=_share(start),
            dead_after=_share(end),
        )
        .join(sums)
        .reset_index()
    )


def _share(rows: DataFrame) -> Series:
    """Dead units by units, of each run; NaN where a layer has no number."""
    of_run = rows.groupby("run_id")
    dead = of_run["dead"].sum(min_count=1).where(of_run["dead"].count() == of_run["layer"].count())
    return dead / of_run["units"].sum()
