import math

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
