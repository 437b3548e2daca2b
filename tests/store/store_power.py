"""A machine that goes dead after so many written bytes and other changes to the disk."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from relu_bench.store import files as store_files


class PowerCut(BaseException):
    """No `except` of the program may go on after it."""


class Supply:
    """Each byte, each flush, each change of a name or of a size takes one unit."""

    def __init__(self, units: int) -> None:
        self._units = units
        self.cut = False

    def take(self, wanted: int = 1) -> int:
        granted = min(wanted, self._units)
        self._units -= granted
        if granted < wanted:
            self.cut = True
        return granted

    def use(self) -> None:
        if self.take() == 0:
            raise PowerCut


@contextmanager
def power(units: int) -> Iterator[Supply]:
    """Within, relu-bench writes until `units` are used up; afterwards nothing reaches the disk."""
    supply = Supply(units)
    real_replace, real_unlink = Path.replace, Path.unlink

    def write(descriptor: int, data: bytes) -> int:
        granted = supply.take(len(data))
        os.write(descriptor, bytes(data[:granted]))
        if granted < len(data):
            raise PowerCut
        return granted

    def truncate(descriptor: int, size: int) -> None:
        supply.use()
        os.ftruncate(descriptor, size)

    def rename(path: Path, target: Path) -> None:
        supply.use()
        real_replace(path, target)

    def unlink(path: Path) -> None:
        if path.exists():
            supply.use()
        real_unlink(path)

    changed = {"write": write, "ftruncate": truncate, "fsync": lambda _: supply.use()}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store_files, "os", SimpleNamespace(**{**vars(os), **changed}))
        patch.setattr(Path, "replace", rename)
        patch.setattr(Path, "unlink", unlink)
        try:
            yield supply
        except PowerCut:
            assert supply.cut
