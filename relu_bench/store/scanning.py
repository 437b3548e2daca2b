"""Some cells of every run, from runs.csv alone: no lock, no table library, no other file.

What a resumed sweep and `relu-bench status` need of a store of 100,000 runs, in a second or two.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from relu_bench.store.cells import text_of
from relu_bench.store.columns import RUNS
from relu_bench.store.committed import Committed
from relu_bench.store.index import Key
from relu_bench.store.tables import TABLES

_TEXTS = frozenset(column.name for column in RUNS if column.kind == "text")


class Stored(NamedTuple):
    """What a store knows of a run: its status, and whether the network's inside was measured."""

    status: str
    probes: bool


def scan(folder: Path, names: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """The cells `names` of every committed row of runs.csv, as text; empty for absent columns.

    A store that does not exist yet has no runs.

    Raises:
        StoreError: runs.csv is not ours, cannot be read, or a line of it is no row.
    """
    table = TABLES["runs"]
    with Committed(folder / table.file_name, table) as committed:
        wanted = list(dict.fromkeys([*table.identity, *(n for n in names if n in committed.names)]))
        place = {name: number for number, name in enumerate(wanted)}
        for _, _, cells in committed.rows(wanted):
            yield tuple(_text(name, cells[place[name]]) if name in place else "" for name in names)


def stored(folder: Path) -> dict[Key, Stored]:
    """Each stored run by (experiment, run_id); of several rows of one run a completed one counts.

    Raises:
        StoreError: as `scan`.
    """
    found: dict[Key, Stored] = {}
    for experiment, run_id, status, probes in scan(
        folder, ("experiment", "run_id", "status", "probes")
    ):
        key = (experiment, run_id)
        if key not in found or found[key].status != "completed":
            found[key] = Stored(status, probes.lower() == "true")
    return found


def statuses(folder: Path) -> dict[Key, str]:
    """The status of every stored run by (experiment, run_id).

    Raises:
        StoreError: as `scan`.
    """
    found: dict[Key, str] = {}
    for experiment, run_id, status in scan(folder, ("experiment", "run_id", "status")):
        if found.get((experiment, run_id)) != "completed":
            found[experiment, run_id] = status
    return found


def _text(name: str, cell: str) -> str:
    return text_of(cell) if name in _TEXTS else cell
