import math
from typing import Any

import pandas as pd
import pytest
from comparing import compared
from fake_results import Row, run, runs_table

from relu_bench.compare.effects import (
    effects_can_be_told,
    effects_of,
    main_effect_means,
    main_effects,
)
from relu_bench.compare.measures import measure_of
from relu_bench.errors import ReluBenchError

# Errors that are products of a factor for each value.
FACTORS: dict[str, dict[Any, float]] = {
    "activation": {"relu": 1.0, "elu": 2.0},
    "learning_rate": {0.001: 1.0, 0.01: 1.5, 0.1: 4.0},
}


def rows_of(seeds: int = 3) -> list[Row]:
    return [
        run(
            activation=name,
            learning_rate=rate,
            seed=seed,
            test=1 - 0.02 * one * other * (1 + 0.01 * seed),
        )
        for name, one in FACTORS["activation"].items()
        for rate, other in FACTORS["learning_rate"].items()
        for seed in range(seeds)
    ]


def means(table: pd.DataFrame, axis: str) -> dict[str, float]:
    own = table[table["axis"] == axis]
    return dict(zip(own["value"], own["mean"], strict=True))


def test_errors_are_geometric_means_with_the_other_axes_held_alike() -> None:
    rows = rows_of()
    for row in rows:  # the bad rate fails where relu has it: its mean must not profit
        if row["activation"] == "relu" and row["learning_rate"] == 0.1:
            row.update(outcome="at_chance", test_accuracy=0.1)

    found = main_effect_means(runs_table(rows))

    of_activation = means(found.error, "activation")
    of_rate = means(found.error, "learning_rate")
    assert of_activation["elu"] / of_activation["relu"] == pytest.approx(2.0)
    assert of_rate["0.1"] / of_rate["0.001"] == pytest.approx(4.0)
    seeds = (1.0 * 1.01 * 1.02) ** (1 / 3)
    whole = 2.0 * math.sqrt(2.0) * (1.0 * 1.5 * 4.0) ** (1 / 3) * seeds
    assert math.prod(of_rate.values()) ** (1 / 3) == pytest.approx(whole)


def test_shares_that_learned_are_plain_shares() -> None:
    rows = rows_of()
    for row in rows:
        if row["learning_rate"] == 0.1 and row["seed"] == 0:
            row.update(outcome="diverged", test_accuracy=None)

    found = main_effect_means(runs_table(rows))

    assert means(found.learned, "learning_rate") == pytest.approx(
        {"0.001": 100.0, "0.01": 100.0, "0.1": 200 / 3}
    )
    assert means(found.learned, "activation") == pytest.approx({"elu": 800 / 9, "relu": 800 / 9})
    bad = found.learned.set_index("value").loc["0.1"]
    assert bad["low"] < bad["mean"] < bad["high"]


def test_a_value_at_which_nothing_learned_has_no_error() -> None:
    rows = rows_of()
    for row in rows:
        if row["learning_rate"] == 0.1:
            row.update(outcome="diverged", test_accuracy=None)

    found = main_effect_means(runs_table(rows))

    assert means(found.learned, "learning_rate")["0.1"] == 0.0
    assert set(means(found.error, "learning_rate")) == {"0.001", "0.01"}


def test_the_axis_that_explains_most_comes_first() -> None:
    found = main_effect_means(runs_table(rows_of()))

    assert found.axes == ("learning_rate", "activation")
    assert list(found.error["axis"].unique()) == ["learning_rate", "activation"]


def test_the_effects_are_those_of_compare() -> None:
    rows = rows_of()

    found = main_effect_means(runs_table(rows)).effects

    assert found == main_effects(compared(rows, "activation"))


def test_a_lower_rmse_is_a_smaller_error() -> None:
    rows = [
        {**row, "metric": "rmse", "test_rmse": 0.9 * FACTORS["activation"][row["activation"]]}
        for row in rows_of()
    ]

    found = main_effect_means(runs_table(rows))

    assert means(found.error, "activation") == pytest.approx({"relu": 0.9, "elu": 1.8})


def test_the_error_of_an_auc_is_what_is_missing_to_1() -> None:
    rows = [
        {**row, "metric": "auc", "test_auc": 1 - 0.1 * FACTORS["activation"][row["activation"]]}
        for row in rows_of()
    ]

    found = main_effect_means(runs_table(rows))

    assert means(found.error, "activation") == pytest.approx({"relu": 0.1, "elu": 0.2})


def test_aliased_axes_are_refused_with_the_same_words() -> None:
    rows = [
        run(activation=name, initializer=f"for_{name}", seed=seed, test=0.9 + 0.01 * seed)
        for name in ("relu", "elu")
        for seed in range(3)
    ]
    runs = runs_table(rows)

    with pytest.raises(ReluBenchError) as of_means:
        main_effect_means(runs)
    with pytest.raises(ReluBenchError) as of_effects:
        effects_of(runs, ("activation", "initializer"), measure_of("accuracy"))

    assert str(of_means.value) == str(of_effects.value)
    assert "cannot be told apart" in str(of_means.value)
    assert not effects_can_be_told(runs)


def test_aliased_axes_are_refused_where_all_runs_are_alike_too() -> None:
    rows = [run(activation=name, initializer=f"for_{name}") for name in ("relu", "elu", "tanh")]

    with pytest.raises(ReluBenchError, match="The effects of activation, initializer cannot be"):
        main_effect_means(runs_table(rows))


def test_one_axis_and_no_run_that_learned_are_refused() -> None:
    one = runs_table([run(activation=name) for name in ("relu", "elu")])
    none = runs_table([{**row, "outcome": "at_chance"} for row in rows_of()])

    with pytest.raises(ReluBenchError, match="Only activation varies in variants"):
        main_effect_means(one)
    with pytest.raises(ReluBenchError, match="No run learned"):
        main_effect_means(none)
    assert not effects_can_be_told(one)
    assert effects_can_be_told(runs_table(rows_of()))
