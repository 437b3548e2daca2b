import math

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy import stats as scipy_stats
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm

from relu_bench import stats

# The rates are held with 5,000 replications, of few samples, so that it takes a second or two.
REPLICATIONS, BATCH = 5_000, 1_000
SAMPLES = 60


def test_mean_squares_are_those_of_an_analysis_of_variance() -> None:
    table = np.random.default_rng(0).normal(size=(4, 7)) + np.arange(4)[:, np.newaxis]
    found = stats.crossed_mean_squares(table)
    seeds, samples = (places.ravel() for places in np.indices(table.shape))
    long = pd.DataFrame({"d": table.ravel(), "s": seeds, "e": samples})
    anova = anova_lm(ols("d ~ C(s) + C(e)", long).fit())
    squares = anova["sum_sq"] / anova["df"]

    assert (found.of_seeds, found.of_samples, found.of_both) == pytest.approx(tuple(squares))
    assert float(found.mean) == pytest.approx(table.mean())
    total = squares.iloc[0] + squares.iloc[1] - squares.iloc[2]
    assert float(found.variance) == pytest.approx(total / 28)
    assert float(found.samples_variance) == pytest.approx(squares.iloc[1] / 28)
    degrees = total**2 / (squares**2 / anova["df"]).sum()
    assert float(found.degrees) == pytest.approx(degrees)
    half = scipy_stats.t.ppf(0.975, degrees) * math.sqrt(total / 28)
    assert float(found.half_width()) == pytest.approx(half)


@pytest.mark.parametrize("settings", [1, 3])
def test_packed_bits_are_the_samples_that_each_run_got_right(settings: int) -> None:
    first, second = np.random.default_rng(1).random((2, settings, 5, 21)) < 0.8
    packed = [np.packbits(right, axis=-1) for right in (first, second)]
    differences = (first.astype(float) - second).mean(axis=0)
    expected = stats.crossed_mean_squares(differences)

    assert vars(stats.crossed_of_bits(*packed, 21)) == pytest.approx(vars(expected))
    if settings == 1:
        single = stats.crossed_of_bits(packed[0][0], packed[1][0], 21)
        assert vars(single) == pytest.approx(vars(expected))


def test_many_comparisons_are_those_one_by_one() -> None:
    tables = np.random.default_rng(2).normal(size=(5, 3, 8))  # seeds, comparisons, samples
    found = stats.crossed_mean_squares(tables)

    for place in range(3):
        single = stats.crossed_mean_squares(tables[:, place])
        assert found.variance[place] == pytest.approx(float(single.variance))


def test_what_has_no_interval() -> None:
    two = stats.crossed_mean_squares(np.random.default_rng(3).normal(size=(2, 9)))
    same = stats.crossed_mean_squares(np.zeros((5, 9)))
    both_alone = stats.crossed_mean_squares(np.array([[1, 0], [0, 1], [1, 0], [0, 1.0]]))

    assert float(both_alone.variance) == 0.0
    for found in (two, same, both_alone):
        assert math.isnan(float(found.half_width()))
    with pytest.raises(ValueError, match="1 seeds"):
        stats.crossed_mean_squares(np.zeros((1, 9)))
    with pytest.raises(ValueError, match="for 9 samples"):
        stats.crossed_of_bits(np.zeros((3, 1)), np.zeros((3, 1)), 9)


def covered(seeds: int, variances: tuple[float, float, float]) -> float:
    """The share of intervals that hold the truth, 0; variances of seeds, samples, and of both."""
    random = np.random.default_rng(seeds)
    hits = 0
    of_seeds, of_samples, of_both = np.sqrt(variances)
    for _ in range(REPLICATIONS // BATCH):
        samples = random.normal(0, of_samples, (BATCH, SAMPLES))

        def drawn(samples: NDArray[np.float64]) -> NDArray[np.float64]:
            return (
                random.normal(0, of_seeds, (BATCH, 1))
                + samples
                + random.normal(0, of_both, (BATCH, SAMPLES))
            )

        found = stats.crossed_mean_squares(drawn(samples) for _ in range(seeds))
        hits += int((np.abs(found.mean) <= found.half_width()).sum())
    return hits / REPLICATIONS


@pytest.mark.parametrize(("seeds", "low", "high"), [(5, 0.93, 0.97), (10, 0.94, 0.96)])
@pytest.mark.parametrize(
    "variances", [(0.01, 0.2, 1.0), (0.1, 0.05, 1.0), (0.01, 1.0, 0.2)], ids=str
)
def test_other_seeds_and_other_samples_are_covered(
    seeds: int, low: float, high: float, variances: tuple[float, float, float]
) -> None:
    assert low <= covered(seeds, variances) <= high


def test_an_interval_over_seeds_alone_misses_other_samples() -> None:
    random = np.random.default_rng(5)
    samples = random.normal(0, 1, (1_000, 1, SAMPLES))
    rows = (samples + random.normal(0, 1, (1_000, 10, SAMPLES))).mean(axis=2)
    low, high = stats.t_ends(rows.mean(axis=1), rows.std(axis=1, ddof=1), 10)

    assert float(((low <= 0) & (high >= 0)).mean()) < 0.7


def test_halves_of_the_samples_differ_as_their_part_of_the_variance_says() -> None:
    """The same seeds are in both halves, so that only other samples make them differ."""
    random = np.random.default_rng(7)
    difficulty = random.normal(2.0, 1.0, (1, 1, 2_000)) + random.normal(0, 0.3, (2, 1, 2_000))
    right = difficulty + random.normal(0, 0.7, (2, 10, 2_000)) > 0
    differences = right[0].astype(float) - right[1]
    hits = []
    for _ in range(500):
        order = random.permutation(2_000)
        one, other = (
            stats.crossed_mean_squares(differences[:, half]) for half in np.split(order, 2)
        )
        apart = abs(float(one.mean - other.mean))
        hits.append(apart <= 1.96 * math.sqrt(one.samples_variance + other.samples_variance))

    assert 0.93 <= np.mean(hits) <= 0.97
