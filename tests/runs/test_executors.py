"""Worker processes that finish, raise, die and hang, with training left out."""

import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from concurrent.futures import wait
from pathlib import Path

import pytest
from fake_training import (
    DIES_ALWAYS,
    DIES_ONCE,
    NEVER_ENDS,
    RAISES,
    attempts,
    make_fake_trainer,
    make_slowly_starting_trainer,
    processes_by_file,
    result_of,
    specs_of,
)

from relu_bench.config.plan import Spec
from relu_bench.errors import ReluBenchError, StoreWriteError, WorkerStartError
from relu_bench.execution import local
from relu_bench.execution.executor import RunFailed
from relu_bench.execution.local import LocalExecutor
from relu_bench.execution.worker import WorkerSettings
from relu_bench.machine.cores import HostCores
from relu_bench.networks.activations import canonical
from relu_bench.training.loop import Progress


def make_executor(folder: Path, jobs: int = 2, **options: object) -> LocalExecutor:
    fake: dict[str, object] = {"make_trainer": make_fake_trainer, "preload": ()}
    return LocalExecutor(jobs, WorkerSettings(folder), **{**fake, **options})  # type: ignore[arg-type]


def until(condition: object, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def test_every_spec_comes_back_with_its_own_result(tmp_path: Path) -> None:
    specs = specs_of(*range(6), activation=("relu", "tanh"))
    with make_executor(tmp_path) as executor:
        futures = executor.submit(specs)
        for spec, future in zip(specs, futures, strict=True):
            finished = future.result(timeout=60)
            assert finished.result == result_of(spec)
            assert finished.attempts == 1
    assert all(len(attempts(tmp_path, spec)) == 1 for spec in specs)


def test_progress_is_passed_on(tmp_path: Path) -> None:
    seen: list[tuple[Spec, Progress]] = []
    (spec,) = specs_of(1)
    with make_executor(tmp_path, on_progress=lambda *both: seen.append(both)) as executor:
        executor.submit([spec])[0].result(timeout=60)
    assert seen == [(spec, Progress(1, 2, 0.5, 0.5, "accuracy"))]


def test_a_worker_that_dies_costs_only_the_run_it_had(tmp_path: Path) -> None:
    specs = specs_of(DIES_ALWAYS, *range(5))
    with make_executor(tmp_path, jobs=1) as executor:
        bad, *good = executor.submit(specs)
        with pytest.raises(RunFailed, match=r"died \(SIGKILL.*\): it was the memory") as failure:
            bad.result(timeout=60)
        assert [future.result(timeout=60).attempts for future in good] == [1] * 5
    assert failure.value.attempts == 2
    assert len(set(attempts(tmp_path, specs[0]))) == 2


def test_a_run_whose_worker_died_once_is_tried_again(tmp_path: Path) -> None:
    (spec,) = specs_of(DIES_ONCE)
    with make_executor(tmp_path, jobs=1) as executor:
        finished = executor.submit([spec])[0].result(timeout=60)
    assert finished.attempts == 2
    assert finished.result == result_of(spec)


def test_an_exception_fails_the_run_at_once_with_its_reason_on_one_line(tmp_path: Path) -> None:
    (spec,) = specs_of(RAISES)
    with (
        make_executor(tmp_path, jobs=1) as executor,
        pytest.raises(RunFailed, match=r"^ValueError: no such luck$") as failure,
    ):
        executor.submit([spec])[0].result(timeout=60)
    assert failure.value.attempts == 1
    assert len(attempts(tmp_path, spec)) == 1


def test_leaving_ends_what_runs_and_cancels_what_waits(tmp_path: Path) -> None:
    specs = specs_of(NEVER_ENDS, *range(NEVER_ENDS + 1, NEVER_ENDS + 4))
    with make_executor(tmp_path, jobs=1) as executor:
        futures = executor.submit(specs)
        until((tmp_path / f"trained-{specs[0].run_id}").exists)
        started = time.monotonic()
    assert time.monotonic() - started < 5
    assert all(future.cancelled() for future in futures[1:])
    assert not futures[0].done()
    (pid,) = attempts(tmp_path, specs[0])
    until(lambda: not _alive(pid))


def test_a_worker_is_replaced_before_programs_pile_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Whatever a worker has is too much; one with a single program is left alone.
    monkeypatch.setattr(local, "MOST_MEMORY", -1.0)
    specs = specs_of(0, 1, 2, 3, batch_size=(1, 2, 3))
    with make_executor(tmp_path, jobs=1) as executor:
        wait(executor.submit(specs), timeout=60)
    pids = {(spec.batch_size, spec.seed): attempts(tmp_path, spec)[0] for spec in specs}
    # It does before what it can do with the programs that it has.
    assert len({pids[size, seed] for size in (1, 2) for seed in (0, 1, 2)}) == 1
    assert pids[3, 0] == pids[3, 1] == pids[3, 2] != pids[1, 0]


def test_a_worker_keeps_its_programs_from_seed_to_seed(tmp_path: Path) -> None:
    specs = specs_of(0, 1, 2, batch_size=tuple(range(1, 41)))
    with make_executor(tmp_path, jobs=1) as executor:
        wait(executor.submit(specs), timeout=60)
    assert len({attempts(tmp_path, spec)[0] for spec in specs}) == 1


def test_a_worker_that_has_run_a_users_file_gets_no_run_without_it(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.py").write_text(f"def f(x):\n    return x\n# {name}")
    own = [canonical(f"{tmp_path}/{name}.py:f") for name in ("a", "b")]
    specs = specs_of(0, 1, activation=("relu", *own, "tanh"))
    with make_executor(tmp_path, jobs=1) as executor:
        wait(executor.submit([*specs, *specs_of(RAISES, activation=own[:1])]), timeout=60)
        (late,) = executor.submit(specs_of(5))
        late.result(timeout=60)
    # One block a seed: plain, a, b; then b again, plain, a. A process may run plain runs first,
    # and nothing but its file afterwards.
    assert processes_by_file(tmp_path, specs) == [2, 2, 1]
    assert processes_by_file(tmp_path, [*specs, *specs_of(5)]) == [3, 2, 1]


def test_runs_of_a_program_stay_with_one_worker(tmp_path: Path) -> None:
    specs = specs_of(*range(8), batch_size=(1, 2))
    with make_executor(tmp_path, jobs=2) as executor:
        wait(executor.submit(specs), timeout=60)
    first = {attempts(tmp_path, spec)[0] for spec in specs if spec.batch_size == 1}
    second = {attempts(tmp_path, spec)[0] for spec in specs if spec.batch_size == 2}
    # The last runs of one may go to the worker that is done with the other, never to a third.
    assert len(first | second) <= 2


def test_no_worker_outlives_a_parent_that_was_killed(tmp_path: Path) -> None:
    (spec,) = specs_of(NEVER_ENDS)
    script = tmp_path / "parent.py"
    script.write_text(
        textwrap.dedent(f"""
        import sys
        from pathlib import Path
        sys.path.insert(0, {str(Path(__file__).parent)!r})
        import fake_training
        from relu_bench.execution.local import LocalExecutor
        from relu_bench.execution.worker import WorkerSettings

        settings = WorkerSettings(Path({str(tmp_path)!r}))
        executor = LocalExecutor(
            1, settings, make_trainer=fake_training.make_fake_trainer, preload=()
        )
        with executor:
            executor.submit(fake_training.specs_of({NEVER_ENDS}))[0].result()
        """)
    )
    parent = subprocess.Popen([sys.executable, str(script)])
    until((tmp_path / f"trained-{spec.run_id}").exists, seconds=60)
    until(lambda: attempts(tmp_path, spec))
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    until(lambda: not _alive(attempts(tmp_path, spec)[0]))


def test_a_run_that_takes_too_long_is_ended_and_not_tried_again(tmp_path: Path) -> None:
    slow, quick = specs_of(NEVER_ENDS, NEVER_ENDS + 1)
    with make_executor(tmp_path, jobs=1, timeout=0.3) as executor:
        first, second = executor.submit([slow, quick])
        with pytest.raises(
            RunFailed, match=r"^it took longer than 0.3 seconds \(--timeout\)$"
        ) as end:
            first.result(timeout=60)
        assert second.result(timeout=60).result == result_of(quick)
    assert end.value.attempts == 1
    (pid,) = attempts(tmp_path, slow)
    until(lambda: not _alive(pid))


def test_starting_a_worker_does_not_count_as_time_of_the_run(tmp_path: Path) -> None:
    (spec,) = specs_of(1)
    with make_executor(
        tmp_path, jobs=1, timeout=0.3, make_trainer=make_slowly_starting_trainer
    ) as executor:
        assert executor.submit([spec])[0].result(timeout=60).result == result_of(spec)


def test_a_run_that_is_not_wanted_any_more_is_cancelled(tmp_path: Path) -> None:
    specs = specs_of(0, 1, 2)
    with make_executor(tmp_path, jobs=1) as executor:
        futures = executor.submit(specs, lambda spec: spec.seed != 1)
        assert not wait(futures, timeout=60).not_done
    assert [future.cancelled() for future in futures] == [False, True, False]
    assert not (tmp_path / f"trained-{specs[1].run_id}").exists()


def test_what_asking_raises_is_the_end_of_that_future(tmp_path: Path) -> None:
    def gone(spec: Spec) -> bool:
        raise StoreWriteError("the store has gone")

    with make_executor(tmp_path, jobs=1) as executor:
        (future,) = executor.submit(specs_of(0), gone)
        with pytest.raises(StoreWriteError, match="has gone"):
            future.result(timeout=60)


@pytest.fixture
def one_core(tmp_path: Path) -> HostCores:
    """A machine with one core, apart from what other tests use."""
    return HostCores(["only"], tmp_path / "cores")


def test_a_core_is_waited_for_and_the_waiting_is_told_once(
    tmp_path: Path, one_core: HostCores
) -> None:
    other = HostCores(["only"], tmp_path / "cores")
    taken = other.take()
    assert taken is not None
    told: list[int] = []
    (spec,) = specs_of(1)
    with make_executor(tmp_path, cores=one_core, on_waiting=told.append) as executor:
        (future,) = executor.submit([spec])
        until(lambda: told)
        time.sleep(0.5)
        assert not future.running()
        other.give_back(taken)
        assert future.result(timeout=60).result == result_of(spec)
    assert told == [1, 0]


def test_a_core_is_handed_over_between_runs_to_a_process_that_has_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("relu_bench.machine.cores.TURN_SECONDS", 0.0)
    folder = tmp_path / "cores"
    (others,) = specs_of(50)
    script = tmp_path / "other.py"
    script.write_text(
        textwrap.dedent(f"""
        import sys
        from pathlib import Path
        sys.path.insert(0, {str(Path(__file__).parent)!r})
        import fake_training
        from relu_bench.machine.cores import HostCores
        from relu_bench.execution.local import LocalExecutor
        from relu_bench.execution.worker import WorkerSettings

        if __name__ == "__main__":
            with LocalExecutor(
                1,
                WorkerSettings(Path({str(tmp_path)!r})),
                cores=HostCores(["only"], Path({str(folder)!r})),
                make_trainer=fake_training.make_fake_trainer,
                preload=(),
            ) as executor:
                executor.submit(fake_training.specs_of(50))[0].result()
        """)
    )
    found: list[bool] = []

    def wanted(spec: Spec) -> bool:
        if spec.seed == 0:
            until(lambda: list(folder.glob("*-waiting-*")), seconds=60)
        found.append((tmp_path / f"trained-{others.run_id}").exists())
        return True

    with make_executor(tmp_path, jobs=1, cores=HostCores(["only"], folder)) as executor:
        futures = executor.submit(specs_of(*range(6)), wanted)
        with subprocess.Popen([sys.executable, str(script)]) as process:
            assert not wait(futures, timeout=120).not_done
    assert process.returncode == 0
    # It waited while the first run was begun, and had its turn before the second.
    assert found == [False, True, True, True, True, True]
    assert not list(folder.glob("*-waiting-*"))


def test_leaving_while_waiting_for_a_core_is_quick(tmp_path: Path, one_core: HostCores) -> None:
    taken = HostCores(["only"], tmp_path / "cores").take()
    assert taken is not None
    told: list[int] = []
    with make_executor(tmp_path, cores=one_core, on_waiting=told.append) as executor:
        (future,) = executor.submit(specs_of(1))
        until(lambda: told)
        started = time.monotonic()
    assert time.monotonic() - started < 5
    assert future.cancelled()
    taken.release()


def test_more_jobs_than_cores_do_not_run_at_once(tmp_path: Path, one_core: HostCores) -> None:
    specs = specs_of(*range(4), batch_size=(1, 2))
    with make_executor(tmp_path, jobs=3, cores=one_core) as executor:
        wait(executor.submit(specs), timeout=60)
    assert len({attempts(tmp_path, spec)[0] for spec in specs}) == 1


def test_a_core_is_given_back_when_nothing_is_left_to_do(
    tmp_path: Path, one_core: HostCores
) -> None:
    other = HostCores(["only"], tmp_path / "cores")
    with make_executor(tmp_path, cores=one_core) as executor:
        wait(executor.submit(specs_of(1)), timeout=60)
        until(lambda: (core := other.take()) is not None and (other.give_back(core) or True))
        # And it is taken again when there is more.
        assert executor.submit(specs_of(2))[0].result(timeout=60).attempts == 1


def test_two_that_are_asked_for_the_same_begin_at_different_places(tmp_path: Path) -> None:
    first, second = HostCores(["a", "b"], tmp_path / "two"), HostCores(["a", "b"], tmp_path / "two")
    taken = first.take()
    assert taken is not None
    asked: list[tuple[int, int]] = []

    def wanted(spec: Spec) -> bool:
        asked.append((spec.seed, spec.batch_size))
        return True

    with make_executor(tmp_path, jobs=1, cores=second) as executor:
        wait(executor.submit(specs_of(0, 1, batch_size=(1, 2, 3, 4)), wanted), timeout=60)
    # Within each seed: seeds stay in order, here as in the other process.
    assert asked == [(seed, size) for seed in (0, 1) for size in (3, 4, 1, 2)]
    taken.release()


def test_a_folder_of_locks_that_is_gone_for_good_ends_the_sweep(tmp_path: Path) -> None:
    cores = HostCores(["only"], tmp_path / "cores")
    (tmp_path / "cores").rmdir()
    (tmp_path / "cores").write_text("in the way")
    with make_executor(tmp_path, cores=cores) as executor:
        (future,) = executor.submit(specs_of(1))
        with pytest.raises(ReluBenchError, match="is needed to share the cores"):
            future.result(timeout=60)


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    # Earlier tests of this process may have left one that runs a file of the user's own.
    processes = set(multiprocessing.active_children())
    before = threading.active_count()
    with make_executor(tmp_path) as executor:
        wait(executor.submit(specs_of(1, 2, 3)), timeout=60)
        logs = executor.log_folder
    assert threading.active_count() == before
    assert not logs.exists()
    assert set(multiprocessing.active_children()) <= processes


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A zombie waits for its parent to read its exit code: it runs no longer.
    status = Path(f"/proc/{pid}/stat")
    return not status.exists() or status.read_text().rsplit(")", 1)[1].split()[0] != "Z"


def test_a_worker_that_cannot_start_ends_the_sweep_and_fails_no_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As when the temporary folder is emptied, in which the fork server listens.
    (spec,) = specs_of(0)

    def gone(process: object) -> None:
        raise FileNotFoundError(2, "No such file or directory")

    with make_executor(tmp_path, jobs=1) as executor:
        monkeypatch.setattr(executor.context.Process, "start", gone)  # type: ignore[attr-defined]
        (future,) = executor.submit([spec])
        error = future.exception(timeout=60)
    assert isinstance(error, WorkerStartError)
    assert not isinstance(error, RunFailed)
    assert str(error).startswith("A worker process cannot be started (No such file or directory).")
    assert error.exit_code == 1
