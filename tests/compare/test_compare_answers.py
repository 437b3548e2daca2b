"""Comparisons: estimates, pairs, tuning, ranks."""

import csv
import io
import json
import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from comparing import answers_of, compared, noisy, variants
from fake_results import Row, failed, run, write_store
from numpy.typing import NDArray
from scipy import stats as scipy_stats

from relu_bench.compare import answer, in_words, load, to_json
from relu_bench.compare.measures import scale_of
from relu_bench.compare.pairs import Pair
from relu_bench.compare.records import to_csv
from relu_bench.compare.sentences import legend, rank_words
from relu_bench.compare.short_answer import short_answers
from relu_bench.compare.tables import tables_of
from relu_bench.errors import ReluBenchError
from relu_bench.store.plans import KeptPlan, keep
from relu_bench.wording import signed_between

RELU = [0.971, 0.973, 0.972, 0.974]
ELU = [0.975, 0.978, 0.975, 0.977]
AUC = {"relu": [0.90, 0.92, 0.91], "elu": [0.95, 0.962, 0.953]}


def pair_of(rows: Sequence[Row], variant: str) -> Pair:
    return {pair.variant: pair for pair in compared(rows, baseline="relu").pairs}[variant]


def with_auc(scores: dict[str, Sequence[float]]) -> list[Row]:
    """Runs on two classes, whose metric is the AUC."""
    return [
        run(
            activation=name,
            seed=seed,
            **{"metric": "auc", "test_auc": value, "val_auc": value, "guess_test_auc": 0.5},
        )
        for name, values in scores.items()
        for seed, value in enumerate(values)
    ]


def grid(scores: dict[tuple[str, float], list[tuple[float, float]]]) -> list[Row]:
    """Runs with these (validation, test) accuracies by activation, learning rate and seed."""
    return [
        run(activation=name, learning_rate=rate, seed=seed, val=val, test=test)
        for (name, rate), values in scores.items()
        for seed, (val, test) in enumerate(values)
    ]


ROWS = grid(
    {
        ("relu", 0.1): [(0.99, 0.95), (0.90, 0.91), (0.90, 0.92)],
        ("relu", 0.01): [(0.94, 0.96), (0.94, 0.97), (0.94, 0.98)],
        ("relu", 0.001): [(0.80, 0.99), (0.80, 0.99), (0.80, 0.99)],
        ("elu", 0.01): [(0.90, 0.90), (0.90, 0.91), (0.90, 0.92)],
        ("elu", 0.001): [(0.91, 0.93), (0.91, 0.94), (0.91, 0.95)],
    }
)


def test_a_pair_is_the_paired_test_of_scipy_in_points() -> None:
    found = compared(variants({"relu": RELU, "elu": ELU}))
    (pair,) = found.pairs
    differences = 100 * (np.array(ELU) - np.array(RELU))
    t = scipy_stats.ttest_rel(ELU, RELU)

    assert (pair.variant, pair.baseline, pair.n, pair.verdict) == ("elu", "relu", 4, "better")
    assert pair.difference == pytest.approx(differences.mean())
    assert pair.p == pytest.approx(t.pvalue)
    interval = t.confidence_interval(0.95)
    assert (pair.low, pair.high) == pytest.approx((100 * interval.low, 100 * interval.high))
    assert pair.ratio == pytest.approx((1 - np.mean(ELU)) / (1 - np.mean(RELU)))
    assert pair.ratio_low < pair.ratio < pair.ratio_high < 1
    assert pair.correlation == pytest.approx(np.corrcoef(RELU, ELU)[0, 1])
    assert pair.flip_p == pytest.approx(2 / 2**4)
    assert pair.improvement == 1.0
    assert found.test_samples == 10_000


def test_an_estimate_is_over_the_seeds() -> None:
    best, second = compared(variants({"relu": RELU, "elu": ELU})).estimates

    assert (best.variant, second.variant) == ("elu", "relu")
    assert (second.n, second.runs, second.learned) == (4, 4, 4)
    assert second.mean == pytest.approx(97.25)
    assert second.sd == pytest.approx(100 * np.std(RELU, ddof=1))
    assert second.median == pytest.approx(97.25)
    assert math.isnan(second.bca_low)
    assert (best.standing, second.standing) == ("best", "behind")
    assert best.letters == ""


def test_the_seed_is_the_unit_when_other_axes_vary() -> None:
    random = np.random.default_rng(0)
    rows, table = [], {}
    for name in ("relu", "elu"):
        table[name] = np.round(random.normal(0.97, 0.002, (4, 5)), 4)
        rows += [
            run(activation=name, learning_rate=10.0**-cell, seed=seed, test=table[name][cell, seed])
            for cell in range(4)
            for seed in range(5)
        ]

    found = compared(rows, "activation")
    (pair,) = found.pairs
    expected = scipy_stats.ttest_rel(table["elu"].mean(axis=0), table["relu"].mean(axis=0))

    assert (pair.n, pair.cells) == (5, 4)
    assert pair.p == pytest.approx(expected.pvalue)
    assert {each.n for each in found.estimates} == {5}
    assert {each.runs for each in found.estimates} == {20}
    assert found.left_out == ()


def test_only_seeds_and_settings_that_both_have_count_and_the_rest_is_listed() -> None:
    rows = variants({"relu": RELU, "elu": ELU[:3]})
    rows += [run(activation="relu", learning_rate=0.1, seed=seed, test=0.5) for seed in range(4)]

    found = compared(rows, "activation")
    (pair,) = found.pairs

    assert (pair.n, pair.cells) == (3, 1)
    assert pair.difference == pytest.approx(100 * (np.mean(ELU[:3]) - np.mean(RELU[:3])))
    assert found.of_baseline.mean == pytest.approx(97.25)
    assert found.left_out == (
        "elu: not in the difference, having no partner: 5 runs of relu.",
        "relu: 1 of 2 settings (4 runs) not in its mean.",
    )


def test_a_seed_without_a_run_at_every_setting_is_not_in_the_mean() -> None:
    rows = variants({"relu": RELU, "elu": ELU})
    rows += variants({"relu": RELU[:3], "elu": ELU}, learning_rate=0.1)

    found = compared(rows, "activation")

    assert found.of_baseline.n == 3
    assert found.pairs[0].n == 3
    assert found.left_out == (
        "elu: not in the difference, having no partner: 1 run of it; 1 of 4 seeds not in the "
        "difference: a run is missing at a shared setting; n = 4 in its mean and n = 3 in its "
        "difference.",
        "relu: 1 of 4 seeds not in its mean: a run is missing.",
    )


def unfinished(random: np.random.Generator, seeds: int = 10) -> list[Row]:
    """Equal variants, better and worse by setting, of whose last setting runs are missing."""
    return [
        run(
            activation=name,
            learning_rate=rate,
            seed=seed,
            test=0.97 + lead * (1 if name == "elu" else -1) + float(random.normal(0, 0.0005)),
        )
        for name in ("relu", "elu")
        for rate, lead in ((0.1, 0.001), (0.01, -0.001))
        for seed in range(seeds)
        if rate == 0.1 or random.random() > 0.3
    ]


def test_settings_that_are_missing_at_some_seeds_make_no_false_alarms() -> None:
    random = np.random.default_rng(0)
    alarms, signs = 0, []
    for _ in range(60):
        found = compared(unfinished(random), "activation", margin=0.0)
        (pair,) = found.pairs
        alarms += pair.p < 0.05
        means = {each.variant: each.mean for each in found.estimates}
        if {each.n for each in found.estimates} == {pair.n}:
            signs.append((means["elu"] - means["relu"]) * pair.difference >= 0)

    # Averaged over whatever each seed has, the difference is 0 in truth and found in 4 of 10.
    assert alarms <= 8
    assert all(signs)


def test_a_pair_without_one_complete_seed_says_so() -> None:
    rows = [
        run(activation=name, learning_rate=rate, seed=seed)
        for name in ("relu", "elu")
        for rate, seed in ((0.1, 0), (0.01, 1))
    ]

    found = compared(rows, "activation")

    assert (found.pairs[0].n, found.pairs[0].incomplete) == (0, 2)
    assert found.left_out[-1].endswith(
        "no difference: at no seed have it and relu a run at each of the 2 settings that they "
        "share."
    )


def test_variants_without_a_common_setting_are_not_ranked() -> None:
    rows = [
        run(activation=name, initializer=initializer, seed=seed, test=0.9)
        for name, initializer in (("selu", "lecun_normal"), ("relu", "he_normal"))
        for seed in range(3)
    ]

    found = compared(rows, "activation")

    assert not found.comparable
    assert [each.standing for each in found.estimates] == ["", ""]
    assert found.pairs[0].n == 0
    assert found.pairs[0].verdict == "undecided"
    assert "No setting of the other axes is common" in found.left_out[0]
    assert found.left_out[1] == ("relu: no difference: no seed and setting in common with selu.")
    by_case = compared(rows)
    assert by_case.question.by == ("activation", "initializer")
    assert by_case.pairs[0].n == 3


def test_a_diverged_run_counts_as_the_guess() -> None:
    rows = variants({"relu": RELU})
    rows += [run(activation="elu", seed=seed, outcome="diverged") for seed in range(3)]
    rows += [run(activation="elu", seed=3, test=0.9735)]

    found = compared(rows)
    elu = found.estimates[1]

    assert (elu.n, elu.runs, elu.learned, elu.diverged) == (4, 4, 1, 3)
    assert elu.mean == pytest.approx(100 * (3 * 0.1135 + 0.9735) / 4)
    assert elu.median == pytest.approx(11.35)
    assert found.pairs[0].n == 4


def failing(failures: int, lead: float, chance: float, seeds: int = 12) -> list[Row]:
    """elu does not learn at so many seeds, and is else better by `lead`."""
    random = np.random.default_rng(2)
    rows = variants({"relu": random.normal(0.96, 0.0005, seeds).tolist()})
    for seed, row in enumerate(rows[:seeds]):
        lost = seed < failures
        test = chance if lost else row["test_accuracy"] + lead + random.normal(0, 0.0005)
        rows.append(
            run(
                activation="elu",
                seed=seed,
                test=float(test),
                outcome="at_chance" if lost else "learned",
            )
        )
    return rows


@pytest.mark.parametrize(
    ("failures", "lead", "chance", "verdict"),
    [
        (0, 0.01, 0.1, "better"),
        # Six of twelve, and none of the baseline: p = 1/32. However good the others are.
        (6, 0.01, 0.1, "worse"),
        (6, 0.03, 0.94, "fails more often"),
        (6, 0.03, 0.965, "fails more often"),
        (5, 0.03, 0.965, "better"),
    ],
)
def test_failing_more_often_goes_before_better(
    failures: int, lead: float, chance: float, verdict: str
) -> None:
    found = compared(failing(failures, lead, chance))
    (pair,) = found.pairs
    differing = scipy_stats.binomtest(0, failures).pvalue if failures else 1.0

    assert pair.fails_p == pytest.approx(differing)
    assert (pair.verdict, pair.unlearned, pair.unlearned_baseline) == (verdict, failures, 0)
    said = f"; {failures} of 12 runs did not learn)" in in_words(found)[0]
    assert said is bool(failures)
    assert ("McNemar" in " ".join(legend(found))) is (verdict == "fails more often")


def test_a_variant_that_always_diverged_is_worse() -> None:
    rows = variants({"relu": RELU})
    rows += [run(activation="elu", seed=seed, outcome="diverged") for seed in range(4)]
    rows += [run(activation="tanh", seed=seed, outcome="diverged") for seed in range(4)]

    found = compared(rows)

    assert [pair.verdict for pair in found.pairs] == ["worse", "worse"]
    assert found.estimates[1].sd == 0.0
    against_elu = compared(rows, baseline="elu")
    tanh = next(pair for pair in against_elu.pairs if pair.variant == "tanh")
    assert (tanh.difference, tanh.p, tanh.verdict) == (0.0, 1.0, "practically equal")


def test_failed_runs_are_missing_and_said() -> None:
    rows = [*variants({"relu": RELU, "elu": ELU[:3]}), failed(activation="elu", seed=3)]
    rows += [failed(activation="tanh", seed=seed) for seed in range(4)]

    found = compared(rows)
    tanh = found.estimates[-1]

    assert (tanh.variant, tanh.n, tanh.failed, tanh.standing) == ("tanh", 0, 4, "")
    assert math.isnan(tanh.mean)
    assert found.tests == 1
    assert found.left_out == (
        "elu: 1 run failed; not in the difference, having no partner: 1 run of relu.",
        "tanh: 4 runs failed; no difference: no seed and setting in common with relu.",
    )


def test_one_seed_has_means_but_no_tests() -> None:
    found = compared(variants({"relu": [0.97], "elu": [0.98]}))
    (pair,) = found.pairs

    assert pair.difference == pytest.approx(1.0)
    assert all(math.isnan(value) for value in (pair.low, pair.p, pair.sd, pair.seeds_low))
    assert pair.verdict == "undecided"
    assert math.isnan(found.estimates[0].sd)
    assert [each.standing for each in found.estimates] == ["best", "undecided"]


def test_equal_scores_are_practically_equal() -> None:
    found = compared(variants({"relu": [0.97] * 10, "elu": [0.97] * 10}))
    (pair,) = found.pairs

    assert (pair.p, pair.flip_p, pair.improvement) == (1.0, 1.0, 0.5)
    assert (pair.low, pair.high) == (0.0, 0.0)
    assert pair.verdict == "practically equal"
    assert [each.letters for each in found.estimates] == ["a", "a"]
    assert [each.standing for each in found.estimates] == ["best", "practically equal"]


@pytest.mark.parametrize(
    ("seeds", "others", "verdict"),
    [
        (2, 1, "undecided"),
        (9, 1, "undecided"),
        (10, 1, "better"),
        # Ten seeds have a smallest p of .002: times 29 comparisons, it is not below .05.
        (10, 29, "undecided"),
    ],
)
def test_differences_that_are_all_equal_show_no_spread(
    seeds: int, others: int, verdict: str
) -> None:
    random = np.random.default_rng(0)
    base = np.round(random.normal(0.96, 0.001, seeds), 4)
    scores = {"relu": base, "elu": base + 0.005}
    for place in range(others - 1):
        name = f"leaky_relu(negative_slope={(place + 1) / 100})"
        scores[name] = np.round(random.normal(0.96, 0.001, seeds), 4)

    found = compared(variants({name: each.tolist() for name, each in scores.items()}))
    pair = next(each for each in found.pairs if each.variant == "elu")

    assert (pair.verdict, pair.tied) == (verdict, seeds)
    assert pair.difference == pytest.approx(0.5)
    missing = (pair.low, pair.high, pair.narrow_low, pair.narrow_high, pair.seeds_low)
    assert all(math.isnan(value) for value in missing)
    assert "the same at all seeds)" in in_words(found)[0]


@pytest.mark.parametrize("seeds", [3, 4, 5, 10, 20])
def test_an_interval_that_ends_at_the_margin_lies_within_it(seeds: int) -> None:
    # Half of the seeds a little less, half more: rounding once decided which number of seeds did.
    base = np.linspace(0.95, 0.97, seeds)
    gaps = np.where(np.arange(seeds) % 2, 0.001, -0.001)
    rows = variants({"relu": base.tolist(), "elu": (base + gaps).tolist()})
    end = max(abs(compared(rows).pairs[0].narrow_low), compared(rows).pairs[0].narrow_high)

    for near in (end - 1e-13, end, end + 1e-13):
        assert compared(rows, margin=near).pairs[0].verdict == "practically equal"
    assert compared(rows, margin=end - 1e-6).pairs[0].verdict == "undecided"


def coarse(samples: int, seeds: int, **given: Any) -> list[Row]:
    """Accuracies of so few samples that one is the least difference; most are ties."""
    random = np.random.default_rng(1)
    scores = {
        name: ((samples - random.integers(8, 10, seeds)) / samples).tolist()
        for name in ("relu", "elu")
    }
    return variants(scores, **given)


def test_nothing_is_practically_equal_below_one_test_sample() -> None:
    rows = coarse(360, 8, dataset="digits")
    same = variants({"relu": [0.975, 0.9, 0.925], "elu": [0.975, 0.9, 0.925]}, dataset="digits")

    found = compared(rows)
    words = " ".join(in_words(found)).replace("\u00a0", " ")
    assert found.margin == 0.28
    assert "One of 360 test images is 0.28 points, so the margin is 0.28 points in place" in words
    fine = answers_of(same, margin=0.1)
    assert fine.comparisons[0].pairs[0].verdict == "undecided"
    assert [each.standing for each in fine.comparisons[0].estimates] == ["best", "undecided"]
    assert fine.notices == (
        "the margin of 0.1 points is too small to call anything practically equal: one of 360 "
        "test images is 0.28 points; the smallest usable one is --margin 0.28",
    )
    usable = answers_of(same, margin=0.28)
    assert (usable.comparisons[0].pairs[0].verdict, usable.notices) == ("practically equal", ())
    assert answers_of(same[:2] + same[3:5]).comparisons[0].pairs[0].verdict == "undecided"


def test_the_resolution_is_that_of_the_part_that_was_evaluated() -> None:
    mnist, digits = noisy(["relu", "elu"], 4), coarse(360, 4, dataset="digits")
    folder = coarse(500, 8, dataset="./leaves")

    assert compared(mnist).margin == 0.1
    assert compared(digits, metric="val_accuracy").resolution.samples == round(1437 * 0.2)
    assert compared(digits, metric="train_accuracy").resolution.samples == 0
    assert compared(digits, metric="test_loss").margin == 0.01
    leaves = answers_of(folder)
    # Their accuracies tell a size, but not surely: the margin stays, and nothing is equal.
    assert leaves.comparisons[0].margin == 0.1
    assert "one of at least 500 test samples is at most 0.2 points" in leaves.notices[0]


@pytest.mark.parametrize("seeds", [2, 3, 4])
def test_coarse_scores_are_not_often_called_equal_where_they_differ(seeds: int) -> None:
    random = np.random.default_rng(seeds)
    alarms = 0
    for _ in range(100):
        # 9 wrong of 360 on the mean, and one more, which is the margin of 0.28 points.
        wrong = {"relu": random.binomial(360, 0.025, seeds)}
        wrong["elu"] = wrong["relu"] + (random.random(seeds) < 0.36)
        scores = {name: (1 - each / 360).tolist() for name, each in wrong.items()}
        pair = compared(variants(scores, dataset="digits"), margin=0.1).pairs[0]
        alarms += pair.verdict == "practically equal"

    assert alarms == 0


def test_a_tie_of_means_keeps_the_order_of_the_runs() -> None:
    found = compared(variants({"tanh": [0.97, 0.98], "elu": [0.98, 0.97]}))

    assert [each.variant for each in found.estimates] == ["tanh", "elu"]


def test_the_margin_decides_what_is_practically_equal() -> None:
    rows = noisy(["relu", "elu"], 10)

    assert compared(rows, margin=1.0).pairs[0].verdict == "practically equal"
    assert compared(rows, margin=0.001).pairs[0].verdict == "undecided"
    with pytest.raises(ReluBenchError, match="--margin -1"):
        compared(rows, margin=-1.0)


def test_holm_counts_the_comparisons_of_one_table() -> None:
    found = compared(noisy(["relu", "elu", "tanh", "selu"], 6, 0.0006))
    p = {pair.variant: pair.p for pair in found.pairs}
    corrected = {pair.variant: pair.p_holm for pair in found.pairs}
    first, second, third = sorted(p, key=lambda name: p[name])

    assert corrected[first] == pytest.approx(min(3 * p[first], 1))
    assert corrected[second] == pytest.approx(min(max(3 * p[first], 2 * p[second]), 1))
    assert corrected[third] >= corrected[second]
    assert {pair.flip_smallest for pair in found.pairs} == {3 * 2 / 2**6}


def test_the_intervals_of_a_table_hold_together() -> None:
    random = np.random.default_rng(3)
    names = ["relu", "elu", "tanh", "selu", "silu", "mish"]
    missed = 0
    for _ in range(200):
        scores = {name: random.normal(0.9, 0.01, 5).tolist() for name in names}
        found = compared(variants(scores))
        missed += any(
            not pair.simultaneous_low <= 0 <= pair.simultaneous_high for pair in found.pairs
        )
        for pair in found.pairs:
            assert pair.simultaneous_low < pair.low < pair.high < pair.simultaneous_high
            # The first step of Holm and its interval never contradict each other.
            if 5 * pair.p > 0.05:
                assert pair.simultaneous_low <= 0 <= pair.simultaneous_high

    assert missed <= 20  # of 200 at 5 %; each pair's own interval misses in 37 or so
    shown = tables_of(found)[1].rows[0]
    pair = found.pairs[0]
    assert shown[2] == signed_between(pair.simultaneous_low, pair.simultaneous_high, 2)
    (record,) = [
        each
        for each in csv.DictReader(io.StringIO(to_csv([found])))
        if each["variant"] == pair.variant
    ]
    assert float(record["difference_low"]) == pytest.approx(pair.low)
    assert float(record["simultaneous_low"]) == pytest.approx(pair.simultaneous_low)


def test_no_interval_of_a_table_lies_beyond_what_a_score_can_be() -> None:
    found = compared(variants({"relu": [1.0, 0.9, 0.99], "elu": [0.02, 0.4, 0.0]}))

    assert {each.variant: (each.low < 0, each.high > 100) for each in found.estimates} == {
        "relu": (False, True),
        "elu": (True, False),
    }
    scores, differences, _ = tables_of(found)
    assert {row[0]: row[5] for row in scores.rows}["relu"].endswith("–100.00")
    assert {row[0]: row[5] for row in scores.rows}["elu"].startswith("0.00–")
    assert differences.rows[0][2].startswith("-100.00 to ")


def test_the_same_scores_under_several_names_count_once() -> None:
    rows = noisy(["relu", "elu", "tanh"], 10, 0.0006)
    again = [
        {**row, "activation": name, "run_id": f"{row['run_id']}{name}"}
        for of, name in (("relu", "relu_lambda"), ("elu", "celu(alpha=1.0)"))
        for row in rows
        if row["activation"] == of
    ]

    alone, found = compared(rows), compared([*rows, *again])
    pairs = {pair.variant: pair for pair in found.pairs}

    assert (alone.tests, found.tests) == (2, 2)
    for pair in alone.pairs:
        same = pairs[pair.variant]
        assert (same.p_holm, same.flip_p_holm) == (pair.p_holm, pair.flip_p_holm)
        assert (same.simultaneous_low, same.seeds_low) == (pair.simultaneous_low, pair.seeds_low)
    assert pairs["celu(alpha=1.0)"].p_holm == pairs["elu"].p_holm
    assert pairs["relu_lambda"].p_holm == 1.0
    assert {name: pair.same_as for name, pair in pairs.items() if pair.same_as} == {
        "celu(alpha=1.0)": "elu",
        "relu_lambda": "relu",
    }
    letters = {each.variant: (each.letters, each.standing) for each in found.estimates}
    assert letters["elu"] == letters["celu(alpha=1.0)"]
    assert {name: letters[name] for name in ("relu", "elu", "tanh")} == {
        each.variant: (each.letters, each.standing) for each in alone.estimates
    }
    assert "counted once by Holm: " in " ".join(in_words(found))
    assert "elu and celu(alpha=1.0)" in " ".join(in_words(found))
    assert "counted once" not in " ".join(in_words(alone))


def test_letters_come_from_ten_seeds_on() -> None:
    names = ["relu", "elu", "tanh"]

    assert {each.letters for each in compared(noisy(names, 9, 0.01)).estimates} == {""}
    found = compared(noisy(names, 10, 0.01))
    assert [each.letters for each in found.estimates] == ["a", "b", "c"]
    alike = compared(noisy(names, 10))
    assert {each.letters for each in alike.estimates} == {"a"}


def test_one_lucky_seed_is_not_the_best() -> None:
    rows = [*noisy(["relu", "elu"], 10), run(activation="tanh", seed=0, test=0.99)]

    found = {each.variant: each for each in compared(rows).estimates}

    assert next(iter(found)) == "tanh"
    assert (found["tanh"].standing, found["tanh"].letters) == ("undecided", "")
    assert sorted(found[name].standing for name in ("relu", "elu")) == ["best", "undecided"]
    assert found["relu"].letters == found["elu"].letters == "a"


def test_runs_that_are_in_no_table_are_named() -> None:
    rows = noisy(["relu", "elu"], 3)
    rows += noisy(["relu"], 2, numerics=2)
    rows += noisy(["tanh"], 2, experiment="lone")
    rows += [failed(activation=name, dataset="digits") for name in ("relu", "elu")]

    assert answers_of(rows).notices == (
        "lone: nothing varies, so there is nothing to compare",
        "variants: 2 runs are not compared with dataset mnist, numerics 2: they have one value of "
        "activation",
        "variants: 2 runs are not compared with dataset digits: they failed",
    )
    assert answers_of(rows, "activation").notices[0] == (
        "lone: 2 runs are not compared: they have one value of activation"
    )


def test_a_revision_that_the_variant_determines_takes_part() -> None:
    rows = [*noisy(["relu", "elu"], 3), *noisy(["rrelu"], 3, 0.01, numerics=2)]
    for row in rows[-3:]:
        row["test_accuracy"] = 0.9 + row["seed"] / 100

    answers = answers_of(rows)

    (found,) = answers.comparisons
    assert answers.notices == ()
    assert {each.variant for each in found.estimates} == {"relu", "elu", "rrelu"}
    assert (found.tests, found.question.numerics) == (2, "1, 2")
    assert found.question.others == ()


def test_dropout_can_be_compared_whatever_its_revision() -> None:
    rows = [*noisy(["relu", "elu"], 3), *noisy(["relu", "elu"], 3, dropout=0.5, numerics=2)]

    (found,) = answers_of(rows, "dropout").comparisons

    assert (found.baseline, [pair.n for pair in found.pairs]) == ("0", [3])
    assert found.question.others == ("activation",)
    assert found.comparable


def test_runs_of_one_setting_in_two_revisions_are_never_pooled() -> None:
    rows = [*noisy(["relu", "elu", "rrelu"], 3), *noisy(["relu", "rrelu"], 4, numerics=2)]

    answers = answers_of(rows)

    assert [each.question.numerics for each in answers.comparisons] == ["1", "2"]
    assert [len(each.estimates) for each in answers.comparisons] == [3, 2]
    assert [each.of_baseline.n for each in answers.comparisons] == [3, 4]


def test_only_the_data_set_with_two_revisions_is_taken_apart() -> None:
    rows = [*noisy(["relu", "elu"], 3), *noisy(["relu", "elu"], 3, numerics=2)]
    rows += noisy(["relu", "elu"], 3, dataset="digits")
    rows += noisy(["rrelu"], 3, dataset="digits", numerics=2)

    found = answers_of(rows)

    asked = [(each.question.dataset, each.question.numerics) for each in found.comparisons]
    assert asked == [("mnist", "1"), ("mnist", "2"), ("digits", "1, 2")]


def test_many_variants_have_standings_but_no_letters() -> None:
    names = [f"leaky_relu(negative_slope={place / 100})" for place in range(61)]

    found = compared(noisy(names, 10, 0.0005))

    assert {each.letters for each in found.estimates} == {""}
    assert found.estimates[0].standing == "best"
    assert found.estimates[-1].standing == "behind"


def test_bca_intervals_come_from_twenty_seeds_on_and_are_the_same_every_time() -> None:
    rows = noisy(["relu", "elu"], 20)
    first, again = compared(rows), compared(rows)

    assert first.estimates == again.estimates
    assert first.pairs == again.pairs
    for each in first.estimates:
        assert each.low < each.bca_low < each.mean < each.bca_high < each.high


def test_data_sets_and_models_are_never_pooled() -> None:
    rows = [
        row
        for dataset in ("mnist", "digits")
        for model in ("mlp(hidden=[8])", "cnn")
        for row in noisy(["relu", "elu"], 3, dataset=dataset, model=model)
    ]

    asked = [each.question for each in answers_of(rows).comparisons]

    assert [(each.dataset, each.model) for each in asked] == [
        ("mnist", "mlp(hidden=[8])"),
        ("mnist", "cnn"),
        ("digits", "mlp(hidden=[8])"),
        ("digits", "cnn"),
    ]


def test_ranks_span_the_data_sets_of_one_model() -> None:
    names = ["relu", "elu", "tanh"]
    rows = [
        row
        for dataset in ("mnist", "digits", "fashion_mnist")
        for row in noisy(names, 3, 0.01, dataset=dataset)
    ]

    (ranks,) = answers_of(rows).ranks

    assert ranks.datasets == ("mnist", "digits", "fashion_mnist")
    assert (ranks.variants, ranks.ranks) == (("relu", "elu", "tanh"), (1.0, 2.0, 3.0))
    assert ranks.p == pytest.approx(1 / 36)
    assert math.isnan(ranks.against[0])
    assert answers_of(noisy(names, 3)).ranks == ()


def ranked(orders: Sequence[str]) -> list[Row]:
    """Runs on data sets on each of which the variants r, e, t, ... come in this order."""
    names = {letter: name for name in NAMES for letter in name[:1]}
    return [
        run(activation=names[letter], dataset=dataset, seed=seed, test=0.9 - place / 100)
        for dataset, order in zip(DATASETS, orders, strict=False)
        for place, letter in enumerate(order)
        for seed in range(2)
    ]


NAMES = ("relu", "elu", "tanh", "mish", "celu", "gelu", "identity", "hard_tanh", "prelu")
DATASETS = ("mnist", "digits", "fashion_mnist", "kmnist")


def test_ranks_of_few_data_sets_are_tested_exactly() -> None:
    (ranks,) = answers_of(ranked(["ret", "ret", "ert"])).ranks

    # Of all 6 ^ 3 orders, 42 have sums of ranks that vary as much; F would say 0.0494.
    assert ranks.p == pytest.approx(0.194, abs=0.0005)
    assert f"are not shown to differ, p = {ranks.p:.3g}" in rank_words(ranks)
    (many,) = answers_of(ranked(["retmcgihp", "retmcgihp", "ertmcgihp"])).ranks
    assert math.isnan(many.p)
    assert "3 data sets are too few for Friedman's test of 9 variants" in rank_words(many)


def test_ranks_hold_each_variant_in_one_revision() -> None:
    def of(dataset: str, **given: Any) -> list[Row]:
        return noisy(["relu", "elu"], 3, 0.01, dataset=dataset, **given)

    with_draws = [*of("mnist"), *noisy(["rrelu"], 3, 0.01, dataset="mnist", numerics=2)]

    (ranks,) = answers_of([*with_draws, *of("digits")]).ranks

    assert (ranks.datasets, ranks.variants) == (("mnist", "digits"), ("relu", "elu"))
    assert answers_of([*with_draws, *of("digits", numerics=2)]).ranks == ()
    both = [*of("mnist"), *of("digits"), *of("mnist", numerics=2), *of("digits", numerics=2)]
    assert [each.datasets for each in answers_of(both).ranks] == [("mnist", "digits")] * 2


def test_each_experiment_is_asked_for_what_varies_in_it() -> None:
    rows = noisy(["relu", "elu"], 3, experiment="a")
    rows += [
        run(experiment="b", learning_rate=rate, batch_norm=norm, seed=seed)
        for rate in (0.1, 0.01)
        for norm in (False, True)
        for seed in range(2)
    ]

    asked = [each.question for each in answers_of(rows).comparisons]

    assert [(each.experiment, each.by, each.variants) for each in asked] == [
        ("a", ("activation",), ("relu", "elu")),
        ("b", ("learning_rate",), ("0.1", "0.01")),
        ("b", ("batch_norm",), ("false", "true")),
    ]


def test_experiments_with_one_value_each_are_taken_together() -> None:
    rows = [*noisy(["relu"], 3, experiment="a"), *noisy(["elu"], 3, experiment="b")]

    found = answers_of(rows)

    assert [each.question.experiment for each in found.comparisons] == ["a + b"]
    assert found.comparisons[0].pairs[0].n == 3
    assert found.notices == (
        "no experiment alone has two values of activation: a, b are taken together",
    )


def test_combinations_of_axes_are_variants() -> None:
    rows = [
        run(activation=name, learning_rate=rate, seed=seed)
        for name in ("relu", "elu")
        for rate in (0.1, 0.01)
        for seed in range(2)
    ]

    found = compared(rows, "activation", "learning_rate", baseline="elu, learning_rate=0.1")

    assert found.baseline == "elu, learning_rate=0.1"
    assert len(found.pairs) == 3
    assert found.question.others == ()


def test_one_spec_in_two_stores_counts_once(tmp_path: Path) -> None:
    rows = noisy(["relu", "elu"], 4)
    stores = [write_store(tmp_path / name, rows) for name in ("a", "b")]

    both = answer(load(stores)).comparisons[0]

    one = answer(load(stores[:1])).comparisons[0]
    assert repr(both.estimates) == repr(one.estimates)
    assert repr(both.pairs) == repr(one.pairs)
    assert both.estimates[0].runs == 4


def test_the_first_value_of_the_config_is_the_baseline(tmp_path: Path) -> None:
    rows = noisy(["elu", "relu", "tanh"], 2)
    store = write_store(tmp_path, rows)
    assert answer(load([store])).comparisons[0].baseline == "elu"

    planned = sorted(rows, key=lambda row: ("relu", "tanh", "elu").index(row["activation"]))
    keep(store, KeptPlan("variants", {}, tuple(row["run_id"] for row in planned)))

    found = answer(load([store])).comparisons[0]
    assert found.question.variants == ("relu", "tanh", "elu")
    assert found.baseline == "relu"


@pytest.mark.parametrize("mode", ["matched", "tuned"])
@pytest.mark.parametrize(
    ("axis", "values", "baseline"),
    [
        ("learning_rate", (0.1, 0.01, 0.001), "0.01"),
        ("optimizer", ("sgd(momentum=0.0)", "adam", "rmsprop"), "adam"),
        ("dropout", (0.0, 0.2, 0.5), "0.2"),
        ("activation", ("relu", "elu", "tanh"), "relu"),
        ("batch_norm", (False, True), "false"),
    ],
)
def test_the_best_by_validation_is_the_baseline_where_no_value_is_the_first(
    axis: str, values: Sequence[object], baseline: str, mode: Any
) -> None:
    # The second validates best; on test the first is, which must not choose.
    random = np.random.default_rng(0)
    rows = [
        run(
            seed=seed,
            epochs=epochs,
            val=0.9 + 0.02 * (place == 1) + float(random.normal(0, 0.001)),
            test=0.95 - 0.01 * place + float(random.normal(0, 0.001)),
            **{axis: value},
        )
        for place, value in enumerate(values)
        for epochs in (2, 3)
        for seed in range(4)
    ]

    found = compared(rows, axis, mode=mode)
    said = f"The baseline {baseline} has the best mean validation score"

    chosen = axis not in ("activation", "batch_norm")
    assert (found.baseline, found.best_as_baseline) == (baseline, chosen)
    assert (said in " ".join(in_words(found))) is chosen
    given = compared(rows, axis, mode=mode, baseline=str(values[-1]).lower())
    assert "best mean validation score" not in " ".join(in_words(given))
    unheld = [{**row, "validation_split": 0.0, "val_accuracy": None} for row in rows]
    if mode == "matched":
        assert compared(unheld, axis).baseline == compared(unheld, axis).question.variants[0]


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("leaky_relu", "leaky_relu(negative_slope=0.01)"),
        ("leaky_relu( negative_slope = 0.01 )", "leaky_relu(negative_slope=0.01)"),
        ("relu", "relu"),
        (" relu ", "relu"),
    ],
)
def test_a_baseline_is_found_by_its_name(given: str, meant: str) -> None:
    rows = noisy(["relu", "leaky_relu(negative_slope=0.01)"], 2)

    assert compared(rows, baseline=given).baseline == meant


def test_a_baseline_is_found_by_its_value() -> None:
    rows = [run(learning_rate=rate, seed=seed) for rate in (0.1, 0.001) for seed in range(2)]

    assert compared(rows, "learning_rate", baseline="1e-3").baseline == "0.001"


def test_baselines_of_several_axes_are_listed_apart() -> None:
    rows = [
        run(activation=name, learning_rate=rate, seed=seed)
        for name in ("relu", "elu(alpha=1.0)")
        for rate in (0.1, 0.01)
        for seed in range(2)
    ]

    with pytest.raises(ReluBenchError, match=r"There are: relu, learning_rate=0\.1; relu, "):
        compared(rows, "activation", "learning_rate", baseline="selu")


def test_a_metric_without_its_part_is_that_of_the_test_part() -> None:
    with pytest.raises(ReluBenchError, match="Did you mean 'test_accuracy'"):
        compared(noisy(["relu", "elu"], 2), metric="accuracy")


def test_a_baseline_that_is_not_there_or_not_clear() -> None:
    rows = noisy(["elu(alpha=1.0)", "elu(alpha=0.1)", "relu"], 2)

    with pytest.raises(ReluBenchError, match=r"'rellu' is no value of activation.* 'relu'"):
        compared(rows, baseline="rellu")
    with pytest.raises(ReluBenchError, match="one of several: elu"):
        compared(rows, baseline="elu")


@pytest.mark.parametrize(
    ("by", "message"),
    [
        ("activaton", "'activaton' is no axis. Did you mean 'activation'? These vary: activation."),
        ("dataset", "each data set has a table of its own, and the seed is the unit"),
        ("seed", "the seed is the unit. These vary: activation."),
        ("learning_rate", "learning_rate has one value only in these runs"),
    ],
)
def test_axes_that_cannot_be_compared(by: str, message: str) -> None:
    with pytest.raises(ReluBenchError, match=re.escape(message)):
        compared(noisy(["relu", "elu"], 2), by)


@pytest.mark.parametrize(
    ("seeds", "said"),
    [
        (1, "97.03 % with one seed, which is no comparison."),
        (2, "96.99 %, the mean of 2 seeds (95 % interval 96.54–97.43)."),
    ],
)
def test_one_variant_has_a_score_and_no_comparison(seeds: int, said: str) -> None:
    answers = answers_of(noisy(["relu"], seeds))

    (found,) = answers.comparisons
    (short,) = short_answers(answers)
    assert found.pairs == ()
    first = short.words[0].replace("\u00a0", " ")
    assert first == f"The only variant, relu, reaches {said}"
    assert answers.notices[0].startswith("Nothing varies in these runs")
    assert json.loads(to_json(answers))["comparisons"][0]["variants"][0]["n"] == seeds


def test_all_runs_failed() -> None:
    with pytest.raises(ReluBenchError, match="Every run failed"):
        compared([failed(activation=name) for name in ("relu", "elu")])


def test_what_only_some_tables_lack_is_a_notice() -> None:
    rows = noisy(["relu", "elu"], 3, experiment="a")
    rows += [
        run(experiment="b", learning_rate=rate, seed=s) for rate in (0.1, 0.01) for s in (0, 1)
    ]

    found = answers_of(rows, baseline="elu")

    assert [each.question.experiment for each in found.comparisons] == ["a"]
    (notice,) = found.notices
    assert notice.startswith("b: not compared by learning_rate: --baseline 'elu' is no value of")
    with pytest.raises(ReluBenchError, match="'selu' is no value of activation"):
        answers_of(rows, baseline="selu")


def test_models_are_compared_when_they_are_asked_for() -> None:
    rows = noisy(["relu"], 3, model="cnn") + noisy(["relu"], 3, model="mlp(hidden=[8])")

    found = compared(rows, "model")

    assert found.question.model == ""
    assert found.question.variants == ("cnn", "mlp(hidden=[8])")
    assert found.pairs[0].n == 3


def test_a_loss_is_better_when_it_is_lower() -> None:
    rows = variants({"relu": RELU, "elu": ELU})

    found = compared(rows, metric="test_loss")
    (pair,) = found.pairs

    assert found.estimates[0].variant == "elu"
    assert pair.difference < 0
    assert pair.verdict == "practically equal"
    assert compared(rows, metric="test_loss", margin=0.001).pairs[0].verdict == "better"
    assert pair.improvement == 1.0
    assert pair.ratio == pytest.approx((1 - np.mean(ELU)) / (1 - np.mean(RELU)))
    assert found.test_samples is None


def test_a_loss_cannot_count_diverged_runs() -> None:
    rows = [*variants({"relu": RELU}), run(activation="elu", outcome="diverged")]

    with pytest.raises(ReluBenchError, match="no constant guess to count as in a loss"):
        compared(rows, metric="test_loss")
    assert compared(rows, metric="val_accuracy").estimates[1].mean == pytest.approx(11.24)


def test_a_metric_that_is_not_there() -> None:
    with pytest.raises(ReluBenchError, match=r"'test_acuracy' is no score.*'test_accuracy'"):
        compared(variants({"relu": RELU, "elu": ELU}), metric="test_acuracy")


@pytest.mark.parametrize("outcome", ["learned", "diverged"])
def test_a_metric_that_no_run_has_is_said(outcome: str) -> None:
    rows = [
        run(activation=name, seed=seed, validation_split=0.0, outcome=outcome)
        for name in ("relu", "elu")
        for seed in range(2)
    ]

    with pytest.raises(ReluBenchError, match=r"has one\. Nothing was held out for validation"):
        compared(rows, metric="val_accuracy")


def test_an_error_of_an_auc_is_what_is_missing_to_1() -> None:
    pair = pair_of(with_auc(AUC), "elu")

    assert pair.ratio == pytest.approx(0.045 / 0.09)
    assert pair.ratio_low < pair.ratio < pair.ratio_high < 1
    (said,) = [line for line in legend(compared(with_auc(AUC))) if line.startswith("ratio: ")]
    assert said.startswith("ratio: 1 − test AUC by that of the baseline.")


def test_a_diverged_run_has_the_error_of_the_guess_in_its_auc() -> None:
    rows = with_auc(AUC)
    rows[3] |= {"outcome": "diverged", "test_auc": None}

    assert pair_of(rows, "elu").ratio == pytest.approx((0.5 + 0.038 + 0.047) / 3 / 0.09)


@pytest.mark.parametrize(
    ("metric", "perfect"), [("accuracy", 100.0), ("auc", 1.0), ("rmse", 0.0), ("mae", 0.0)]
)
def test_the_best_value_that_there_can_be(metric: str, perfect: float) -> None:
    assert scale_of(metric).perfect == perfect


def test_scores_that_are_all_the_guess_have_no_correlation() -> None:
    rows = noisy(["relu", "elu"], 10)
    rows += [
        run(activation=name, seed=seed, outcome="diverged")
        for name in ("tanh", "selu")
        for seed in range(10)
    ]

    assert math.isnan(pair_of(rows, "tanh").correlation)
    answers = answers_of(rows, baseline="tanh")
    (written,) = json.loads(to_json(answers))["comparisons"]
    assert {each["correlation"] for each in written["variants"]} == {None}
    shown = tables_of(answers.comparisons[0])[-1]
    assert "r" not in [head.text for head in shown.heads]


@pytest.mark.parametrize("first", [True, False])
def test_a_repetition_that_failed_does_not_hide_the_run_that_learned(first: bool) -> None:
    rows = variants({"relu": [0.970, 0.971, 0.972], "tanh": [0.960, 0.961, 0.962]})
    again = failed(activation="tanh", seed=2, run_id="rffffffffffff")
    found = compared([again, *rows] if first else [*rows, again])
    estimate = {each.variant: each for each in found.estimates}["tanh"]

    assert (estimate.n, estimate.learned, estimate.runs, estimate.failed) == (3, 3, 3, 0)
    assert estimate.mean == pytest.approx(96.1)
    assert found.left_out == ()


def test_a_run_that_failed_each_time_is_still_a_failed_one() -> None:
    rows = variants({"relu": [0.970, 0.971, 0.972], "tanh": [0.960, 0.961]})
    rows += [failed(activation="tanh", seed=2, run_id=f"r{number:012d}") for number in range(2)]
    found = compared(rows)
    estimate = {each.variant: each for each in found.estimates}["tanh"]

    assert (estimate.n, estimate.learned, estimate.runs, estimate.failed) == (2, 2, 2, 1)


@pytest.mark.parametrize("seeds", [15, 16, 17])
def test_no_sign_flip_p_lies_below_the_smallest_one(seeds: int) -> None:
    random = np.random.default_rng(seeds)
    relu = random.normal(0.96, 0.001, seeds)
    pair = pair_of(variants({"relu": relu.tolist(), "elu": (relu + 0.01).tolist()}), "elu")

    assert pair.flip_smallest == 2.0 ** (1 - seeds)
    assert pair.flip_p == pair.flip_p_holm
    assert pair.flip_smallest <= pair.flip_p <= 2 * pair.flip_smallest


def test_no_number_of_seeds_finds_a_difference_of_0() -> None:
    answers = answers_of(noisy(["relu", "elu"], 4), margin=0.0)
    (pair,) = answers.comparisons[0].pairs

    assert math.isinf(pair.seeds_low)
    assert math.isinf(pair.seeds_high)
    for row in csv.DictReader(io.StringIO(to_csv(answers.comparisons))):
        assert (row["seeds_low"], row["seeds_high"]) == ("", "")


def test_the_setting_of_each_seed_is_chosen_by_validation_on_the_others() -> None:
    found = compared(ROWS, "activation", mode="tuned")

    # Seed 0 alone makes 0.1 look best for relu: the others see it, seed 0 itself does not.
    assert [each.variant for each in found.estimates] == ["elu", "relu"]
    assert found.scores[0].tolist() == pytest.approx([93.0, 94.0, 95.0])
    assert found.scores[1].tolist() == pytest.approx([96.0, 91.0, 92.0])
    assert found.pairs[0].n == 3
    assert found.estimates[0].runs == 3


def test_it_shows_the_settings_and_warns_of_unequal_grids_and_edges() -> None:
    found = compared(ROWS, "activation", mode="tuned")
    relu, elu = found.tuning["relu"], found.tuning["elu"]

    assert (relu.settings, relu.setting, relu.times) == (3, "learning_rate=0.1", 2)
    assert (elu.settings, elu.setting, elu.times) == (2, "learning_rate=0.001", 3)
    words = " ".join(in_words(found))
    assert "elu was given 2 settings; learning_rate=0.001 was best for 3 of 3 seeds." in words
    assert "different numbers of settings (2 to 3)" in words
    assert "relu (learning_rate=0.1), elu (learning_rate=0.001)" in words


def test_a_best_setting_inside_the_grid_is_no_edge() -> None:
    rows = grid(
        {
            (name, rate): [(val, 0.9 + seed / 100) for seed in range(3)]
            for name in ("relu", "elu")
            for rate, val in ((0.1, 0.90), (0.01, 0.95), (0.001, 0.90))
        }
    )

    found = compared(rows, "activation", mode="tuned")

    assert found.tuning["relu"].setting == "learning_rate=0.01"
    assert found.tuning["relu"].edges == ()
    assert "edge" not in " ".join(in_words(found))


def test_a_diverged_run_counts_as_the_guess_in_the_choice() -> None:
    rows = grid({("relu", 0.01): [(0.9, 0.9)] * 4, ("elu", 0.01): [(0.9, 0.8)] * 4})
    rows += [run(activation="relu", learning_rate=0.1, seed=s, val=0.95) for s in range(3)]
    rows += [run(activation="relu", learning_rate=0.1, seed=3, outcome="diverged")]

    found = compared(rows, "activation", mode="tuned")

    assert found.tuning["relu"].setting == "learning_rate=0.01"
    assert found.tuning["relu"].times == 3
    assert found.of_baseline.diverged == 1


def test_a_failed_run_leaves_its_seed_out_of_the_choice_and_that_is_said() -> None:
    rows = grid(
        {
            ("relu", 0.1): [(0.95, 0.95)] * 4,
            ("relu", 0.01): [(0.9, 0.9)] * 4,
            ("elu", 0.1): [(0.9, 0.9)] * 4,
        }
    )
    rows[0] |= {"status": "failed", "outcome": None, "test_accuracy": None, "val_accuracy": None}

    found = compared(rows, "activation", mode="tuned")

    row = [each.variant for each in found.estimates].index("relu")
    assert found.scores[row, 1:].tolist() == pytest.approx([95.0, 95.0, 95.0])
    assert math.isnan(found.scores[row, 0])
    assert found.pairs[0].n == 3
    assert found.left_out[0].startswith("relu: 1 run failed; 1 of 4 seeds not in its mean")


def test_tuned_differences_are_those_of_nested_cross_validation() -> None:
    """The check values of 8 settings and 10 seeds, with a further seed that is not complete."""
    settings, seeds = 8, 10

    def grid_of(offset: float) -> NDArray[np.float64]:
        i, j = np.ogrid[:settings, :seeds]
        return 97.5 + 0.1 * np.sin(1 + offset + 3 * i + 5 * j) + 0.05 * np.cos(offset + 7 * i * j)

    places = np.arange(settings * seeds).reshape(settings, seeds)
    validation = {"elu": grid_of(0.0), "relu": grid_of(0.5)}
    test = {
        "elu": validation["elu"] + 0.02 * np.sin(places),
        "relu": validation["relu"] + 0.02 * np.cos(places),
    }
    rows = grid(
        {
            (name, 10.0**-setting): list(
                zip(validation[name][setting] / 100, test[name][setting] / 100, strict=True)
            )
            for name in ("relu", "elu")
            for setting in range(settings)
        }
    )
    rows += [run(activation="elu", learning_rate=0.1, seed=seeds, test=0.5, val=0.5)]

    pair = compared(rows, "activation", mode="tuned", baseline="relu").pairs[0]

    half = pair.high - pair.difference
    assert pair.n == seeds
    assert pair.difference == pytest.approx(0.0093926146, abs=1e-9)
    assert half / scipy_stats.t.ppf(0.975, seeds - 1) == pytest.approx(0.0281978665, abs=1e-9)
    assert pair.p == pytest.approx(0.7466897688, abs=1e-9)
    assert math.isnan(pair.flip_p)
    assert pair.verdict == "practically equal"


def test_three_seeds_are_too_few_to_test_what_was_tuned() -> None:
    pair = compared(ROWS, "activation", mode="tuned").pairs[0]

    assert pair.n == 3
    assert all(map(math.isnan, (pair.p, pair.low, pair.simultaneous_high, pair.ratio_low)))
    assert pair.verdict == "undecided"


def test_tuning_takes_three_seeds_and_validation() -> None:
    with pytest.raises(
        ReluBenchError, match="at least 3 seeds with every setting; these runs have 2"
    ):
        compared(variants({"relu": [0.9, 0.9], "elu": [0.9, 0.9]}), mode="tuned")
    rows = variants({"relu": [0.9] * 3, "elu": [0.9] * 3}, validation_split=0.0)
    with pytest.raises(ReluBenchError, match="nothing was held out"):
        compared(rows, mode="tuned")


def test_without_other_axes_tuned_is_matched() -> None:
    random = np.random.default_rng(1)
    rows = variants({name: random.normal(0.97, 0.01, 5).round(4).tolist() for name in ("a", "b")})
    for row in rows:
        row["activation"] = {"a": "relu", "b": "elu"}[row["activation"]]

    found = compared(rows, mode="tuned")
    words = in_words(found)

    assert found.pairs == compared(rows).pairs
    assert words[-1] == (
        "There is nothing to tune, since no other axis varies: the table is that of --mode matched."
    )
    assert words[:-1] == in_words(compared(rows))


@pytest.mark.parametrize("outcome", ["learned", "diverged"])
def test_without_validation_tuning_says_what_it_takes(outcome: str) -> None:
    rows = [
        run(
            activation=name,
            seed=seed,
            learning_rate=rate,
            validation_split=0.0,
            outcome=outcome if seed == 0 else "learned",
        )
        for name in ("relu", "elu")
        for seed in range(4)
        for rate in (0.1, 0.01)
    ]

    with pytest.raises(ReluBenchError, match="Run the config with validation_split above 0"):
        answers_of(rows, "activation", mode="tuned")
