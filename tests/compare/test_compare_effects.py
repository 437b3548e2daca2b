"""What the axes do, alone and in pairs."""

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from comparing import FOUR_AXES, RATES, by_rate, compared, crossed, grid, noisy
from fake_results import Row, results, run, runs_table
from scipy import stats as scipy_stats

from relu_bench.compare import answer
from relu_bench.compare.effects import (
    a_grid,
    an_interaction,
    chosen_pair,
    effects_can_be_told,
    effects_of,
    interacting_pair,
    largest_interaction,
    main_effect_means,
    main_effects,
    widest_pair,
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


def interacting() -> list[Row]:
    rows = grid(activation=("relu", "elu"), learning_rate=RATES, batch_size=(32, 64))
    for row in rows:
        if row["learning_rate"] == 0.1 and row["batch_size"] == 64:
            row["test_accuracy"] -= 0.2
    return rows


def test_effects_say_which_axis_matters() -> None:
    found = main_effects(compared(crossed(), "activation"))

    assert found.ranges == (
        "activation elu, relu",
        "learning_rate 0.01, 0.1",
        "batch_norm false, true",
    )
    first = found.error.effects[0]
    assert (first.axes, first.degrees) == (("learning_rate",), 1)
    assert first.share > 0.9
    assert first.p < 1e-4
    learned = {effect.axes: effect for effect in found.learned.effects}
    assert learned["activation", "learning_rate"].share > 0.1
    assert learned["batch_norm",].share == pytest.approx(0.0, abs=1e-12)
    assert found.learned.runs == 24
    assert found.error.runs == 20


def test_each_seed_is_one_observation_of_an_effect() -> None:
    """Runs of a seed share its luck, so that 24 of them are no 24 observations."""
    random = np.random.default_rng(5)
    rows = [
        run(activation=name, learning_rate=rate, seed=seed, test=1 - error)
        for seed in range(6)
        for name, luck in (("relu", 0.0), ("elu", random.normal(0, 0.3)))
        for rate in (0.1, 0.01)
        for error in [0.03 * math.exp(luck + random.normal(0, 0.01))]
    ]

    found = main_effects(compared(rows, "activation", baseline="relu"))

    logs = pd.DataFrame(rows).assign(log=lambda table: np.log(1 - table["test_accuracy"]))
    by_seed = logs.pivot_table(index="seed", columns="activation", values="log")
    effect = next(each for each in found.error.effects if each.axes == ("activation",))
    assert effect.p == pytest.approx(scipy_stats.ttest_rel(by_seed["relu"], by_seed["elu"]).pvalue)


def test_effects_of_runs_that_all_learned_have_one_panel() -> None:
    rows = by_rate({"relu": {0.1: 0.9, 0.01: 0.95}, "elu": {0.1: 0.91, 0.01: 0.97}})

    found = main_effects(compared(rows, "activation"))

    assert found.learned.effects == ()
    assert len(found.error.effects) == 3
    assert all(math.isnan(effect.p) for effect in found.error.effects)


def test_interactions_of_which_combinations_are_missing_are_refused() -> None:
    rows = [row for row in crossed() if (row["activation"], row["learning_rate"]) != ("elu", 0.1)]

    found = main_effects(compared(rows, "activation"))

    assert ("activation", "learning_rate") in found.learned.refused
    assert ("activation", "batch_norm") not in found.learned.refused


def test_aliased_axes_are_refused_and_said() -> None:
    rows = [
        run(activation=name, initializer=initializer, seed=seed, test=0.9 + seed / 100 + place / 50)
        for place, (name, initializer) in enumerate(
            (("selu", "lecun_normal"), ("relu", "he_normal"))
        )
        for seed in range(3)
    ]

    with pytest.raises(ReluBenchError, match="cannot be told apart"):
        main_effects(compared(rows))
    answers = answer(results(rows), with_effects=True)
    assert answers.further[0].effects is None
    assert answers.notices[0].startswith("variants: no effects: The effects of activation,")


def test_effects_take_two_axes() -> None:
    with pytest.raises(ReluBenchError, match="Only activation varies"):
        main_effects(compared(noisy(["relu", "elu"], 2)))


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


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (["learning_rate"], "expected two different axes"),
        (["learning_rate", "learning_rate"], "expected two different axes"),
        (["learning_rate", "initialiser"], "'initialiser' is no axis. Did you mean 'initializer'?"),
        (["learning_rate", "dropout"], "dropout has one value in these runs."),
        (["dataset", "activation"], "dataset has figures of its own."),
        (["learning_rate", "seed"], "'seed' is no axis."),
    ],
)
def test_what_is_no_pair_of_axes_is_refused(names: list[str], told: str) -> None:
    with pytest.raises(ReluBenchError) as caught:
        chosen_pair(FOUR_AXES, names)

    assert str(caught.value).startswith(f"--axes {','.join(names)!r}: {told}")
    assert str(caught.value).endswith(
        "These vary: activation, initializer, learning_rate, batch_norm."
    )


def test_two_axes_that_vary_are_taken_in_their_order() -> None:
    assert chosen_pair(FOUR_AXES, ["batch_norm", "activation"]) == ("batch_norm", "activation")


def test_the_widest_pair_has_the_most_combinations() -> None:
    assert widest_pair(FOUR_AXES) == ("activation", "learning_rate")
    assert a_grid(FOUR_AXES)


def test_six_cells_are_a_grid_and_four_are_not() -> None:
    assert a_grid(runs_table(grid(activation=("relu", "elu"), learning_rate=RATES)))
    assert not a_grid(runs_table(grid(activation=("relu", "elu"), learning_rate=RATES[:2])))
    assert not a_grid(runs_table(grid(activation=tuple("abcdefgh"))))


def test_values_that_go_together_are_not_crossed() -> None:
    rows = [
        run(activation=name, initializer=f"for_{name}", seed=seed)
        for name in ("relu", "elu", "selu")
        for seed in range(2)
    ]

    assert not a_grid(runs_table(rows))
    with pytest.raises(ReluBenchError, match="it takes two axes that are crossed"):
        widest_pair(runs_table(rows))


def test_the_largest_interaction_is_drawn() -> None:
    runs = runs_table(interacting())
    effect = largest_interaction(runs)

    assert interacting_pair(runs) == ("learning_rate", "batch_size")
    assert an_interaction(runs)
    assert effect is not None
    assert effect.share > 0.2
    assert largest_interaction(runs, ("batch_size", "learning_rate")) == effect


def test_without_an_interaction_none_is_drawn_unasked() -> None:
    runs = runs_table(grid(activation=("relu", "elu"), learning_rate=RATES))

    assert interacting_pair(runs) == ("activation", "learning_rate")
    assert not an_interaction(runs)


def test_two_models_and_data_sets_are_asked_apart() -> None:
    rows = [
        {**row, "dataset": data, "run_id": f"{data}{n}"}
        for data in ("mnist", "digits")
        for n, row in enumerate(interacting())
    ]

    together = largest_interaction(runs_table(rows))
    alone = largest_interaction(runs_table(interacting()))

    assert together is not None
    assert alone is not None
    assert together.share == pytest.approx(alone.share)
