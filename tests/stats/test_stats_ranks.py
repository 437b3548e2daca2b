import math
from itertools import permutations, product

import numpy as np
import pytest
from scipy import stats as scipy_stats

from relu_bench import stats

RANDOM = np.random.default_rng(0)


def test_rank_test_is_friedmans_of_scipy_in_the_form_of_iman_and_davenport() -> None:
    scores = RANDOM.normal(size=(9, 4)) + np.array([0.0, 0.3, 0.6, 0.9])
    chi = scipy_stats.friedmanchisquare(*scores.T).statistic
    f = 8 * chi / (9 * 3 - chi)
    found = stats.rank_test(scores, control=1)

    assert found.p == pytest.approx(scipy_stats.f.sf(f, 3, 24))
    assert found.ranks == pytest.approx(scipy_stats.rankdata(-scores, axis=1).mean(axis=0))
    z = (found.ranks[0] - found.ranks[1]) / math.sqrt(4 * 5 / (6 * 9))
    assert found.against[0] == pytest.approx(2 * scipy_stats.norm.sf(abs(z)))
    assert math.isnan(found.against[1])


def test_ranks_share_ties_and_say_nothing_for_few() -> None:
    assert stats.rank_test([[0.9, 0.9, 0.1], [0.8, 0.7, 0.1]]).ranks == (1.25, 1.75, 3.0)
    assert math.isnan(stats.rank_test([[0.9, 0.8], [0.9, 0.8]]).p)
    assert math.isnan(stats.rank_test([[0.9, 0.8, 0.7]]).p)
    assert stats.rank_test([[3, 2, 1]] * 2).p == pytest.approx(1 / 6)
    assert stats.rank_test([[1, 1, 1]] * 3).p == pytest.approx(1.0)


def counted(scores: np.ndarray) -> tuple[float, list[float]]:
    """Friedman's p and that of each rank sum against the first, over all orders of all rows."""
    ranked = scipy_stats.rankdata(-scores, axis=1)
    tables = np.array(list(product(*(list(permutations(row)) for row in ranked))))
    sums, observed = tables.sum(axis=1), ranked.sum(axis=0)
    apart, far = np.abs(sums - sums[:, :1]), np.abs(observed - observed[0])
    against = [float((apart[:, 1] >= each - 1e-9).mean()) for each in far[1:]]
    return float(((sums**2).sum(axis=1) >= (observed**2).sum() - 1e-9).mean()), against


@pytest.mark.parametrize(
    "scores",
    [
        RANDOM.normal(size=(3, 4)),
        RANDOM.normal(size=(5, 3)),
        np.array([[1.0, 1.0, 2.0], [3.0, 2.0, 2.0], [1.0, 2.0, 3.0], [1.0, 1.0, 1.0]]),
    ],
)
def test_exact_p_is_the_share_of_all_orders(scores: np.ndarray) -> None:
    friedman, against = counted(scores)

    assert stats.friedman_p(scores) == pytest.approx(friedman)
    found = stats.rank_differences_p(scores)
    assert found == pytest.approx([math.nan, *against], nan_ok=True)


def test_three_data_sets_and_three_variants() -> None:
    scores = [[3, 2, 1], [3, 2, 1], [3, 1, 2]]

    assert stats.friedman_p(scores) == pytest.approx(7 / 36)
    assert stats.rank_test(scores).p == pytest.approx(0.0494, abs=5e-5)
    assert stats.friedman_p([[3, 2, 1]] * 3) == pytest.approx(1 / 36)
    assert stats.friedman_p([[1, 1, 1]] * 3) == 1.0


def test_what_is_too_large_to_count_takes_five_data_sets() -> None:
    scores = RANDOM.normal(size=(5, 9))

    assert math.isnan(stats.friedman_p(scores[:4]))
    assert stats.friedman_p(scores) == stats.rank_test(scores).p
    assert math.isnan(stats.friedman_p(scores[:1, :3]))
    assert math.isnan(stats.friedman_p(scores[:, :2]))


def test_exact_p_of_many_data_sets_is_near_the_approximation() -> None:
    scores = RANDOM.normal(size=(12, 4)) + np.array([0.0, 0.2, 0.4, 0.6])
    test = stats.rank_test(scores)

    assert stats.friedman_p(scores) == pytest.approx(test.p, abs=0.02)
    assert stats.rank_differences_p(scores)[1:] == pytest.approx(test.against[1:], abs=0.08)


def test_the_exact_tests_raise_no_more_false_alarms_than_they_say() -> None:
    tables = np.random.default_rng(4).normal(size=(400, 3, 3))

    assert np.mean([stats.friedman_p(table) < 0.05 for table in tables]) <= 0.05
    assert np.mean([stats.rank_differences_p(table)[1] < 0.05 for table in tables]) <= 0.05
