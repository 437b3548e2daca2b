"""Runs as the tests store them, and a store that holds some."""

import base64
from pathlib import Path

from relu_bench.store import RunRecord, Store, Value

AWKWARD = 'mlp(hidden=[128, 64]), "so called"; it\'s µ'


FILES = ("runs.csv", "epochs.csv", "layers.csv", "test_samples.csv")


def run_id(number: int) -> str:
    return f"r{number:012x}"


def record(number: int, *, experiment: str = "one", epochs: int = 3, **changes: Value) -> RunRecord:
    """A completed run all of whose values depend on its number, so that a mixed row shows.

    `epochs` counts its rows of epochs.csv, epoch 0 among them.
    """
    row: dict[str, Value] = {
        "experiment": experiment,
        "run_id": run_id(number),
        "status": "completed",
        "outcome": "learned",
        "metric": "accuracy",
        "seed": number,
        "dataset": "digits",
        "model": AWKWARD,
        "activation": "leaky_relu(negative_slope=0.01)",
        "initializer": "he_normal",
        "bias_initializer": "zeros",
        "learning_rate": 0.1 + number,
        "batch_norm": number % 2 == 0,
        "batch_norm_momentum": 0.99,
        "optimizer": "sgd",
        "batch_size": 128,
        "dropout": 0.0,
        "dropout_kind": "standard",
        "validation_split": 0.2,
        "split_seed": "seed",
        "epochs": max(0, epochs - 1),
        "val_loss": float("nan"),
        "started_at": "2026-01-02T03:04:05+00:00",
        "attempts": 1,
        **changes,
    }
    return RunRecord(
        run=row,
        epochs=[
            {"epoch": epoch, "train_loss": number + epoch / 7, "val_accuracy": None}
            for epoch in range(epochs)
        ],
        layers=[
            {"epoch": epoch, "layer": f"dense_{number}", "kernel_norm": number / 3}
            for epoch in range(epochs)
        ],
        test_samples=[right(number)],
    )


def right(number: int) -> dict[str, Value]:
    """A row of test_samples.csv, of 101 samples, that a spreadsheet would take for a formula."""
    packed = bytes([0b1111_1000, number % 256, *range(10), 0b1010_1000])
    return {"samples": 101, "correct": base64.b64encode(packed).decode(), "fingerprint": None}


def failed(number: int, *, experiment: str = "one", error: str = "out of memory") -> RunRecord:
    row = dict(record(number, experiment=experiment).run)
    return RunRecord(run={**row, "status": "failed", "outcome": None, "error": error})


def filled(folder: Path, *records: RunRecord) -> Store:
    store = Store(folder)
    store.prepare()
    for one in records:
        assert store.append(one)
    return store


def contents(folder: Path) -> dict[str, bytes]:
    """The four files, byte by byte."""
    return {name: (folder / name).read_bytes() for name in FILES}
