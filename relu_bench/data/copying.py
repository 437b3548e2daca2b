"""Copy a known data set into a folder that works as `--data-dir` on a machine without network."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from relu_bench.data import idx
from relu_bench.data.damage import DamagedError
from relu_bench.data.dataset import Dataset
from relu_bench.data.four import Role, file_name
from relu_bench.data.known import KNOWN, idx_arrays
from relu_bench.data.naming import DIGITS, is_folder_name
from relu_bench.data.places import Place, expanded, find
from relu_bench.errors import DataError


@dataclass(frozen=True)
class Copied:
    """Where the copy lies; `written` are the files that were not there, or not the same."""

    folder: Path
    written: tuple[str, ...]


def check_copyable(name: str) -> None:
    """Raise `DataError` for a folder: it is a copy already."""
    if is_folder_name(name):
        raise DataError(
            f"{name} is a folder of your own: copy the folder itself. Known by name, and copied"
            f" by relu-bench, are {', '.join(KNOWN)}."
        )


def copy_to(dataset: Dataset, to: Path) -> Copied | None:
    """Write `dataset` as four gzipped IDX files into the folder `to`/<its name>, and verify them.

    Files that hold the same already are left alone; another file under the name is replaced. No
    file is ever seen half written. `None` for digits, which are embedded and need no copy. Raises
    `DataError` when the folder cannot be written, and for a folder (`check_copyable`).
    """
    if dataset.name == DIGITS:
        return None
    check_copyable(dataset.name)
    known = KNOWN[dataset.name]
    folder = expanded(to) / dataset.name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        written = _write_missing(idx_arrays(dataset), folder)
    except OSError as error:
        raise DataError(
            f"{folder} cannot be written ({error.strerror or error})."
            " Give --to a folder that can, with room for the copy."
        ) from error
    location = find(known, Place(folder.parent, "--to"))
    if location is None:
        raise DataError(f"{folder} was emptied while it was written. Copy again.")
    try:
        location.read(known)
    except DamagedError as error:
        raise DataError(f"{error}.\nDelete that file and copy again.") from error
    return Copied(folder, written)


def _write_missing(arrays: Mapping[Role, idx.Bytes], folder: Path) -> tuple[str, ...]:
    written = []
    for role, array in arrays.items():
        path = folder / file_name(role)
        if not _holds(path, array):
            idx.write(array, path)
            written.append(path.name)
    return tuple(written)


def _holds(path: Path, array: idx.Bytes) -> bool:
    if not path.is_file():
        return False
    try:
        there = idx.read(path)
    except DamagedError:
        return False
    return there.dtype == array.dtype and idx.digest(there) == idx.digest(array)
