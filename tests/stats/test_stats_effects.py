import math

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy import stats as scipy_stats
from statsmodels.formula.api import ols
from statsmodels.stats.anova import AnovaRM, anova_lm

from relu_bench.stats import marginal_means, paired_t, seed_tests, t_interval
from relu_bench.stats.effects import AliasedError, parameters, type_two

TERMS = [(0,), (1,), (2,), (0, 1), (0, 2), (1, 2)]
NAMES = ["C(a)", "C(b)", "C(c)", "C(a):C(b)", "C(a):C(c)", "C(b):C(c)"]
BLOCKS = 6


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


def balanced() -> tuple[NDArray[np.intp], NDArray[np.float64], NDArray[np.intp]]:
    """Two axes of 3 and 2 levels, and 6 blocks, each combination once."""
    codes = np.array([(a, b) for a in range(3) for b in range(2) for _ in range(BLOCKS)])
    blocks = np.tile(np.arange(BLOCKS), 6)
    random = np.random.default_rng(0)
    values = codes @ np.array([1.0, -2.0]) + 0.5 * blocks + random.normal(0, 0.3, len(codes))
    return codes, values, blocks


def incomplete() -> tuple[NDArray[np.intp], NDArray[np.float64], NDArray[np.intp]]:
    codes, values, blocks = balanced()
    kept = np.random.default_rng(1).random(len(codes)) > 0.35
    return codes[kept], values[kept], blocks[kept]


def test_marginal_means_of_all_combinations_are_plain_means_with_t_intervals() -> None:
    codes, values, blocks = balanced()

    first, second = marginal_means(codes, values, blocks)

    for axis, found in enumerate((first, second)):
        for level in range(len(found.means)):
            those = codes[:, axis] == level
            by_block = [values[those & (blocks == block)].mean() for block in range(BLOCKS)]
            assert found.means[level] == pytest.approx(values[those].mean())
            assert (found.low[level], found.high[level]) == pytest.approx(t_interval(by_block))


def test_marginal_means_are_else_those_of_the_additive_model() -> None:
    codes, values, blocks = incomplete()
    table = pd.DataFrame({"a": codes[:, 0], "b": codes[:, 1], "y": values})
    model = ols("y ~ C(a) + C(b)", table).fit()
    grid = pd.DataFrame([(a, b) for a in range(3) for b in range(2)], columns=["a", "b"])
    grid["predicted"] = model.predict(grid)

    first, second = marginal_means(codes, values, blocks)

    assert first.means == pytest.approx(grid.groupby("a")["predicted"].mean().to_numpy())
    assert second.means == pytest.approx(grid.groupby("b")["predicted"].mean().to_numpy())
    assert first.means != pytest.approx(table.groupby("a")["y"].mean().to_numpy(), abs=1e-3)


def test_the_interval_is_that_of_the_means_without_each_block() -> None:
    codes, values, blocks = incomplete()

    (_, found) = marginal_means(codes, values, blocks)

    without = np.array(
        [
            marginal_means(codes[kept], values[kept], blocks[kept])[1].means
            for kept in (blocks != block for block in range(BLOCKS))
        ]
    )
    for level in range(2):
        pseudo = BLOCKS * found.means[level] - (BLOCKS - 1) * without[:, level]
        half = (t_interval(pseudo)[1] - t_interval(pseudo)[0]) / 2
        assert found.high[level] - found.means[level] == pytest.approx(half)
        assert found.means[level] - found.low[level] == pytest.approx(half)


def test_one_block_and_a_level_of_one_block_have_no_interval() -> None:
    codes, values, blocks = balanced()
    (alone, _) = marginal_means(codes[blocks == 0], values[blocks == 0], blocks[blocks == 0])
    kept = (codes[:, 0] < 2) | (blocks == 3)
    (rare, _) = marginal_means(codes[kept], values[kept], blocks[kept])

    assert np.isnan([*alone.low, *alone.high, *rare.low, *rare.high]).all()
    assert np.isfinite([*alone.means, *rare.means]).all()


def test_an_axis_with_one_level_has_the_mean_of_all() -> None:
    (found,) = marginal_means(np.zeros((4, 1)), [1.0, 2.0, 3.0, 6.0], [0, 1, 0, 1])

    assert found.means == pytest.approx([3.0])
    assert (found.low[0], found.high[0]) == pytest.approx(t_interval([2.0, 4.0]))


def test_levels_that_always_go_together_are_refused() -> None:
    with pytest.raises(AliasedError):
        marginal_means([(0, 0), (1, 1), (0, 0), (1, 1)], [1.0, 2.0, 3.0, 4.0], [0, 0, 1, 1])


# 2,000 are a thorough look.
TABLES = 300
GRID = np.array([(a, b) for a in range(8) for b in range(2)])
EFFECTS = [(0,), (1,), (0, 1)]


def by_seed(seeds: int, seed: int) -> NDArray[np.float64]:
    """Values of the settings of GRID without any effect; runs of a seed and of b correlate."""
    random = np.random.default_rng(seed)
    shared = random.normal(0, 0.3, (seeds, 1, 1)) + random.normal(0, 0.35, (seeds, 1, 2))
    return np.asarray((random.normal(size=(seeds, 8, 2)) + shared).reshape(seeds, -1))


def test_an_effect_over_the_seeds_is_that_of_repeated_measures() -> None:
    values = by_seed(6, 1)
    seeds, settings = (places.ravel() for places in np.indices(values.shape))
    table = pd.DataFrame(
        {"y": values.ravel(), "seed": seeds, "a": GRID[settings, 0], "b": GRID[settings, 1]}
    )
    expected = AnovaRM(table, "y", "seed", within=["a", "b"]).fit().anova_table

    found = seed_tests(GRID, values, EFFECTS)

    assert [each.f for each in found] == pytest.approx(expected["F Value"].tolist())
    assert [each.degrees for each in found] == [7, 1, 7]
    of_b = values.reshape(6, 8, 2).mean(axis=1)
    assert found[1].p == pytest.approx(float(paired_t(of_b[:, 1] - of_b[:, 0])))
    assert found[1].epsilon == pytest.approx(1.0)


def test_the_degrees_of_freedom_are_those_of_greenhouse_and_geisser() -> None:
    values = by_seed(6, 2)
    covariance = np.cov(values.reshape(6, 8, 2).mean(axis=2), rowvar=False)
    doubly = covariance - covariance.mean(axis=0)
    doubly = doubly - doubly.mean(axis=1, keepdims=True)
    epsilon = np.trace(doubly) ** 2 / (7 * np.sum(doubly**2))

    found = seed_tests(GRID, values, EFFECTS)[0]

    assert found.epsilon == pytest.approx(epsilon)
    assert found.p == pytest.approx(scipy_stats.f.sf(found.f, 7 * epsilon, 35 * epsilon))


def test_settings_that_a_seed_lacks_are_left_out_of_all() -> None:
    values = by_seed(6, 3)
    values[2, 5] = values[4, 0] = math.nan
    kept = np.setdiff1d(np.arange(16), [0, 5])

    assert seed_tests(GRID, values, EFFECTS) == seed_tests(GRID[kept], values[:, kept], EFFECTS)


@pytest.mark.parametrize(
    "values",
    [np.ones((6, 16)), by_seed(1, 0), np.full((6, 16), math.nan), np.tile(np.arange(16.0), (4, 1))],
    ids=["constant", "one seed", "no run", "the same at all seeds"],
)
def test_effects_that_cannot_be_tested(values: NDArray[np.float64]) -> None:
    assert np.isnan([each.p for each in seed_tests(GRID, values, EFFECTS)]).all()


def test_effects_of_arrays_that_do_not_fit() -> None:
    with pytest.raises(ValueError, match="settings, axes"):
        seed_tests(GRID, np.zeros((3, 4)), EFFECTS)


def test_runs_that_correlate_within_a_seed_raise_no_false_effects() -> None:
    tables = [by_seed(10, 100 + number) for number in range(TABLES)]
    found = np.array([[each.p for each in seed_tests(GRID, one, EFFECTS)] for one in tables])

    assert ((found < 0.05).mean(axis=0) <= 0.06).all()

    def of_runs(values: NDArray[np.float64]) -> float:
        """p of b against the variation of all runs."""
        codes = np.tile(GRID, (len(values), 1))
        squares, left, used = type_two(codes, values.ravel(), np.ones(values.size), EFFECTS)
        freedom = values.size - used
        return float(scipy_stats.f.sf(squares[1] / (left / freedom), 1, freedom))

    assert np.mean([of_runs(one) < 0.05 for one in tables]) > 0.08
