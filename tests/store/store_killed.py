"""Processes that are killed by SIGKILL at each place of a write: `store_killed.py FOLDER`.

Each is a fork, which ends before one call that changes the disk, or in the middle of a write. What
it leaves must be all or nothing after the next writer, in every file of the store. It says how many
were killed in each kind of write.
"""

import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from store_samples import FILES, contents, failed, filled, record, run_id

from relu_bench.store import Store, merge, partial, read
from relu_bench.store import files as store_files

CHANGES_DISK = ("write", "fsync", "ftruncate", "open")


def append(folder: Path) -> None:
    Store(folder).append(record(4))


def replace(folder: Path) -> None:
    Store(folder).append(record(2))


def copy(folder: Path) -> None:
    Store(folder).copy_run(run_id(1), source="one", target="two")


def repair(folder: Path) -> None:
    merge([folder.with_name("whole")], folder)


def widen(folder: Path) -> None:
    Store(folder).prepare()


def killed_at(place: int, write: Callable[[Path], None], folder: Path) -> bool:
    """Whether a process that dies at this place of the write did so, and not after its end."""
    child = os.fork()
    if child == 0:
        die_at(place)
        write(folder)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.WEXITSTATUS(status) == 0
    return False


def die_at(place: int) -> None:
    """From now on count what changes the disk; a write has two places, before and within it."""
    left = place

    def step() -> None:
        nonlocal left
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        left -= 1

    def stepping(call: Callable[..., Any]) -> Callable[..., Any]:
        def changed(*arguments: Any, **named: Any) -> Any:
            step()
            return call(*arguments, **named)

        return changed

    def write(descriptor: int, data: bytes) -> int:
        step()
        half = os.write(descriptor, bytes(data[: len(data) // 2]))
        step()
        return half + os.write(descriptor, bytes(data[len(data) // 2 :]))

    changed = {name: stepping(getattr(os, name)) for name in CHANGES_DISK}
    patched: Any = store_files
    patched.os = SimpleNamespace(**{**vars(os), **changed, "write": write})
    Path.replace = stepping(Path.replace)  # type: ignore[method-assign]
    Path.unlink = stepping(Path.unlink)  # type: ignore[method-assign]


def main(folder: Path) -> None:
    whole = filled(folder / "whole", record(1), failed(2), record(3)).folder
    lacking = shutil.copytree(whole, folder / "lacking")
    for name in FILES[1:]:
        lines = (lacking / name).read_bytes().splitlines(keepends=True)
        (lacking / name).write_bytes(b"".join(lines[:-1]))
    old = shutil.copytree(whole, folder / "old")
    (old / "test_samples.csv").unlink()
    for write, before in (
        (append, whole),
        (replace, whole),
        (copy, whole),
        (repair, lacking),
        (widen, old),
    ):
        done = shutil.copytree(before, folder / "done")
        write(done)
        kills = 0
        while True:
            crashed = shutil.copytree(before, folder / "crashed")
            if not killed_at(kills, write, crashed):
                assert contents(crashed) == contents(done)
                break
            kills += 1
            hold(crashed, before, done, write)
            shutil.rmtree(crashed)
        shutil.rmtree(crashed)
        shutil.rmtree(done)
        sys.stdout.write(f"{write.__name__} {kills}\n")


def hold(crashed: Path, before: Path, done: Path, write: Callable[[Path], None]) -> None:
    """What a reader sees, what the next writer leaves, and that the write can be done again."""
    statuses = Store(crashed).statuses()
    assert statuses in (Store(before).statuses(), Store(done).statuses())
    if write in (append, replace, copy):
        assert {run_id(1), run_id(3)} <= set(read(crashed, "test_samples")["run_id"])
    notices = Store(crashed).prepare()
    assert {path.name for path in crashed.iterdir()} == {*FILES, ".lock"}
    assert all("was cut off" in text for text in notices if write is not widen)
    if write in (append, replace, copy):
        assert contents(crashed) in (contents(before), contents(done))
    else:
        assert set(partial(crashed)) <= set(partial(before))
    write(crashed)
    assert contents(crashed) == contents(done) or write is repair
    assert partial(crashed) == []
    rows, wanted = (
        sorted(contents(each)["test_samples.csv"].splitlines()) for each in (crashed, done)
    )
    assert rows == wanted


if __name__ == "__main__":
    main(Path(sys.argv[1]))
