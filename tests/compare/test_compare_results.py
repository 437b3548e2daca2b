from pathlib import Path

import pandas as pd
import pytest
from fake_results import Row, epochs_of, failed, run, runs_table, write_store

from relu_bench.compare import load, once_each
from relu_bench.compare.selection import notices_of
from relu_bench.errors import ReluBenchError, StoreError

BARE = [0.1, 0.9, 0.95, 0.96]


def test_a_run_in_two_stores_counts_once_and_the_first_store_wins(tmp_path: Path) -> None:
    shared = run(seed=0)
    first = write_store(tmp_path / "a", [shared], epochs_of(shared, BARE))
    other = [{**shared, "host": "cluster"}, run(seed=1)]
    rows = [row for each in other for row in epochs_of(each, [0.2, 0.8, 0.85, 0.86])]
    second = write_store(tmp_path / "b", other, rows)

    results = load([first, second])

    assert results.runs["seed"].tolist() == [0, 1]
    assert results.runs["host"].tolist() == ["laptop", "laptop"]
    assert results.runs["store"].tolist() == [0, 1]
    assert results.epochs["train_accuracy"].tolist() == [*BARE, 0.2, 0.8, 0.85, 0.86]


def test_a_completed_row_goes_before_a_failed_one(tmp_path: Path) -> None:
    done = run(seed=0, test=0.975)
    first = write_store(tmp_path / "a", [failed(seed=0)])
    second = write_store(tmp_path / "b", [done], epochs_of(done, BARE))

    results = load([first, second])

    assert results.runs["status"].tolist() == ["completed"]
    assert results.runs["test_accuracy"].tolist() == [0.975]
    assert results.epochs["train_accuracy"].tolist() == BARE
    assert results.notices == ()


@pytest.mark.parametrize("name", ["seed", "model", "activation", "learning_rate", "metric"])
@pytest.mark.parametrize("how", ["a cell", "the column"])
def test_a_completed_run_says_what_it_is(tmp_path: Path, name: str, how: str) -> None:
    folder = write_store(tmp_path, [run(seed=0), {**run(seed=1), name: None}, failed(seed=2)])
    if how == "the column":
        path = folder / "runs.csv"
        table = pd.read_csv(path, dtype=str)
        table.drop(columns=name).to_csv(path, index=False)
    count = 1 if how == "a cell" else 2
    with pytest.raises(StoreError, match=f"runs.csv: {count} completed .* in the column {name}"):
        load([folder])


def test_a_learning_rate_is_above_0(tmp_path: Path) -> None:
    folder = write_store(tmp_path, [{**run(seed=0), "learning_rate": -1.0}])
    with pytest.raises(StoreError, match="a learning rate that is not above 0"):
        load([folder])


def test_the_same_folder_twice_is_one_store(tmp_path: Path) -> None:
    folder = write_store(tmp_path / "a", [run()])

    results = load([folder, folder / ".." / "a"])

    assert results.stores == (folder,)
    assert len(results.runs) == 1


def test_one_spec_under_two_experiments_is_two_rows_and_one_run(tmp_path: Path) -> None:
    rows = [run(experiment="a"), run(experiment="b"), run(experiment="b", seed=1)]

    results = load([write_store(tmp_path, rows)])

    assert len(results.runs) == 3
    assert once_each(results.runs)["seed"].tolist() == [0, 1]


def test_epochs_and_layers_are_those_of_the_chosen_runs(tmp_path: Path) -> None:
    rows = [run(seed=0), run(seed=1)]
    epochs = [row for each in rows for row in epochs_of(each, BARE)]

    results = load([write_store(tmp_path, rows, epochs)], ["seed=1"])

    assert set(results.epochs["run_id"]) == {rows[1]["run_id"]}
    assert len(results.layers) == 0
    assert results.where == ("seed=1",)


def test_numbers_that_differ_between_stores_are_said(tmp_path: Path) -> None:
    first = write_store(tmp_path / "a", [run(seed=0, test=0.97), run(seed=1)])
    second = write_store(tmp_path / "b", [run(seed=0, test=0.971), run(seed=1, train_seconds=9.0)])

    assert load([first, second]).notices == (
        "1 run stands in several stores with different numbers; the first store counts",
    )


def test_a_folder_that_is_no_store_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="is not a relu-bench store"):
        load([tmp_path])


def test_an_empty_store_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ReluBenchError, match=r"There is no run in .* yet"):
        load([write_store(tmp_path, [])])


def test_an_empty_store_beside_a_full_one_is_none(tmp_path: Path) -> None:
    row = run()
    full = write_store(tmp_path / "b", [row], epochs_of(row, BARE))

    results = load([write_store(tmp_path / "a", []), full])

    assert len(results.runs) == 1
    assert results.epochs["train_accuracy"].tolist() == BARE


def test_failed_runs_are_said() -> None:
    rows = runs_table([run(seed=0), failed(seed=1), run(experiment="other")])

    assert notices_of(rows, rows) == (
        "variants: 1 of 2 runs failed and is missing from every mean",
    )


def test_versions_and_processors_that_differ_are_named_in_one_line() -> None:
    rows = runs_table(
        [
            run(seed=0),
            run(seed=1, tensorflow_version="2.19.0", processor="another", git_commit=None),
            run(seed=2, tensorflow_version="2.20.0"),
        ]
    )

    assert notices_of(rows, rows) == (
        "variants: runs differ in tensorflow_version (2.18.0, 2.19.0, 2.20.0); "
        "git_commit (abc, unknown); processor (a processor, another); --where KEY=VALUE keeps one, "
        "such as --where tensorflow_version=2.18.0",
    )


@pytest.mark.parametrize(
    ("differing", "said"),
    [
        ({"numerics": 2}, "numerics (1, 2); --where numerics=1 keeps one"),
        ({"git_commit": None}, "git_commit (abc, unknown); --where git_commit=abc keeps one"),
        ({"processor": "b c"}, "processor (a processor, b c); --where KEY=VALUE keeps one"),
        (
            {"environment": "XLA_FLAGS=--a=true"},
            "environment (XLA_FLAGS=--a=true, none); --where KEY=VALUE keeps one",
        ),
    ],
)
def test_a_notice_names_the_condition_that_would_do(differing: Row, said: str) -> None:
    rows = runs_table([run(seed=0), run(seed=1, **differing)])

    assert notices_of(rows, rows) == (f"variants: runs differ in {said}",)


def test_a_revision_that_the_settings_determine_is_not_named() -> None:
    rows = runs_table([run(), run(activation="rrelu", numerics=2)])

    assert notices_of(rows, rows) == ()


def test_the_same_settings_and_seed_under_two_ids_are_said() -> None:
    rows = runs_table([run(seed=0), run(seed=0, run_id="r000000000000"), run(seed=1)])

    assert notices_of(rows, rows) == (
        "variants: 1 run repeats the settings and seed of another, with other data or other source "
        "under the same name; their means mix both",
    )
