"""2,000 simulated experiments each: what the methods promise is what they keep."""

import re
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from relu_bench import stats

SETS = 2_000
DOCUMENT = Path(__file__).parents[2] / "docs" / "statistics.md"
Sample = NDArray[np.float64]


def covered(rows: Sample, truth: float) -> float:
    """The share of the t intervals that hold the truth."""
    low, high = stats.t_ends(rows.mean(axis=1), rows.std(axis=1, ddof=1), rows.shape[1])
    return float(((low <= truth) & (truth <= high)).mean())


def covered_by_bca(rows: Sample, truth: float) -> float:
    low, high = stats.bca_interval(rows)
    return float(((low <= truth) & (truth <= high)).mean())


def skewed(n: int, seed: int) -> tuple[Sample, float]:
    """Accuracies (%) with a long tail to the bad side: 98 less a gamma variate of shape 1.5."""
    draws = np.random.default_rng(seed).gamma(1.5, 0.2, (SETS, n))
    return 98 - draws, 98 - 1.5 * 0.2


def failing(n: int, seed: int) -> tuple[Sample, float]:
    """Accuracies (%) of which one run in ten ends at the guess, 11.35."""
    random = np.random.default_rng(seed)
    lost = random.random((SETS, n)) < 0.1
    return np.where(lost, 11.35, random.normal(97.7, 0.15, (SETS, n))), 0.9 * 97.7 + 0.1 * 11.35


@pytest.mark.parametrize("n", [5, 10, 30])
def test_the_t_interval_covers_the_truth_in_95_percent_of_normal_data(n: int) -> None:
    rows = np.random.default_rng(n).normal(97.7, 0.15, (SETS, n))

    assert 0.93 <= covered(rows, 97.7) <= 0.97


@pytest.mark.parametrize("n", [5, 10, 20, 30, 100])
def test_the_documented_coverage_of_data_that_is_not_normal(n: int) -> None:
    """docs/statistics.md says in whole per cent what these simulations give."""
    found = [f"{n}"]
    for draw in (skewed, failing):
        rows, truth = draw(n, 100 + n)
        found.append(f"{100 * covered(rows, truth):.0f} %")
        found.append(f"{100 * covered_by_bca(rows, truth):.0f} %" if n >= 20 else "–")

    assert f"| {' | '.join(found)} |" in DOCUMENT.read_text(encoding="utf-8")


@pytest.mark.parametrize("n", [3, 10])
def test_the_paired_t_test_raises_a_false_alarm_in_one_of_twenty(n: int) -> None:
    shared, first, second = np.random.default_rng(50 + n).normal(0, 0.1, (3, SETS, n))

    p = stats.paired_t((shared + first) - (shared + second))

    assert 0.04 <= float((p < 0.05).mean()) <= 0.06


@pytest.mark.parametrize("n", [6, 12])
def test_the_sign_flip_test_raises_no_more_false_alarms(n: int) -> None:
    # Skewed scores: differences of two alike are symmetric all the same.
    first, second = np.random.default_rng(n).gamma(1.5, 0.2, (2, SETS, n))

    assert float((stats.sign_flip(first - second) <= 0.05).mean()) <= 0.06


@pytest.mark.parametrize("n", [5, 10])
def test_holm_keeps_the_whole_table_at_one_false_alarm_in_twenty(n: int) -> None:
    scores = np.random.default_rng(20 + n).normal(97.7, 0.15, (SETS, 6, n))
    p = stats.paired_t(scores[:, 1:] - scores[:, :1])

    alarms = (stats.holm(p) < 0.05).any(axis=1)
    uncorrected = (p < 0.05).any(axis=1)

    assert float(alarms.mean()) <= 0.06
    assert float(uncorrected.mean()) > 0.1


def test_practically_equal_is_said_wrongly_in_at_most_one_of_twenty() -> None:
    rows = np.random.default_rng(8).normal(0.1, 0.1, (SETS, 10))
    low, high = stats.t_ends(rows.mean(axis=1), rows.std(axis=1, ddof=1), 10, 0.9)
    said = [stats.within_margin(ends, 0.1) for ends in zip(low, high, strict=True)]

    assert float(np.mean(said)) <= 0.06


def test_cross_fitted_tuning_is_unbiased_where_choosing_on_the_same_seeds_is_not() -> None:
    # All eight settings are equally good; a run that happens to be good is so on both parts.
    random = np.random.default_rng(3)
    shape = (SETS, 8, 5)
    run = random.normal(0, 0.15, shape)
    validation = run + random.normal(0, 0.05, shape)
    test = run + random.normal(0, 0.05, shape)

    choices = stats.cross_fitted(validation)
    fitted = np.take_along_axis(test, choices[:, np.newaxis, :], axis=1).mean(axis=(1, 2))
    best = validation.mean(axis=2).argmax(axis=1)
    naive = test[np.arange(SETS), best].mean(axis=1)

    error = float(fitted.std(ddof=1)) / SETS**0.5
    assert abs(float(fitted.mean())) < 3 * error
    assert float(naive.mean()) > 20 * error


def tuned(n: int, settings: int, spread: float, seed: int) -> Sample:
    """What `left_out_scores` gives of chosen settings, less their own quality, in a run's noise."""
    random = np.random.default_rng(seed)
    quality = random.normal(0, spread, (SETS, settings, 1))
    run = random.normal(0, 1, (SETS, settings, n))
    validation = quality + run + random.normal(0, 0.3, run.shape)
    return stats.left_out_scores(validation, run + random.normal(0, 0.3, run.shape))


@pytest.mark.parametrize("n", [5, 10, 20])
def test_the_documented_false_alarms_after_tuning(n: int) -> None:
    """Scores of one choice are not independent, and docs/statistics.md says what that costs."""
    found = [f"{n}"]
    for settings in (2, 8):
        for spread in (0, 1):
            one, other = tuned(n, settings, spread, 1), tuned(n, settings, spread, 2)
            rows = np.diagonal(one - other, axis1=-2, axis2=-1)
            nested = float((stats.tuned_difference(one, other).p < 0.05).mean())
            found.append(f"{100 * float((stats.paired_t(rows) < 0.05).mean()):.0f} %")
            found.append(f"{100 * nested:.1f} %")
            assert nested < 0.055

    assert f"| {' | '.join(found)} |" in DOCUMENT.read_text(encoding="utf-8")


@pytest.mark.parametrize(("difference", "sd", "level"), [(0.1, 0.15, 0.05), (0.1, 0.1, 0.05 / 5)])
def test_the_planned_power_is_reached(difference: float, sd: float, level: float) -> None:
    seeds = int(stats.seeds_needed(difference, sd, level))
    rows = np.random.default_rng(4).normal(difference, sd, (SETS, seeds))

    found = float((stats.paired_t(rows) < level).mean())

    assert 0.78 <= found <= 0.85


def test_the_document_names_its_number_of_simulations() -> None:
    assert re.search(r"2,000 simulated", DOCUMENT.read_text(encoding="utf-8"))
