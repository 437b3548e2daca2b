import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from relu_bench import stats

ACCURACIES = st.lists(st.floats(0, 1), min_size=2, max_size=30)


@given(ACCURACIES)
def test_mean_and_sd_are_those_of_numpy_with_n_minus_1(values: list[float]) -> None:
    assert stats.mean(values) == pytest.approx(np.mean(values))
    assert stats.sd(values) == pytest.approx(np.std(values, ddof=1))


def test_one_value_has_a_mean_but_no_spread() -> None:
    assert stats.mean([0.97]) == 0.97
    assert math.isnan(stats.sd([0.97]))
    assert all(math.isnan(end) for end in stats.t_interval([0.97]))


def test_no_value_has_nothing() -> None:
    assert math.isnan(stats.mean([]))
    assert math.isnan(stats.sd([]))


@pytest.mark.parametrize("level", [0.9, 0.95, 0.99])
@given(values=st.lists(st.floats(0.1, 1), min_size=2, max_size=30, unique=True))
def test_t_interval_is_that_of_scipy(values: list[float], level: float) -> None:
    expected = scipy_stats.t.interval(
        level, len(values) - 1, loc=np.mean(values), scale=scipy_stats.sem(values)
    )

    assert stats.t_interval(values, level) == pytest.approx(expected, rel=1e-9)


def test_equal_values_have_an_interval_of_no_width() -> None:
    assert stats.t_interval([0.5, 0.5, 0.5]) == (0.5, 0.5)


@pytest.mark.parametrize("level", [0.0, 1.0, 95.0])
def test_t_interval_refuses_a_level_that_is_no_probability(level: float) -> None:
    with pytest.raises(ValueError, match=f"level is {level}"):
        stats.t_interval([0.1, 0.2], level)


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


def test_robust_range_leaves_out_one_bad_run() -> None:
    good = [0.971, 0.973, 0.974, 0.975, 0.976, 0.978]

    assert stats.robust_range([*good, 0.1135]) == (0.971, 0.978)


def test_robust_range_shows_an_outlier_that_does_not_squash_the_rest() -> None:
    good = [0.971, 0.972, 0.973, 0.9735, 0.974, 0.975, 0.978]
    assert stats.robust_range([*good, 0.9645]) == (0.9645, 0.978)
    assert stats.robust_range([*good, 0.9635]) == (0.971, 0.978)


def test_robust_range_holds_everything_when_the_bad_are_half() -> None:
    values = [0.97, 0.972, 0.974, 0.11, 0.112, 0.114]

    assert stats.robust_range(values) == (0.11, 0.974)


def test_robust_range_cuts_only_the_sides_it_is_asked_to() -> None:
    values = [0.1, 0.50, 0.51, 0.52, 0.53, 0.54, 0.9]

    assert stats.robust_range(values, ["low"]) == (0.5, 0.9)
    assert stats.robust_range(values, ["high"]) == (0.1, 0.54)
    assert stats.robust_range(values) == (0.5, 0.54)


def test_robust_range_when_most_values_are_equal() -> None:
    assert stats.robust_range([0.5] * 5 + [0.52, 0.53, 0.54, 0.1]) == (0.5, 0.54)
    assert stats.robust_range([0.5] * 9 + [0.1]) == (0.1, 0.5)
    assert stats.robust_range([0.5]) == (0.5, 0.5)


@given(ACCURACIES)
def test_robust_range_ends_at_values_and_holds_half_of_them(values: list[float]) -> None:
    low, high = stats.robust_range(values)

    assert low in values
    assert high in values
    assert 2 * sum(low <= value <= high for value in values) >= len(values)


def test_robust_range_looks_past_what_is_not_finite() -> None:
    assert stats.robust_range([math.nan, 0.2, math.inf, 0.3]) == (0.2, 0.3)
    with pytest.raises(ValueError, match="at least one finite value"):
        stats.robust_range([math.nan])
