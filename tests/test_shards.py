"""The parts of a plan: disjoint, together the whole, even, and whole programs where possible."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relu_bench.config import shards
from relu_bench.config.experiment import Experiment
from relu_bench.config.plan import make_plan
from relu_bench.config.planning import Planned
from relu_bench.config.shards import Shard
from relu_bench.errors import ReluBenchError


def plan(name: str, batches: list[int], seeds: list[int]) -> Planned:
    experiment = Experiment(name, {"batch_size": tuple(batches)}, seeds=tuple(seeds))
    return Planned(experiment, make_plan(experiment))


def ids(planned: tuple[Planned, ...]) -> list[str]:
    """The distinct runs of a call."""
    return list(dict.fromkeys(spec.run_id for each in planned for spec in each.specs))


NUMBERS = st.lists(st.integers(1, 6), min_size=1, max_size=4, unique=True)
PLANS = st.lists(st.builds(plan, st.sampled_from("ab"), NUMBERS, NUMBERS), min_size=1, max_size=3)


@given(plans=PLANS, count=st.integers(1, 9))
def test_parts_are_disjoint_even_and_together_the_whole(plans: list[Planned], count: int) -> None:
    parts = [shards.cut(plans, Shard(index, count)) for index in range(1, count + 1)]
    runs = [ids(part) for part in parts]
    assert sorted(run for part in runs for run in part) == sorted(ids(tuple(plans)))
    sizes = [len(part) for part in runs]
    assert max(sizes) - min(sizes) <= 1
    for place, each in enumerate(plans):
        asked = [spec for part in parts for spec in part[place].specs]
        assert sorted(spec.run_id for spec in asked) == sorted(spec.run_id for spec in each.specs)
        assert all(part[place].experiment == each.experiment for part in parts)


@given(plans=PLANS, count=st.integers(1, 9))
def test_no_more_programs_than_cuts_are_compiled_twice(plans: list[Planned], count: int) -> None:
    parts = [shards.cut(plans, Shard(index, count)) for index in range(1, count + 1)]
    programs = [{spec.program_key for each in part for spec in each.specs} for part in parts]
    distinct = set().union(*programs)
    assert sum(map(len, programs)) <= len(distinct) + count - 1


def test_where_parts_are_as_many_as_programs_none_is_compiled_twice() -> None:
    plans = [plan("a", [1, 2, 3], [0, 1, 2, 3])]
    for index in (1, 2, 3):
        (part,) = shards.cut(plans, Shard(index, 3))
        assert {spec.batch_size for spec in part.specs} == {index}


def test_the_order_of_the_values_does_not_matter_to_the_count() -> None:
    seeds = list(range(20))
    random.Random(0).shuffle(seeds)
    (part,) = shards.cut([plan("a", [1], seeds)], Shard(2, 4))
    assert len(part.specs) == 5


def test_more_parts_than_runs_leave_some_empty() -> None:
    parts = [shards.cut([plan("a", [1], [0])], Shard(index, 3)) for index in (1, 2, 3)]
    assert [len(part[0].specs) for part in parts] == [0, 0, 1]


def test_pairs_that_are_shards() -> None:
    assert shards.parse("1/1") == Shard(1, 1)
    assert shards.parse("12/40") == Shard(12, 40)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("0/4", "there is no shard 0; shards are counted from 1.*--array=1-N"),
        ("0/0", "there is no shard 0"),
        ("5/4", "there is no shard 5 of 4. I goes from 1 to N.*--array=1-N"),
        ("1", "expected I/N, such as 2/8"),
        ("a/b", "expected I/N"),
        ("/", "expected I/N"),
        ("1/", "expected I/N"),
        ("-1/4", "expected I/N"),
        ("1/4/2", "expected I/N"),
        ("²/4", "expected I/N"),
    ],
)
def test_what_is_no_shard_is_told_with_the_remedy(text: str, fault: str) -> None:
    with pytest.raises(ReluBenchError, match=fault) as info:
        shards.parse(text)
    assert info.value.exit_code == 2
