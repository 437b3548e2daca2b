import heapq
from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relu_bench.execution.executor import SEEDS_AHEAD, Schedule, choose

PROGRAMS = st.sampled_from("ABCD")
SEEDS = st.integers(0, 5)
WORKERS = st.integers(0, 3)
# What may happen, in any order: an item comes, a worker asks for one, a worker is replaced.
EVENTS = st.lists(
    st.tuples(st.just("add"), PROGRAMS, SEEDS)
    | st.tuples(st.just("take"), WORKERS, st.booleans())
    | st.tuples(st.just("skip"), WORKERS, st.none())
    | st.tuples(st.just("forget"), WORKERS, st.none()),
    max_size=80,
)


# For each seed from the lowest on, a letter for each run that waits: that of its program.
@pytest.mark.parametrize(
    ("waiting", "own", "others", "full", "expected"),
    [
        ("AB AB", "", "", False, "0A"),
        ("AB AB", "B", "", False, "0B"),  # of the lowest seed one that it has
        ("AB AB", "B", "A", False, "0B"),
        ("ABC AB", "", "A", False, "0B"),  # else one that nobody has
        ("ABC ABC", "D", "AB", False, "0C"),
        ("A AB", "B", "", False, "0A"),  # even where it could go ahead
        ("A AB", "B", "A", False, "1B"),  # else it goes ahead with what it has
        ("A A AB", "B", "A", False, "2B"),
        ("AAB CAB", "CD", "AB", False, "1C"),
        ("A A A", "B", "A", False, "0A"),  # else it compiles
        ("ABB AAAA", "", "AB", False, "0B"),  # what waits most in the lowest seed
        ("AB AB", "B", "A", True, "0B"),
        ("A AB", "B", "", True, "1B"),  # a full one goes ahead before it is replaced
        ("A A AB", "B", "A", True, "2B"),
        ("AC A A", "B", "A", True, "0C"),
        ("A A A", "B", "A", True, "0A"),
    ],
)
def test_what_a_worker_takes(
    waiting: str, own: str, others: str, full: bool, expected: str
) -> None:
    seeds = [Counter(programs) for programs in waiting.split()]
    ahead, program = choose(seeds, set(own), set(others), set(), full=full)
    assert f"{ahead}{program}" == expected


@pytest.mark.parametrize(
    ("waiting", "own", "others", "expected"),
    [
        ("Ab AB", "", "", "b"),
        ("Ab AB", "A", "", "A"),  # what it has comes first
        ("Ab AB", "", "b", "A"),  # and what nobody has
        ("AAb AB", "", "Ab", "b"),
    ],
)
def test_of_several_one_for_which_it_need_not_be_replaced(
    waiting: str, own: str, others: str, expected: str
) -> None:
    seeds = [Counter(programs) for programs in waiting.split()]
    assert choose(seeds, set(own), set(others), {"b"}) == (0, expected)


def filled(*seeds: str) -> Schedule[str]:
    """A letter for each run of the seed: that of its program."""
    schedule: Schedule[str] = Schedule()
    for seed, programs in enumerate(seeds):
        for number, program in enumerate(programs):
            schedule.add(seed, program, f"{seed}{program}{number}")
    return schedule


def taken(schedule: Schedule[str], *workers: int) -> list[str | None]:
    return [schedule.take(worker) for worker in workers]


def test_nothing_waits() -> None:
    assert Schedule[str]().take(0) is None


def test_one_worker_goes_seed_by_seed_and_program_by_program() -> None:
    schedule = filled("ABA", "AB")
    assert taken(schedule, *[0] * 6) == ["0A0", "0A2", "0B1", "1A0", "1B1", None]


def test_seeds_go_up_whatever_the_order_of_the_plan() -> None:
    schedule: Schedule[str] = Schedule()
    for seed in (7, 3, 5):
        schedule.add(seed, "A", f"{seed}A")
    assert taken(schedule, 0, 0) == ["3A", "5A"]
    schedule.add(3, "A", "3A again")  # such as a run whose worker was lost
    assert taken(schedule, 0, 0, 0) == ["3A again", "7A", None]


def test_workers_share_the_programs_of_a_seed_and_keep_them() -> None:
    schedule = filled("ABC", "ABC")
    assert taken(schedule, 0, 1, 0, 1, 0, 1) == ["0A0", "0B1", "0C2", "1B1", "1A0", "1C2"]


def test_a_quick_worker_goes_two_seeds_ahead_and_then_helps() -> None:
    schedule = filled(*["AABB"] * 5)
    assert taken(schedule, 0, 1) == ["0A0", "0B2"]
    assert taken(schedule, *[0] * 5) == ["0A1", "1A0", "1A1", "2A0", "2A1"]
    # Two ahead is the limit, so it compiles what keeps the lowest seed waiting.
    assert taken(schedule, 0, 0) == ["0B3", "1B2"]


def test_seeds_that_are_done_count_as_steps_ahead() -> None:
    schedule = filled("AB", "B", "B", "AB")
    assert taken(schedule, 0, 1) == ["0A0", "0B1"]
    schedule.add(0, "C", "0C")
    assert taken(schedule, 1) == ["0C"]
    assert taken(schedule, 1, 1) == ["1B0", "2B0"]
    schedule.add(0, "D", "0D")
    assert taken(schedule, 2) == ["0D"]
    schedule.add(0, "D", "0D again")
    # Only seed 3 waits of what worker 0 has, and that is too far ahead.
    assert taken(schedule, 0) == ["0D again"]


def test_it_can_begin_at_another_place_of_each_seed() -> None:
    schedule = filled("AABB", "ABC")
    schedule.begin_at(0.25, cores=2)
    assert taken(schedule, *[0] * 8) == ["0A1", "0A0", "0B2", "0B3", "1A0", "1B1", "1C2", None]
    schedule = filled("AABB", "ABC")
    schedule.begin_at(0.5, cores=2)
    assert taken(schedule, *[0] * 5) == ["0B2", "0B3", "0A0", "0A1", "1B1"]


def test_seeds_of_fewer_runs_than_cores_are_turned() -> None:
    schedule = filled(*["A"] * 5)
    schedule.begin_at(0.5, cores=2)
    schedule.add(1, "A", "1A again")
    assert taken(schedule, *[0] * 7) == ["2A0", "3A0", "4A0", "0A0", "1A0", "1A again", None]
    schedule = filled("A", "AB", "A")
    schedule.begin_at(0.5, cores=2)
    assert taken(schedule, *[0] * 4) == ["0A0", "1A0", "1B1", "2A0"]


def trainings(seeds: Sequence[str], processes: int, workers: int) -> int:
    """How many trainings it takes when processes know nothing of each other but what is done."""
    schedules = [filled(*seeds) for _ in range(processes)]
    for number, schedule in enumerate(schedules):
        schedule.begin_at(number / processes, cores=processes * workers)
    everybody = [(process, worker) for process in range(processes) for worker in range(workers)]
    # When each is free again, and what it then has done; nobody is exactly as fast as another.
    clock: list[tuple[float, tuple[int, int], str | None]] = [
        (number / 100, who, None) for number, who in enumerate(everybody)
    ]
    done: set[str] = set()
    count = 0
    while clock:
        now, who, item = heapq.heappop(clock)
        done |= {item} if item else set()
        process, worker = who
        while (job := schedules[process].take(worker)) in done:
            schedules[process].skip(worker)
        if job is not None:
            count += 1
            heapq.heappush(clock, (now + 1 + worker / 50 + process / 70, who, job))
    return count


@pytest.mark.parametrize("seeds", [["A"] * 20, ["AB"] * 20, ["ABCD"] * 10, ["ABCDEFGH"] * 5])
@pytest.mark.parametrize(("processes", "workers"), [(2, 1), (4, 1), (2, 2), (3, 3)])
def test_processes_that_are_asked_for_the_same_do_little_twice(
    seeds: list[str], processes: int, workers: int
) -> None:
    count = trainings(seeds, processes, workers)
    assert count <= (1.25 if processes == 2 else 1.5) * sum(map(len, seeds))


def test_a_program_whose_run_was_done_elsewhere_is_somebodys() -> None:
    schedule = filled(*["AB"] * 4)
    assert taken(schedule, 0, 0) == ["0A0", "0B1"]
    schedule.skip(0)  # another process has done 0B
    # The worker does not have B, and leaves B to the other process as far as it may.
    assert taken(schedule, *[0] * 5) == ["1A0", "2A0", "3A0", "1B1", "2B1"]


def test_another_file_of_the_users_own_means_another_process() -> None:
    schedule: Schedule[str] = Schedule()
    for seed in range(3):
        for program, files in (("A", None), ("f", "mine.py"), ("B", None), ("g", "mine.py")):
            schedule.add(seed, program, f"{seed}{program}", files=files)
    # One block a seed: it is replaced once from seed to seed.
    found = taken(schedule, *[0] * 12)
    assert found == ["0A", "0B", "0f", "0g", "1f", "1g", "1A", "1B", "2A", "2B", "2f", "2g"]


def test_files_of_the_users_own_wait_for_others() -> None:
    schedule: Schedule[str] = Schedule()
    schedule.add(0, "f", "0f", files="mine.py")
    schedule.add(1, "A", "1A")
    assert [schedule.take(0, with_files=False) for _ in range(2)] == ["1A", None]
    assert not schedule.is_empty
    assert schedule.take(1) == "0f"
    assert schedule.is_empty


def test_a_replaced_worker_has_no_program() -> None:
    schedule = filled("AABBB")
    assert taken(schedule, 0, 1) == ["0A0", "0B2"]
    schedule.forget(0)
    # A is nobody's now, so the next worker takes it before it helps with B.
    assert taken(schedule, 2, 0) == ["0A1", "0B3"]
    schedule.forget(0, "A")
    schedule.add(0, "A", "0A again")
    assert taken(schedule, 0) == ["0A again"]


def test_clear() -> None:
    schedule = filled("ABA")
    schedule.take(0)
    assert schedule.clear() == ["0A2", "0B1"]
    assert schedule.take(0) is None
    assert schedule.clear() == []


@given(seeds=st.lists(st.text("ABC", max_size=6), max_size=5), share=st.floats(0, 1))
def test_wherever_it_begins_nothing_is_lost_and_seeds_go_up(seeds: list[str], share: float) -> None:
    schedule = filled(*seeds)
    schedule.begin_at(share, cores=1)
    count = sum(map(len, seeds))
    assert schedule.is_empty == (not count)
    found = taken(schedule, *[0] * count)
    assert sorted(map(str, found)) == sorted(map(str, taken(filled(*seeds), *[0] * count)))
    assert [str(item)[0] for item in found] == sorted(str(item)[0] for item in found)


@given(EVENTS)
def test_everything_is_taken_once_and_never_too_far_ahead(
    events: Sequence[tuple[str, str | int, int | bool | None]],
) -> None:
    schedule: Schedule[tuple[int, str, int]] = Schedule()
    waiting: list[tuple[int, str, int]] = []
    found: list[tuple[int, str, int]] = []
    seeds: set[int] = set()
    takers: set[object] = set()
    for number, (kind, who, what) in enumerate(events):
        if kind == "add":
            item = (int(what or 0), str(who), number)
            schedule.add(item[0], item[1], item)
            waiting.append(item)
            seeds.add(item[0])
        elif kind == "forget":
            schedule.forget(who)
        elif kind == "take":
            got = schedule.take(who, full=bool(what))
            assert (got is None) == (not waiting)
            if got is not None:
                lowest = min(seed for seed, _, _ in waiting)
                assert sum(lowest < seed <= got[0] for seed in seeds) <= SEEDS_AHEAD
                # The first of its program and seed.
                assert got == next(each for each in waiting if each[:2] == got[:2])
                waiting.remove(got)
                found.append(got)
                takers.add(who)
        elif who in takers:
            schedule.skip(who)
    rest = schedule.clear()
    assert Counter(rest) == Counter(waiting)
    assert len(found) + len(rest) == sum(event == "add" for event, _, _ in events)
