"""`compare` of results whose seeds were added until all was resolved, and with --anytime."""

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from comparing import noisy, variants
from fake_results import Row, epochs_of, epochs_table, failed, results, runs_table, write_store

from relu_bench import stats
from relu_bench.compare import (
    Comparison,
    answer,
    final_scores,
    in_words,
    load,
    methods_paragraph,
    score,
    to_csv,
    to_json,
    to_text,
)
from relu_bench.compare.effects import effects_of
from relu_bench.compare.measures import measure_of, seeds_added
from relu_bench.compare.time_to_accuracy import arrivals
from relu_bench.compare.views import group_scores, score_profiles, time_profiles, trade_offs
from relu_bench.config.until_resolved import UntilResolved
from relu_bench.errors import ReluBenchError
from relu_bench.store import KeptPlan, Store

RULE = UntilResolved("relu", 0.1, 50, 3)


def rows() -> list[Row]:
    """The second is decided at 15 seeds, the third at none up to 50; the first is the baseline."""
    random = np.random.default_rng(7)
    base = random.normal(0.97, 0.001, 50)
    return variants(
        {
            "relu": np.round(base, 4).tolist(),
            "tanh": np.round(random.normal(0.96, 0.001, 15), 4).tolist(),
            "elu(alpha=1.0)": np.round(random.normal(0.971, 0.004, 50), 4).tolist(),
            "identity": np.round(base[:15], 4).tolist(),
        }
    )


def grown(runs: list[Row], rule: UntilResolved = RULE) -> KeptPlan:
    return KeptPlan("variants", {}, tuple(row["run_id"] for row in runs), 0, rule)


def compared(
    runs: list[Row], *plans: KeptPlan, by: tuple[str, ...] = (), **options: Any
) -> Comparison:
    (found,) = answer(results(runs, plans=plans), by, **options).comparisons
    return found


def by_variant(found: Comparison) -> dict[str, Any]:
    return {pair.variant: pair for pair in found.pairs}


def test_verdicts_and_intervals_are_those_of_the_looks() -> None:
    runs = rows()
    found = by_variant(compared(runs, grown(runs)))
    assert {name: (pair.verdict, pair.n) for name, pair in found.items()} == {
        "tanh": ("worse", 15),
        "elu(alpha=1.0)": ("undecided", 50),
        "identity": ("practically equal", 15),
    }
    scores = {row["activation"]: [] for row in runs}
    for row in runs:
        scores[row["activation"]].append(100 * row["test_accuracy"])
    differences = np.array(scores["tanh"]) - np.array(scores["relu"][:15])
    low, high = stats.sequential_ends(
        differences.mean(), differences.std(ddof=1), 15, 0.05 / RULE.comparisons
    )
    tanh = found["tanh"]
    assert (tanh.low, tanh.high) == pytest.approx((low, high))
    assert (tanh.difference, tanh.sd) == pytest.approx(
        (differences.mean(), differences.std(ddof=1))
    )
    # What is for a fixed number of seeds is not there at all.
    for pair in found.values():
        assert np.isnan([pair.p, pair.p_holm, pair.flip_p, pair.ratio_low, pair.seeds_low]).all()
    plain = by_variant(compared(runs))
    assert plain["tanh"].high - plain["tanh"].low < 0.6 * (tanh.high - tanh.low)


def test_no_plain_interval_of_a_mean_is_left() -> None:
    runs = rows()
    found, plain = compared(runs, grown(runs)), compared(runs)
    before = {each.variant: each for each in plain.estimates}
    for each in found.estimates:
        assert each.low < before[each.variant].low < before[each.variant].high < each.high
        assert math.isnan(each.bca_low)
        assert (each.letters, each.standing) == ("", "")


def test_seeds_that_were_added_to_the_store_later_do_not_count() -> None:
    runs = rows()
    later = variants({"tanh": [0.5] * 30, "relu": [0.99] * 60})
    more = [row for row in later if row["seed"] >= (15 if row["activation"] == "tanh" else 50)]
    first, second = compared(runs, grown(runs)), compared([*runs, *more], grown(runs))
    assert {pair.variant: pair for pair in first.pairs} == {
        pair.variant: pair for pair in second.pairs
    }


def test_a_sweep_under_way_has_what_its_stored_runs_decide() -> None:
    runs = [row for row in rows() if row["seed"] < 12]
    found = by_variant(compared(runs, grown(runs)))
    for pair in found.values():
        assert (pair.verdict, pair.n, math.isnan(pair.low)) == ("undecided", 10, True)


def test_a_sweep_that_has_just_begun_has_no_difference_yet() -> None:
    runs = [row for row in rows() if row["seed"] < 7]
    found = compared(runs, grown(runs))
    for pair in found.pairs:
        assert (pair.verdict, pair.n, math.isnan(pair.difference)) == ("undecided", 0, True)
    assert "tanh after 0 seeds, no difference yet" in " ".join(in_words(found))


def test_baseline_margin_and_axis_are_those_of_the_call() -> None:
    runs = rows()
    rule = replace(RULE, baseline="tanh", margin=2.0)
    found = compared(runs, grown(runs, rule))
    assert (found.baseline, found.margin) == ("tanh", 2.0)
    assert compared(runs, grown(runs, rule), baseline="relu", margin=0.3).margin == 0.3
    # Narrowed, the level stays that of all comparisons that were made.
    few = [row for row in runs if row["activation"] in ("relu", "tanh")]
    assert (
        by_variant(compared(few, grown(runs)))["tanh"]
        == by_variant(compared(runs, grown(runs)))["tanh"]
    )


def test_cases_are_the_variants() -> None:
    runs = [
        row
        for rate, name in ((0.1, "he_normal"), (0.01, "he_normal"), (0.1, "zeros"))
        for row in variants({"relu": [0.9] * 15}, learning_rate=rate, initializer=name)
    ]
    found = compared(runs, grown(runs))
    assert found.question.by == ("initializer", "learning_rate")
    assert len(found.estimates) == 3


def test_the_words_say_how_the_seeds_came_about() -> None:
    runs = rows()
    answers = answer(results(runs, plans=(grown(runs),)))
    said = to_text(answers, 2000, methods=True)
    assert "Seeds were added until each comparison was decided, at most 50" in said
    assert "The same as relu: identity." in said
    assert "elu(alpha=1.0) after 50 seeds, needs about" in said
    assert "--resume RESULTS --max-seeds" in said
    assert "interval at the level 0.05/3 leaves out 0" in said
    for unwanted in ("95 % t interval", "paired t test", "Holm", "sign-flip", "nan", "inf"):
        assert unwanted not in said.replace("\u00a0", " ")
    (table,) = json.loads(to_json(answers))["comparisons"]
    tanh = next(each for each in table["variants"] if each["variant"] == "tanh")
    assert (tanh["anytime"], tanh["look"], tanh["max_seeds"], tanh["p"]) == (True, 15, 50, None)


def test_failed_runs_are_said() -> None:
    runs = [row for row in rows() if (row["activation"], row["seed"]) != ("tanh", 3)]
    runs.append(failed(activation="tanh", seed=3))
    found = compared(runs, grown(runs))
    assert by_variant(found)["tanh"].n == 14
    assert any("tanh: 1 run failed" in line for line in found.left_out)


def test_anytime_shows_them_for_any_store() -> None:
    runs = noisy(["relu", "elu(alpha=1.0)", "tanh"], 17, step=0.003)
    found = compared(runs, anytime=True)
    for name, pair in by_variant(found).items():
        low, high = stats.sequential_ends(pair.difference, pair.sd, 17, 0.05 / 2)
        assert (pair.n, pair.low, pair.high) == pytest.approx((17, float(low), float(high))), name
        assert pair.verdict == "worse"
    said = to_text(answer(results(runs), anytime=True), 2000)
    assert "hold however often one looks while seeds are added (--anytime)" in said
    assert "look that decided" not in said
    assert "anytime" not in to_csv(answer(results(runs)).comparisons)


def test_tuning_has_no_such_intervals() -> None:
    runs = noisy(["relu", "tanh"], 17)
    for options in ({"anytime": True}, {"plans": (grown(runs),)}):
        plans = options.pop("plans", ())
        with pytest.raises(ReluBenchError, match="--mode matched"):
            compared(runs, *plans, mode="tuned", **options)


def test_the_paragraph_for_a_paper() -> None:
    runs = rows()
    said = methods_paragraph(compared(runs, grown(runs)))
    assert "Seeds were added, to 10, 15, 20 and so on up to 50, until every comparison" in said
    assert "Wang and Ramdas 2023" in said


def test_the_paragraph_for_a_paper_names_the_option() -> None:
    assert "--anytime" in methods_paragraph(compared(noisy(["relu", "tanh"], 17), anytime=True))


def test_a_store_says_which_seeds_were_added(tmp_path: Path) -> None:
    """By the plans that are kept; a store without such a plan is read as ever."""
    runs = noisy(["relu", "tanh"], 12)
    store = Store(write_store(tmp_path / "results", runs))
    store.prepare()
    ids = [row["run_id"] for row in runs]
    store.keep_plan("variants", {"seeds": [0]}, ids)
    assert "seeds_added" not in load([store.folder]).runs
    store.keep_plan("variants", {}, ids[:5], RULE)
    store.keep_plan("another", {}, ids[5:], RULE)
    assert seeds_added(load([store.folder]).runs).tolist() == [True] * 5 + [False] * 19


def added(runs: list[Row], *names: str) -> list[Row]:
    """The same, with the mark on the runs of some activations."""
    return [{**row, "seeds_added": row["activation"] in names} for row in runs]


def test_views_have_the_intervals_that_hold() -> None:
    """Of marked variants those of the mixture, of others those that they had."""
    runs = noisy(["relu", "tanh"], 17)
    for row in runs:
        row["final_dead_fraction"] = row["test_accuracy"] / 10
    plain, marked = runs_table(runs), runs_table(added(runs, "tanh"))
    by = ["activation"]
    tables = [
        (view(plain, by).set_index(by), view(marked, by).set_index(by), columns)
        for view, columns in (
            (final_scores, ("value", "low", "high")),
            (group_scores, ("mean", "low", "high")),
            (trade_offs, ("score", "score_low", "score_high")),
            (trade_offs, ("dead", "dead_low", "dead_high")),
        )
    ]
    for before, after, columns in tables:
        assert before.loc["relu"].equals(after.loc["relu"])
        values = score(plain[plain["activation"] == "tanh"], "test")
        values = values / 10 if "dead" in columns else values
        ends = stats.sequential_ends(values.mean(), values.std(), 17)
        found = after.loc["tanh"].iloc[0] if columns[0] == "value" else after.loc["tanh"]
        assert (found[columns[1]], found[columns[2]]) == pytest.approx(tuple(map(float, ends)))


def test_too_few_seeds_have_no_interval() -> None:
    marked = runs_table(added(noisy(["relu", "tanh"], 9), "tanh"))
    for view in (final_scores, group_scores):
        low = view(marked, ["activation"]).groupby("activation")["low"].first()
        assert low.isna().to_dict() == {"relu": False, "tanh": True}


def test_there_are_no_bands_and_effects_for_a_fixed_number_of_seeds() -> None:
    runs = added(noisy(["relu", "tanh"], 4), "tanh")
    table = runs_table(runs)
    profiles = score_profiles(table, "activation")
    bands = profiles.groupby("activation")["low"].count()
    assert (bands["relu"] > 0, bands["tanh"]) == (True, 0)
    epochs = epochs_table([row for each in runs for row in epochs_of(each, [0.1, 0.9, 0.96, 0.97])])
    arrived = arrivals(
        table.assign(variant=table["activation"], cell=""), epochs, "accuracy", "relu"
    )
    times = time_profiles(arrived.runs, "variant", "epoch").groupby("variant")["low"].count()
    assert (times["relu"] > 0, times["tanh"]) == (True, 0)
    with pytest.raises(ReluBenchError, match="at a fixed number of seeds"):
        effects_of(table, ("activation", "learning_rate"), measure_of("accuracy"))
