"""Rows of a store's CSVs, as `store.read` types them, without training anything."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from relu_bench.compare import Selection
from relu_bench.store import columns

Row = dict[str, Any]

_SPEC: Row = {
    "dataset": "mnist",
    "model": "mlp(hidden=[128, 64])",
    "activation": "relu",
    "initializer": "glorot_uniform",
    "bias_initializer": "zeros",
    "learning_rate": 0.001,
    "batch_norm": False,
    "batch_norm_momentum": 0.99,
    "optimizer": "adam",
    "batch_size": 128,
    "epochs": 3,
    "dropout": 0.0,
    "dropout_kind": "standard",
    "validation_split": 0.2,
    "split_seed": "0",
    "train_samples": None,
}
_CIRCUMSTANCES: Row = {
    "started_at": "2026-01-01T00:00:00Z",
    "host": "laptop",
    "processor": "a processor",
    "relu_bench_version": "0.1.0",
    "tensorflow_version": "2.18.0",
    "keras_version": "3.6.0",
    "git_commit": "abc",
    "numerics": 1,
    "attempts": 1,
}
_TYPES = {"integer": "Int64", "number": "float64"}


def run(*, test: float = 0.97, val: float = 0.96, outcome: str = "learned", **given: Any) -> Row:
    """A completed run; `given` sets any column."""
    spec = {name: given.pop(name, value) for name, value in _SPEC.items()}
    seed = given.pop("seed", 0)
    diverged = outcome == "diverged"
    held_out = spec["validation_split"] > 0
    row = {
        "experiment": "variants",
        "run_id": _run_id(spec, seed, given.get("numerics", 1)),
        "status": "completed",
        "outcome": outcome,
        "seed": seed,
        **spec,
        **_CIRCUMSTANCES,
        "metric": "accuracy",
        "train_accuracy": None if diverged else test + 0.01,
        "val_accuracy": None if diverged or not held_out else val,
        "test_accuracy": None if diverged else test,
        "test_loss": None if diverged else 1 - test,
        "guess_val_accuracy": 0.1124 if held_out else None,
        "guess_test_accuracy": 0.1135,
        "train_seconds": 2.5,
        "probes": True,
    }
    return {**row, **given}


def failed(**given: Any) -> Row:
    """A run that failed: no outcome, no numbers."""
    numbers = [
        name
        for name in columns.names(columns.RUNS)
        if name.startswith(("train_acc", "train_loss", "train_sec", "val_", "test_", "guess_"))
    ]
    row = run(**given)
    empty: Row = dict.fromkeys(
        [name for name in (*numbers, "outcome", "metric") if name != "validation_split"]
    )
    return {**row, **empty, "status": "failed", "error": "it broke"}


def epochs_of(
    row: Row, train: Sequence[float | None], val: Sequence[float | None] | None = None
) -> list[Row]:
    """The rows of epochs.csv of one run, from epoch 0 on."""
    val = val if val is not None else train
    return [
        {
            "experiment": row["experiment"],
            "run_id": row["run_id"],
            "epoch": epoch,
            "train_accuracy": train[epoch],
            "val_accuracy": None if row["guess_val_accuracy"] is None else val[epoch],
            "seconds": 0.25,
        }
        for epoch in range(len(train))
    ]


def rising(row: Row, end: float | None = None) -> list[Row]:
    """Epochs that rise from the guess to the run's test accuracy, or stop when it diverges."""
    if row["outcome"] == "diverged":
        return epochs_of(row, [0.1, 0.3, None])
    if row["metric"] != "accuracy":
        return []
    end = row["test_accuracy"] if end is None else end
    steps = row["epochs"]
    return epochs_of(row, [0.1 + (end - 0.1) * (1 - 0.2**epoch) for epoch in range(steps + 1)])


def layers_of(row: Row, depth: int = 2, **measures: Any) -> list[Row]:
    """The rows of layers.csv of one run: the same measures in every epoch and hidden layer.

    A measure may be a function of (epoch, depth). After epoch 0, a diverged run has none.
    """
    last = 2 if row["outcome"] == "diverged" else row["epochs"]
    rows = []
    for epoch in range(last + 1):
        for number in range(1, depth + 2):
            values = {
                name: value(epoch, number) if callable(value) else value
                for name, value in measures.items()
                if number <= depth and (epoch == 0 or row["outcome"] != "diverged")
            }
            layer = f"dense_{number}" if number <= depth else "output"
            key = {name: row[name] for name in ("experiment", "run_id")}
            rows.append(
                {**key, "epoch": epoch, "layer": layer, "units": 64, "kernel_norm": 3.0, **values}
            )
    return rows


def relu_like(row: Row, depth: int = 2, **changed: Any) -> list[Row]:
    """The rows of layers.csv of one run in which every measure exists but learned slopes."""
    measures: Row = {
        "inactive_fraction": lambda epoch, number: 0.02 * epoch,
        "dead_fraction": lambda epoch, number: 0.01 * epoch,
        "sparsity": 0.5,
        "gradient_rms": lambda epoch, number: 0.5 ** (depth - number + 1),
        "out_mean": 0.4,
        "out_std": 0.6,
    }
    return layers_of(row, depth, **{**measures, **changed})


def runs_table(rows: Sequence[Row]) -> pd.DataFrame:
    """Rows of runs.csv as a table."""
    return _typed(rows, columns.RUNS)


def epochs_table(rows: Sequence[Row]) -> pd.DataFrame:
    """Rows of epochs.csv as a table."""
    return _typed(rows, columns.EPOCHS)


def layers_table(rows: Sequence[Row]) -> pd.DataFrame:
    """Rows of layers.csv as a table."""
    return _typed(rows, columns.LAYERS)


def samples_table(rows: Sequence[Row]) -> pd.DataFrame:
    """Rows of test_samples.csv as a table."""
    return _typed(rows, columns.TEST_SAMPLES)


def results(
    rows: Sequence[Row],
    epochs: Sequence[Row] | None = None,
    layers: Sequence[Row] = (),
    samples: Sequence[Row] = (),
    **given: Any,
) -> Selection:
    """A selection as `compare.load` gives them, without a folder."""
    if epochs is None:
        epochs = [row for each in rows if each["status"] == "completed" for row in rising(each)]
    tables = {
        "epochs": epochs_table(epochs),
        "layers": layers_table(layers),
        "test_samples": samples_table(samples),
    }
    given = {"stores": (Path("results"),), **given}
    return Selection(runs_table(rows).assign(store=0), tables.__getitem__, **given)


def write_store(
    folder: Path, rows: Sequence[Row], epochs: Sequence[Row] = (), layers: Sequence[Row] = ()
) -> Path:
    """A store on disk."""
    folder.mkdir(parents=True, exist_ok=True)
    runs_table(rows).to_csv(folder / "runs.csv", index=False)
    epochs_table(epochs).to_csv(folder / "epochs.csv", index=False)
    layers_table(layers).to_csv(folder / "layers.csv", index=False)
    return folder


def _run_id(*identity: object) -> str:
    return "r" + hashlib.sha256(repr(identity).encode()).hexdigest()[:12]


def _typed(rows: Sequence[Row], known: tuple[columns.Column, ...]) -> pd.DataFrame:
    names = list(columns.names(known))
    further = [name for row in rows for name in row if name not in names]
    table = pd.DataFrame(list(rows), columns=[*names, *dict.fromkeys(further)])
    for column in known:
        kind = "bool" if column.kind == "boolean" else _TYPES.get(column.kind, "str")
        table[column.name] = table[column.name].astype(kind)
    return table
