"""Timing, preparing and rounds, by a clock that only the work moves."""

import gc

import numpy as np
import pytest
from fake_work import Bench

from relu_bench.speed.cells import Cell, Size, cells
from relu_bench.speed.rounds import LEAST_ROUNDS, Prepared, prepare, run_rounds
from relu_bench.speed.work import Work, seconds_each

SMALL, LARGE = Size("cache", 1 << 15, ""), Size("memory", 1 << 23, "")


def prepared(bench: Bench, *names: str, size: Size = SMALL) -> dict[Cell, Prepared]:
    return {cell: Prepared(bench.make(cell, 256), 10) for cell in cells(names, [size])}


def run(bench: Bench, ready: dict[Cell, Prepared], **changes: float) -> dict[Cell, list[float]]:
    options = {"most": 10, "seconds": 1e9, "seed": 0, **changes}
    return run_rounds(
        ready,
        most=int(options["most"]),
        seconds=options["seconds"],
        seed=int(options["seed"]),
        clock=bench.clock,
        on_round=lambda done, seconds: None,
    )


def test_the_call_of_a_program_is_subtracted_and_that_of_an_operation_is_not() -> None:
    bench = Bench(a_call=5.0, an_element={"relu": 1e-3})
    compiled = bench.make(Cell("relu", "compiled", "forward", SMALL), 1000)
    assert seconds_each(compiled, 4, bench.clock) == pytest.approx(1.0)
    assert [times for _, _, times in bench.applied] == [0, 0, 4]
    eager = bench.make(Cell("relu", "eager", "forward", SMALL), 1000)
    assert seconds_each(eager, 4, bench.clock) == pytest.approx(6.0)


def test_a_disturbed_call_of_nothing_makes_no_activation_cheaper() -> None:
    bench = Bench()
    seconds = iter([7.0, 1.0, 9.0])

    def apply(times: int) -> None:
        bench.now += next(seconds)

    assert seconds_each(Work(apply, 256, compiled=True), 4, bench.clock) == pytest.approx(2.0)


def test_a_sample_lasts_4_ms_on_a_small_tensor_and_10_ms_on_a_large_one() -> None:
    bench = Bench(an_element={"relu": 1e-10})
    ready = prepare(cells([], [SMALL, LARGE]), bench.make, bench.clock, lambda done: None)
    for cell, each in ready.items():
        assert each.work.elements == cell.size.elements
        seconds = each.times * each.work.elements * 1e-10
        assert seconds == pytest.approx(0.004 if cell.size == SMALL else 0.010, rel=0.2)


def test_everything_is_warmed_up_by_an_application_that_is_not_timed() -> None:
    bench = Bench()
    told: list[int] = []
    every = cells(["tanh"], [SMALL])
    prepare(every, bench.make, bench.clock, told.append)
    first: dict[Cell, int] = {}
    for cell, _, times in bench.applied:
        first.setdefault(cell, times)
    assert first == dict.fromkeys(every, 1)
    assert told == list(range(len(every)))


def test_a_slow_activation_gets_a_smaller_tensor_but_not_a_small_one() -> None:
    bench = Bench(an_element={"tanh": 10e-9, "mish": 1e-6})
    ready = prepare(
        cells(["tanh", "mish"], [SMALL, LARGE]), bench.make, bench.clock, lambda done: None
    )
    elements = {
        (cell.activation, cell.size.name): each.work.elements for cell, each in ready.items()
    }
    assert elements == {
        ("relu", "cache"): 1 << 15,
        ("relu", "memory"): 1 << 23,
        ("tanh", "cache"): 1 << 15,
        ("tanh", "memory"): 1 << 21,
        ("mish", "cache"): 1 << 15,
        ("mish", "memory"): 1 << 18,
    }


def test_the_cost_of_calls_makes_no_tensor_smaller() -> None:
    bench = Bench(a_call=0.001, an_element={"relu": 1e-10})
    ready = prepare(cells([], [SMALL, LARGE]), bench.make, bench.clock, lambda done: None)
    assert {each.work.elements for each in ready.values()} == {1 << 15, 1 << 23}


def test_a_disturbed_timing_does_not_decide_how_often_a_sample_applies() -> None:
    bench = Bench(an_element={"relu": 1e-11})
    timings = iter(range(1000))

    def make(cell: Cell, elements: int) -> Work:
        quiet = bench.make(cell, elements)

        def apply(times: int) -> None:
            quiet.apply(times)
            if next(timings) % 3 == 1:
                bench.now += 0.02

        return Work(apply, elements)

    (cell, *_) = cells([], [SMALL])
    ready = prepare([cell], make, bench.clock, lambda done: None)
    assert ready[cell].times == pytest.approx(0.004 / ((1 << 15) * 1e-11), rel=0.01)


def test_work_that_takes_no_time_ends() -> None:
    bench = Bench(an_element={"relu": 0.0})
    ready = prepare(cells([], [SMALL]), bench.make, bench.clock, lambda done: None)
    assert {each.times for each in ready.values()} == {1 << 20}


def test_each_round_times_every_cell_once_in_an_order_of_its_own() -> None:
    bench = Bench()
    ready = prepared(bench, "tanh", "elu(alpha=1.0)")
    samples = run(bench, ready, most=8)
    assert {len(values) for values in samples.values()} == {8}
    order = [cell for cell, _, times in bench.applied if times]
    rounds = [order[start : start + len(ready)] for start in range(0, len(order), len(ready))]
    assert all(set(each) == set(ready) for each in rounds)
    assert len({tuple(each) for each in rounds}) == 8

    again = Bench()
    run(again, prepared(again, "tanh", "elu(alpha=1.0)"), most=8)
    assert [cell for cell, _, times in again.applied if times] == order
    other = Bench()
    run(other, prepared(other, "tanh", "elu(alpha=1.0)"), most=8, seed=1)
    assert [cell for cell, _, times in other.applied if times] != order


def test_drift_favours_no_activation() -> None:
    """With a machine that gets steadily slower, ratios within rounds stay near 1."""
    bench = Bench()

    def make(cell: Cell) -> Work:
        def apply(times: int) -> None:
            bench.now += times * 1e-6 * (1 + bench.now)

        return Work(apply, 1)

    every = cells(["tanh"], [SMALL])
    samples = run(bench, {cell: Prepared(make(cell), 100) for cell in every}, most=400)
    for cell, values in samples.items():
        ratios = np.asarray(values) / np.asarray(samples[cell.reference])
        assert np.median(ratios) == pytest.approx(1.0, abs=2e-3)


def test_samples_are_seconds_an_element() -> None:
    bench = Bench(an_element={"relu": 2e-9, "tanh": 3e-9})
    samples = run(bench, prepared(bench, "tanh"), most=3)
    for cell, values in samples.items():
        assert values == pytest.approx([2e-9 if cell.activation == "relu" else 3e-9] * 3)


def test_no_round_is_begun_that_would_end_too_late() -> None:
    bench = Bench(an_element={"relu": 1e-3})  # 6 cells of 10 applications of 256: 15.36 s a round
    ready = prepared(bench)
    one = 6 * 10 * 256e-3
    assert len(next(iter(run(bench, ready, most=100, seconds=10.5 * one).values()))) == 10
    assert len(next(iter(run(bench, ready, most=100, seconds=0.1).values()))) == LEAST_ROUNDS
    assert len(next(iter(run(bench, ready, most=3, seconds=0.1).values()))) == 3


def test_garbage_collection_rests_meanwhile() -> None:
    bench = Bench()
    (cell, *_) = cells([], [SMALL])
    seen: list[bool] = []
    ready = {cell: Prepared(Work(lambda times: seen.append(gc.isenabled()), 256), 1)}
    run(bench, ready, most=2)
    assert seen == [False, False]
    assert gc.isenabled()
