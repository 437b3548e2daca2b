"""What varies, and what its values are called."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pytest
from fake_results import Row, epochs_of, run, runs_table, write_store
from hypothesis import given
from hypothesis import strategies as st

from relu_bench import compare
from relu_bench.compare import axes, broken, label, load, texts, with_variant
from relu_bench.compare.variants import as_texts, stored_column
from relu_bench.errors import ReluBenchError
from relu_bench.store.plans import KeptPlan, keep, kept

LEAKY = "leaky_relu(negative_slope=0.01)"


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


def rows_of(*activations: str, experiment: str = "variants", seeds: int = 3) -> list[Row]:
    return [
        run(
            activation=name, seed=seed, experiment=experiment, test=0.9 + 0.01 * number + seed / 1e4
        )
        for number, name in enumerate(activations)
        for seed in range(seeds)
    ]


def store_of(folder: Path, rows: list[Row], *calls: Mapping[str, object]) -> Path:
    """A store whose runs were asked for by calls with these display names."""
    write_store(
        folder, rows, [each for row in rows for each in epochs_of(row, [0.1, 0.5, 0.9, 0.9])]
    )
    for experiment in dict.fromkeys(row["experiment"] for row in rows):
        run_ids = tuple(row["run_id"] for row in rows if row["experiment"] == experiment)
        for names in calls:
            keep(folder, KeptPlan(experiment, {"labels": dict(names)}, run_ids))
    return folder


def shown(folder: Path, *others: Path) -> list[str]:
    return list(dict.fromkeys(load([folder, *others]).displayed().runs["activation"]))


def test_a_label_of_any_length_is_called_by_its_ends(tmp_path: Path) -> None:
    one, other = (f"{first}(x={'9' * 200_000}a)" for first in "ab")
    folder = store_of(tmp_path, rows_of("relu", one, other), {"relu": "ReLU"})

    relu, *long = shown(folder)

    assert relu == "ReLU"
    assert [(len(name), name[0], name[-2:]) for name in long] == [
        (119, "a", "a)"),
        (119, "b", "a)"),
    ]


def test_names_stand_in_place_of_labels_and_labels_beside_them(tmp_path: Path) -> None:
    names = {"relu": "ReLU", LEAKY: "Leaky ReLU 0.01", "glorot_uniform": "Glorot", "elu": "ELU"}
    results = load([store_of(tmp_path, rows_of("relu", LEAKY, "tanh"), names)])

    seen = results.displayed()

    assert list(seen.runs["activation"].unique()) == ["ReLU", "Leaky ReLU 0.01", "tanh"]
    assert list(seen.runs[stored_column("activation")].unique()) == ["relu", LEAKY, "tanh"]
    assert set(seen.runs["initializer"]) == {"Glorot"}
    assert list(results.runs["activation"].unique()) == ["relu", LEAKY, "tanh"]
    assert seen.displayed() is seen
    assert (results.notices, seen.notices) == ((), ())
    pd.testing.assert_frame_equal(seen.epochs, results.epochs)
    assert compare.axes(seen.runs) == ("activation",)


def test_without_names_nothing_is_made_anew(tmp_path: Path) -> None:
    results = load([store_of(tmp_path, rows_of("relu", "tanh"), {})])
    assert results.displayed() is results


def test_the_newest_call_counts_for_each_value_that_it_names(tmp_path: Path) -> None:
    calls = ({"relu": "old", "tanh": "Tanh"}, {"relu": "ReLU"})
    folder = store_of(tmp_path, rows_of("relu", "tanh"), *calls)

    assert shown(folder) == ["ReLU", "Tanh"]
    assert load([folder]).notices == (
        "display names differ between calls, and the newest counts: relu is shown as 'ReLU'",
    )
    (before,) = (plan for plan in kept(folder) if plan.call == 1)
    keep(folder, before)
    assert shown(folder) == ["old", "Tanh"]


def test_of_several_stores_the_last_counts(tmp_path: Path) -> None:
    one = store_of(tmp_path / "1", rows_of("relu", "tanh"), {"relu": "A"})
    two = store_of(tmp_path / "2", rows_of("relu", "tanh"), {"relu": "B"})

    assert shown(one, two) == ["B", "tanh"]
    assert shown(two, one) == ["A", "tanh"]


def test_calls_for_the_experiments_at_hand_count_first(tmp_path: Path) -> None:
    rows = [*rows_of("relu", "tanh"), *rows_of("relu", "tanh", experiment="other")]
    folder = store_of(tmp_path, rows)
    keep(folder, KeptPlan("other", {"labels": {"relu": "A"}}, ()))
    keep(folder, KeptPlan("variants", {"labels": {"relu": "B"}}, ()))

    names = [load([folder], [f"experiment={each}"]).names for each in ("other", "variants")]
    assert names == [{"relu": "A"}, {"relu": "B"}]
    # One value has one name, whatever the experiment: else it would be two variants of one.
    assert shown(folder) == ["B", "tanh"]


def test_a_value_keeps_its_name_where_only_another_experiment_names_it(tmp_path: Path) -> None:
    rows = [*rows_of("relu", "tanh"), *rows_of("relu", "tanh", experiment="other")]
    folder = store_of(tmp_path, rows)
    keep(folder, KeptPlan("variants", {"labels": {"relu": "ReLU"}}, ()))
    keep(folder, KeptPlan("never run", {"labels": {"tanh": "Tanh"}}, ()))

    narrowed = load([folder], ["experiment=other"])

    # In figures and reports; what `compare` writes is for programs, too, and stays as it was.
    assert set(narrowed.displayed(everywhere=True).runs["activation"]) == {"ReLU", "tanh"}
    assert narrowed.displayed() is narrowed
    assert narrowed.notices == ()


@pytest.mark.parametrize(
    ("calls", "expected"),
    [
        ([{"relu": "same"}, {"tanh": "same"}], ["relu", "same"]),
        ([{"relu": "tanh"}], ["relu", "tanh"]),
        ([{"relu": "A", "tanh": "relu"}, {"elu": "A"}], ["relu", "tanh"]),
    ],
)
def test_two_values_are_never_shown_alike(
    tmp_path: Path, calls: list[Row], expected: list[str]
) -> None:
    folder = store_of(tmp_path, rows_of("relu", "tanh", "elu"), *calls)

    names = shown(folder)
    assert names[:2] == expected
    assert len(set(names)) == 3
    assert "display names that another value has too are not shown: " in " ".join(
        load([folder]).notices
    )


@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(["a", "b", "c", "d"]), st.sampled_from(["a", "b", "c", "x"])
        ),
        max_size=4,
    )
)
def test_whatever_was_named_values_stay_apart(calls: list[dict[str, str]]) -> None:
    from relu_bench.compare.variants import _told_apart

    found: dict[str, str] = {}
    for names in calls:
        for value, name in names.items():
            found.setdefault(value, name)
    clear = _told_apart(found, [{"a", "b", "c", "d"}])
    assert len({clear.get(value, value) for value in "abcd"}) == 4
    assert all(found[value] == name for value, name in clear.items())


@pytest.mark.parametrize("names", [{"relu": 3}, {"relu": "a\nb"}, {"relu": "x" * 41}, {"relu": ""}])
def test_what_is_no_name_in_a_plan_is_none(tmp_path: Path, names: Mapping[str, object]) -> None:
    assert shown(store_of(tmp_path, rows_of("relu", "tanh"), names)) == ["relu", "tanh"]


@pytest.mark.parametrize("baseline", ["tanh", "Tangens", " tanh ", "tangens", "tf.nn.tanh", None])
def test_a_baseline_is_known_by_both_names(tmp_path: Path, baseline: str | None) -> None:
    folder = store_of(tmp_path, rows_of("tanh", LEAKY), {"tanh": "Tangens", LEAKY: "Leaky"})
    (found,) = compare.answer(load([folder]).displayed(), baseline=baseline).comparisons

    assert found.baseline == "Tangens"
    assert {each.variant for each in found.estimates} == {"Tangens", "Leaky"}
    (stored,) = compare.answer(load([folder]), baseline=baseline).comparisons
    assert stored.baseline == "tanh"
    (by_name,) = compare.answer(load([folder]).displayed(), baseline="leaky_relu").comparisons
    assert by_name.baseline == "Leaky"
    with pytest.raises(ReluBenchError, match=r"is no value of activation .* Tangens, Leaky"):
        compare.answer(load([folder]).displayed(), baseline="gelu")


def test_a_combination_is_known_by_its_labels(tmp_path: Path) -> None:
    rows = [
        run(activation=name, batch_norm=norm, seed=seed, test=0.9 + seed / 1e3)
        for name in ("relu", "tanh")
        for norm in (False, True)
        for seed in range(3)
    ]
    results = load([store_of(tmp_path, rows, {"relu": "ReLU"})]).displayed()
    by = ("activation", "batch_norm")

    (found,) = compare.answer(results, by, baseline="relu, batch_norm=true").comparisons
    assert found.baseline == "ReLU, batch_norm=true"


def test_numbers_are_the_same_with_names_and_without(tmp_path: Path) -> None:
    names = {"relu": "Z", "tanh": "A", LEAKY: "M"}
    results = load([store_of(tmp_path, rows_of("relu", LEAKY, "tanh"), names)])
    (plain,) = compare.answer(results).comparisons
    (seen,) = compare.answer(results.displayed()).comparisons

    assert [each.mean for each in plain.estimates] == [each.mean for each in seen.estimates]
    assert [pair.p for pair in plain.pairs] == [pair.p for pair in seen.pairs]
    assert [names[each.variant] for each in plain.estimates] == [
        each.variant for each in seen.estimates
    ]


@given(
    st.lists(st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), min_size=1)),
    st.integers(1, 30),
)
def test_breaking_a_label_changes_but_spaces(parts: list[str], width: int) -> None:
    text = " ".join(parts)
    assert "".join(broken(text, width).split()) == "".join(text.split())
