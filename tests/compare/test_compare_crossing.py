import itertools
from typing import Any

import numpy as np
import pytest
from fake_results import Row, failed, run, runs_table

from relu_bench.compare import final_scores
from relu_bench.compare.effects import (
    a_grid,
    an_interaction,
    chosen_pair,
    interacting_pair,
    largest_interaction,
    widest_pair,
)
from relu_bench.compare.views import good_enough, group_scores, rates_vary
from relu_bench.errors import ReluBenchError

RATES = (0.001, 0.01, 0.1)


def grid(seeds: int = 3, **axes: Any) -> list[Row]:
    """Every combination, with a little noise and no interaction."""
    random = np.random.default_rng(0)
    rows = []
    for each in itertools.product(*axes.values()):
        places = [values.index(value) for values, value in zip(axes.values(), each, strict=True)]
        given = dict(zip(axes, each, strict=True))
        for seed in range(seeds):
            score = 1 - 0.03 * 1.2 ** sum(places) * float(np.exp(random.normal(0, 0.01)))
            rows.append(run(seed=seed, test=score, **given))
    return rows


ALL = runs_table(
    grid(
        activation=("relu", "elu"),
        learning_rate=RATES,
        initializer=("he_normal", "he_uniform"),
        batch_norm=(False, True),
    )
)


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
        chosen_pair(ALL, names)

    assert str(caught.value).startswith(f"--axes {','.join(names)!r}: {told}")
    assert str(caught.value).endswith(
        "These vary: activation, initializer, learning_rate, batch_norm."
    )


def test_two_axes_that_vary_are_taken_in_their_order() -> None:
    assert chosen_pair(ALL, ["batch_norm", "activation"]) == ("batch_norm", "activation")


def test_the_widest_pair_has_the_most_combinations() -> None:
    assert widest_pair(ALL) == ("activation", "learning_rate")
    assert a_grid(ALL)


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


def test_initializer_and_batch_norm_come_first() -> None:
    assert interacting_pair(ALL) == ("initializer", "batch_norm")
    assert an_interaction(ALL)


def interacting() -> list[Row]:
    rows = grid(activation=("relu", "elu"), learning_rate=RATES, batch_size=(32, 64))
    for row in rows:
        if row["learning_rate"] == 0.1 and row["batch_size"] == 64:
            row["test_accuracy"] -= 0.2
    return rows


def test_else_the_largest_interaction() -> None:
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


def test_groups_have_the_means_and_intervals_of_final_scores() -> None:
    rows = grid(seeds=4, activation=("relu", "elu"), learning_rate=RATES)
    rows[0]["outcome"] = "at_chance"
    rows[1] = run(activation="relu", learning_rate=0.001, seed=1, outcome="diverged")
    rows[2] = failed(activation="relu", learning_rate=0.001, seed=2)
    by = ["activation", "learning_rate"]

    groups = group_scores(runs_table(rows), by).set_index(by)
    expected = final_scores(runs_table(rows), by).drop_duplicates(by).set_index(by)

    for name in ("mean", "low", "high"):
        assert groups[name].to_dict() == pytest.approx(expected[name].to_dict())
    counts = groups[["runs", "learned", "at_chance", "diverged"]].to_dict("index")
    mixed = {"runs": 3, "learned": 1, "at_chance": 1, "diverged": 1}
    assert counts["relu", 0.001] == mixed
    assert groups["guess"].dropna().to_dict() == {("relu", 0.001): 0.1135}
    assert counts["elu", 0.1]["learned"] == 4


def test_one_run_has_no_interval() -> None:
    groups = group_scores(runs_table([run(test=0.9)]), ["activation"])

    assert groups["mean"].tolist() == [0.9]
    assert groups[["low", "high"]].isna().all(axis=None)


def test_good_enough_lies_a_point_below_the_best_of_each_part() -> None:
    groups = group_scores(ALL, ["batch_norm", "learning_rate"])
    best = groups.groupby("batch_norm")["mean"].max()

    found = good_enough(groups, "accuracy", ["batch_norm"])

    assert found.to_dict() == pytest.approx({key: best[key] - 0.01 for key in (False, True)})
    assert not len(good_enough(groups, "rmse", ["batch_norm"]))


def test_rates_vary_from_three_at_one_setting_on() -> None:
    assert rates_vary(ALL)
    assert rates_vary(runs_table(grid(learning_rate=RATES)))
    assert not rates_vary(runs_table(grid(activation=("relu", "elu"), learning_rate=RATES[:2])))
    own = [
        run(activation=name, learning_rate=rate) for name, rate in zip("abc", RATES, strict=True)
    ]
    assert not rates_vary(runs_table(own))
