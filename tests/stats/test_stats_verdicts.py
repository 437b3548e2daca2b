import math

import numpy as np
import pytest
from scipy import stats as scipy_stats

from relu_bench import stats

NOTHING = (math.nan, math.nan)


def test_tied_seeds() -> None:
    assert stats.tied_seeds([0.3 - 0.2, 0.4 - 0.3, 0.1]) == 3
    assert stats.tied_seeds([0.1, 0.1, 0.100001]) == 0
    assert stats.tied_seeds([]) == 0


@pytest.mark.parametrize(
    ("differences", "ends"),
    [
        ([0.1], NOTHING),
        ([0.1] * 20, NOTHING),
        ([0.0] * 2, NOTHING),
        ([0.0] * 3, (0.0, 0.0)),
        ([0.1, 0.3], stats.t_interval([0.1, 0.3])),
    ],
)
def test_the_interval_of_ties(differences: list[float], ends: tuple[float, float]) -> None:
    assert stats.difference_interval(differences) == pytest.approx(ends, nan_ok=True)


def test_simultaneous_intervals_are_those_of_bonferroni() -> None:
    numbers = np.random.default_rng(0).normal(size=8)
    low, high = stats.difference_interval(numbers, stats.simultaneous_level(29))
    half = scipy_stats.t.ppf(1 - 0.05 / 58, 7) * numbers.std(ddof=1) / math.sqrt(8)

    assert (low, high) == pytest.approx((numbers.mean() - half, numbers.mean() + half))
    assert stats.simultaneous_level(1) == 0.95
    with pytest.raises(ValueError, match="0 comparisons"):
        stats.simultaneous_level(0)


@pytest.mark.parametrize(
    ("difference", "narrow", "p", "rest", "verdict"),
    [
        (0.05, (0.01, 0.09), 0.01, (0.01, 0), "practically equal"),
        (0.05, (0.01, 0.1 + 1e-12), 0.01, (0.01, 0), "practically equal"),
        (0.05, (0.01, 0.09), 0.01, (0.28, 0), "better"),
        (-0.05, (-0.09, -0.01), 0.01, (0.28, 0), "worse"),
        (0.05, (0.01, 0.11), 0.05, (0.01, 0), "undecided"),
        (0.05, NOTHING, math.nan, (0.01, 0), "undecided"),
        (0.0, (0.0, 0.0), 1.0, (0.01, 2), "undecided"),
        (0.0, (0.0, 0.0), 1.0, (0.01, 3), "practically equal"),
        (0.0, (0.0, 0.0), 1.0, (0.1, 3), "practically equal"),
        (0.0, (0.0, 0.0), 1.0, (0.28, 30), "undecided"),
        (0.05, NOTHING, 2.0**-8, (0.01, 9), "undecided"),
        (0.05, NOTHING, 2.0**-9, (0.01, 10), "better"),
        (-0.05, NOTHING, 0.06, (0.01, 10), "undecided"),
        (0.05, (0.05, 0.05), 2.0**-9, (0.01, 9), "undecided"),
    ],
)
def test_fixed_verdict(
    difference: float,
    narrow: tuple[float, float],
    p: float,
    rest: tuple[float, int],
    verdict: str,
) -> None:
    resolution, tied = rest
    found = stats.fixed_verdict(difference, narrow, p, 0.1, resolution=resolution, tied=tied)

    assert found == verdict


@pytest.mark.parametrize("n", [2, 3, 4, 5])
def test_coarse_scores_at_the_margin_are_seldom_called_equal(n: int) -> None:
    """360 test images and a true difference of the default margin, which is one of them."""
    random = np.random.default_rng(n)
    one = 100 / 360
    variants = random.binomial(360, [[0.97 + 1 / 360], [0.97]], (4_000, 2, n))
    rows = np.round((variants[:, 0] - variants[:, 1]) * one, 10)
    said = [
        stats.fixed_verdict(
            float(row.mean()),
            stats.difference_interval(row, 0.9),
            1.0,
            one,
            resolution=one,
            tied=stats.tied_seeds(row),
        )
        for row in rows
    ]

    assert said.count("practically equal") / len(said) <= 0.05


def test_pooled_skewness_is_the_mean_of_that_of_scipy() -> None:
    random = np.random.default_rng(0)
    samples = [random.gamma(1.0, 1.0, n) for n in (3, 8, 20)]
    expected = np.mean([scipy_stats.skew(sample, bias=False) for sample in samples])
    found = stats.pooled_skewness([*samples, [0.1, 0.2], [0.1] * 9])

    assert found.pooled == pytest.approx(expected)
    assert stats.pooled_skewness([-sample for sample in samples]).pooled == pytest.approx(-expected)
    assert math.isnan(stats.pooled_skewness([[0.1, 0.2]]).pooled)
    assert not stats.pooled_skewness([[0.1, 0.2]]).far


@pytest.mark.parametrize(("n", "comparisons"), [(10, 4), (10, 29), (20, 29)])
def test_skewness_of_one_side_is_seen_and_normal_scores_are_not_called_skew(
    n: int, comparisons: int
) -> None:
    random = np.random.default_rng(n)

    def far(variants: np.ndarray, baseline: np.ndarray) -> float:
        rows = variants - baseline
        return float(np.mean([stats.pooled_skewness(list(table)).far for table in rows]))

    shape = (200, comparisons, n)
    normal = random.normal(size=shape), random.normal(size=(200, 1, n))
    skew = random.gamma(0.5, 1.0, shape), random.normal(0, 0.05, (200, 1, n))

    assert far(*normal) <= 0.06
    assert far(*skew) >= 0.9
