"""From trials to medians, intervals and verdicts."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from relu_bench.diagnose.diagnosis import (
    RULE,
    Combination,
    Diagnosis,
    Judged,
    diagnosis_of,
    judge,
    share_of,
    spread,
)
from relu_bench.diagnose.simulate import Trials

HEALTHY: dict[str, float] = {
    "dead_layer": 0.0,
    "dead_units": 0.1,
    "gradient_ratio": 0.3,
    "signal_ratio": -0.5,
    "overflow": 0.0,
}


def combination(activation: str = "relu", model: str = "mlp(hidden=[4, 2])") -> Combination:
    return Combination("digits", model, activation, "he_normal", "zeros", False)


def diagnosed(
    signal: Any, gradient: Any, inactive: Any = ((0, 0),), activation: str = "relu"
) -> Diagnosis:
    trials = Trials(
        np.asarray(signal, float), np.asarray(gradient, float), np.asarray(inactive, np.int64)
    )
    return diagnosis_of(combination(activation), trials, images=5, outputs=3, seed=9)


@pytest.mark.parametrize(("count", "of"), [(0, 300), (3, 300), (150, 300), (300, 300), (1, 2)])
def test_the_interval_of_a_share_is_wilsons(count: int, of: int) -> None:
    expected = stats.binomtest(count, of).proportion_ci(0.95, method="wilson")
    found = share_of(count, of)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-12)
    assert (found.share, found.count, found.of) == (count / of, count, of)


def test_a_spread_consists_of_values() -> None:
    found = spread(np.arange(1.0, 101.0)[::-1])
    assert (found.median, found.low, found.high) == (50, 5, 95)
    assert (found.median_low, found.median_high) == (40, 61)


def test_the_interval_of_a_median_covers_it() -> None:
    random = np.random.default_rng(0)
    spreads = [spread(random.normal(size=100)) for _ in range(2000)]
    covered = sum(each.median_low <= 0 <= each.median_high for each in spreads)
    assert 0.94 < covered / 2000 < 0.98


def test_infinite_values_count_and_missing_ones_do_not() -> None:
    found = spread(np.array([-math.inf] * 3 + [1.0] * 2 + [math.nan] * 10))
    assert found.median == -math.inf
    assert (found.low, found.high) == (-math.inf, 1.0)
    assert math.isnan(found.median_low), "too few for an interval"
    assert math.isnan(spread(np.array([math.nan, math.nan])).median)


@given(st.lists(st.floats(), min_size=1, max_size=60))
def test_a_spread_is_ordered(values: list[float]) -> None:
    found = spread(np.array(values))
    if np.isnan(values).all():
        assert math.isnan(found.median)
        return
    assert found.low <= found.median <= found.high
    if sum(not math.isnan(value) for value in values) >= 6:
        assert found.median_low <= found.median <= found.median_high


@pytest.mark.parametrize(
    ("changed", "verdict", "reason"),
    [
        ({}, "healthy", "gradients and signals stay within a factor of 100"),
        ({"dead_layer": 0.05}, "healthy", "gradients and signals stay within a factor of 100"),
        ({"dead_layer": 0.06}, "dying", "a layer is born dead in 6.0 % of initializations"),
        ({"dead_units": 0.5}, "healthy", "gradients and signals stay within a factor of 100"),
        ({"dead_units": 0.51}, "dying", "51.0 % of the units are born dead"),
        ({"gradient_ratio": 2.0}, "healthy", "gradients and signals stay within a factor of 100"),
        ({"gradient_ratio": 2.1}, "exploding", "gradients grow by a factor of 10^2.1"),
        ({"gradient_ratio": -2.1}, "vanishing", "gradients shrink by a factor of 10^2.1"),
        ({"gradient_ratio": -math.inf}, "vanishing", "gradients shrink to exactly 0"),
        ({"signal_ratio": 3.0}, "exploding", "signals grow by a factor of 10^3.0"),
        ({"signal_ratio": math.inf}, "exploding", "signals grow beyond what float32 holds"),
        ({"signal_ratio": -2.5}, "vanishing", "signals shrink by a factor of 10^2.5"),
        ({"overflow": 0.51}, "exploding", "float32 overflows in 51.0 % of initializations"),
        (
            {"gradient_ratio": math.nan, "signal_ratio": math.nan, "overflow": 1.0},
            "exploding",
            "float32 overflows in 100.0 % of initializations",
        ),
        # The first that holds: dying, then exploding, then vanishing.
        (
            {"dead_layer": 0.9, "gradient_ratio": -math.inf},
            "dying",
            "a layer is born dead in 90.0 % of initializations",
        ),
        (
            {"gradient_ratio": -5.0, "signal_ratio": 5.0},
            "exploding",
            "signals grow by a factor of 10^5.0",
        ),
    ],
)
def test_verdicts(changed: dict[str, float], verdict: str, reason: str) -> None:
    found = judge(**{**HEALTHY, **changed})
    assert (found.verdict, found.reason) == (verdict, reason)


def test_the_rule_names_every_limit() -> None:
    for words in ("5 %", "50 %", "100-fold", "1/100", "more than half"):
        assert words in RULE


def test_ratios_go_against_the_flow() -> None:
    found = diagnosed(signal=[[1, 100, 7]] * 6, gradient=[[1e-4, 1]] * 6, inactive=[[0, 0]] * 6)
    assert found.signal_ratio.median == pytest.approx(1)
    assert found.gradient_ratio.median == pytest.approx(-2)
    first, second, output = found.layers
    assert (first.layer, second.layer, output.layer) == ("dense_1", "dense_2", "output")
    assert (first.units, second.units, output.units) == (4, 2, 3)
    assert second.signal_factor == pytest.approx(100)
    assert output.signal_factor == pytest.approx(0.07)
    assert first.gradient_factor == pytest.approx(1e-4)
    assert math.isnan(second.gradient_factor)
    assert math.isnan(first.signal_factor)
    assert math.isnan(output.gradient.median)
    assert (found.trials, found.images, found.seed) == (6, 5, 9)


def test_no_gradient_is_minus_infinity_and_counted() -> None:
    found = diagnosed(
        signal=[[1, 1, 1]] * 4, gradient=[[0, 0], [0, 1], [0, 1], [1, 1]], inactive=[[0, 0]] * 4
    )
    assert found.gradient_ratio.median == -math.inf
    assert found.gradient_ratio.high == 0
    assert found.zero_gradient.share == 0.75
    assert found.judged == Judged("vanishing", "gradients shrink to exactly 0")


def test_overflow_is_counted_and_no_ratio_is_made_up() -> None:
    found = diagnosed(
        signal=[[math.inf, math.inf, math.inf], [1, math.inf, math.inf], [1, 1, math.inf]],
        gradient=[[math.nan, math.nan]] * 3,
        inactive=[[0, 0]] * 3,
    )
    assert found.overflow.share == 1
    assert math.isnan(found.gradient_ratio.median)
    assert found.signal_ratio.median == math.inf
    assert found.judged.verdict == "exploding"


def test_dead_units_and_layers() -> None:
    inactive = [[4, 0], [2, 0], [0, 2], [0, 1]]
    ones = {"signal": np.ones((4, 3)), "gradient": np.ones((4, 2)), "inactive": inactive}
    found = diagnosed(**ones)
    assert found.dead_units == pytest.approx(9 / 24)
    assert found.dead_layer.share == 0.5
    first, second, output = found.layers
    assert (first.dead_units, second.dead_units) == (6 / 16, 3 / 8)
    assert first.dead_layer.share == 0.25
    assert math.isnan(output.dead_layer.share)
    assert found.judged.verdict == "dying"
    # What is learned can bring a unit back.
    learned = diagnosed(**ones, activation="prelu(initial=0.0)")
    assert (learned.dead_units, learned.dead_layer.share) == (0, 0)
