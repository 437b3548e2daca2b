import pandas as pd
import pytest
from fake_results import run, runs_table

from relu_bench.compare import axes, broken, label, texts, with_variant
from relu_bench.compare.variants import as_texts


def test_axes_are_the_settings_that_vary_activation_first_seed_never() -> None:
    runs = runs_table(
        [
            run(seed=0, activation="relu", learning_rate=0.1, dataset="mnist"),
            run(seed=1, activation="tanh", learning_rate=0.01, dataset="digits"),
        ]
    )

    assert axes(runs) == ("activation", "dataset", "learning_rate")
    assert axes(runs.head(1)) == ()


def test_an_empty_cell_is_a_value() -> None:
    runs = runs_table([run(train_samples=None), run(train_samples=1000)])

    assert axes(runs) == ("train_samples",)
    assert with_variant(runs, axes(runs))["variant"].tolist() == [
        "train_samples=null",
        "train_samples=1000",
    ]


def test_runs_of_two_numerics_are_never_one_variant() -> None:
    runs = runs_table([run(numerics=1), run(numerics=2)])

    assert with_variant(runs, axes(runs))["variant"].tolist() == ["numerics=1", "numerics=2"]


def test_a_revision_that_the_settings_determine_is_no_axis() -> None:
    rows = [run(activation="relu"), run(activation="rrelu", numerics=2)]

    assert axes(runs_table(rows)) == ("activation",)
    assert axes(runs_table([run(dropout=0.0), run(dropout=0.5, numerics=2)])) == ("dropout",)
    rows.append(run(activation="rrelu", seed=1))
    assert axes(runs_table(rows)) == ("activation", "numerics")


def test_a_variant_names_only_what_varies() -> None:
    runs = runs_table(
        [
            run(activation="elu(alpha=1.0)", learning_rate=0.01, batch_norm=True),
            run(activation="relu", learning_rate=0.1, batch_norm=False),
        ]
    )

    named = with_variant(runs, axes(runs))

    assert named["variant"].tolist() == [
        "elu(alpha=1.0), learning_rate=0.01, batch_norm=true",
        "relu, learning_rate=0.1, batch_norm=false",
    ]
    assert with_variant(runs.head(1), ())["variant"].tolist() == ["elu(alpha=1.0)"]


def test_components_go_without_their_names() -> None:
    values = {"activation": "relu", "initializer": "he_normal", "bias_initializer": "zeros"}

    assert label(values) == "relu, he_normal, bias_initializer=zeros"


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (pd.Series([0.1, 0.0001, 0.001]), ["0.0001", "0.001", "0.1"]),
        (pd.Series([0.12345678, 0.12345679]), ["0.12345678", "0.12345679"]),
        (pd.Series([1024, 64, 128], dtype="Int64"), ["64", "128", "1024"]),
        (pd.Series([True, False]), ["false", "true"]),
        (pd.Series([1000, None], dtype="Int64"), ["1000", "null"]),
        (
            pd.Series(["mlp(depth=10)", "mlp(depth=2)", "cnn", "mlp(depth=2.5)"], dtype="str"),
            ["cnn", "mlp(depth=2)", "mlp(depth=2.5)", "mlp(depth=10)"],
        ),
        (
            pd.Series([f"constant(value={n})" for n in ("1.0", "-0.25", "0.0", "-1e-05", "-2.0")]),
            [f"constant(value={n})" for n in ("-2.0", "-0.25", "-1e-05", "0.0", "1.0")],
        ),
        (pd.Series(["./shard-10", "./shard-2"]), ["./shard-2", "./shard-10"]),
    ],
)
def test_values_stand_in_their_natural_order(column: "pd.Series", expected: list[str]) -> None:
    assert list(texts(column).values()) == expected
    assert set(as_texts(column)) == set(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("relu", "relu"),
        ("leaky_relu(negative_slope=0.01)", "leaky_relu\n(negative_slope=0.01)"),
        ("random_normal(mean=0.0, stddev=0.05)", "random_normal(mean=0.0,\nstddev=0.05)"),
        ("a(b=c), d=e", "a(b=c), d=e"),
        (
            "scaled(distribution=untruncated_normal)",
            "scaled(distribution=\nuntruncated_normal)",
        ),
    ],
)
def test_long_labels_are_broken_between_words(text: str, expected: str) -> None:
    assert broken(text) == expected
