"""The numbers in docs/speed.md are those of the code."""

from pathlib import Path

from fake_work import Bench

from relu_bench.speed import rounds
from relu_bench.speed.cells import UNITS, Caches, Size, cells, chosen

TEXT = (Path(__file__).parents[2] / "docs" / "speed.md").read_text(encoding="utf-8")
WORDS = " ".join(TEXT.split())


def test_sizes() -> None:
    small, large = (size.elements for size in chosen(Caches()))
    assert f"elsewhere {small:,} and {large:,} elements are taken" in WORDS
    assert f"with {UNITS} columns" in WORDS
    most = chosen(Caches(1 << 30, 1 << 40))[1].elements
    assert f"up to {most >> 20} million elements" in WORDS


def test_times() -> None:
    assert f"more than {rounds.LONGEST_SECONDS} s, the tensor is halved" in WORDS
    bench_sizes = [Size("cache", 1 << 15, ""), Size("memory", 1 << 23, "")]
    samples = []
    for size in bench_sizes:
        bench = Bench(an_element={"relu": 1e-11})
        ready = rounds.prepare(cells([], [size])[:1], bench.make, bench.clock, lambda done: None)
        samples += [1e3 * each.times * size.elements * 1e-11 for each in ready.values()]
    assert f"to last {samples[0]:.0f} ms ({samples[1]:.0f} ms on large tensors" in WORDS


def test_rounds() -> None:
    assert rounds.LEAST_ROUNDS == 6
    assert "there are at least six rounds" in WORDS
