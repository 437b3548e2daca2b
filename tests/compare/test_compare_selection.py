"""A selection of runs: what is read, narrowed, told apart and noticed."""

import dataclasses
from collections.abc import Collection
from pathlib import Path

import pandas as pd
import pytest
from fake_results import Row, epochs_of, failed, relu_like, results, run, runs_table, write_store

from relu_bench import compare, store
from relu_bench.compare import load, once_each
from relu_bench.compare.layers import MEASURES
from relu_bench.compare.selection import notices_of, select
from relu_bench.errors import ReluBenchError, StoreError
from relu_bench.store import columns
from relu_bench.store.tables import TableName

BARE = [0.1, 0.9, 0.95, 0.96]
SEEDS = [run(seed=seed) for seed in range(3)]
ROWS_OF_LAYERS = [row for each in SEEDS for row in relu_like(each)]
SCALED = "variance_scaling(distribution=uniform, mode=fan_in, scale=0.3333)"
RUNS = runs_table(
    [
        run(seed=0, activation="relu", learning_rate=0.001),
        run(seed=1, activation="elu(alpha=1.0)", learning_rate=0.000464158883361),
        run(seed=2, activation="relu", batch_norm=True, train_samples=1000),
        run(seed=3, activation="relu", initializer=SCALED, git_commit=None),
    ]
)


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
    line = 3 if how == "a cell" else 2
    with pytest.raises(StoreError, match=f"line {line}: .* without a value in the column {name}:"):
        load([folder])


def test_a_learning_rate_is_above_0(tmp_path: Path) -> None:
    folder = write_store(tmp_path, [{**run(seed=0), "learning_rate": -1.0}])
    with pytest.raises(StoreError, match="column learning_rate, which holds number values above 0"):
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
    write_store(tmp_path, [*SEEDS, failed(seed=3)], layers=ROWS_OF_LAYERS)
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
    assert set(layers["run_id"]) == {SEEDS[1]["run_id"]}
    assert loaded.layers is layers


def test_rows_of_each_store_are_those_of_the_runs_that_came_from_it(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    curves = [epochs_of(row, [0.1, 0.5 + number / 10]) for number, row in enumerate(SEEDS)]
    write_store(first, SEEDS[:2], [*curves[0], *curves[1]])
    write_store(
        second, SEEDS[1:], [row | {"train_accuracy": 0.9} for each in curves for row in each]
    )

    epochs = compare.load([first, second]).epochs

    by_run = epochs.groupby("run_id", sort=False)["train_accuracy"].last()
    assert by_run.to_dict() == dict(
        zip([row["run_id"] for row in SEEDS], [0.5, 0.6, 0.9], strict=True)
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
    write_store(tmp_path, SEEDS, layers=ROWS_OF_LAYERS)
    loaded = dataclasses.replace(compare.load([tmp_path]), names={"relu": "ReLU"})
    reads = Reads(monkeypatch)

    shown = loaded.displayed()

    assert set(shown.runs["activation"]) == {"ReLU"}
    assert shown.layers is loaded.layers
    assert shown.experiments["variants"].layers is loaded.layers
    assert [table for table, *_ in reads.calls] == ["layers"]


@pytest.mark.parametrize(
    ("where", "seeds"),
    [
        ([], [0, 1, 2, 3]),
        (["activation=relu"], [0, 2, 3]),
        (["activation= elu( alpha=1.0 ) "], [1]),
        (["activation=elu"], [1]),
        (["initializer=variance_scaling"], [3]),
        (["learning_rate=1e-3"], [0, 2, 3]),
        (["learning_rate=0.00046415888336"], [1]),
        (["seed=2"], [2]),
        (["seed=2.0"], [2]),
        (["batch_norm=true"], [2]),
        (["batch_norm=False"], [0, 1, 3]),
        (["train_samples=1000"], [2]),
        (["train_samples="], [0, 1, 3]),
        (["train_samples=null"], [0, 1, 3]),
        (["git_commit="], [3]),
        (["split_seed=0"], [0, 1, 2, 3]),
        (["initializer=variance_scaling(scale=0.3333,mode=fan_in,distribution=uniform)"], [3]),
        (["seed=0", "seed=3"], [0, 3]),
        (["seed=0", "seed=1", "activation=relu"], [0]),
        (["seed=0,1", "activation=relu"], [0]),
        (["activation=relu,elu"], [0, 1, 2, 3]),
        (["activation=ReLU"], [0, 2, 3]),
        (["activation=tf.nn.elu"], [1]),
        (["activation=ELU(alpha=1)"], [1]),
        (["activation=Exponential"], [1]),
        (["initializer=VarianceScaling,glorot_uniform"], [0, 1, 2, 3]),
    ],
)
def test_where_compares_as_the_column_is_typed(where: list[str], seeds: list[int]) -> None:
    names = {"elu(alpha=1.0)": "exponential"}
    assert select(RUNS, where, lambda: names)["seed"].tolist() == seeds


def test_each_of_several_values_must_be_there() -> None:
    with pytest.raises(
        ReluBenchError, match=r"^No run has activation=sellu\.\nactivation is one of"
    ):
        select(RUNS, ["activation=relu, sellu"])


def test_a_value_of_any_length_is_shown_in_part() -> None:
    rows = runs_table([run(activation="a" * 200_000), run(activation="relu")])
    with pytest.raises(ReluBenchError) as caught:
        select(rows, [f"activation={'b' * 200_000}"])
    assert len(str(caught.value)) < 500


def test_a_display_name_may_have_a_comma() -> None:
    names = {"elu(alpha=1.0)": "ELU, mild"}
    assert select(RUNS, ["activation=elu, mild"], lambda: names)["seed"].tolist() == [1]


@pytest.mark.parametrize("condition", ["activation", "=relu", ""])
def test_where_without_key_or_value_is_an_error(condition: str) -> None:
    with pytest.raises(ReluBenchError, match="is no condition; expected KEY=VALUE"):
        select(RUNS, [condition])


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("learningrate", " Did you mean 'learning_rate'?"),
        ("lr", " Did you mean 'learning_rate'?"),
        ("seeds", " Did you mean 'seed'?"),
        ("test_acuracy", " Did you mean 'test_accuracy'?"),
        ("zzz", ""),
    ],
)
def test_an_unknown_column_is_answered_with_the_nearest(key: str, meant: str) -> None:
    with pytest.raises(ReluBenchError) as caught:
        select(RUNS, [f"{key}=0.1"])
    assert str(caught.value) == (
        f"--where {key!r}: runs.csv has no such column.{meant} It has: experiment, seed, dataset, "
        "model, activation, output_activation, initializer, bias_initializer, "
        "recurrent_initializer, learning_rate, batch_norm, batch_norm_momentum, optimizer, "
        "gradient_clip_norm, batch_size, epochs, dropout, dropout_kind, validation_split, "
        "split_seed, train_samples, probes, "
        f"and {len(columns.RUNS) - 22} measured columns: see docs/results.md."
    )


def test_the_position_of_the_store_is_no_column_of_the_user() -> None:
    with pytest.raises(ReluBenchError, match="no such column"):
        select(RUNS.assign(store=0), ["store=0"])


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("learning_rate=fast", "expected a number; there is 0.0004642, 0.001"),
        ("batch_norm=on", "expected true or false"),
    ],
)
def test_a_value_of_the_wrong_type_is_an_error(condition: str, message: str) -> None:
    with pytest.raises(ReluBenchError, match=message):
        select(RUNS, [condition])


def test_when_nothing_is_left_the_values_that_exist_are_listed() -> None:
    with pytest.raises(ReluBenchError) as caught:
        select(RUNS, ["activation=elu(alpha=1.0)", "batch_norm=true"])

    assert str(caught.value) == (
        "No run has activation=elu(alpha=1.0), batch_norm=true.\n"
        "activation is one of: elu(alpha=1.0), relu\n"
        "batch_norm is one of: false, true"
    )


def test_a_value_that_no_run_has_is_told_even_beside_one_that_some_have() -> None:
    with pytest.raises(ReluBenchError) as caught:
        select(RUNS, ["activation=relu", "activation=selu"])
    assert str(caught.value) == (
        "No run has activation=selu.\nactivation is one of: elu(alpha=1.0), relu"
    )


def test_a_long_list_of_values_is_cut() -> None:
    runs = runs_table([run(seed=seed) for seed in range(30)])

    with pytest.raises(ReluBenchError, match=r"23, 24, … \(30 in all\)"):
        select(runs, ["seed=99"])
