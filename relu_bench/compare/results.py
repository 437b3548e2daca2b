"""Several stores as one: every run once, whatever its numbers must not hide beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from relu_bench import store
from relu_bench.compare.layers import MEASURES
from relu_bench.compare.notices import notices_of
from relu_bench.compare.selection import select
from relu_bench.errors import ReluBenchError

if TYPE_CHECKING:
    from pandas import DataFrame

KEY = ["experiment", "run_id"]


@dataclass(frozen=True, eq=False)
class Results:
    """The runs of one or several stores.

    Attributes:
        runs: one row for each (experiment, run_id), with the columns of runs.csv and `store`, the
            position in `stores` of the folder that the row came from.
        stores: the folders, each once.
        where: the `KEY=VALUE` conditions that the runs meet.
        notices: what a reader must know beside any mean of these runs, one line each.
    """

    runs: DataFrame
    stores: tuple[Path, ...]
    where: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()

    @cached_property
    def epochs(self) -> DataFrame:
        """The rows of epochs.csv that belong to `runs`; read when first asked for."""
        return self._rows("epochs")

    @cached_property
    def layers(self) -> DataFrame:
        """The rows of layers.csv that belong to `runs`; read when first asked for.

        Only the columns that something is made of: `epoch`, `layer` and `layers.MEASURES`.
        """
        return self._rows("layers", ("epoch", "layer", *MEASURES))

    def _rows(
        self, table: Literal["epochs", "layers"], names: Sequence[str] | None = None
    ) -> DataFrame:
        import pandas as pd

        parts = []
        for position, folder in enumerate(self.stores):
            wanted = self.runs.loc[self.runs["store"] == position, KEY]
            parts.append(store.read(folder, table, names).merge(wanted, on=KEY))
        return pd.concat(_not_empty(parts), ignore_index=True)


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
    distinct: dict[Path, Path] = {}
    for folder in stores:
        distinct.setdefault(folder.resolve(), folder)
    folders = tuple(distinct.values())
    tables = [store.read(folder, "runs") for folder in folders]
    if not any(len(table) for table in tables):
        listed = ", ".join(str(folder) for folder in folders)
        raise ReluBenchError(
            f"There is no run in {listed} yet. 'relu-bench run CONFIG' makes some; "
            "'--out' of that command and this folder must be the same."
        )
    rows = _stacked(tables)
    chosen = select(rows, where)
    return Results(
        runs=_first_of_each(chosen, KEY),
        stores=folders,
        where=tuple(condition.strip() for condition in where),
        notices=notices_of(chosen, _first_of_each(chosen, KEY)),
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
    return completed_first.drop_duplicates(key).sort_index()
