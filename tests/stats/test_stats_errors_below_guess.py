import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from relu_bench.stats import errors_below_guess

ERRORS = st.lists(st.tuples(st.floats(0, 4), st.floats(0, 4)), min_size=3, max_size=30)


@given(ERRORS)
def test_it_decides_as_scipys_paired_t_test(rows: list[tuple[float, float]]) -> None:
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


def test_shapes_that_differ_are_refused() -> None:
    with pytest.raises(ValueError, match=r"shapes \(2,\) and \(3,\)"):
        errors_below_guess(np.zeros(2), np.zeros(3))
