"""Several stores as one: every run once, whatever its numbers must not hide beside it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from relu_bench import store
from relu_bench.compare.layers import MEASURES, STEP_MEASURE
from relu_bench.compare.naming import Names, names_of, shown_with
from relu_bench.compare.notices import notices_of
from relu_bench.compare.scores import completed
from relu_bench.compare.selection import select
from relu_bench.errors import ReluBenchError, StoreError
from relu_bench.store.cells import shown
from relu_bench.store.columns import REQUIRED

if TYPE_CHECKING:
    from pandas import DataFrame

KEY = ["experiment", "run_id"]
# How a run ended.
ENDED = (*KEY, "status", "outcome", "error")
_READ_LATER = ("epochs", "layers")


@dataclass(frozen=True, eq=False)
class Results:
    """The runs of one or several stores.

    Attributes:
        runs: one row for each (experiment, run_id), with the columns of runs.csv and `store`, the
            position in `stores` of the folder that the row came from.
        stores: the folders, each once.
        where: the `KEY=VALUE` conditions that the runs meet.
        notices: what a reader must know beside any mean of these runs, one line each.
        names: the display names of their values, by canonical label.
        stored: with display names in `runs`, the canonical label of each, by column; else empty.
        every: of all rows that were read, whatever condition they meet, the columns of `ENDED` and
            `store`; None where that is not known.
    """

    runs: DataFrame
    stores: tuple[Path, ...]
    where: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    names: Names = field(default_factory=dict)
    stored: Mapping[str, Names] = field(default_factory=dict)
    every: DataFrame | None = None

    def displayed(self) -> Results:
        """The same with display names in place of labels, for people; files keep the labels."""
        if self.stored or not self.names:
            return self
        runs, stored = shown_with(self.runs, self.names)
        shown = replace(self, runs=runs, stored=stored)
        # What has been read need not be read again.
        vars(shown).update({name: vars(self)[name] for name in _READ_LATER if name in vars(self)})
        return shown

    @cached_property
    def epochs(self) -> DataFrame:
        """The rows of epochs.csv that belong to `runs`; read when first asked for."""
        return self._rows("epochs")

    @cached_property
    def layers(self) -> DataFrame:
        """The rows of layers.csv that belong to `runs`; read when first asked for.

        Only the columns that something is made of: `epoch`, `layer`, `time_step`,
        `layers.MEASURES` and `layers.STEP_MEASURE`.
        """
        return self._rows("layers", ("epoch", "layer", "time_step", *MEASURES, STEP_MEASURE))

    def _rows(
        self, table: Literal["epochs", "layers"], names: Sequence[str] | None = None
    ) -> DataFrame:
        import pandas as pd

        parts = []
        done = completed(self.runs)
        for position, folder in enumerate(self.stores):
            its = done[done["store"] == position]
            # As plain objects: pandas hands out the texts of a column one by one, and slowly.
            columns = (its[name].to_numpy(object) for name in KEY)
            keys = set(zip(*columns, strict=True))
            parts.append(store.read(folder, table, names, keys))
        return pd.concat(_not_empty(parts), ignore_index=True) if len(parts) > 1 else parts[0]


def load(stores: Sequence[Path], where: Sequence[str] = ()) -> Results:
    """Read the runs of `stores`, each (experiment, run_id) once, narrowed by `where`.

    Of a run that several stores hold, a completed row goes before a failed one, then the first
    store before the others.

    Args:
        stores: results folders; the same one twice counts once.
        where: `KEY=VALUE` conditions, as in `selection.select`.

    Raises:
        StoreError: when a folder is no store.
        ReluBenchError: when there is no run, a condition is wrong, or nothing meets it.
    """
    distinct: dict[str, Path] = {}
    for folder in stores:
        distinct.setdefault(os.path.realpath(folder), folder)
    folders = tuple(distinct.values())
    tables = [store.read(folder, "runs") for folder in folders]
    for folder, table in zip(folders, tables, strict=True):
        _check_settings(folder, table)
    if not any(len(table) for table in tables):
        listed = ", ".join(str(folder) for folder in folders)
        raise ReluBenchError(
            f"There is no run in {listed} yet. 'relu-bench run CONFIG' makes some; "
            "'--out' of that command and this folder must be the same."
        )
    rows = _stacked(tables)
    chosen = select(rows, where, lambda: names_of(folders, rows)[0])
    runs = _first_of_each(chosen, KEY)
    names, said = names_of(folders, runs)
    return Results(
        runs=runs,
        stores=folders,
        where=tuple(condition.strip() for condition in where),
        notices=(*notices_of(chosen, runs), *said),
        names=names,
        every=rows[[*ENDED, "store"]],
    )


def _check_settings(folder: Path, runs: DataFrame) -> None:
    """Look whether completed runs say what they are.

    Raises:
        StoreError: a cell is empty, or impossible, without which a run can be compared with none.
    """
    done = completed(runs)
    faults = {f"no value in the column {name}": done[name].isna() for name in REQUIRED}
    faults["a learning rate that is not above 0"] = done["learning_rate"] <= 0
    for fault, found in faults.items():
        if found.any():
            run_id = shown(done["run_id"][found].iloc[0])
            raise StoreError(
                f"{folder / 'runs.csv'}: {found.sum():,} completed runs, such as {run_id}, have "
                f"{fault}. Put it back from a copy, or delete these lines and the runs' lines in "
                "the other CSVs (the runs are then trained again)."
            )


def once_each(runs: DataFrame) -> DataFrame:
    """Each run_id once, a completed row before a failed one: for views over several experiments.

    A spec that two experiments ask for is trained once and stored under both names.
    """
    return _first_of_each(runs, ["run_id"])


def _stacked(tables: Sequence[DataFrame]) -> DataFrame:
    import pandas as pd

    numbered = [table.assign(store=position) for position, table in enumerate(tables)]
    return pd.concat(_not_empty(numbered), ignore_index=True)


def _not_empty(tables: list[DataFrame]) -> list[DataFrame]:
    # An empty table has nothing to say about the types of the whole.
    return [table for table in tables if len(table)] or tables[:1]


def _first_of_each(rows: DataFrame, key: list[str]) -> DataFrame:
    completed_first = rows.sort_values(
        "status", key=lambda status: status == "failed", kind="stable"
    )
    # Copied, columns of numbers lie side by side, and are taken from as one.
    return completed_first.drop_duplicates(key).sort_index().copy()
