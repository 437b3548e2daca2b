"""Which runs may be pooled over the settings of other axes: those at settings all groups have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from relu_bench.compare.scores import completed
from relu_bench.compare.variants import with_variant

if TYPE_CHECKING:
    from pandas import DataFrame


@dataclass(frozen=True, eq=False)
class Shared:
    """Runs of several groups over the same settings.

    Attributes:
        runs: completed runs, with a text column `cell` for the setting, empty where there is one.
        settings: how many settings they have.
        alike: whether these are settings that all groups have; if none is, all runs are here.
        left_out: how many completed runs are not here, being at a setting that some group lacks.
    """

    runs: DataFrame
    settings: int
    alike: bool
    left_out: int


def shared_settings(runs: DataFrame, group: str, others: Sequence[str]) -> Shared:
    """The runs at the settings that every group with a result has.

    Args:
        runs: runs of any number of groups.
        group: the column that names a run's group.
        others: the axes whose values make a setting.
    """
    done = completed(runs)
    done = with_variant(done, others, "cell") if others else done.assign(cell="")
    groups = done.groupby("cell")[group].nunique()
    common = groups.index[groups == done[group].nunique()]
    kept = done[done["cell"].isin(common)]
    if not len(kept):
        return Shared(done, int(done["cell"].nunique()), False, 0)
    return Shared(kept, len(common), True, len(done) - len(kept))
