"""The store: a results folder that takes up runs one by one and never loses or doubles one.

A run leaves one row in runs.csv and, when it completed, rows in epochs.csv and layers.csv and, with
classes to get right, one in test_samples.csv. Any number of processes may write at the same time. A
write goes: take the lock, mend what a crash left, look at the key again, flush the journal, append
to test_samples.csv, layers.csv and epochs.csv, then to runs.csv (which commits), flush each, remove
the journal.
"""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from relu_bench.config.until_resolved import UntilResolved
from relu_bench.errors import StoreError, StoreWriteError
from relu_bench.store import files as store_files
from relu_bench.store import journal as store_journal
from relu_bench.store import plans as store_plans
from relu_bench.store import reading
from relu_bench.store.cells import Value, cells_of, clean, guard, line
from relu_bench.store.columns import STATUSES
from relu_bench.store.files import as_store_errors
from relu_bench.store.journal import Journal, journaled
from relu_bench.store.lock import StoreLock
from relu_bench.store.plans import KeptPlan
from relu_bench.store.reading import Stored
from relu_bench.store.tables import (
    OF_A_RUN,
    TABLES,
    Key,
    KeyIndex,
    Span,
    TableName,
    bring_up_to_date,
    check_tail,
    encode,
    header,
    without,
)
from relu_bench.store.wholeness import check


@dataclass(frozen=True)
class RunRecord:
    """Everything that one run leaves behind.

    `run` is its row of runs.csv by column name. `epochs`, `layers` and `test_samples` are its rows
    of the other CSVs, without experiment and run_id; a failed run has none. None and floats that
    are not finite become empty cells.
    """

    run: Mapping[str, Value]
    epochs: Sequence[Mapping[str, Value]] = ()
    layers: Sequence[Mapping[str, Value]] = ()
    test_samples: Sequence[Mapping[str, Value]] = ()

    @property
    def rows(self) -> Mapping[TableName, Sequence[Mapping[str, Value]]]:
        """All of its rows, by table."""
        return {
            "runs": [self.run],
            "epochs": self.epochs,
            "layers": self.layers,
            "test_samples": self.test_samples,
        }


class Store:
    """One results folder, to be written to. Making one does no I/O; for reading, see `read`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._paths = {name: folder / table.file_name for name, table in TABLES.items()}
        self._lock = StoreLock(folder / ".lock")
        self._notices: list[str] = []
        self._indexes = {name: KeyIndex(self._paths[name], table) for name, table in TABLES.items()}

    def prepare(self) -> list[str]:
        """Make the folder ready, and find out now what would otherwise fail after a training.

        Creates the folder and its files, mends what a crash left half written, adds the columns
        that an older relu-bench did not know, and rehearses a write.

        Returns:
            What the user should know, a line each.

        Raises:
            StoreError: something is in the way, or not ours, or cannot be written.
            StoreWriteError: the disk is full.
        """
        with as_store_errors(StoreError, self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            warning = self._lock.check()
            if warning is not None:
                self._notices.append(warning)
            with self._writing(create=True):
                store_plans.remove_staged(self.folder)
                check(self.folder)
                for name, table in TABLES.items():
                    path = self._paths[name]
                    store_files.remove(store_files.staged(path))
                    added = bring_up_to_date(path, table)
                    if added:
                        self._notices.append(
                            f"{path} was written by another version of relu-bench; columns added, "
                            f"empty for what it holds: {', '.join(added)}"
                        )
                with journaled(self.folder, Journal(self._sizes())):
                    for path in self._paths.values():
                        store_files.append(path, b"")
        return self.take_notices()

    def take_notices(self) -> list[str]:
        """What the user should know since the last call, a line each."""
        notices, self._notices = self._notices, []
        return notices

    def keep_plan(
        self,
        experiment: str,
        config: Mapping[str, object],
        run_ids: Sequence[str],
        until_resolved: UntilResolved | None = None,
    ) -> None:
        """Keep what a call asked for; the same call again changes nothing.

        Raises:
            StoreError: it cannot be written.
        """
        plan = KeptPlan(experiment, config, tuple(run_ids), until_resolved=until_resolved)
        with as_store_errors(StoreError, self.folder), self._writing():
            store_plans.keep(self.folder, plan)

    def plans(self) -> list[KeptPlan]:
        """Every call's plan, in an order that does not change.

        Raises:
            StoreError: a kept plan is damaged.
        """
        return store_plans.kept(self.folder)

    def planned(self) -> dict[str, tuple[str, ...]]:
        """The run_ids of each experiment that any call asked for, in an order that does not change.

        Raises:
            StoreError: a kept plan is damaged.
        """
        union: dict[str, dict[str, None]] = {}
        for plan in self.plans():
            union.setdefault(plan.experiment, {}).update(dict.fromkeys(plan.run_ids))
        return {experiment: tuple(union[experiment]) for experiment in sorted(union)}

    def statuses(self) -> dict[Key, str]:
        """The status of every stored run by (experiment, run_id); reads runs.csv only, no lock.

        Raises:
            StoreError: runs.csv is not ours, or a line of it is no row.
        """
        return reading.statuses(self.folder)

    def stored(self) -> dict[Key, Stored]:
        """As `statuses`, and whether each run has measurements of the network's inside.

        Raises:
            StoreError: runs.csv is not ours, or a line of it is no row.
        """
        return reading.stored(self.folder)

    def status(self, experiment: str, run_id: str) -> str | None:
        """The status of one run as the store has it now, None when it has none.

        After the first call it reads only what was added since, so it may be asked before each
        training. Any thread may ask.

        Raises:
            StoreWriteError: the store cannot be read any more.
        """
        with as_store_errors(StoreWriteError, self.folder), self._writing():
            found = self._statuses_of((experiment, run_id))
        return "completed" if "completed" in found else next(iter(found), None)

    def append(self, record: RunRecord) -> bool:
        """Store a run; its cost does not grow with the store, unless it replaces a failed row.

        Returns:
            Whether it was stored. A completed run stays as it is; a failed one is replaced.

        Raises:
            StoreError: the record does not fit the columns.
            StoreWriteError: it cannot be written; the store is as it was before.
        """
        key = _key_of(record)
        owner = dict(zip(("experiment", "run_id"), key, strict=True))
        with as_store_errors(StoreWriteError, self.folder), self._writing():
            failed = self._failed_rows(key)
            if failed is None:
                return False
            added: dict[TableName, bytes] = {}
            for name, table in TABLES.items():
                # A process of an older relu-bench may have put a narrower file in place.
                bring_up_to_date(self._paths[name], table)
                names = header(self._paths[name], table)
                added[name] = b"".join(
                    encode(table, names, {**row, **owner}) for row in record.rows[name]
                )
            self._commit(added, failed)
        return True

    def copy_run(self, run_id: str, *, source: str, target: str) -> bool:
        """Store the rows of a completed run under another experiment's name too, cell by cell.

        The first call reads the other CSVs whole, later ones only what was added.

        Returns:
            Whether it was copied; False when `target` has this run already as completed.

        Raises:
            StoreError: `source` has no such completed run.
            StoreWriteError: it cannot be written; the store is as it was before.
        """
        with as_store_errors(StoreWriteError, self.folder), self._writing():
            failed = self._failed_rows((target, run_id))
            if failed is None:
                return False
            if self._failed_rows((source, run_id)) is not None:
                raise StoreError(f"{self.folder} has no completed run {run_id} of {source} to copy")
            added: dict[TableName, bytes] = {}
            for name, table in TABLES.items():
                check_tail(self._paths[name])
                position = header(self._paths[name], table).index("experiment")
                copies = self._rows(name, (source, run_id))
                for cells in copies:
                    cells[position] = guard(clean(target))
                added[name] = b"".join(map(line, copies))
            self._commit(added, failed)
        return True

    def _failed_rows(self, key: Key) -> Sequence[Span] | None:
        """Where the rows stand that a new record of `key` replaces; None: it is completed."""
        if "completed" in self._statuses_of(key):
            return None
        return self._indexes["runs"].spans(key)

    def _statuses_of(self, key: Key) -> list[str]:
        position = header(self._paths["runs"], TABLES["runs"]).index("status")
        return [cells[position] for cells in self._rows("runs", key)]

    def _rows(self, name: TableName, key: Key) -> list[list[str]]:
        """The cells, as they are written, of the rows of one run."""
        self._indexes[name].refresh()
        return list(map(cells_of, self._indexes[name].records_of(key)))

    def _commit(self, added: Mapping[TableName, bytes], replaced: Sequence[Span]) -> None:
        runs = self._paths["runs"]
        sizes = self._sizes()
        if replaced:
            without(runs, replaced, added["runs"])
            # A reader that has the journal in hand may find the new version already in place.
            del sizes[runs.name]
        journal = Journal(sizes, replaces=runs.name if replaced else None)
        with journaled(self.folder, journal):
            for name in OF_A_RUN:
                if added[name]:
                    store_files.append(self._paths[name], added[name])
            if replaced:
                store_files.adopt(runs)
            else:
                store_files.append(runs, added["runs"])

    def _sizes(self) -> dict[str, int]:
        return {path.name: path.stat().st_size for path in self._paths.values()}

    @contextlib.contextmanager
    def _writing(self, *, create: bool = False) -> Iterator[None]:
        """Be the only writer, of a store that nobody has left half written."""
        gone = [path for path in self._paths.values() if not store_files.is_there(path)]
        if gone and not create:
            # Not made anew: somebody moved or deleted the results while the sweep was running.
            raise StoreWriteError(
                f"{gone[0]} has gone, so nothing more can be stored. Put it back, or give the same "
                "command again to start with what is there."
            )
        with self._lock.held():
            cut = store_journal.undo(self.folder)
            if cut:
                parts = ", ".join(f"{size} bytes of {name}" for name, size in cut.items())
                self._notices.append(
                    f"{self.folder}: a process ended in the middle of a write; what it left half "
                    f"written was cut off ({parts}), and its run counts as missing"
                )
            yield


def _key_of(record: RunRecord) -> Key:
    run_id, experiment = record.run.get("run_id"), record.run.get("experiment")
    status = record.run.get("status")
    if not (isinstance(experiment, str) and experiment and isinstance(run_id, str) and run_id):
        raise StoreError(f"a run needs an experiment and a run_id, got {experiment!r}, {run_id!r}")
    if status not in STATUSES:
        raise StoreError(f"a run is {' or '.join(STATUSES)}, got {status!r}")
    if status == "failed" and any(record.rows[name] for name in OF_A_RUN):
        raise StoreError(f"run {run_id} failed, so it has no rows but that of runs.csv")
    return clean(experiment), clean(run_id)
