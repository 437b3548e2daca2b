import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats as scipy_stats

from relu_bench import stats

# Enough for an error of half a percentage point; 20,000 is a thorough look.
SETS = 2_000


def grid(settings: int, n: int, a: float) -> NDArray[np.float64]:
    i, j = np.ogrid[:settings, :n]
    return np.asarray(97.5 + 0.1 * np.sin(1 + a + 3 * i + 5 * j) + 0.05 * np.cos(a + 7 * i * j))


def both(settings: int, n: int) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Validation and test of the two variants."""
    q = np.arange(settings * n).reshape(settings, n)
    first, second = grid(settings, n, 0), grid(settings, n, 0.5)
    return [(first, first + 0.02 * np.sin(q)), (second, second + 0.02 * np.cos(q))]


def mean_difference(kept: list[int], pair: list[tuple[NDArray[np.float64], ...]]) -> float:
    """D(K), seed by seed as it is defined."""
    found = []
    for seed in kept:
        others = [other for other in kept if other != seed]
        chosen = [test[validation[:, others].mean(axis=1).argmax()] for validation, test in pair]
        found.append(chosen[0][seed] - chosen[1][seed])
    return float(np.mean(found))


@pytest.mark.parametrize(
    ("settings", "n", "difference", "error", "p"),
    [
        (2, 4, 0.0142093384, 0.0363452057, 0.7219415855),
        (3, 6, 0.0041108381, 0.0293808808, 0.8941883026),
        (8, 10, 0.0093926146, 0.0281978665, 0.7466897688),
    ],
)
def test_check_values(settings: int, n: int, difference: float, error: float, p: float) -> None:
    found = stats.tuned_difference(*(stats.left_out_scores(*each) for each in both(settings, n)))

    assert float(found.difference) == pytest.approx(difference, abs=6e-11)
    assert float(found.standard_error) == pytest.approx(error, abs=6e-11)
    assert float(found.p) == pytest.approx(p, abs=6e-11)
    low, high = found.interval(0.9)
    half = scipy_stats.t.ppf(0.95, n - 1) * error
    assert (float(low), float(high)) == pytest.approx((difference - half, difference + half))


def test_each_seed_is_left_out_of_everything() -> None:
    pair = both(3, 6)
    scores = stats.left_out_scores(*pair[0]) - stats.left_out_scores(*pair[1])

    assert np.diagonal(scores).mean() == pytest.approx(mean_difference(list(range(6)), pair))
    for seed in range(6):
        kept = [other for other in range(6) if other != seed]
        assert scores[seed, kept].mean() == pytest.approx(mean_difference(kept, pair))


def test_the_diagonal_is_the_cross_fitted_score() -> None:
    validation, test = both(5, 7)[0]
    chosen = stats.cross_fitted(validation)

    assert np.diagonal(stats.left_out_scores(validation, test)).tolist() == [
        test[setting, seed] for seed, setting in enumerate(chosen)
    ]


def test_one_call_compares_many_variants_with_one_baseline() -> None:
    random = np.random.default_rng(0)
    validation, test = random.normal(size=(2, 4, 3, 6))
    validation[2, 1] = test[2, 1] = math.nan  # a variant with a setting less
    scores = stats.left_out_scores(validation, test)
    found = stats.tuned_difference(scores[1:], scores[0])

    assert scores[2] == pytest.approx(stats.left_out_scores(validation[2, [0, 2]], test[2, [0, 2]]))
    for row in range(3):
        single = stats.tuned_difference(scores[row + 1], scores[0])
        assert found.p[row] == single.p
        assert found.standard_error[row] == single.standard_error


def test_three_seeds_and_equal_differences_have_no_interval_and_no_p() -> None:
    few = stats.left_out_scores(*both(2, 3)[0])
    three = stats.tuned_difference(few, few - 0.1)
    scores = stats.left_out_scores(*both(2, 6)[0])
    equal = stats.tuned_difference(scores, scores - 0.1)

    for found in (three, equal):
        assert float(found.difference) == pytest.approx(0.1)
        assert np.isnan([found.standard_error, found.p, *found.interval()]).all()


@pytest.mark.parametrize("factor", [1.0, 1e6])
def test_the_variance_lies_between_those_of_the_mean_and_of_one_seed(factor: float) -> None:
    random = np.random.default_rng(1)
    own = random.normal(size=6)
    near = np.tile(own, (6, 1))
    near[~np.eye(6, dtype=bool)] *= factor
    found = stats.tuned_difference(near, np.zeros((6, 6)))
    least, most = own.std(ddof=1) / math.sqrt(6), own.std(ddof=1)

    assert least <= float(found.standard_error) <= most
    assert (float(found.standard_error) == pytest.approx(most)) == (factor > 1)


@pytest.mark.parametrize(
    ("validation", "message"),
    [
        (np.zeros((2, 2)), "2 seeds"),
        (np.zeros(4), "shape"),
        ([[0.0, 0.0, math.nan, 0.0]], "every seed"),
        (np.full((2, 4), math.nan), "every seed"),
    ],
)
def test_scores_that_cannot_be_chosen_from(validation: NDArray[np.float64], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        stats.left_out_scores(validation, validation)
    with pytest.raises(ValueError, match="expected"):
        stats.tuned_difference(np.zeros((2, 3)), 0.0)


def chosen(n: int, settings: int, spread: float, seed: int) -> NDArray[np.float64]:
    """Of runs whose noise validation and test share; scores less the best setting's quality."""
    random = np.random.default_rng(seed)
    quality = random.normal(0, spread, (SETS, settings, 1))
    run = random.normal(0, 1, (SETS, settings, n))
    noisy = run + random.normal(0, 0.3, (2, *run.shape))
    return stats.left_out_scores(quality + noisy[0], noisy[1])


@pytest.mark.parametrize("n", [5, 10, 20])
@pytest.mark.parametrize("spread", [0, 1])
def test_a_tuned_comparison_raises_a_false_alarm_in_at_most_one_of_twenty(
    n: int, spread: float
) -> None:
    found = stats.tuned_difference(chosen(n, 8, spread, 1), chosen(n, 8, spread, 2))

    assert float((found.p < 0.05).mean()) <= 0.06


def test_a_table_of_tuned_comparisons_raises_a_false_alarm_in_at_most_one_of_twenty() -> None:
    random = np.random.default_rng(6)
    run = random.normal(size=(200, 30, 8, 10))
    noisy = run + random.normal(0, 0.3, (2, *run.shape))
    scores = stats.left_out_scores(noisy[0], noisy[1])
    differences = scores[:, 1:] - scores[:, :1]
    found = stats.tuned_difference(scores[:, 1:], scores[:, :1])
    low, high = found.interval(stats.simultaneous_level(29))
    plain = stats.paired_t(np.diagonal(differences, axis1=-2, axis2=-1))

    assert float((stats.holm(found.p) < 0.05).any(axis=1).mean()) <= 0.07
    assert float(((low <= 0) & (high >= 0)).all(axis=1).mean()) >= 0.93
    assert float((stats.holm(plain) < 0.05).any(axis=1).mean()) > 0.2


@pytest.mark.parametrize("n", [5, 10, 20])
def test_a_tuned_comparison_at_the_margin_is_seldom_called_equal(n: int) -> None:
    """All settings are equally good, so that the true difference is that which is added."""
    margin = 1.0
    scores = 1.0 + chosen(n, 8, 0, 3) - chosen(n, 8, 0, 4)
    low, high = stats.tuned_difference(scores, np.zeros((n, n))).interval(0.9)

    assert float(((low >= -margin) & (high <= margin)).mean()) <= 0.06
