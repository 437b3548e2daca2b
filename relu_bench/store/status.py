"""How far the experiments of one or several stores are: asked for, done, failed, missing.

Reads the kept plans and runs.csv (`partial`: epochs.csv and layers.csv, too); takes no lock, and
writes nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from relu_bench.components.variant_label import label
from relu_bench.store import Store, columns, scan, wholeness
from relu_bench.store.reading import check_is_store
from relu_bench.store.tables import Key
from relu_bench.tables import Table, table

CELLS = ("experiment", "run_id", "status", "outcome", "error")
"""The columns of runs.csv that say how far an experiment is."""


@dataclass(frozen=True)
class Failure:
    """A failed run, its reason on one line, and the store that has it."""

    run_id: str
    reason: str
    store: Path


@dataclass(frozen=True)
class Progress:
    """Where an experiment is: planned = completed + failed + missing.

    Attributes:
        planned: the distinct runs that any call asked for, and those that are stored besides.
        completed: runs that ended, those that diverged among them.
        diverged: completed runs whose loss was not finite.
        failures: the runs that could not be done.
        missing: the run_ids that no store has.
        unplanned: stored runs that no kept plan asks for.
    """

    experiment: str
    planned: int
    completed: int
    diverged: int
    failures: tuple[Failure, ...]
    missing: tuple[str, ...]
    unplanned: int

    @property
    def counts(self) -> dict[str, int]:
        """How many runs there are of what was asked for, and how far they are."""
        return {
            "planned": self.planned,
            "completed": self.completed,
            "diverged": self.diverged,
            "failed": len(self.failures),
            "missing": len(self.missing),
        }


def table_of(found: Sequence[Progress]) -> Table:
    """The counts, one row an experiment."""
    rows = [(each.experiment, *each.counts.values()) for each in found]
    heads = ("experiment", "planned", "completed", "diverged", "failed", "missing")
    return table("", heads, rows)


@dataclass(frozen=True)
class _Run:
    status: str
    outcome: str
    reason: str
    store: Path


def progress(
    stores: Sequence[Path], known: Mapping[Path, Iterable[Sequence[str]]] | None = None
) -> tuple[Progress, ...]:
    """The experiments of all stores together, by name; a run that several have counts once.

    Of such a run a completed row goes before a failed one, then the first store before the others.

    Args:
        stores: results folders; the same one twice counts once.
        known: the `CELLS` of every row of a store's runs.csv, empty text for an empty cell, by
            store; what is not known is read.

    Raises:
        StoreError: a folder is no store, or cannot be read.
    """
    asked: dict[str, dict[str, None]] = {}
    found: dict[str, dict[str, _Run]] = {}

    def rows_of(folder: Path) -> Iterable[Sequence[str]]:
        return known[folder] if known and folder in known else scan(folder, CELLS)

    for folder in dict.fromkeys(stores):
        check_is_store(folder)
        for experiment, run_ids in Store(folder).planned().items():
            asked.setdefault(experiment, {}).update(dict.fromkeys(run_ids))
        for experiment, run_id, status, outcome, error in rows_of(folder):
            runs = found.setdefault(experiment, {})
            before = runs.get(run_id)
            if before is None or (before.status != "completed" and status == "completed"):
                runs[run_id] = _Run(status, outcome, error, folder)
    return tuple(
        _summed(name, asked.get(name, {}), found.get(name, {})) for name in sorted({*asked, *found})
    )


def partial(stores: Sequence[Path]) -> dict[str, tuple[str, ...]]:
    """The run_ids, by experiment, that are completed and have all of their rows in no store.

    Raises:
        StoreError: a folder is no store, or cannot be read.
    """
    runs: dict[Key, bool] = {}
    for folder in dict.fromkeys(stores):
        for key, is_whole in wholeness.completed(folder).items():
            runs[key] = is_whole or runs.get(key, False)
    found: dict[str, list[str]] = {}
    for experiment, run_id in sorted(key for key, is_whole in runs.items() if not is_whole):
        found.setdefault(experiment, []).append(run_id)
    return {experiment: tuple(run_ids) for experiment, run_ids in found.items()}


def _summed(experiment: str, asked: Mapping[str, None], runs: Mapping[str, _Run]) -> Progress:
    completed = [run for run in runs.values() if run.status == "completed"]
    return Progress(
        experiment=experiment,
        planned=len({*asked, *runs}),
        completed=len(completed),
        diverged=sum(run.outcome == "diverged" for run in completed),
        failures=tuple(
            Failure(run_id, run.reason, run.store)
            for run_id, run in runs.items()
            if run.status != "completed"
        ),
        missing=tuple(run_id for run_id in asked if run_id not in runs),
        unplanned=sum(run_id not in asked for run_id in runs),
    )


def names_of_failures(found: Progress) -> dict[str, str]:
    """What tells each failed run from the others of its experiment, by run_id: `relu, seed=0`.

    That is its activation, what else varies in the stores that have failed runs, and its seed.

    Raises:
        StoreError: a store cannot be read.
    """
    fields = columns.names(columns.SPEC)
    failed = {(failure.store, failure.run_id) for failure in found.failures}
    values: dict[str, set[str]] = {field: set() for field in fields}
    cells_of: dict[str, dict[str, str]] = {}
    for folder in dict.fromkeys(failure.store for failure in found.failures):
        for experiment, run_id, *cells in scan(folder, ("experiment", "run_id", *fields)):
            if experiment != found.experiment:
                continue
            for field, cell in zip(fields, cells, strict=True):
                values[field].add(cell)
            if (folder, run_id) in failed:
                cells_of[run_id] = dict(zip(fields, cells, strict=True))
    axes = [name for name in fields if len(values[name]) > 1 and name != "seed"]
    shown = dict.fromkeys(["activation", *axes, "seed"])
    return {
        run_id: label({name: cells[name] for name in shown if cells[name]})
        for run_id, cells in cells_of.items()
    }
