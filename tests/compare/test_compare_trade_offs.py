from typing import Any

import numpy as np
import pandas as pd
import pytest
from fake_results import Row, run, runs_table
from scipy import stats as scipy_stats

from relu_bench.compare.time_to_accuracy import circumstances, timed_alike
from relu_bench.compare.views import is_a_choice, seconds_per_epoch, trade_offs


def variant(name: str, test: float, seconds: float, dead: float | None, **given: Any) -> list[Row]:
    """Three runs of three epochs around these means."""
    return [
        run(
            activation=name,
            seed=seed,
            test=test + 0.001 * (seed - 1),
            train_seconds=3 * (seconds + 0.01 * (seed - 1)),
            final_dead_fraction=dead,
            **given,
        )
        for seed in range(3)
    ]


def front_of(rows: list[Row], column: str = "front") -> set[str]:
    table = trade_offs(runs_table(rows), ["activation"])
    return set(table.loc[table[column], "activation"])


def test_means_with_their_t_intervals() -> None:
    table = trade_offs(runs_table(variant("relu", 0.9, 1.0, 0.2)), ["activation"])

    (row,) = table.to_dict("records")
    low, high = scipy_stats.t.interval(0.95, 2, 1.0, scipy_stats.sem([0.99, 1.0, 1.01]))
    assert row["n"] == 3
    assert row["score"] == pytest.approx(0.9)
    assert (row["seconds"], row["seconds_low"], row["seconds_high"]) == pytest.approx(
        (1.0, low, high)
    )
    assert (row["dead"], row["dead_low"], row["dead_high"]) == pytest.approx((0.2, 0.2, 0.2))


def test_a_front_for_each_pair_and_one_for_all_three() -> None:
    rows = [
        *variant("best", 0.98, 3.0, 0.5),
        *variant("cheap", 0.95, 1.0, 0.5),
        *variant("alive", 0.96, 2.0, 0.0),
        *variant("beaten", 0.94, 2.5, 0.6),
    ]

    assert front_of(rows, "cheap") == {"best", "alive", "cheap"}
    assert front_of(rows, "alive") == {"best", "alive"}
    assert front_of(rows) == {"best", "alive", "cheap"}


def test_only_the_three_together_keep_what_is_between() -> None:
    """Dearer than one, with more dead units than another, and yet beaten by none in all."""
    rows = [
        *variant("one", 0.97, 1.0, 0.5),
        *variant("other", 0.97, 3.0, 0.0),
        *variant("between", 0.96, 2.0, 0.1),
    ]

    assert "between" not in front_of(rows, "cheap") | front_of(rows, "alive")
    assert "between" in front_of(rows)


def test_where_low_is_good_the_front_is_turned_round() -> None:
    rows = [
        {**row, "metric": "rmse", "test_rmse": score, "guess_test_rmse": 9.0}
        for name, score, seconds in (("good", 0.5, 1.0), ("bad", 0.7, 2.0))
        for row in variant(name, 0.9, seconds, None)
    ]

    assert front_of(rows) == {"good"}


def test_groups_are_compared_within_their_setting() -> None:
    rows = [
        *variant("relu", 0.9, 1.0, 0.0, learning_rate=0.1),
        *variant("relu", 0.95, 0.5, 0.0, learning_rate=0.01),
    ]
    by = ["learning_rate", "activation"]

    assert trade_offs(runs_table(rows), by, ["learning_rate"])["front"].all()
    assert trade_offs(runs_table(rows), by)["front"].sum() == 1


def test_a_diverged_run_counts_as_the_guess_and_has_no_seconds() -> None:
    rows = [*variant("relu", 0.9, 1.0, 0.0)[:1], run(seed=1, outcome="diverged", train_seconds=0.1)]

    table = trade_offs(runs_table(rows), ["activation"])

    assert table["score"].tolist() == pytest.approx([(0.899 + 0.1135) / 2])
    assert table["seconds"].tolist() == pytest.approx([0.99])
    assert np.isnan(table["seconds_low"]).all()
    assert np.isnan(seconds_per_epoch(runs_table(rows)).iloc[1])


def test_without_a_number_there_is_no_place_on_the_front() -> None:
    unknown = variant("unknown", 0.99, 0.5, None)
    rows = [*variant("relu", 0.9, 1.0, 0.0), *unknown]

    assert front_of(rows) == {"relu"}
    assert front_of(rows, "cheap") == {"unknown"}
    assert front_of(unknown) == {"unknown"}  # of a kind of number that none has, nothing is asked


@pytest.mark.parametrize(
    ("better", "choice"),
    [
        (("elu", 0.95, 2.0, 0.0), True),  # better and dearer
        (("elu", 0.95, 1.0, 0.5), True),  # better, with more dead units
        (("elu", 0.95, 1.0, 0.0), False),  # better for nothing
        (("elu", 0.9005, 2.0, 0.0), False),  # better within the noise
        (("elu", 0.95, 1.005, 0.0), False),  # dearer within the noise
    ],
)
def test_it_is_a_choice_where_better_costs_more(
    better: tuple[str, float, float, float], choice: bool
) -> None:
    rows = [*variant("relu", 0.9, 1.0, 0.0), *variant(*better)]

    assert is_a_choice(trade_offs(runs_table(rows), ["activation"]), "accuracy") is choice


def test_seconds_of_two_machines_or_numbers_of_jobs_are_not_comparable() -> None:
    one, other = run(seed=0), run(seed=1)

    assert timed_alike(runs_table([one, other]))
    assert not timed_alike(runs_table([one, {**other, "host": "desk"}]))
    assert not timed_alike(runs_table([{**one, "jobs": 1}, {**other, "jobs": 2}]))


def test_circumstances_name_what_differs() -> None:
    rows = [{**run(seed=0), "jobs": 1}, {**run(seed=1, host="desk"), "jobs": 2}]

    assert circumstances(runs_table(rows)).tolist() == ["host=laptop, jobs=1", "host=desk, jobs=2"]
    assert circumstances(runs_table(rows[:1])).tolist() == [""]


def choice_of(*rows: tuple[float, float, float], metric: str = "accuracy") -> bool:
    """Of groups on a front with these scores, seconds and dead units, each ± 0.1."""
    table = pd.DataFrame(rows, columns=["score", "seconds", "dead"]).assign(front=True)
    ends = {f"{name}_low": table[name] - 0.1 for name in table.columns[:3]}
    ends |= {f"{name}_high": table[name] + 0.1 for name in table.columns[:3]}
    return is_a_choice(table.assign(**ends), metric)


def test_a_choice_is_between_any_two_groups_that_are_apart_in_score_and_in_a_cost() -> None:
    assert choice_of((1.0, 1.0, 0.0), (1.15, 5.0, 0.0), (1.3, 1.05, 3.0))
    assert not choice_of((1.0, 1.0, 0.0), (1.15, 5.0, 0.0))
    assert not choice_of((1.0, 1.0, 0.0), (2.0, 1.15, 0.15))
    assert not choice_of((1.0, 5.0, 0.0), (2.0, 1.0, 0.0))


def test_of_an_error_the_lower_one_is_the_better() -> None:
    rows = (1.0, 5.0, 0.0), (2.0, 1.0, 0.0)

    assert choice_of(*rows, metric="rmse")
    assert not choice_of(*rows)


def test_fronts_are_of_each_part_and_of_the_numbers_that_it_has() -> None:
    """Where no group of a part knows its dead units, these do not count there."""
    rows = [
        *variant("relu", 0.9, 1.0, None),
        *variant("tanh", 0.8, 2.0, None),
        *variant("relu", 0.9, 1.0, 0.5, learning_rate=0.1),
        *variant("tanh", 0.8, 2.0, 0.0, learning_rate=0.1),
        *variant("elu", 0.99, 0.1, None, learning_rate=0.1),
    ]
    table = trade_offs(runs_table(rows), ["learning_rate", "activation"], ["learning_rate"])

    on = table.set_index(["learning_rate", "activation"])
    assert on["front"].to_dict() == {
        (0.001, "relu"): True,
        (0.001, "tanh"): False,
        (0.1, "relu"): True,
        (0.1, "tanh"): True,
        (0.1, "elu"): False,
    }
    assert on.loc[0.1, "alive"].to_dict() == {"relu": True, "tanh": True, "elu": False}
