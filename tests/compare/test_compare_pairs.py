"""Each variant against the baseline: what a pair holds beside its difference and p."""

import csv
import io
import json
import math
from collections.abc import Sequence

import numpy as np
import pytest
from comparing import answers_of, compared, noisy, variants
from fake_results import Row, failed, run

from relu_bench.compare import to_json
from relu_bench.compare.measures import scale_of
from relu_bench.compare.pairs import Pair
from relu_bench.compare.records import to_csv
from relu_bench.compare.sections import sections
from relu_bench.compare.sentences import legend


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


AUC = {"relu": [0.90, 0.92, 0.91], "elu": [0.95, 0.962, 0.953]}


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
    shown = sections(answers.comparisons[0])[-1]
    assert {row[shown.heads.index("r")] for row in shown.rows} == {""}


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
