"""Many real processes and one store; processes that are killed in the middle of a write."""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from store_samples import contents, filled, record, run_id

import relu_bench
from relu_bench.store import Store, read

PROJECT = Path(relu_bench.__file__).parents[1]
WRITER = Path(__file__).with_name("store_writer.py")


def writer(folder: Path, experiment: str, numbers: list[int]) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, str(WRITER), str(folder), experiment, *map(str, numbers)],
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def sorted_lines(folder: Path) -> dict[str, list[bytes]]:
    return {name: sorted(data.splitlines()) for name, data in contents(folder).items()}


def assert_whole(folder: Path) -> None:
    """What a reader sees at any moment: no run twice, and each with all of its epochs or none."""
    runs = read(folder, "runs")
    assert not runs.duplicated(["experiment", "run_id"]).any()
    assert (runs["learning_rate"] == runs["seed"] + 0.1).all()
    layers, right = read(folder, "layers"), read(folder, "test_samples")
    assert set(Counter(layers["run_id"]).values()) <= {3}
    assert not right.duplicated(["experiment", "run_id"]).any()
    # Other runs may have been added since the first look.
    assert set(runs["run_id"]) <= set(right["run_id"])


def test_eight_writers_and_a_reader(tmp_path: Path) -> None:
    """Each asks for 20 runs, each of 80 runs is asked for twice, all of it in another order."""
    folder = filled(tmp_path / "many").folder
    shuffle = random.Random(0).sample
    told, looks = Counter[str](), 0
    with contextlib.ExitStack() as stack:
        writers = [
            stack.enter_context(writer(folder, "one", shuffle(range(start, start + 20), 20)))
            for start in (0, 0, 20, 20, 40, 40, 60, 60)
        ]
        while any(one.poll() is None for one in writers):
            assert_whole(folder)
            looks += 1
        for one in writers:
            out, err = one.communicate()
            assert (one.returncode, err) == (0, "")
            told.update(line for line in out.splitlines() if line.startswith(("stored", "notice")))
    assert looks
    assert told == {f"stored {number}": 1 for number in range(80)}
    alone = filled(tmp_path / "alone", *(record(number) for number in range(80)))
    assert sorted_lines(folder) == sorted_lines(alone.folder)


@pytest.mark.skipif(os.name == "nt", reason="nobody can delete an open file there")
def test_the_lock_file_is_deleted_all_the_time(tmp_path: Path) -> None:
    """Each of six writers stores all of 40 runs in the same order, so that they meet at each."""
    folder = filled(tmp_path / "many").folder
    numbers = list(range(40))
    with contextlib.ExitStack() as stack:
        writers = [stack.enter_context(writer(folder, "one", numbers)) for _ in range(6)]
        while any(one.poll() is None for one in writers):
            (folder / ".lock").unlink(missing_ok=True)
            time.sleep(0.0005)
        for one in writers:
            _, err = one.communicate()
            assert (one.returncode, err) == (0, "")
    alone = filled(tmp_path / "alone", *(record(number) for number in numbers))
    assert sorted_lines(folder) == sorted_lines(alone.folder)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_a_writer_that_is_killed_again_and_again(tmp_path: Path) -> None:
    folder, numbers = tmp_path / "killed", list(range(40))
    chance = random.Random(1)
    stored, kills = set[int](), 0
    while True:
        with writer(folder, "one", numbers) as one:
            assert one.stdout is not None
            assert one.stderr is not None
            lines = chance.randrange(1, 8)
            for line in one.stdout:
                word, _, number = line.strip().partition(" ")
                if word == "stored":
                    assert int(number) not in stored
                    stored.add(int(number))
                lines -= 1
                if lines == 0:
                    # Within the next write, at a moment of its own each time.
                    time.sleep(chance.random() * 0.004)
                    one.send_signal(signal.SIGKILL)
            err = one.stderr.read()
        if one.returncode == 0:
            break
        assert (one.returncode, err) == (-signal.SIGKILL, "")
        kills += 1
        present = {
            number for number in numbers if ("one", run_id(number)) in Store(folder).statuses()
        }
        # Whoever said so has stored it; one more may be stored that had no time to say so.
        assert stored <= present
        stored = present
        assert_whole(folder)
    assert kills > 5
    alone = filled(tmp_path / "alone", *(record(number) for number in numbers))
    assert contents(folder) == contents(alone.folder)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_writer_that_is_killed_at_each_system_call(tmp_path: Path) -> None:
    """Before each call that changes the disk, and in the middle of each that writes."""
    done = subprocess.run(
        [sys.executable, str(WRITER.with_name("store_killed.py")), str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    told = dict(line.split() for line in done.stdout.splitlines())
    assert list(told) == ["append", "replace", "copy", "repair", "widen"]
    assert all(int(kills) > 20 for kills in told.values())
