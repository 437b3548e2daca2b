"""Parts of work in processes of their own."""

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from relu_bench.errors import StoreError
from relu_bench.figures import side_by_side
from relu_bench.figures.side_by_side import each_part

forks = "fork" in multiprocessing.get_all_start_methods()
only_where_processes_fork = pytest.mark.skipif(not forks, reason="this system cannot fork")


@pytest.fixture
def forked(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in the command, whatever threads the tests run beside."""
    monkeypatch.setattr(side_by_side, "_can_fork", lambda: True)
    monkeypatch.setattr(side_by_side, "available_cores", lambda: 2)


@only_where_processes_fork
def test_parts_come_in_their_order_from_other_processes(forked: None) -> None:
    own = os.getpid()
    found = list(each_part(6, lambda number: (number, os.getpid())))

    assert [number for number, _ in found] == [0, 1, 2, 3, 4, 5]
    assert own not in {process for _, process in found}


@only_where_processes_fork
def test_a_long_part_keeps_only_its_own_process(forked: None, tmp_path: Path) -> None:
    def work(number: int) -> int:
        for _ in range(2000):  # until another process has done the last part
            if number > 0 or (tmp_path / "5").exists():
                break
            time.sleep(0.01)
        else:
            raise TimeoutError("nobody did the last part beside the first")
        (tmp_path / str(number)).touch()
        return number

    assert list(each_part(6, work)) == [0, 1, 2, 3, 4, 5]


@only_where_processes_fork
def test_an_error_is_passed_on(forked: None) -> None:
    def work(number: int) -> int:
        if number == 2:
            raise StoreError("runs.csv is damaged")
        return number

    with pytest.raises(StoreError, match=r"^runs.csv is damaged$"):
        list(each_part(6, work))


@only_where_processes_fork
def test_what_a_killed_process_leaves_is_done_here(forked: None) -> None:
    own = os.getpid()

    def work(number: int) -> int:
        if os.getpid() != own:
            os.kill(os.getpid(), signal.SIGKILL)
        return number

    assert list(each_part(6, work)) == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("why", ["few parts", "one core", "a thread"])
def test_some_work_stays_here(why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(side_by_side, "available_cores", lambda: 1 if why == "one core" else 2)
    count = 3 if why == "few parts" else 6
    done: list[int] = []

    def all_parts() -> None:
        done.extend(each_part(count, lambda _: os.getpid()))

    _in_a_thread(all_parts) if why == "a thread" else all_parts()
    assert done == [os.getpid()] * count


def _in_a_thread(work: Callable[[], None]) -> None:
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
