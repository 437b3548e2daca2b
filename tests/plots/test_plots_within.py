import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose
from numpy.typing import NDArray

from relu_bench.plots.within import flattened, within

Numbers = NDArray[np.float64]
LIMITS = (-1.0, 2.0)
heights = arrays(np.float64, st.integers(2, 12), elements=st.floats(-5, 5))


def test_a_line_that_stays_inside_is_as_it_was() -> None:
    x, y = np.array([0.0, 1.0, 2.0]), np.array([0.0, 2.0, -1.0])

    for made in (within(x, y, LIMITS), flattened(x, y, LIMITS)):
        assert [list(part) for part in made] == [list(x), list(y)]


def test_a_line_ends_where_it_crosses_a_limit_and_leaves_a_gap() -> None:
    x, y = within(np.array([0.0, 1.0, 2.0]), np.array([0.0, 4.0, 0.0]), LIMITS)

    assert_allclose(x, [0, 0.5, 1, 1.5, 2])
    assert_allclose(y, [0, 2, np.nan, 2, 0])


def test_a_line_through_the_whole_panel_has_both_ends() -> None:
    x, y = within(np.array([0.0, 1.0]), np.array([-4.0, 5.0]), LIMITS)

    assert_allclose(x[1:-1], [1 / 3, 2 / 3])
    assert_allclose(y, [np.nan, -1, 2, np.nan])


def test_what_is_not_finite_is_a_gap_and_draws_no_line_to_a_limit() -> None:
    y = np.array([0.0, np.inf, 1.0, -np.inf, np.nan, 0.5])

    _, kept = within(np.arange(6.0), y, LIMITS)

    assert_allclose(kept, [0, np.nan, 1, np.nan, np.nan, 0.5])


@given(heights)
def test_a_flattened_edge_is_the_clipped_line_at_every_place(y: Numbers) -> None:
    x = np.arange(float(len(y)))
    at = np.linspace(0, x[-1], 101)

    made = np.interp(at, *flattened(x, y, LIMITS))

    assert_allclose(made, np.clip(np.interp(at, x, y), *LIMITS), atol=1e-9)


@given(heights)
def test_a_line_within_is_the_line_wherever_that_is_inside(y: Numbers) -> None:
    x = np.arange(float(len(y)))
    at = np.linspace(0, x[-1], 101)
    whole = np.interp(at, x, y)

    made = np.interp(at, *within(x, y, LIMITS))

    clear = (whole > LIMITS[0] + 1e-6) & (whole < LIMITS[1] - 1e-6)
    assert_allclose(made[clear], whole[clear], atol=1e-9)
    shown = made[np.isfinite(made)]
    assert ((shown >= LIMITS[0]) & (shown <= LIMITS[1])).all()
