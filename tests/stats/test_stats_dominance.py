import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from relu_bench.stats import dominance, non_dominated

TABLES = arrays(
    np.float64,
    st.tuples(st.integers(0, 8), st.integers(1, 3)),
    # Few values, so that ties and NaN are frequent.
    elements=st.sampled_from([0.0, 1.0, 2.0, np.nan, np.inf]),
)


def beats(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether a row dominates another, number by number."""
    pairs = [
        (np.inf if np.isnan(a) else a, np.inf if np.isnan(b) else b)
        for a, b in zip(one, other, strict=True)
    ]
    return all(a <= b for a, b in pairs) and any(a < b for a, b in pairs)


@given(TABLES)
def test_the_front_is_what_no_other_row_beats(costs: np.ndarray) -> None:
    expected = [not any(beats(other, row) for other in costs) for row in costs]

    assert non_dominated(costs).tolist() == expected


def test_equal_rows_are_on_the_front_together() -> None:
    assert non_dominated([[1, 2], [1, 2], [2, 2], [0, 3]]).tolist() == [True, True, False, True]


def test_parts_of_a_large_table_are_compared_with_the_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    costs = np.random.default_rng(0).integers(0, 9, (50, 2))
    whole = non_dominated(costs)

    monkeypatch.setattr(dominance, "_AT_ONCE", 150)

    assert (non_dominated(costs) == whole).all()
    assert whole.sum() < 50


def test_a_vector_is_no_table() -> None:
    with pytest.raises(ValueError, match=r"shape \(2,\)"):
        non_dominated([1.0, 2.0])
