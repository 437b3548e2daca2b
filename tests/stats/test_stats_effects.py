import math

import numpy as np
import pandas as pd
import pytest
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm

from relu_bench import stats
from relu_bench.stats.type_two import AliasedError, parameters, type_two

TERMS = [(0,), (1,), (2,), (0, 1), (0, 2), (1, 2)]
NAMES = ["C(a)", "C(b)", "C(c)", "C(a):C(b)", "C(a):C(c)", "C(b):C(c)"]


def unbalanced() -> pd.DataFrame:
    random = np.random.default_rng(0)
    table = pd.DataFrame(
        [(a, b, c) for a in range(3) for b in range(4) for c in range(2) for _ in range(5)],
        columns=["a", "b", "c"],
    )
    table["value"] = table["a"] + 0.5 * table["a"] * table["b"] + random.normal(0, 1, len(table))
    return table.sample(frac=0.8, random_state=1)


def test_type_two_is_that_of_statsmodels() -> None:
    table = unbalanced()
    expected = anova_lm(ols(f"value ~ {' + '.join(NAMES)}", table).fit(), typ=2)

    squares, residual, used = type_two(
        table[["a", "b", "c"]], table["value"], np.ones(len(table)), TERMS
    )

    assert squares == pytest.approx(expected.loc[NAMES, "sum_sq"].tolist())
    assert residual == pytest.approx(expected.loc["Residual", "sum_sq"])
    assert used == len(table) - expected.loc["Residual", "df"]
    assert used == parameters([3, 4, 2], TERMS)


def test_means_with_their_sizes_give_the_sums_of_squares_of_the_values() -> None:
    table = unbalanced()
    cells = table.groupby(["a", "b", "c"])["value"].agg(["mean", "size"]).reset_index()

    of_values = type_two(table[["a", "b", "c"]], table["value"], np.ones(len(table)), TERMS)
    of_means = type_two(cells[["a", "b", "c"]], cells["mean"], cells["size"], TERMS)

    assert of_means[0] == pytest.approx(of_values[0])


def test_type_two_without_residual() -> None:
    squares, residual, _ = type_two(
        [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 2, 5], np.ones(4), [(0,), (1,), (0, 1)]
    )

    assert squares == pytest.approx([9.0, 4.0, 1.0])
    assert residual == pytest.approx(0.0, abs=1e-12)


def test_aliased_effects_are_refused() -> None:
    with pytest.raises(AliasedError, match="cannot be told apart"):
        type_two([[0, 0], [1, 1], [0, 0], [1, 1]], [0, 1, 0, 2], np.ones(4), [(0,), (1,)])


def test_a_band_is_interpolated_in_the_logarithm() -> None:
    band = stats.band_above([1e-4, 1e-3, 1e-2, 1e-1], [90.0, 97.0, 98.0, 94.0], 96.0)

    assert band.low == pytest.approx(10 ** (-4 + 6 / 7))
    assert band.high == pytest.approx(10**-1.5)
    assert band.decades == pytest.approx(1.5 + 1 / 7 - 0.5 + 0.5)
    assert (band.open_low, band.open_high) == (False, False)


def test_a_band_runs_to_the_edge_or_is_not_there() -> None:
    band = stats.band_above([0.1, 0.001, 0.01], [97.0, 97.0, 98.0], 96.0)
    assert (band.low, band.high) == pytest.approx((0.001, 0.1))
    assert (band.open_low, band.open_high) == (True, True)
    none = stats.band_above([0.1, 0.01], [90.0, 91.0], 96.0)
    assert (none.decades, none.open_low, none.open_high) == (0.0, False, False)
    assert math.isnan(none.low)


def test_a_band_ends_where_the_curve_first_falls() -> None:
    band = stats.band_above([1e-3, 1e-2, 1e-1, 1], [98.0, 90.0, 99.0, 99.0], 97.0)

    assert band.low == pytest.approx(10 ** (-2 + 7 / 9))
    assert band.open_high


def test_a_band_takes_settings_above_zero() -> None:
    with pytest.raises(ValueError, match="settings above 0"):
        stats.band_above([0.0, 0.1], [1.0, 1.0], 0.5)
