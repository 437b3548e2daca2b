"""Tables of numbers that figures draw."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from comparing import FOUR_AXES, RATES, grid
from fake_results import (
    Row,
    epochs_of,
    epochs_table,
    failed,
    rising,
    run,
    runs_table,
    write_store,
)
from scipy import stats as scipy_stats

from relu_bench.compare import (
    completed,
    curves,
    final_scores,
    load,
    run_curves,
    scale_of,
    score,
    summarize,
)
from relu_bench.compare.selection import PLACE
from relu_bench.compare.time_to_accuracy import arrivals, circumstances, medians, timed_alike
from relu_bench.compare.views import (
    arrivals_differ,
    distance_from_best,
    good_enough,
    group_scores,
    is_a_choice,
    profiles_differ,
    rates_vary,
    score_profiles,
    seconds_per_epoch,
    shared_settings,
    time_profiles,
    trade_offs,
)
from relu_bench.errors import ReluBenchError
from relu_bench.store.plans import KeptPlan, keep


def of(table: pd.DataFrame, split: str, *names: str) -> list[list[float]]:
    rows = table[table["split"] == split].sort_values("epoch")
    return [rows[name].tolist() for name in names]


def shares(table: pd.DataFrame, level: str, column: str = "score") -> list[tuple[float, float]]:
    rows = table[table.iloc[:, table.columns.get_indexer(["activation"])[0]] == level]
    return [(round(x, 4), share) for x, share in zip(rows[column], rows["share"], strict=True)]


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


def choice_of(*rows: tuple[float, float, float], metric: str = "accuracy") -> bool:
    """Of groups on a front with these scores, seconds and dead units, each ± 0.1."""
    table = pd.DataFrame(rows, columns=["score", "seconds", "dead"]).assign(front=True)
    ends = {f"{name}_low": table[name] - 0.1 for name in table.columns[:3]}
    ends |= {f"{name}_high": table[name] + 0.1 for name in table.columns[:3]}
    return is_a_choice(table.assign(**ends), metric)


def test_a_diverged_run_counts_as_the_constant_guess() -> None:
    runs = runs_table([run(test=0.97, val=0.96), run(seed=1, outcome="diverged"), failed(seed=2)])

    assert score(runs, "test").tolist()[:2] == [0.97, 0.1135]
    assert score(runs, "val").tolist()[:2] == [0.96, 0.1124]
    assert math.isnan(score(runs, "test").iloc[2])


def test_a_run_at_chance_counts_as_what_it_reached() -> None:
    assert score(runs_table([run(test=0.098, outcome="at_chance")]), "test").tolist() == [0.098]


def test_where_nothing_was_held_out_there_is_no_validation_score() -> None:
    runs = runs_table([run(validation_split=0.0), run(validation_split=0.0, outcome="diverged")])

    assert score(runs, "val").isna().all()


def test_a_diverged_run_without_a_guess_is_an_error_and_not_dropped() -> None:
    runs = runs_table([run(outcome="diverged", guess_test_accuracy=None, run_id="r123")])

    with pytest.raises(ReluBenchError, match="Run r123 diverged, but its constant guess is not"):
        score(runs, "test")


def test_only_failed_runs_are_not_completed() -> None:
    runs = runs_table([run(), run(seed=1, outcome="diverged"), failed(seed=2)])

    assert completed(runs)["seed"].tolist() == [0, 1]


def test_final_scores_have_the_interval_of_their_group() -> None:
    values = [0.971, 0.974, 0.98]
    runs = runs_table(
        [run(seed=seed, test=value) for seed, value in enumerate(values)]
        + [run(activation="tanh", test=0.9), failed(activation="tanh", seed=1)]
    )

    scores = final_scores(runs, ["activation"])

    relu = scores[scores["activation"] == "relu"]
    expected = scipy_stats.t.interval(0.95, 2, loc=np.mean(values), scale=scipy_stats.sem(values))
    assert relu["value"].tolist() == values
    assert relu["mean"].tolist() == pytest.approx([np.mean(values)] * 3)
    assert relu["low"].tolist() == pytest.approx([expected[0]] * 3)
    assert relu["high"].tolist() == pytest.approx([expected[1]] * 3)
    tanh = scores[scores["activation"] == "tanh"]
    assert tanh[["value", "mean"]].to_numpy().tolist() == [[0.9, 0.9]]
    assert tanh[["low", "high"]].isna().all(axis=None)


def test_a_diverged_run_is_in_the_mean_of_its_group() -> None:
    runs = runs_table([run(test=0.97), run(seed=1, outcome="diverged")])

    scores = final_scores(runs, ["activation"])

    assert scores["mean"].tolist() == pytest.approx([(0.97 + 0.1135) / 2] * 2)
    assert scores["outcome"].tolist() == ["learned", "diverged"]
    assert scores["guess"].tolist() == [0.1135, 0.1135]


def test_accuracy_is_read_in_percent() -> None:
    scale = scale_of("accuracy")

    assert (scale.title, scale.factor, scale.suffix) == ("accuracy", 100.0, " (%)")
    assert scale.higher_is_better


def test_a_target_is_below_a_score_or_above_an_error() -> None:
    assert scale_of("accuracy").near(0.99) == "99\u00a0% of"
    assert scale_of("rmse").near(0.99) == "1.01 times"


def test_the_training_mean_of_an_epoch_stands_at_its_middle_and_validation_at_its_end() -> None:
    row = run(epochs=3)
    epochs = epochs_table(epochs_of(row, [0.1, 0.8, 0.9, 0.95], [0.11, 0.85, 0.91, 0.94]))

    single = run_curves(runs_table([row]), epochs, ["activation"])

    assert of(single, "train", "x", "value") == [[0, 0.5, 1.5, 2.5], [0.1, 0.8, 0.9, 0.95]]
    assert of(single, "val", "x", "value") == [[0, 1, 2, 3], [0.11, 0.85, 0.91, 0.94]]


def test_mean_and_sd_are_over_the_runs_of_a_group() -> None:
    rows = [run(seed=0), run(seed=1), run(seed=2), run(activation="tanh")]
    ends = [0.90, 0.92, 0.97, 0.5]
    epochs = [r for row, end in zip(rows, ends, strict=True) for r in epochs_of(row, [0.1, end])]
    single = run_curves(runs_table(rows), epochs_table(epochs), ["activation"])

    table = curves(single, ["activation"])

    relu = table[(table["activation"] == "relu") & (table["split"] == "val")]
    assert relu["n"].tolist() == [3, 3]
    assert relu["mean"].tolist() == pytest.approx([0.1, 0.93])
    assert relu["sd"].tolist() == pytest.approx([0.0, pd.Series(ends[:3]).std()])
    tanh = table[table["activation"] == "tanh"]
    assert tanh["n"].tolist() == [1] * 4
    assert tanh["sd"].isna().all()


def test_a_diverged_run_goes_on_at_the_constant_guess() -> None:
    row = run(outcome="diverged", epochs=4)
    epochs = epochs_table(epochs_of(row, [0.1, 0.6, None]))

    single = run_curves(runs_table([row]), epochs, [])

    assert of(single, "train", "epoch", "value") == [
        [0, 1, 2, 3, 4],
        [0.1, 0.6, 0.1124, 0.1124, 0.1124],
    ]
    assert of(single, "val", "value") == [[0.1, 0.6, 0.1124, 0.1124, 0.1124]]


def test_without_validation_a_diverged_run_goes_on_at_the_guess_on_test() -> None:
    row = run(outcome="diverged", epochs=2, validation_split=0.0)
    single = run_curves(runs_table([row]), epochs_table(epochs_of(row, [0.1, None])), [])

    assert single["split"].unique().tolist() == ["train"]
    assert of(single, "train", "value") == [[0.1, 0.1135, 0.1135]]


def test_a_diverged_run_is_in_the_mean_of_every_epoch() -> None:
    rows = [run(epochs=3), run(seed=1, outcome="diverged", epochs=3)]
    epochs = epochs_of(rows[0], [0.1, 0.9, 0.92, 0.94]) + epochs_of(rows[1], [0.1, None])

    table = curves(run_curves(runs_table(rows), epochs_table(epochs), []), [])

    assert of(table, "val", "n") == [[2, 2, 2, 2]]
    assert of(table, "val", "mean")[0] == pytest.approx(
        [0.1, (0.9 + 0.1124) / 2, (0.92 + 0.1124) / 2, (0.94 + 0.1124) / 2]
    )


def test_failed_runs_and_epochs_of_other_runs_stay_out() -> None:
    row = run()
    stray = run(seed=7)
    epochs = epochs_table([*epochs_of(row, [0.1, 0.9]), *epochs_of(stray, [0.3, 0.4])])

    single = run_curves(runs_table([row, failed(seed=1)]), epochs, ["seed"])

    assert single["seed"].unique().tolist() == [0]
    assert of(single, "train", "value") == [[0.1, 0.9]]


def test_no_epochs_give_no_curves() -> None:
    single = run_curves(runs_table([run()]), epochs_table([]), ["activation"])

    assert len(single) == 0
    assert len(curves(single, ["activation"])) == 0


def test_runs_of_several_metrics_have_no_common_curves() -> None:
    rows = runs_table([run(), run(seed=1, metric="rmse")])

    with pytest.raises(ValueError, match="expected one in common"):
        run_curves(rows, epochs_table([]), [])


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
    groups = group_scores(FOUR_AXES, ["batch_norm", "learning_rate"])
    best = groups.groupby("batch_norm")["mean"].max()

    found = good_enough(groups, "accuracy", ["batch_norm"])

    assert found.to_dict() == pytest.approx({key: best[key] - 0.01 for key in (False, True)})
    assert not len(good_enough(groups, "rmse", ["batch_norm"]))


def test_rates_vary_from_three_at_one_setting_on() -> None:
    assert rates_vary(FOUR_AXES)
    assert rates_vary(runs_table(grid(learning_rate=RATES)))
    assert not rates_vary(runs_table(grid(activation=("relu", "elu"), learning_rate=RATES[:2])))
    own = [
        run(activation=name, learning_rate=rate) for name, rate in zip("abc", RATES, strict=True)
    ]
    assert not rates_vary(runs_table(own))


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
