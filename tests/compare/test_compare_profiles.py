import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fake_results import (
    epochs_of,
    epochs_table,
    failed,
    rising,
    run,
    runs_table,
    write_store,
)

from relu_bench.compare import load, scale_of
from relu_bench.compare.selection import PLACE
from relu_bench.compare.time_to_accuracy import arrivals, medians
from relu_bench.compare.views import (
    arrivals_differ,
    distance_from_best,
    profiles_differ,
    score_profiles,
    shared_settings,
    time_profiles,
)
from relu_bench.store.plans import KeptPlan, keep


def shares(table: pd.DataFrame, level: str, column: str = "score") -> list[tuple[float, float]]:
    rows = table[table.iloc[:, table.columns.get_indexer(["activation"])[0]] == level]
    return [(round(x, 4), share) for x, share in zip(rows[column], rows["share"], strict=True)]


def test_each_score_with_the_share_that_reaches_it() -> None:
    rows = [
        run(activation="relu", seed=0, test=0.9),
        run(activation="relu", seed=1, outcome="diverged"),
        run(activation="elu", seed=0, test=0.95),
    ]

    table = score_profiles(runs_table(rows), "activation")

    assert shares(table, "relu") == [(0.1135, 1.0), (0.9, 0.5), (0.95, 0.0)]
    assert shares(table, "elu") == [(0.1135, 1.0), (0.9, 1.0), (0.95, 1.0)]


def test_where_low_is_good_the_worst_is_the_highest() -> None:
    rows = [
        {**run(seed=seed), "metric": "rmse", "test_rmse": value, "guess_test_rmse": 2.0}
        for seed, value in enumerate((0.5, 0.7))
    ]

    table = score_profiles(runs_table(rows), "activation")

    assert shares(table, "relu") == [(0.7, 1.0), (0.5, 0.5)]


def test_there_are_no_more_steps_than_can_be_seen() -> None:
    rows = [run(seed=seed, test=0.5 + seed / 10_000) for seed in range(600)]

    table = score_profiles(runs_table(rows), "activation")

    assert len(table) == 256
    assert (table["score"].min(), table["score"].max()) == pytest.approx((0.5, 0.5599))
    assert table["share"].iloc[-1] == pytest.approx(1 / 600)


def test_shares_that_have_arrived_by_each_time() -> None:
    arrived = pd.DataFrame(
        {"variant": ["a", "a", "b"], "seed": [0, 1, 0], "epoch": [2.0, math.inf, 1.0]}
    )

    table = time_profiles(arrived, "variant", "epoch")

    assert table[["variant", "x", "share"]].values.tolist() == [
        ["a", 1.0, 0.0],
        ["a", 2.0, 0.5],
        ["b", 1.0, 1.0],
        ["b", 2.0, 1.0],
    ]
    assert not len(time_profiles(arrived.assign(epoch=math.inf), "variant", "epoch"))


def test_profiles_differ_from_ten_points_on() -> None:
    table = pd.DataFrame({"level": ["a", "b"], "score": [0.9, 0.9], "share": [0.5, 0.6]})

    assert profiles_differ(table, "level")
    assert not profiles_differ(table.assign(share=[0.5, 0.59]), "level")
    assert not profiles_differ(table.assign(level="a"), "level")


@pytest.mark.parametrize(
    ("one", "other", "differ"),
    [
        ([2.0, 2.0], [3.0, 3.0], True),
        ([3.0, 3.0], [4.0, 4.0], False),
        ([2.0, 2.0], [2.0, math.inf], True),
        ([math.inf, math.inf], [math.inf, math.inf], False),
        ([0.0, 0.0], [1.0, 1.0], False),
        ([4.0, 4.0], [], False),
    ],
)
def test_arrivals_differ_in_the_median_or_in_how_many(
    one: list[float], other: list[float], differ: bool
) -> None:
    table = pd.DataFrame(
        {"variant": ["a"] * len(one) + ["b"] * len(other), "epoch": [*one, *other]}
    )

    assert arrivals_differ(table, "variant") is differ


def test_the_distance_from_the_best_that_can_be() -> None:
    accuracies = distance_from_best(np.array([0.97, 1.0]), scale_of("accuracy"))
    errors = distance_from_best(np.array([0.7]), scale_of("rmse"))

    assert accuracies == pytest.approx([0.03, 0.0])
    assert errors == pytest.approx([0.7])
    assert distance_from_best(np.array([0.9]), scale_of("auc")) is None


def test_runs_are_pooled_at_the_settings_that_all_variants_have() -> None:
    rows = [
        run(activation="relu", learning_rate=0.1),
        run(activation="relu", learning_rate=0.01),
        run(activation="elu", learning_rate=0.1),
        failed(activation="elu", learning_rate=0.01),
    ]

    shared = shared_settings(runs_table(rows), "activation", ["learning_rate"])

    assert shared.runs["cell"].unique().tolist() == ["learning_rate=0.1"]
    assert (shared.settings, shared.alike, shared.left_out) == (1, True, 1)


def test_without_a_common_setting_every_run_is_there() -> None:
    rows = [
        run(activation="relu", initializer="he_normal"),
        run(activation="selu", initializer="lecun_normal"),
    ]

    shared = shared_settings(runs_table(rows), "activation", ["initializer"])

    assert len(shared.runs) == 2
    assert (shared.settings, shared.alike, shared.left_out) == (2, False, 0)


def test_with_one_setting_nothing_is_left_out() -> None:
    shared = shared_settings(runs_table([run(seed=0), run(seed=1)]), "activation", [])

    assert (len(shared.runs), shared.settings, shared.alike) == (2, 1, True)


def test_where_low_is_good_the_target_is_a_little_higher() -> None:
    rows = [
        {**run(activation=name), "metric": "rmse", "val_rmse": end, "cell": "", "variant": name}
        for name, end in (("relu", 0.99), ("elu", 0.5))
    ]
    epochs = [
        {**epoch, "val_rmse": value}
        for row in rows
        for epoch, value in zip(epochs_of(row, [0.0] * 3), [2.0, 1.0, row["val_rmse"]], strict=True)
    ]

    found = arrivals(runs_table(rows), epochs_table(epochs), "rmse", "relu")

    assert found.target == pytest.approx(1.0)
    assert [(row.variant, row.epochs) for row in medians(found, ["relu", "elu"])] == [
        ("relu", 1.0),
        ("elu", 1.0),
    ]


def test_epochs_have_the_place_of_their_run_in_the_plan(tmp_path: Path) -> None:
    done_first, planned_first = run(activation="relu"), run(activation="elu")
    folder = write_store(
        tmp_path, [done_first, planned_first], [*rising(done_first), *rising(planned_first)]
    )
    order = (planned_first["run_id"], done_first["run_id"])
    keep(folder, KeptPlan("variants", {}, order))

    table = load([folder]).epochs_in_plan_order

    places = table.groupby("run_id")[PLACE].unique()
    assert [places[run_id].tolist() for run_id in order] == [[0], [1]]
