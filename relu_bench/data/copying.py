"""Copy a known set of images into a folder, for machines without network (`--data-dir`)."""

from collections.abc import Mapping
from pathlib import Path

from relu_bench.data import idx
from relu_bench.data.damage import DamagedError
from relu_bench.data.dataset import Dataset
from relu_bench.data.entry import Copied
from relu_bench.data.four import Role, file_name
from relu_bench.data.known import KNOWN, idx_arrays
from relu_bench.data.places import Place, expanded, find
from relu_bench.errors import DataError


def copy_to(dataset: Dataset, to: Path) -> Copied:
    """Write `dataset` as four gzipped IDX files into the folder `to`/<its name>, and verify them.

    Files that hold the same already are left alone; another file under the name is replaced. No
    file is ever seen half written. Raises `DataError` when the folder cannot be written.
    """
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
