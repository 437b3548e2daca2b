import pytest
from fake_results import run, runs_table

from relu_bench.compare.selection import select
from relu_bench.errors import ReluBenchError
from relu_bench.store import columns

SCALED = "variance_scaling(distribution=uniform, mode=fan_in, scale=0.3333)"
RUNS = runs_table(
    [
        run(seed=0, activation="relu", learning_rate=0.001),
        run(seed=1, activation="elu(alpha=1.0)", learning_rate=0.000464158883361),
        run(seed=2, activation="relu", batch_norm=True, train_samples=1000),
        run(seed=3, activation="relu", initializer=SCALED, git_commit=None),
    ]
)


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
