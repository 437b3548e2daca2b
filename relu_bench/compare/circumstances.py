"""Under what circumstances seconds were measured, and whether they can be compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from relu_bench.compare.variants import as_texts

if TYPE_CHECKING:
    from pandas import DataFrame, Series

# Seconds on two machines, or beside different numbers of other runs, are different seconds.
SAME = ("host", "processor", "jobs")


def differing(runs: DataFrame) -> tuple[str, ...]:
    """Those of `SAME` of which these runs have several values; an unknown one is a value too."""
    return tuple(name for name in SAME if name in runs and runs[name].nunique(dropna=False) > 1)


def timed_alike(runs: DataFrame) -> bool:
    """Whether the seconds of these runs can be compared: one machine, one number of jobs."""
    return not differing(runs)


def circumstances(runs: DataFrame) -> Series:
    """What each run was timed under, in words that name only what differs between the runs.

    `host=desk, jobs=2`; empty for all where `timed_alike`.
    """
    import pandas as pd

    words = pd.Series("", index=runs.index, dtype=object)
    for name in differing(runs):
        joint = words.where(words == "", words + ", ")
        words = joint + f"{name}=" + as_texts(runs[name]).astype(str)
    return words
