import math

import numpy as np
import pytest

from relu_bench import stats

RANDOM = np.random.default_rng(0)


def test_one_setting_can_decide_an_average_that_the_others_contradict() -> None:
    spread = np.array([[0.05], [0.05], [0.05], [3.0]])
    rows = np.array([[-0.2], [-0.1], [-0.1], [22.0]]) + spread * RANDOM.normal(size=(4, 10))
    found = stats.over_settings(rows)

    assert found.difference == pytest.approx(rows.mean())
    assert found.of_each == pytest.approx(rows.mean(axis=1))
    assert found.opposite.tolist() == [True, True, True, False]
    assert found.shares.sum() == pytest.approx(1)
    assert found.shares[3] > 0.95
    assert found.deciding == 3
    assert stats.over_settings(-rows).opposite.tolist() == [True, True, True, False]


def test_shares_are_covariances_with_the_average() -> None:
    rows = RANDOM.normal(size=(5, 8))
    average = rows.mean(axis=0)
    expected = [np.cov(row, average)[0, 1] / average.var(ddof=1) / 5 for row in rows]

    assert stats.over_settings(rows).shares == pytest.approx(expected)
    alike = stats.over_settings(np.tile(rows[0], (5, 1)))
    assert alike.shares == pytest.approx([0.2] * 5)
    assert alike.deciding is None


def test_only_seeds_with_every_setting_count() -> None:
    rows = RANDOM.normal(size=(3, 6))
    holed = rows.copy()
    holed[1, 4] = math.nan
    found, whole = stats.over_settings(holed), stats.over_settings(np.delete(rows, 4, axis=1))

    assert found.seeds == 5
    assert found.of_each == pytest.approx(whole.of_each)
    assert found.shares == pytest.approx(whole.shares)


def test_what_has_no_shares_and_no_sign() -> None:
    nothing = stats.over_settings(np.full((3, 4), math.nan))
    constant = stats.over_settings([[0.1, 0.1], [-0.1, -0.1], [0.0, 0.0]])
    two = stats.over_settings([[0.1, 5.0], [0.1, 0.2]])

    assert math.isnan(nothing.difference)
    assert np.isnan([*nothing.shares, *constant.shares]).all()
    assert not constant.opposite.any()
    assert nothing.deciding is constant.deciding is two.deciding is None
    with pytest.raises(ValueError, match="settings, seeds"):
        stats.over_settings([0.1, 0.2])
