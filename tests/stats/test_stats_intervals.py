import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as scipy_stats
from statsmodels.stats.weightstats import DescrStatsW

from relu_bench import stats

ACCURACIES = st.lists(st.floats(0, 1), min_size=2, max_size=30)
SCORES = st.lists(st.floats(0.1, 1), min_size=2, max_size=30, unique=True)


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


@given(SCORES)
def test_t_interval_is_that_of_statsmodels(values: list[float]) -> None:
    assert stats.t_interval(values) == pytest.approx(DescrStatsW(values).tconfint_mean())


def test_t_ends_are_those_of_each_row() -> None:
    rows = np.random.default_rng(0).normal(size=(4, 7))
    low, high = stats.t_ends(rows.mean(axis=1), rows.std(axis=1, ddof=1), 7)

    for row, ends in zip(rows, zip(low, high, strict=True), strict=True):
        assert ends == pytest.approx(stats.t_interval(row))


def test_t_ends_of_one_value_are_refused() -> None:
    with pytest.raises(ValueError, match="n is 1"):
        stats.t_ends(0.5, 0.1, 1)


@pytest.mark.parametrize("n", [2, 5, 30])
def test_sd_interval_ends_where_the_chi_square_test_starts_to_reject(n: int) -> None:
    low, high = stats.sd_interval(0.2, n)

    for end, tail in ((low, 0.025), (high, 0.975)):
        statistic = (n - 1) * (0.2 / float(end)) ** 2  # type: ignore[arg-type]
        assert scipy_stats.chi2.sf(statistic, n - 1) == pytest.approx(tail)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_interquartile_mean_is_the_trimmed_mean_of_scipy(values: list[float]) -> None:
    assert stats.interquartile_mean(values) == pytest.approx(scipy_stats.trim_mean(values, 0.25))


def test_interquartile_mean_does_not_see_one_bad_run_of_five() -> None:
    assert stats.interquartile_mean([0.1, 0.97, 0.97, 0.97, 0.97]) == pytest.approx(0.97)
    assert math.isnan(stats.interquartile_mean([]))


def test_bca_is_that_of_scipy_and_the_same_every_time() -> None:
    values = np.random.default_rng(1).gamma(2.0, size=20)
    expected = scipy_stats.bootstrap(
        (values,), np.mean, n_resamples=50_000, rng=np.random.default_rng(99)
    ).confidence_interval
    ends = stats.bca_interval(values)

    assert ends == pytest.approx((expected.low, expected.high), abs=0.02)
    assert ends == stats.bca_interval(values)


def test_bca_works_along_the_last_axis_and_on_equal_values() -> None:
    rows = np.vstack([np.random.default_rng(2).normal(size=20), np.full(20, 0.3)])
    low, high = stats.bca_interval(rows)

    assert (low[0], high[0]) == stats.bca_interval(rows[0])
    assert (low[1], high[1]) == (0.3, 0.3)
    assert all(math.isnan(end) for end in stats.bca_interval([0.5]))


@given(
    st.lists(
        st.tuples(st.integers(0, 6), st.one_of(st.floats(-1e6, 1e6), st.just(math.nan))),
        max_size=40,
    )
)
def test_group_intervals_are_to_the_last_bit_those_of_each_group(
    given_values: list[tuple[int, float]],
) -> None:
    groups = np.array([group for group, _ in given_values], np.intp)
    values = np.array([value for _, value in given_values])
    found = stats.group_intervals(values, groups, 7)

    for group in range(7):
        its = values[groups == group]
        expected = [stats.mean(its), *stats.t_interval(its)]
        np.testing.assert_array_equal(
            [found.mean[group], found.low[group], found.high[group]], expected
        )


def test_group_intervals_of_long_groups_are_to_the_last_bit_those_of_each() -> None:
    """Sums of many values go by blocks, which must be the same ones."""
    rng = np.random.default_rng(3)
    groups = rng.integers(0, 5, 6_000)
    values = rng.normal(size=groups.size)
    found = stats.group_intervals(values, groups)

    for group in range(5):
        its = values[groups == group]
        assert (found.low[group], found.high[group]) == stats.t_interval(its)
        assert found.mean[group] == stats.mean(its)
