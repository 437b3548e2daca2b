from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from relu_bench.execution.executor import Schedule

PROGRAMS = st.sampled_from("ABCD")
WORKERS = st.integers(0, 3)
# What may happen, in any order: an item comes, a worker asks for one, a worker is replaced.
EVENTS = st.lists(
    st.tuples(st.just("add"), PROGRAMS)
    | st.tuples(st.just("take"), WORKERS)
    | st.tuples(st.just("forget"), WORKERS),
    max_size=80,
)


def filled(programs: str) -> Schedule[str]:
    schedule: Schedule[str] = Schedule()
    for number, program in enumerate(programs):
        schedule.add(program, f"{program}{number}")
    return schedule


def test_nothing_waits() -> None:
    assert Schedule[str]().take(0) is None


def test_a_worker_stays_with_its_program_and_takes_in_order() -> None:
    schedule = filled("ABABA")
    assert [schedule.take(0) for _ in range(5)] == ["A0", "A2", "A4", "B1", "B3"]
    assert schedule.take(0) is None


def test_it_can_begin_at_another_place_of_the_list() -> None:
    schedule = filled("AABB")
    schedule.begin_at(0.25)
    assert [schedule.take(0) for _ in range(5)] == ["A1", "A0", "B2", "B3", None]
    schedule = filled("AABB")
    schedule.begin_at(0.5)
    assert [schedule.take(0) for _ in range(4)] == ["B2", "B3", "A0", "A1"]
    schedule.begin_at(0.5)
    assert schedule.is_empty


@given(programs=st.text("ABC", max_size=12), share=st.floats(0, 1))
def test_wherever_it_begins_nothing_is_lost(programs: str, share: float) -> None:
    schedule = filled(programs)
    schedule.begin_at(share)
    assert schedule.is_empty == (not programs)
    taken = [schedule.take(0) for _ in programs]
    assert sorted(map(str, taken)) == sorted(f"{p}{n}" for n, p in enumerate(programs))


def test_another_worker_takes_a_program_that_nobody_has() -> None:
    schedule = filled("AAABBC")
    assert [schedule.take(worker) for worker in (0, 1, 2)] == ["A0", "B3", "C5"]
    assert [schedule.take(worker) for worker in (0, 1)] == ["A1", "B4"]


def test_when_all_are_taken_it_helps_where_most_wait() -> None:
    schedule = filled("AABBBB")
    assert [schedule.take(worker) for worker in (0, 1, 2)] == ["A0", "B2", "B3"]
    # Worker 2 has B now, too, and stays with it.
    assert schedule.take(2) == "B4"


def test_a_replaced_worker_has_no_program() -> None:
    schedule = filled("AABBB")
    assert schedule.take(0) == "A0"
    assert schedule.take(1) == "B2"
    schedule.forget(0)
    # A is nobody's now, so the next worker takes it before it helps with B.
    assert schedule.take(2) == "A1"
    assert schedule.take(0) == "B3"


def test_clear() -> None:
    schedule = filled("ABA")
    schedule.take(0)
    assert schedule.clear() == ["A2", "B1"]
    assert schedule.take(0) is None
    assert schedule.clear() == []


@given(EVENTS)
def test_everything_is_taken_once_and_by_the_rules(events: list[tuple[str, str | int]]) -> None:
    schedule: Schedule[tuple[str, int]] = Schedule()
    waiting: list[tuple[str, int]] = []
    taken: list[tuple[str, int]] = []
    owned: dict[int, set[str]] = {}
    for number, (kind, who) in enumerate(events):
        if kind == "add":
            schedule.add(who, (str(who), number))
            waiting.append((str(who), number))
        elif kind == "forget":
            schedule.forget(who)
            owned.pop(int(who), None)
        else:
            item = schedule.take(who)
            assert (item is None) == (not waiting)
            if item is not None:
                _check_rules(item, waiting, owned, int(who))
                waiting.remove(item)
                taken.append(item)
                owned.setdefault(int(who), set()).add(item[0])
    rest = schedule.clear()
    assert Counter(taken + rest) == Counter(
        (str(who), number) for number, (kind, who) in enumerate(events) if kind == "add"
    )
    assert Counter(rest) == Counter(waiting)


def _check_rules(
    item: tuple[str, int], waiting: list[tuple[str, int]], owned: dict[int, set[str]], worker: int
) -> None:
    program = item[0]
    sizes = Counter(name for name, _ in waiting)
    own = owned.get(worker, set())
    others = {name for names in owned.values() for name in names}
    assert item == next(each for each in waiting if each[0] == program)
    if own & sizes.keys():
        assert program in own
    elif sizes.keys() - others:
        assert program not in others
    else:
        assert sizes[program] == max(sizes.values())
