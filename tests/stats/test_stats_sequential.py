import math
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.integrate import quad

from relu_bench import stats
from relu_bench.stats.sequential import (
    LEVEL,
    look_that_decides,
    looks,
    mixture_constant,
    sequential_factor,
)

# Tables of three comparisons; 4,000 are a thorough look.
TABLES, COMPARISONS, MOST = 500, 3, 100
MARGIN = 0.1
CHECK = [0.12, 0.05, -0.03, 0.2, 0.11, 0.08, 0.15, -0.02, 0.09, 0.1]


@pytest.mark.parametrize(
    ("level", "constant", "factors"),
    [
        (
            0.05,
            12.6005609793,
            (5.3167067305, 4.1714293763, 3.2399166451, 3.0995250762, 3.0921759704),
        ),
        (
            0.05 / 3,
            9.6092287872,
            (6.4453650419, 4.8304944488, 3.6783055497, 3.5063031884, 3.4820918808),
        ),
        (
            0.05 / 29,
            6.5166311627,
            (9.5683000825, 6.2347722431, 4.4851648908, 4.2308687491, 4.1670841803),
        ),
        (
            0.10,
            15.8006349069,
            (4.6654370591, 3.7484950935, 2.9354555336, 2.8112563310, 2.8134436152),
        ),
    ],
)
def test_check_values(level: float, constant: float, factors: tuple[float, ...]) -> None:
    assert mixture_constant(level) == pytest.approx(constant, abs=6e-11)
    assert sequential_factor([15, 20, 50, 100, 200], level) == pytest.approx(factors, abs=6e-11)
    assert np.isinf(sequential_factor([0, 1, 2, 10], level)).all()


def test_the_e_value_is_that_of_the_mixture_by_numerical_integration() -> None:
    """Of a scale-invariant prior on sd, and effects of variance 1 / c in its units."""
    differences = np.array(CHECK)
    n, c = len(differences), mixture_constant(0.05)
    total = float((differences**2).sum())

    def likelihood(effect: float) -> float:
        """Of the sign and the shape of the differences, by that without an effect."""
        shift = effect * differences.sum() / math.sqrt(total)

        def over_size(size: float) -> float:
            return float(size ** (n - 1) * np.exp(-0.5 * size**2 + size * shift))

        nothing = 2 ** (n / 2 - 1) * math.gamma(n / 2)
        return float(quad(over_size, 0, 40)[0]) * math.exp(-n * effect**2 / 2) / nothing

    def mixed(effect: float) -> float:
        return likelihood(effect) * math.sqrt(c / (2 * math.pi)) * math.exp(-c * effect**2 / 2)

    assert float(stats.e_value(differences)) == pytest.approx(3.6649807493, abs=6e-11)
    assert quad(mixed, -6, 6)[0] == pytest.approx(3.6649807493, abs=1e-7)


def test_e_value_of_equal_differences() -> None:
    c = mixture_constant()

    assert stats.e_value([0.1] * 10) == pytest.approx(((10 + c) / c) ** 4.5)
    assert np.isnan([stats.e_value([0.0] * 10), stats.e_value([0.1])]).all()


@pytest.mark.parametrize("n", [15, 40, 200])
@pytest.mark.parametrize("level", [0.05, 0.05 / 29])
def test_the_interval_ends_where_the_e_value_reaches_one_by_the_level(n: int, level: float) -> None:
    numbers = np.random.default_rng(n).normal(size=n)
    low, high = stats.sequential_ends(numbers.mean(), numbers.std(ddof=1), n, level)

    for end in (low, high):
        assert stats.e_value(numbers - end, level) == pytest.approx(1 / level)


def test_an_interval_of_too_few_seeds_has_no_end() -> None:
    assert stats.sequential_ends([0.1, 0.1], [0.0, math.nan], [10, 1]) == (
        pytest.approx([-math.inf] * 2),
        pytest.approx([math.inf] * 2),
    )


def test_looks() -> None:
    assert [*looks(9)] == []
    assert [*looks(24)] == [10, 15, 20]
    assert [*looks(25)] == [10, 15, 20, 25]


def decided(
    differences: object, margin: float = MARGIN, comparisons: int = 1, resolution: float = 0.0
) -> tuple[str, int]:
    found = stats.until_resolved(np.asarray(differences), margin, comparisons, resolution)
    return str(found.verdict), int(found.look)


def test_the_first_look_that_decides_is_the_verdict_and_later_seeds_do_not_count() -> None:
    near = np.tile([0.01, -0.01], 50)
    far = np.tile([0.51, 0.49], 50)
    turned = np.concatenate([far[:15], -10 * far])

    assert decided(near) == ("practically equal", 15)
    assert decided(far) == ("better", 15)
    assert decided(-far) == ("worse", 15)
    assert decided(turned) == ("better", 15)
    assert decided(far[:14]) == ("undecided", 10)
    assert decided(far[:9]) == ("undecided", 0)
    found = stats.until_resolved(turned, MARGIN, 1)
    assert found.difference == pytest.approx(far[:15].mean())
    low, high = stats.sequential_ends(far[:15].mean(), far[:15].std(ddof=1), 15, LEVEL)
    assert (found.low, found.high) == pytest.approx((low, high))


def test_equal_comes_before_better() -> None:
    assert decided(0.03 + np.tile([0.01, -0.01], 10)) == ("practically equal", 15)
    assert decided(0.03 + np.tile([0.01, -0.01], 10), margin=0.02) == ("better", 15)


def test_ends_at_the_margin_are_within_it() -> None:
    numbers = np.tile([0.01, -0.01], 8)[:15]
    _, high = stats.sequential_ends(numbers.mean(), numbers.std(ddof=1), 15, 0.10)

    assert decided(numbers, margin=float(high) - 1e-12) == ("practically equal", 15)
    assert decided(numbers, margin=float(high) - 1e-9)[0] == "undecided"


def test_ties() -> None:
    zeros, equal = np.zeros(30), np.full(30, 0.3 - 0.2)

    assert decided(zeros[:10]) == ("undecided", 10)
    assert decided(zeros) == ("practically equal", 15)
    assert decided(zeros, resolution=0.1) == ("practically equal", 15)
    assert decided(zeros, resolution=0.28) == ("undecided", 30)
    assert decided(zeros, margin=0.0) == ("practically equal", 15)
    assert decided(equal, margin=0.2) == ("undecided", 30)
    assert np.isnan(stats.until_resolved(equal, 0.2, 1).low)
    assert bool(stats.until_resolved(equal, 0.2, 1).same)


def test_a_margin_of_less_than_one_test_sample_is_never_held_against() -> None:
    near = np.tile([0.01, -0.01], 10)

    assert decided(near, margin=100 / 360, resolution=100 / 360)[0] == "practically equal"
    assert decided(near, margin=0.1, resolution=100 / 360)[0] == "undecided"


def test_a_failed_run_leaves_its_seed_out_and_one_in_ten_may_fail() -> None:
    far = np.tile([0.51, 0.49], 20)
    one, three = far.copy(), far.copy()
    one[2] = three[[2, 5, 11]] = math.nan

    assert decided(one) == ("better", 15)
    assert int(stats.until_resolved(one, MARGIN, 1).seeds) == 14
    assert decided(three) == ("better", 30)
    assert decided(np.full(20, math.nan)) == ("undecided", 20)


def test_many_comparisons_in_one_call_are_those_one_by_one() -> None:
    random = np.random.default_rng(2)
    rows = random.normal(0.1, 0.1, (20, 3, 47))
    rows[random.random(rows.shape) < 0.02] = math.nan
    found = stats.until_resolved(rows, 0.1, 3)

    for place in np.ndindex(20, 3):
        single = stats.until_resolved(rows[place], 0.1, 3)
        assert single.verdict == found.verdict[place]
        assert single.look == found.look[place]
        assert single.low == pytest.approx(found.low[place])


def test_what_cannot_be_asked() -> None:
    with pytest.raises(ValueError, match="margin is -1"):
        stats.until_resolved([0.0] * 10, -1, 1)
    with pytest.raises(ValueError, match="0 comparisons"):
        stats.until_resolved([0.0] * 10, 0.1, 0)


def normal(truth: float, seed: int) -> NDArray[np.float64]:
    """Differences (points) of variants from one baseline, with a run's sd of 0.15."""
    random = np.random.default_rng(seed)
    variants = random.normal(0, 0.15, (TABLES, COMPARISONS, MOST))
    return truth + variants - random.normal(0, 0.15, (TABLES, 1, MOST))


def binomial(truth: float, seed: int) -> NDArray[np.float64]:
    """The same of test parts of 10,000 images, of which 97.7 % are right."""
    random = np.random.default_rng(seed)
    variants = random.binomial(10_000, 0.977 + truth / 100, (TABLES, COMPARISONS, MOST))
    return np.round((variants - random.binomial(10_000, 0.977, (TABLES, 1, MOST))) / 100, 10)


@pytest.mark.parametrize("draw", [normal, binomial])
@pytest.mark.parametrize("truth", [0.0, MARGIN / 2, MARGIN])
def test_the_error_rates_of_looking_until_it_is_resolved(
    draw: Callable[[float, int], NDArray[np.float64]], truth: float
) -> None:
    found = stats.until_resolved(draw(truth, 3), MARGIN, COMPARISONS, 0.01)
    wrong = found.verdict == "worse"
    if truth == 0:
        wrong |= found.verdict == "better"

    assert float(wrong.any(axis=1).mean()) <= LEVEL
    assert float(((found.low <= truth) & (truth <= found.high)).all(axis=1).mean()) >= 1 - LEVEL
    if truth == MARGIN:
        assert float((found.verdict == "practically equal").mean()) <= 0.05


def test_a_plain_t_test_at_each_look_is_wrong_far_more_often() -> None:
    rows = normal(0.0, 3)[:, 0]
    alarms = [stats.paired_t(rows[:, :look]) < LEVEL for look in looks(MOST)]

    assert float(np.any(alarms, axis=0).mean()) > 3 * LEVEL


def test_the_next_look() -> None:
    assert [stats.next_look(seeds) for seeds in (0, 3, 10, 12, 15, 200)] == [
        10,
        10,
        15,
        15,
        20,
        205,
    ]


def test_looks_of_ones_own_and_none_below_15_seeds_decides() -> None:
    far = np.tile([0.51, 0.49], 50)
    for seeds, verdict in ((14, "undecided"), (17, "better"), (100, "better")):
        found = stats.until_resolved(far, MARGIN, 1, at=[seeds])
        assert (str(found.verdict), int(found.look), int(found.seeds)) == (verdict, seeds, seeds)
    assert str(stats.until_resolved(np.zeros(14), MARGIN, 1, at=[14]).verdict) == "undecided"


@pytest.mark.parametrize("shift", [0.0, 0.03, 0.1, 0.4])
def test_the_look_that_would_decide_is_the_one_that_does(shift: float) -> None:
    """Of differences whose mean and sd are the same at each look."""
    for size in looks(200):
        wave = np.tile([1.0, -1.0], size)[:size]
        numbers = shift + 0.15 * (wave - wave.mean()) / wave.std(ddof=1)
        if str(stats.until_resolved(numbers, MARGIN, 3, at=[size]).verdict) != "undecided":
            assert look_that_decides(shift, 0.15, MARGIN, 3, 200) == size
            break
    else:
        assert look_that_decides(shift, 0.15, MARGIN, 3, 200) is None
    assert look_that_decides(shift, 0.15, MARGIN, 3, 10) is None
    assert look_that_decides(math.nan, math.nan, MARGIN, 3, 200) is None
