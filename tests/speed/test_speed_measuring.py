import pytest
from fake_work import Bench

from relu_bench.speed import Settings, measure
from relu_bench.speed.cells import Size

SIZES = (Size("cache", 1 << 15, ""), Size("memory", 1 << 23, ""))


def test_the_whole_measurement() -> None:
    bench = Bench(an_element={"relu": 1e-9, "tanh": 3e-9, "mish": 50e-9}, a_call=1e-4)
    costs = measure(
        ["mish", "tanh"],
        SIZES,
        Settings(seconds=1e9, repeats=7),
        clock=bench.clock,
        make=bench.make,
    )
    assert len(costs) == 3 * 3 * 2 * 2
    assert {cost.rounds for cost in costs} == {7}
    for cost in costs:
        if cost.mode == "compiled":
            expected = {"relu": 1.0, "tanh": 3.0, "mish": 50.0}[cost.activation]
            assert (cost.median_ns, cost.low_ns, cost.high_ns) == pytest.approx((expected,) * 3)
            assert cost.relu_ratio == pytest.approx(expected)
    eager = {
        (cost.activation, cost.size): cost
        for cost in costs
        if (cost.mode, cost.passes) == ("eager", "forward")
    }
    assert eager["relu", "cache"].median_ns == pytest.approx(1 + 1e5 / (1 << 15), rel=1e-6)
    assert eager["relu", "memory"].median_ns == pytest.approx(1 + 1e5 / (1 << 23), rel=1e-6)
    assert eager["mish", "memory"].elements == 1 << 19
    assert eager["tanh", "memory"].elements == 1 << 23


def test_it_tells_how_far_it_is() -> None:
    bench = Bench()
    told: list[tuple[str, float]] = []
    settings = Settings(seconds=0.1, repeats=100)
    measure(
        [],
        SIZES[:1],
        settings,
        lambda what, share: told.append((what, share)),
        clock=bench.clock,
        make=bench.make,
    )
    stages = list(dict.fromkeys(what for what, _ in told))
    assert stages == ["compiling and warming up", "measuring"]
    for stage in stages:
        shares = [share for what, share in told if what == stage]
        assert shares == sorted(shares)
        assert shares[0] == 0.0
        assert shares[-1] <= 1.0


def test_the_same_seed_measures_in_the_same_order() -> None:
    orders = []
    for seed in (0, 0, 1):
        bench = Bench()
        measure(
            ["tanh"],
            SIZES[:1],
            Settings(repeats=2, seed=seed),
            clock=bench.clock,
            make=bench.make,
        )
        orders.append([cell for cell, *_ in bench.applied])
    assert orders[0] == orders[1]
    assert orders[0] != orders[2]
