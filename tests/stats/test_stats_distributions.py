import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ecdf

from relu_bench import stats
from relu_bench.stats import profile
from relu_bench.stats.distributions import RESAMPLES

ACCURACIES = st.lists(st.floats(0, 1), min_size=2, max_size=30)


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


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=30), st.lists(st.floats(-6, 6), max_size=9))
def test_shares_are_one_less_the_distribution_function(
    values: list[float], thresholds: list[float]
) -> None:
    found = profile(values, [0] * len(values), thresholds)

    below = ecdf(np.asarray(values)).cdf
    expected = [1 - below.evaluate(np.nextafter(mark, -math.inf)) for mark in thresholds]
    assert found.shares == pytest.approx(expected)
    assert np.isnan(found.low).all()
    assert np.isnan(found.high).all()


def test_whole_clusters_are_drawn() -> None:
    """Two clusters: a resample holds both, or one of them twice, a quarter of the time each."""
    found = profile([1, 1, 1, 0], [0, 0, 0, 1], [1])

    assert found.shares.tolist() == [0.75]
    assert found.low.tolist() == [0.0]
    assert found.high.tolist() == [1.0]


def test_the_band_is_the_percentiles_of_a_bootstrap_written_out() -> None:
    random = np.random.default_rng(3)
    values, clusters = random.normal(size=40), np.repeat(np.arange(10), 4)
    marks = [-0.5, 0.0, 0.5]

    found = profile(values, clusters, marks)

    drawn = []
    for _ in range(4_000):
        chosen = random.integers(0, 10, 10)
        sample = np.concatenate([values[clusters == each] for each in chosen])
        drawn.append([(sample >= mark).mean() for mark in marks])
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
    assert found.low == pytest.approx(low, abs=0.03)
    assert found.high == pytest.approx(high, abs=0.03)


def test_runs_of_one_seed_are_no_independent_observations() -> None:
    """Copies of each seed's run leave the interval as wide as it was."""
    values = np.random.default_rng(0).normal(size=12)
    seeds = np.arange(12)

    once = profile(values, seeds, [0.0])
    copied = profile(np.tile(values, 20), np.tile(seeds, 20), [0.0])

    assert copied.low == pytest.approx(once.low)
    assert copied.high == pytest.approx(once.high)
    assert (once.high - once.low)[0] > 0.3


def test_the_interval_covers_the_true_share() -> None:
    """Percentile bootstrap, 20 seeds of 3 correlated runs: somewhat below its 95 %."""
    random = np.random.default_rng(1)
    covered = 0
    for _ in range(400):
        values = (random.normal(size=(20, 1)) + random.normal(size=(20, 3))).ravel()
        found = profile(values, np.repeat(np.arange(20), 3), [0.0], resamples=500)
        covered += bool(found.low[0] <= 0.5 <= found.high[0])

    assert 0.90 <= covered / 400 <= 0.98


def test_the_same_values_give_the_same_interval() -> None:
    values = np.random.default_rng(0).normal(size=20)

    first, second = (profile(values, np.arange(20), [0.0, 1.0]) for _ in range(2))

    assert (first.low == second.low).all()
    assert (first.high == second.high).all()
    assert RESAMPLES >= 1_000


def test_what_never_arrives_reaches_nothing() -> None:
    assert profile([-math.inf, -3.0], [0, 1], [-3.0, -10.0]).shares.tolist() == [0.5, 0.5]


@pytest.mark.parametrize(
    ("values", "clusters"), [([], []), ([1.0, math.nan], [0, 1]), ([1.0, 2.0], [0])]
)
def test_values_must_be_numbers_with_a_cluster_each(
    values: list[float], clusters: list[int]
) -> None:
    with pytest.raises(ValueError, match="each with its cluster"):
        profile(values, clusters, [0.0])


def test_the_level_is_a_probability() -> None:
    with pytest.raises(ValueError, match="level is 1"):
        profile([1.0, 2.0], [0, 1], [0.0], level=1)
