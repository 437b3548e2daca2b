"""Several stores into one: every run once, a completed one before a failed one."""

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TypeAlias

from relu_bench.errors import StoreError, StoreWriteError
from relu_bench.store import files as store_files
from relu_bench.store import journal as store_journal
from relu_bench.store.cells import cells_of, line
from relu_bench.store.columns import RUNS, SPEC, names
from relu_bench.store.files import as_store_errors, unreadable
from relu_bench.store.reading import Committed, check_is_store
from relu_bench.store.tables import (
    OF_A_RUN,
    TABLES,
    Key,
    KeyIndex,
    Span,
    TableName,
    add_columns,
    bring_up_to_date,
    header,
    key_of,
    without,
)
from relu_bench.store.wholeness import NEEDED, Rows, check, lacks
from relu_bench.store.writer import Store

_RUNS_AT_ONCE = 500
# What may differ between two trainings of one run; all the rest is the same to the last bit.
_OF_THE_OCCASION = frozenset(
    {
        *("experiment", "run_id", "status", "attempts", "error", "probes", "probe_seconds"),
        *("train_seconds", "compile_seconds", "started_at", "host", "processor", "git_commit"),
        *("relu_bench_version", "tensorflow_version", "keras_version", *names(SPEC)),
    }
)
_COMPARED = tuple(name for name in names(RUNS) if name not in _OF_THE_OCCASION)

Cells: TypeAlias = Mapping[str, str]


@dataclass
class Merged:
    """What became of a merge.

    Attributes:
        taken: how many runs came from each store.
        known: runs that were not taken, as another store had them before.
        partial: the run_ids of completed runs that were not taken, as they lack rows, by the store
            that they came from and the file in which.
        differing: how many completed runs came with other numbers than those that were kept, by
            the store that they came from and the columns that differ.
        notices: what the user should know, a line each.
    """

    taken: Counter[Path] = field(default_factory=Counter)
    known: int = 0
    partial: dict[tuple[Path, str], list[str]] = field(default_factory=dict)
    differing: Counter[tuple[Path, tuple[str, ...]]] = field(default_factory=Counter)
    notices: list[str] = field(default_factory=list)


def merge(sources: Sequence[Path], out: Path) -> Merged:
    """Take all runs and plans of `sources` up into the store `out`; the sources stay as they are.

    A completed run is taken when its epochs, and with probes its layers, are all there; it then
    replaces one in `out` that lacks some. Of a run that several have, a completed row goes before a
    failed one, then what `out` has before what comes, then the first store before the others.
    Columns that relu-bench does not know are kept.

    Raises:
        StoreError: a source is no store, or `out` is one of them or cannot be written.
        StoreWriteError: the disk is full; what was taken before is whole.
    """
    folders = list({os.path.realpath(folder): folder for folder in sources}.values())
    if os.path.realpath(out) in map(os.path.realpath, folders):
        raise StoreError(
            f"--out {out} is one of the stores to merge, which are only read. Give another folder; "
            "one that holds a store already is added to."
        )
    opened = [_Source(folder) for folder in folders]
    plans = [plan for folder in folders for plan in Store(folder).plans()]
    target = _Target(out)
    merged = Merged(notices=target.prepare())
    for plan in plans:
        target.keep_plan(plan.experiment, plan.config, plan.run_ids, plan.until_resolved)
    for source in opened:
        target.take_columns_of(source)
        runs = source.runs()
        while batch := list(islice(runs, _RUNS_AT_ONCE)):
            target.take(source, batch, merged)
    merged.notices += target.take_notices()
    return merged


@dataclass(frozen=True)
class _Run:
    """A row of a source's runs.csv."""

    key: Key
    cells: Cells
    record: bytes


class _Source:
    """A store that is only read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        check_is_store(folder)
        try:
            self.headers = {
                name: header(path, table)
                for name, table in TABLES.items()
                if (path := folder / table.file_name).exists() and path.stat().st_size
            }
            # What no command can read must not get into a store that is whole.
            check(folder)
        except OSError as error:
            raise unreadable(folder, error) from error
        self._indexes: dict[TableName, KeyIndex] = {}

    def runs(self) -> Iterator[_Run]:
        """The committed rows of runs.csv."""
        with Committed(self.folder / TABLES["runs"].file_name, TABLES["runs"]) as committed:
            for _, record, texts in committed.rows(committed.names):
                cells = dict(zip(committed.names, texts, strict=True))
                yield _Run(key_of((cells["experiment"], cells["run_id"])), cells, record)

    def rows(self, name: TableName, key: Key) -> list[bytes]:
        """The records of one run in one of the other CSVs."""
        if name not in self.headers:
            return []
        if name not in self._indexes:
            path = self.folder / TABLES[name].file_name
            self._indexes[name] = KeyIndex(path, TABLES[name])
            self._indexes[name].refresh(store_journal.committed_size(self.folder, path.name))
        return self._indexes[name].records_of(key)


class _Target(Store):
    """The store that takes them up, many runs in one write."""

    def take_columns_of(self, source: _Source) -> None:
        """Add the columns that `source` has and this store has not."""
        with as_store_errors(StoreWriteError, self.folder), self._writing():
            for name, theirs in source.headers.items():
                ours = header(self._paths[name], TABLES[name])
                add_columns(self._paths[name], [column for column in theirs if column not in ours])

    def take(self, source: _Source, runs: Sequence[_Run], merged: Merged) -> None:
        """Store those of `runs` that are new, or that replace a failed row by a completed one."""
        added: dict[TableName, list[bytes]] = {name: [] for name in TABLES}
        replaced: list[Span] = []
        with as_store_errors(StoreWriteError, self.folder), self._writing():
            for name, table in TABLES.items():
                bring_up_to_date(self._paths[name], table)
            ours = {name: header(self._paths[name], table) for name, table in TABLES.items()}
            chosen: dict[Key, _Run] = {}
            repaired: list[Key] = []
            theirs: dict[Key, dict[TableName, list[bytes]]] = {}
            for run in runs:
                rows = {name: source.rows(name, run.key) for name in OF_A_RUN}
                parsed = {name: list(map(cells_of, rows[name])) for name in NEEDED}
                lacking = lacks(run.cells, _needed(parsed, source.headers))
                if lacking:
                    merged.partial.setdefault((source.folder, lacking), []).append(run.key[1])
                    continue
                before = self._row_of(run.key, ours["runs"])
                if before is not None and not _replaces(run.cells, before):
                    if not self._lacks(run, before, ours):
                        merged.known += 1
                        self._compare(run, before, source, merged)
                        continue
                    repaired.append(run.key)
                elif run.key in chosen and not _replaces(run.cells, chosen[run.key].cells):
                    merged.known += 1
                    continue
                chosen[run.key], theirs[run.key] = run, rows
            self._withdraw(repaired)
            for run in chosen.values():
                replaced += self._indexes["runs"].spans(run.key)
                for name, found in {"runs": [run.record], **theirs[run.key]}.items():
                    added[name] += [
                        _translated(record, source.headers[name], ours[name]) for record in found
                    ]
            if chosen:
                self._commit({name: b"".join(rows) for name, rows in added.items()}, replaced)
        merged.taken[source.folder] += len(chosen)

    def _lacks(self, run: _Run, before: Cells, headers: Mapping[TableName, Sequence[str]]) -> bool:
        """Whether our completed row of a completed run is one without all of its other rows."""
        if run.cells.get("status") != "completed":
            return False
        rows = {name: self._rows(name, run.key) for name in NEEDED}
        return bool(lacks(before, _needed(rows, headers)))

    def _withdraw(self, keys: Sequence[Key]) -> None:
        """Take the rows of these runs out of all CSVs but runs.csv, each in one step.

        A crash behind it leaves runs that lack rows, as they did before.
        """
        for name in OF_A_RUN if keys else ():
            self._indexes[name].refresh()
            if spans := [span for key in keys for span in self._indexes[name].spans(key)]:
                without(self._paths[name], spans, b"")
                store_files.adopt(self._paths[name])

    def _row_of(self, key: Key, columns: Sequence[str]) -> Cells | None:
        """Our row of a run, the completed one if there are several."""
        rows = [dict(zip(columns, cells, strict=False)) for cells in self._rows("runs", key)]
        rows.sort(key=lambda row: row["status"] != "completed")
        return rows[0] if rows else None

    def _compare(self, run: _Run, before: Cells, source: _Source, merged: Merged) -> None:
        if run.cells.get("status") == before["status"] == "completed":
            differing = tuple(
                name for name in _COMPARED if _differ(run.cells.get(name, ""), before.get(name, ""))
            )
            if differing:
                merged.differing[source.folder, differing] += 1


def _replaces(new: Cells, old: Cells) -> bool:
    return new.get("status") == "completed" and old.get("status") != "completed"


def _differ(one: str, other: str) -> bool:
    """Whether two cells say different things; an empty one, of an older release, says nothing."""
    if not one or not other or one == other:
        return False
    try:
        return float(one) != float(other)
    except ValueError:
        return True


def _needed(
    rows: Mapping[TableName, Sequence[Sequence[str]]], headers: Mapping[TableName, Sequence[str]]
) -> Rows:
    """The cells that tell whether rows are missing."""
    found: dict[TableName, list[Sequence[str]]] = {}
    for name, its in rows.items():
        named = [dict(zip(headers[name], cells, strict=True)) for cells in its]
        found[name] = [[cells.get(each, "") for each in NEEDED[name]] for cells in named]
    return found


def _translated(record: bytes, theirs: Sequence[str], ours: Sequence[str]) -> bytes:
    """A record as it stands under our header."""
    if theirs == ours:
        return record.rstrip(b"\r\n") + b"\n"
    cells = dict(zip(theirs, cells_of(record), strict=True))
    return line(cells.get(name, "") for name in ours)
