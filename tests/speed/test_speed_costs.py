import math
import random

import pytest
from fake_work import Bench
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from relu_bench.speed.cells import Cell, Size
from relu_bench.speed.costs import make_costs, median_interval
from relu_bench.speed.rounds import Prepared

SIZE = Size("cache", 256, "")


@pytest.mark.parametrize("count", range(1, 60))
def test_the_interval_is_the_narrowest_that_keeps_its_level(count: int) -> None:
    """Against the binomial distribution: ranks (k, n + 1 - k) cover 1 - 2 P(X < k)."""
    low, high = median_interval([float(value) for value in range(1, count + 1)])
    if count < 6:
        assert math.isnan(low)
        assert math.isnan(high)
        return
    rank = int(low)
    assert high == count + 1 - rank
    assert 1 - 2 * scipy_stats.binom.cdf(rank - 1, count, 0.5) >= 0.95
    assert 1 - 2 * scipy_stats.binom.cdf(rank, count, 0.5) < 0.95


def test_known_intervals() -> None:
    """Ranks of the published tables: n=10: 2 and 9, n=20: 6 and 15, n=31: 10 and 22."""
    ranks = {count: median_interval(list(range(1, count + 1))) for count in (6, 9, 10, 20, 31)}
    assert ranks == {6: (1, 6), 9: (2, 8), 10: (2, 9), 20: (6, 15), 31: (10, 22)}


@given(st.lists(st.floats(-1e6, 1e6), min_size=6, max_size=40), st.randoms())
def test_the_interval_holds_the_median_in_any_order(
    values: list[float], order: random.Random
) -> None:
    low, high = median_interval(values)
    assert low <= sorted(values)[len(values) // 2] <= high
    shuffled = list(values)
    order.shuffle(shuffled)
    assert median_interval(shuffled) == (low, high)


def test_costs_are_medians_and_ratios_are_paired_within_rounds() -> None:
    relu, tanh = (Cell(name, "eager", "forward", SIZE) for name in ("relu", "tanh"))
    # Each round is twice as slow as the one before, and tanh 2, 3 or 4 times as slow as relu.
    slowness = [2.0**number for number in range(7)]
    factors = [2, 3, 4, 3, 3, 2, 4]
    samples = {
        relu: [1e-9 * each for each in slowness],
        tanh: [1e-9 * each * factor for each, factor in zip(slowness, factors, strict=True)],
    }
    bench = Bench()
    prepared = {relu: Prepared(bench.make(relu, 256), 5), tanh: Prepared(bench.make(tanh, 128), 9)}
    of_relu, of_tanh = make_costs(samples, prepared)
    assert (of_relu.median_ns, of_relu.low_ns, of_relu.high_ns) == pytest.approx((8, 1, 64))
    assert (of_relu.relu_ratio, of_relu.ratio_low, of_relu.ratio_high) == (1, 1, 1)
    assert of_tanh.median_ns == pytest.approx(24)
    assert (of_tanh.relu_ratio, of_tanh.ratio_low, of_tanh.ratio_high) == pytest.approx((3, 2, 4))
    assert (of_tanh.elements, of_tanh.applications, of_tanh.rounds) == (128, 9, 7)
    assert (of_tanh.activation, of_tanh.size, of_tanh.mode, of_tanh.passes) == (
        "tanh",
        "cache",
        "eager",
        "forward",
    )


def test_few_rounds_have_no_interval() -> None:
    relu = Cell("relu", "numpy", "forward", SIZE)
    (cost,) = make_costs({relu: [1e-9] * 5}, {relu: Prepared(Bench().make(relu, 256), 1)})
    assert cost.median_ns == pytest.approx(1.0)
    assert math.isnan(cost.low_ns)
    assert math.isnan(cost.ratio_high)


def test_a_round_in_which_noise_ate_relu_breaks_no_ratio() -> None:
    relu, tanh = (Cell(name, "compiled", "forward", SIZE) for name in ("relu", "tanh"))
    samples = {relu: [0.0, 1e-9, 1e-9], tanh: [2e-9, 2e-9, 2e-9]}
    prepared = {cell: Prepared(Bench().make(cell, 256), 1) for cell in samples}
    assert make_costs(samples, prepared)[1].relu_ratio == pytest.approx(2.0)
