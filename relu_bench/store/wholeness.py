"""Whether a completed run has all of its rows: of every epoch, and of every layer at each.

None needs a row in test_samples.csv: ratings, diverged runs and older releases have none there.
"""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from relu_bench.store.reading import Committed, scan
from relu_bench.store.tables import TABLES, Key, TableName, key_of

_RUN = ("experiment", "run_id", "status", "outcome", "epochs", "probes")
# What is needed of the rows of epochs.csv and layers.csv; losses and steps count as empty or not.
NEEDED: Mapping[TableName, tuple[str, ...]] = {
    "epochs": ("epoch", "train_loss", "val_loss"),
    "layers": ("epoch", "layer", "time_step"),
}

Rows = Mapping[TableName, Sequence[Sequence[str]]]


def lacks(run: Mapping[str, str], rows: Rows) -> str:
    """The CSV in which rows of a run are missing, or stand twice; empty text for none.

    A run that diverged ended with an epoch of which a loss is empty. One with probes has a row for
    each layer at each epoch, and the same time steps before and after training.

    Args:
        run: its row of runs.csv, as text.
        rows: the `NEEDED` cells of its other rows; a table that is left out is not looked at.
    """
    if run.get("status") != "completed":
        return ""
    diverged = run.get("outcome") == "diverged"
    epochs = sorted(
        (_whole(epoch), bool(loss and held_out)) for epoch, loss, held_out in rows["epochs"]
    )
    numbers = [number for number, _ in epochs]
    if diverged:
        ended = not epochs[-1][1] if epochs else False
    else:
        ended = not run.get("epochs") or len(epochs) == _whole(run["epochs"]) + 1
    if not epochs or not ended or numbers != list(range(len(epochs))):
        return TABLES["epochs"].file_name
    if run.get("probes", "").lower() != "true" or "layers" not in rows:
        return ""
    layers: dict[str, list[int]] = {}
    steps: dict[int, set[str]] = {}
    for epoch, layer, step in rows["layers"]:
        if step:
            steps.setdefault(_whole(epoch), set()).add(layer)
        else:
            layers.setdefault(layer, []).append(_whole(epoch))
    complete = all(sorted(found) == numbers for found in layers.values())
    same_steps = diverged or steps.get(0) == steps.get(numbers[-1])
    return "" if layers and complete and same_steps else TABLES["layers"].file_name


def check(folder: Path) -> None:
    """Look whether the files of a store are whole rows, of cells that can be read.

    Raises:
        StoreError: they are not; the message names file and line.
    """
    for table in TABLES.values():
        with Committed(folder / table.file_name, table) as committed:
            committed.check(cells=True)


def partial(folder: Path, keys: Collection[Key] | None = None, *, layers: bool = True) -> list[Key]:
    """The completed runs of a store that lack rows; for the arguments, see `completed`."""
    return [key for key, is_whole in completed(folder, keys, layers=layers).items() if not is_whole]


def completed(
    folder: Path, keys: Collection[Key] | None = None, *, layers: bool = True
) -> dict[Key, bool]:
    """The completed runs of a store, and whether each has all of its rows.

    Args:
        folder: a results folder.
        keys: only these runs; by default all.
        layers: whether to look into layers.csv, which is by far the largest.

    Raises:
        StoreError: a file cannot be read.
    """
    runs = {
        (run[0], run[1]): dict(zip(_RUN, run, strict=True))
        for run in scan(folder, _RUN)
        if run[2] == "completed" and (keys is None or (run[0], run[1]) in keys)
    }
    tables: tuple[TableName, ...] = ("epochs", "layers") if layers else ("epochs",)
    found: dict[Key, dict[TableName, list[Sequence[str]]]] = {
        key: {name: [] for name in tables} for key in runs
    }
    same: dict[Sequence[str], Sequence[str]] = {}  # a few distinct rows instead of one a line
    for name in tables:
        needed = NEEDED[name]
        with Committed(folder / TABLES[name].file_name, TABLES[name]) as committed:
            there = [each for each in needed if each in committed.names]
            for _, _, cells in committed.rows(["experiment", "run_id", *there]):
                key = key_of(cells)
                if key in found:
                    texts = dict(zip(there, cells[2:], strict=True))
                    row = tuple(_bare(each, texts.get(each, "")) for each in needed)
                    found[key][name].append(same.setdefault(row, row))
    return {key: not lacks(runs[key], rows) for key, rows in found.items()}


def _bare(name: str, text: str) -> str:
    """A cell of which only counts whether it is empty, without its number."""
    return text and "x" if name in ("train_loss", "val_loss", "time_step") else text


def _whole(text: str) -> int:
    """The integer in a cell; -1 for none."""
    try:
        return int(float(text))
    except (ValueError, OverflowError):
        return -1
