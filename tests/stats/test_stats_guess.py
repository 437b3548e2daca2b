import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as scipy_stats
from sklearn.metrics import roc_auc_score

from relu_bench import stats
from relu_bench.stats import errors_below_guess

LABELLED = st.lists(
    st.tuples(st.sampled_from([-1.5, 0.0, 0.25, 3.0]) | st.floats(-5, 5), st.booleans()),
    min_size=2,
    max_size=40,
)
ERRORS = st.lists(st.tuples(st.floats(0, 4), st.floats(0, 4)), min_size=3, max_size=30)


@given(st.data(), st.integers(1, 400), st.floats(0, 1))
def test_better_than_guess_is_the_binomial_test_of_scipy(
    data: st.DataObject, n: int, guess: float
) -> None:
    correct = data.draw(st.integers(0, n))
    p = scipy_stats.binomtest(correct, n, guess, alternative="greater").pvalue

    if abs(p - 0.01) > 1e-9:
        assert stats.better_than_guess(correct, n, guess) == (p < 0.01)


def test_better_than_guess_on_the_test_set_of_mnist() -> None:
    assert not stats.better_than_guess(1135, 10_000, 0.1135)
    assert not stats.better_than_guess(1208, 10_000, 0.1135)
    assert stats.better_than_guess(1210, 10_000, 0.1135)
    assert not stats.better_than_guess(0, 10_000, 0.0)


@pytest.mark.parametrize(
    ("correct", "n", "guess", "message"),
    [
        (1, 0, 0.1, "1 of 0 correct"),
        (5, 4, 0.1, "5 of 4 correct"),
        (-1, 4, 0.1, "-1 of 4 correct"),
        (1, 4, 1.5, "guess is 1.5"),
    ],
)
def test_better_than_guess_refuses_what_is_no_test(
    correct: int, n: int, guess: float, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        stats.better_than_guess(correct, n, guess)


@given(LABELLED)
def test_auc_is_that_of_scikit_learn_ties_included(rows: list[tuple[float, bool]]) -> None:
    scores = np.array([score for score, _ in rows])
    positive = np.array([label for _, label in rows])
    found = stats.auc(scores, positive)
    if positive.all() or not positive.any():
        assert math.isnan(found)
        return
    assert found == pytest.approx(roc_auc_score(positive, scores), abs=1e-12)


def test_scores_that_are_not_finite_have_no_auc() -> None:
    assert math.isnan(stats.auc(np.array([0.0, np.nan]), np.array([True, False])))
    assert math.isnan(stats.auc(np.array([0.0, np.inf]), np.array([True, False])))


@given(ERRORS)
def test_errors_below_guess_decides_as_scipys_paired_t_test(
    rows: list[tuple[float, float]],
) -> None:
    errors, guessed = np.array(rows).T
    if np.ptp(guessed - errors) < 1e-9:
        return
    p = scipy_stats.ttest_rel(errors, guessed, alternative="less").pvalue
    if abs(p - 0.01) > 1e-9:
        assert errors_below_guess(errors, guessed) == (p < 0.01)


def test_false_alarms_stay_at_the_level() -> None:
    random = np.random.default_rng(0)
    draws = random.normal(size=(2000, 2, 50)) ** 2
    assert np.mean([errors_below_guess(*each) for each in draws]) < 0.02


@pytest.mark.parametrize(
    ("errors", "guessed", "expected"),
    [
        ([1.0], [2.0], False),
        ([1.0, 1.0], [2.0, 2.0], True),
        ([2.0, 2.0], [2.0, 2.0], False),
        ([np.nan, 1.0], [2.0, 2.0], False),
        ([np.inf, 1.0], [2.0, 2.0], False),
    ],
)
def test_what_no_test_can_decide(errors: list[float], guessed: list[float], expected: bool) -> None:
    assert errors_below_guess(np.array(errors), np.array(guessed)) is expected


def test_errors_of_shapes_that_differ_are_refused() -> None:
    with pytest.raises(ValueError, match=r"shapes \(2,\) and \(3,\)"):
        errors_below_guess(np.zeros(2), np.zeros(3))
