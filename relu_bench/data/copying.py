"""Copy a known set of images into a folder, for machines without network (`--data-dir`)."""

from pathlib import Path

from relu_bench import output_files
from relu_bench.data import idx
from relu_bench.data.damage import DamagedError
from relu_bench.data.dataset import Dataset
from relu_bench.data.entry import Copied
from relu_bench.data.four import ROLES
from relu_bench.data.known import KNOWN, Known, idx_arrays
from relu_bench.data.places import Place, expanded, find
from relu_bench.errors import DataError


def copy_to(dataset: Dataset, to: Path) -> Copied:
    """Write `dataset` as four gzipped IDX files into its folder in `to`, and verify them.

    Files that hold the same already are left alone; another file under the name is replaced. No
    file is ever seen half written. Raises `DataError` when the folder cannot be written.
    """
    known = KNOWN[dataset.name]
    folder = expanded(to) / known.folders[0]
    try:
        output_files.make_folder(folder)
        written = _write_missing(dataset, known, folder)
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


def _write_missing(dataset: Dataset, known: Known, folder: Path) -> tuple[str, ...]:
    arrays, written = idx_arrays(dataset), []
    for role, name in zip(ROLES, known.file_names, strict=True):
        path, array = folder / name, arrays[role]
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
