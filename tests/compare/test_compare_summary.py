import numpy as np
import pytest
from fake_results import failed, run, runs_table

from relu_bench.compare import summarize


def test_one_row_a_variant_the_best_validated_first() -> None:
    tanh = [0.95, 0.955]
    runs = runs_table(
        [run(seed=seed, activation="tanh", val=v, test=0.99) for seed, v in enumerate(tanh)]
        + [run(seed=0, activation="relu", val=0.96, test=0.97, train_seconds=3.0)]
    )

    summary = summarize(runs)

    assert summary["variant"].tolist() == ["relu", "tanh"]
    assert summary["n"].tolist() == [1, 2]
    assert summary["learned"].tolist() == [1, 2]
    assert summary["val_mean"].tolist() == pytest.approx([0.96, np.mean(tanh)])
    assert summary["val_sd"].tolist() == pytest.approx([np.nan, np.std(tanh, ddof=1)], nan_ok=True)
    assert summary["test_mean"].tolist() == pytest.approx([0.97, 0.99])
    assert summary["train_seconds"].tolist() == [3.0, 2.5]
    assert set(summary["ranked_by"]) == {"val_accuracy"}


def test_a_diverged_run_counts_as_the_guess_and_only_failed_ones_are_missing() -> None:
    runs = runs_table(
        [
            run(seed=0, test=0.97, val=0.96),
            run(seed=1, outcome="diverged"),
            run(seed=2, test=0.11, val=0.1, outcome="at_chance"),
            failed(seed=3),
        ]
    )

    row = summarize(runs).iloc[0]

    counts = ["n", "learned", "at_chance", "diverged", "failed"]
    assert row[counts].tolist() == [3, 1, 1, 1, 1]
    assert row["test_mean"] == pytest.approx((0.97 + 0.1135 + 0.11) / 3)
    assert row["val_mean"] == pytest.approx((0.96 + 0.1124 + 0.1) / 3)
    assert row["val_sd"] == pytest.approx(np.std([0.96, 0.1124, 0.1], ddof=1))


def test_a_variant_that_always_failed_stands_last_without_numbers() -> None:
    runs = runs_table([failed(activation="elu(alpha=1.0)"), run(val=0.2, test=0.2)])

    summary = summarize(runs)

    assert summary["variant"].tolist() == ["relu", "elu(alpha=1.0)"]
    assert summary["n"].tolist() == [1, 0]
    assert summary["ranked_by"].tolist() == ["val_accuracy", ""]
    assert np.isnan(summary["test_mean"].iloc[1])


def test_nothing_held_out_sorts_by_test_and_says_so() -> None:
    runs = runs_table(
        [
            run(validation_split=0.0, activation="tanh", test=0.95),
            run(validation_split=0.0, activation="relu", test=0.97),
        ]
    )

    summary = summarize(runs)

    assert summary["variant"].tolist() == ["relu", "tanh"]
    assert summary["ranked_by"].tolist() == ["test_accuracy"] * 2
    assert summary["val_mean"].isna().all()


def test_validated_variants_stand_before_those_without() -> None:
    runs = runs_table(
        [run(validation_split=0.0, test=0.99), run(validation_split=0.2, val=0.9, test=0.9)]
    )

    assert summarize(runs)["variant"].tolist() == ["validation_split=0.2", "validation_split=0"]


def test_a_run_that_two_experiments_share_counts_once() -> None:
    runs = runs_table([run(experiment="a"), run(experiment="b"), run(experiment="b", seed=1)])

    assert summarize(runs)["n"].tolist() == [2]


def test_where_lower_is_better_the_lowest_stands_first() -> None:
    scored = {"metric": "rmse", "guess_val_rmse": 1.2, "guess_test_rmse": 1.2}
    runs = runs_table(
        [
            run(activation="relu", val_rmse=0.9, test_rmse=0.95, **scored),
            run(activation="tanh", val_rmse=0.8, test_rmse=0.99, **scored),
            run(activation="selu", outcome="diverged", **scored),
        ]
    )

    summary = summarize(runs)

    assert summary["variant"].tolist() == ["tanh", "relu", "selu"]
    assert summary["val_mean"].tolist() == [0.8, 0.9, 1.2]
    assert summary["ranked_by"].tolist() == ["val_rmse"] * 3
