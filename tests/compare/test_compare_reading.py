"""What results read of the large files, and when."""

import dataclasses
from collections.abc import Collection
from pathlib import Path

import pandas as pd
import pytest
from fake_results import epochs_of, failed, relu_like, results, run, write_store

from relu_bench import compare, store
from relu_bench.compare.layers import MEASURES
from relu_bench.store import columns
from relu_bench.store.tables import TableName

RUNS = [run(seed=seed) for seed in range(3)]
LAYERS = [row for each in RUNS for row in relu_like(each)]


class Reads:
    """Calls of `store.read`: folder, table, names and how many runs were asked for."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.calls: list[tuple[str, Collection[str] | None, int | None]] = []
        self._read = store.read
        monkeypatch.setattr(store, "read", self)

    def __call__(
        self,
        folder: Path,
        table: TableName,
        names: Collection[str] | None = None,
        completed: Collection[tuple[str, str]] | None = None,
    ) -> pd.DataFrame:
        self.calls.append((table, names, None if completed is None else len(completed)))
        return self._read(folder, table, names, completed)


def test_of_layers_only_what_something_is_made_of_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_store(tmp_path, [*RUNS, failed(seed=3)], layers=LAYERS)
    reads = Reads(monkeypatch)
    loaded = compare.load([tmp_path], ["seed=1", "seed=3"])
    assert reads.calls == [("runs", None, None)]

    layers = loaded.layers

    ((table, names, count),) = reads.calls[1:]
    assert (table, count) == ("layers", 1)
    assert names is not None
    assert {"epoch", "layer", *MEASURES} <= set(names)
    assert {"kernel_norm", "pre_mean", "update_ratio"} <= set(columns.names(columns.LAYERS))
    assert not {"kernel_norm", "pre_mean", "update_ratio"} & set(names)
    assert set(layers) == {"experiment", "run_id", *names}
    assert set(layers["run_id"]) == {RUNS[1]["run_id"]}
    assert loaded.layers is layers


def test_rows_of_each_store_are_those_of_the_runs_that_came_from_it(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    curves = [epochs_of(row, [0.1, 0.5 + number / 10]) for number, row in enumerate(RUNS)]
    write_store(first, RUNS[:2], [*curves[0], *curves[1]])
    write_store(
        second, RUNS[1:], [row | {"train_accuracy": 0.9} for each in curves for row in each]
    )

    epochs = compare.load([first, second]).epochs

    by_run = epochs.groupby("run_id", sort=False)["train_accuracy"].last()
    assert by_run.to_dict() == dict(
        zip([row["run_id"] for row in RUNS], [0.5, 0.6, 0.9], strict=True)
    )
    assert epochs.index.tolist() == list(range(6))


def test_experiments_have_their_own_rows_and_the_table_itself_where_there_is_one() -> None:
    rows = [run(experiment="b"), run(experiment="a", activation="elu")]
    layers = [relu_like(row) for row in rows]
    both = results(rows, layers=[*layers[0], *layers[1]])
    one = results(rows[:1], layers=layers[0])

    assert list(both.experiments) == ["a", "b"]
    for name, experiment in both.experiments.items():
        tables = (experiment.runs, experiment.epochs, experiment.layers)
        assert [table["experiment"].unique().tolist() for table in tables] == [[name]] * 3
    assert len(both.experiments["b"].layers) == len(layers[0])
    assert one.experiments["b"].runs is one.runs
    assert one.experiments["b"].layers is one.layers


def test_what_is_shown_by_another_name_is_read_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_store(tmp_path, RUNS, layers=LAYERS)
    loaded = dataclasses.replace(compare.load([tmp_path]), names={"relu": "ReLU"})
    reads = Reads(monkeypatch)

    shown = loaded.displayed()

    assert set(shown.runs["activation"]) == {"ReLU"}
    assert shown.layers is loaded.layers
    assert shown.experiments["variants"].layers is loaded.layers
    assert [table for table, *_ in reads.calls] == ["layers"]
