import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats as scipy_stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import TTestPower
from statsmodels.stats.weightstats import DescrStatsW

from relu_bench import stats
from relu_bench.stats.differences import EXACT_TO, FLIPS

RANDOM = np.random.default_rng(0)
PS = st.lists(st.floats(0, 1), min_size=1, max_size=20)
SCORES = st.lists(st.floats(0.1, 1), min_size=2, max_size=30, unique=True)


@pytest.mark.parametrize("n", [2, 3, 10, 40])
def test_paired_t_is_that_of_scipy(n: int) -> None:
    first, second = RANDOM.normal(0.97, 0.01, (2, 5, n))
    expected = scipy_stats.ttest_rel(first, second, axis=1).pvalue

    assert stats.paired_t(first - second) == pytest.approx(expected)


def test_paired_t_of_equal_differences_does_not_claim_certainty() -> None:
    assert stats.paired_t([0.1] * 4) == 0.125
    assert stats.paired_t([0.3 - 0.2, 0.4 - 0.3, 0.5 - 0.4]) == 0.25
    assert stats.paired_t([0.0] * 4) == 1.0
    assert math.isnan(float(stats.paired_t([0.1])))


@pytest.mark.parametrize("n", [1, 2, 3, 7, 10])
def test_sign_flip_is_exact(n: int) -> None:
    differences = RANDOM.normal(0.5, 1, n)
    sums = [abs(float(np.dot(signs, differences))) for signs in product((1, -1), repeat=n)]
    observed = abs(float(differences.sum()))
    expected = np.mean([each >= observed - 1e-9 for each in sums])

    assert stats.sign_flip(differences) == pytest.approx(expected)


def test_sign_flip_is_the_permutation_test_of_scipy() -> None:
    first, second = RANDOM.normal(0, 1, (2, 8))
    expected = scipy_stats.permutation_test(
        (first, second), lambda a, b: np.mean(a - b), permutation_type="samples", vectorized=False
    ).pvalue

    assert stats.sign_flip(first - second) == pytest.approx(expected)


def test_sign_flip_with_random_flips_is_near_and_the_same_every_time() -> None:
    differences = np.array([*RANDOM.normal(0.3, 1, EXACT_TO), 0.0])
    exact = float(stats.sign_flip(differences[:-1]))
    by_chance = float(stats.sign_flip(differences))

    assert by_chance == pytest.approx(exact, abs=4 * math.sqrt(exact * (1 - exact) / FLIPS))
    assert by_chance == float(stats.sign_flip(differences))


def test_sign_flip_counts_ties_whatever_the_order_of_the_sum() -> None:
    assert stats.sign_flip([0.1, 0.2, 0.3, -0.3]) == stats.sign_flip([-0.3, 0.3, 0.2, 0.1])
    assert stats.sign_flip([0.0, 0.0, 0.0]) == 1.0


@pytest.mark.parametrize("n", [1, 2, 5, EXACT_TO])
def test_smallest_p_is_reached_when_every_seed_agrees(n: int) -> None:
    assert stats.sign_flip(np.ones(n)) == stats.smallest_p(n)


def test_smallest_p_beyond_exact_flips() -> None:
    assert stats.smallest_p(0) == 1.0
    assert stats.smallest_p(16) == 2.0**-15
    assert stats.smallest_p(40) == 1 / (FLIPS + 1)


@pytest.mark.parametrize("n", [16, 17, 18])
def test_random_flips_give_no_p_below_the_smallest_of_all_flips(n: int) -> None:
    random = np.random.default_rng(n)
    p = stats.sign_flip(random.normal(1.0, 0.1, (20, n)))

    assert p.min() >= stats.smallest_p(n) >= 2.0 ** (1 - n)


@pytest.mark.parametrize(("comparisons", "seeds"), [(1, 6), (3, 7), (30, 11), (6000, None)])
def test_deciding_seeds_are_the_fewest(comparisons: int, seeds: int | None) -> None:
    assert stats.deciding_seeds(comparisons) == seeds
    if seeds is not None:
        assert comparisons * stats.smallest_p(seeds) <= 0.05
        assert comparisons * stats.smallest_p(seeds - 1) > 0.05


@settings(max_examples=20)
@given(PS)
def test_holm_is_that_of_statsmodels_and_leaves_out_what_was_not_tested(p: list[float]) -> None:
    adjusted = stats.holm([math.nan, *p])

    assert math.isnan(adjusted[0])
    assert adjusted[1:] == pytest.approx(multipletests(p, method="holm")[1])
    assert np.all(adjusted[1:] >= np.array(p))


def test_holm_works_along_the_last_axis() -> None:
    rows = RANDOM.random((4, 6))

    assert stats.holm(rows) == pytest.approx(np.array([stats.holm(row) for row in rows]))
    assert stats.holm([]).size == 0


def test_correlation_is_that_of_scipy() -> None:
    first, second = RANDOM.normal(size=(2, 12))

    assert stats.correlation(first, second) == pytest.approx(scipy_stats.pearsonr(first, second)[0])
    assert math.isnan(stats.correlation([1, 1, 1], [1, 2, 3]))
    assert math.isnan(stats.correlation([1, 2], [1, 3]))


@pytest.mark.parametrize("n", [3, 7, 10])
def test_there_is_no_correlation_with_what_is_constant_but_for_rounding(n: int) -> None:
    constant, other = np.full(n, 11.35), RANDOM.normal(97.7, 0.1, n)

    assert math.isnan(stats.correlation(constant, other))
    assert math.isnan(stats.correlation(other, constant))
    assert math.isnan(stats.correlation(constant, constant))


def test_probability_of_improvement_counts_ties_half() -> None:
    assert stats.probability_of_improvement([0.1, 0.2, -0.1, 0.0]) == 0.625
    assert math.isnan(stats.probability_of_improvement([]))


@pytest.mark.parametrize("n", [2, 5, 10, 50, 400])
@pytest.mark.parametrize("level", [0.05, 0.05 / 30])
def test_power_is_that_of_statsmodels(n: int, level: float) -> None:
    for effect in (0.1, 0.2, 0.5):
        expected = TTestPower().power(effect, n, level)
        expected = 1.0 if math.isnan(expected) else expected  # as it gives for what is certain
        assert stats.power(effect * 0.2, 0.2, n, level) == pytest.approx(expected, abs=1e-6)


def test_power_far_from_the_border_is_certain() -> None:
    assert stats.power(100.0, 0.1, [30, 1000, 100_000], 0.05) == pytest.approx([1, 1, 1])


@given(st.floats(0.01, 5), st.sampled_from([0.05, 0.05 / 3, 0.05 / 30]))
def test_seeds_needed_are_the_fewest_that_reach_the_power(sd: float, level: float) -> None:
    seeds = float(stats.seeds_needed(0.5, sd, level))

    assert stats.power(0.5, sd, seeds, level) >= 0.8
    assert seeds == 2 or stats.power(0.5, sd, seeds - 1, level) < 0.8


def test_seeds_needed_of_what_cannot_be_found() -> None:
    found = stats.seeds_needed(0.1, [0.0, math.nan, 1e6])
    assert found[0] == 2
    assert math.isnan(found[1])
    assert math.isinf(found[2])
    assert math.isinf(float(stats.seeds_needed(0.0, 0.1)))


def test_seeds_to_show_equality_are_about_8_6_times_the_squared_ratio() -> None:
    found = stats.seeds_to_show_equality([0.1, 0.2, 1.0, 1000.0], 0.1)

    assert found == pytest.approx([11, 36, 859, math.inf])
    assert found[2] == pytest.approx(8.6 * 100, rel=0.01)
    assert stats.seeds_to_show_equality([0.0, math.nan], 0.1) == pytest.approx(
        [2, math.nan], nan_ok=True
    )
    assert np.isinf(stats.seeds_to_show_equality(0.1, 0.0))


@pytest.mark.parametrize("ratio", [0.8, 1.5, 3.0])
def test_that_many_seeds_show_equality_in_four_of_five_cases(ratio: float) -> None:
    n = int(stats.seeds_to_show_equality(ratio, 1.0))
    rows = np.random.default_rng(n).normal(0, ratio, (4_000, n))
    low, high = stats.t_ends(rows.mean(axis=1), rows.std(axis=1, ddof=1), n, 0.9)

    assert 0.78 <= float(((low >= -1) & (high <= 1)).mean()) <= 0.89


def test_mcnemar_is_the_exact_binomial_test_of_pairs_that_differ() -> None:
    first, second = RANDOM.random((2, 6, 30)) < [[[0.9]], [[0.6]]]
    found = stats.mcnemar(first, second)

    for p, one, other in zip(found, first, second, strict=True):
        alone, both = int((one & ~other).sum()), int((one ^ other).sum())
        assert p == pytest.approx(scipy_stats.binomtest(alone, both).pvalue)
    assert stats.mcnemar([True] * 10, [True] * 10) == 1.0
    assert stats.mcnemar([True] * 6, [False] * 6) == pytest.approx(2 / 64)
    with pytest.raises(ValueError, match="shapes"):
        stats.mcnemar([True], [True, False])


def test_mcnemar_raises_no_more_false_alarms_than_it_says() -> None:
    learned = np.random.default_rng(1).random((2, 4_000, 20)) < 0.9

    assert float((stats.mcnemar(*learned) < 0.05).mean()) <= 0.05


def test_the_same_function_counts_once_in_holm() -> None:
    relu, elu, tanh = RANDOM.normal(97.7, 0.1, (3, 2, 5))
    near = elu + 1e-12
    scores = np.array([elu, relu, near, tanh, relu, np.full_like(relu, math.nan)])
    groups = stats.same_scores(scores)

    assert groups.tolist() == [0, 1, 0, 3, 1, 5]
    adjusted = stats.holm_of_groups([0.02, math.nan, 0.02, 0.03, 1.0, math.nan], groups, 4)
    assert adjusted == pytest.approx([0.04, math.nan, 0.04, 0.04, 1.0, math.nan], nan_ok=True)


def test_variants_that_differ_anywhere_are_not_the_same() -> None:
    row = np.array([[1.0, 2.0, math.nan], [-0.0, 5.0, 6.0]])
    more, less = row.copy(), row.copy()
    more[0, 2], less[1, 1] = 3.0, math.nan

    assert stats.same_scores([row, more, less, row + 0.0]).tolist() == [0, 1, 2, 0]
    unlike = np.arange(3)
    p = [math.nan, 0.01, 0.03]
    assert stats.holm_of_groups(p, unlike, 0) == pytest.approx(stats.holm(p), nan_ok=True)


@given(arrays(np.bool_, st.integers(1, 7).map(lambda k: (k, k))))
def test_letters_are_shared_exactly_by_what_is_not_told_apart(table: np.ndarray) -> None:
    different = np.triu(table, 1) | np.triu(table, 1).T
    found = stats.letters(different)

    for i, j in product(range(len(found)), repeat=2):
        assert bool(set(found[i]) & set(found[j])) == (not different[i, j])
    assert found[0].startswith("a")


def test_letters_of_a_chain() -> None:
    apart = np.zeros((4, 4), dtype=bool)
    apart[0, 2:] = apart[1, 3] = True

    assert stats.letters(apart | apart.T) == ["a", "ab", "bc", "c"]


def test_letters_go_on_after_z() -> None:
    apart = ~np.eye(54, dtype=bool)

    assert stats.letters(apart)[25:28] == ["z", "A", "B"]
    assert stats.letters(apart)[51:] == ["Z", "a1", "b1"]


def test_letters_refuse_a_table_that_is_no_pairing() -> None:
    with pytest.raises(ValueError, match="symmetric"):
        stats.letters([[False, True], [False, False]])


@given(SCORES, st.data())
def test_ratio_ends_where_the_paired_t_test_starts_to_reject(
    above: list[float], data: st.DataObject
) -> None:
    size = len(above)
    below = data.draw(st.lists(st.floats(0.5, 1), min_size=size, max_size=size, unique=True))
    ratio, low, high = stats.ratio_of_means(above, below)

    assert ratio == pytest.approx(np.mean(above) / np.mean(below))
    if not math.isnan(low):
        assert low <= ratio <= high
        for end in (low, high):
            rest = np.array(above) - end * np.array(below)
            if rest.std(ddof=1) > 1e-6:
                assert stats.paired_t(rest) == pytest.approx(0.05, abs=1e-4)


def test_ratio_without_an_end_or_a_meaning() -> None:
    assert stats.ratio_of_means([0.2], [0.1]) == pytest.approx(
        (2.0, math.nan, math.nan), nan_ok=True
    )
    assert math.isnan(stats.ratio_of_means([0.2, 0.3], [0.0, 0.0])[0])
    ratio, low, _ = stats.ratio_of_means([1.0, 2.0, 3.0], [-1.0, 0.5, 1.0])
    assert ratio == pytest.approx(12.0)
    assert math.isnan(low)


@pytest.mark.parametrize(
    ("interval", "margin", "within"),
    [
        ((-0.05, 0.09), 0.1, True),
        ((-0.05, 0.11), 0.1, False),
        ((-0.11, 0.05), 0.1, False),
        ((0.0, 0.0), 0.0, True),
        ((math.nan, math.nan), 0.1, False),
        ((-0.1 - 2e-11, 0.1 + 2e-11), 0.1, True),
        ((-0.1 - 2e-10, 0.0), 0.1, False),
        ((0.0, 0.2777777778), 100 / 360, True),
    ],
)
def test_within_margin(interval: tuple[float, float], margin: float, within: bool) -> None:
    assert stats.within_margin(interval, margin) is within


@given(SCORES, st.floats(0.001, 0.5))
def test_within_margin_is_the_two_one_sided_tests_of_statsmodels(
    values: list[float], margin: float
) -> None:
    differences = np.array(values) - 0.5
    if differences.std(ddof=1) < 1e-6:
        return
    described = DescrStatsW(differences)
    p = max(
        described.ttest_mean(-margin, alternative="larger")[1],
        described.ttest_mean(margin, alternative="smaller")[1],
    )
    if abs(p - 0.05) > 1e-9:
        assert stats.within_margin(stats.t_interval(differences, 0.9), margin) == (p < 0.05)


@pytest.mark.parametrize("n", range(2, 31))
def test_an_end_at_the_margin_is_within_it_whatever_the_number_of_seeds(n: int) -> None:
    assert stats.within_margin(stats.t_interval(np.full(n, 0.1), 0.9), 0.1)


def test_a_margin_is_not_negative() -> None:
    with pytest.raises(ValueError, match="margin is -1"):
        stats.within_margin((0.0, 0.0), -1)
