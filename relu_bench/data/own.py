"""Data of the user's own: a folder with the four well-known IDX files, or texts (`texts/own.py`).

What lies there decides which. Images may have any size, channels and number of classes.
"""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

from relu_bench.data.dataset import Dataset, DatasetInfo, image, with_remedy
from relu_bench.data.forms import check_form
from relu_bench.data.images import idx
from relu_bench.data.images.arrays import (
    Role,
    as_dataset,
    check_shapes,
    count_classes,
    find_idx,
    missing_files,
    read_idx,
)
from relu_bench.data.places import expanded, own_places
from relu_bench.data.tasks import CLASSIFICATION
from relu_bench.data.texts import own as texts
from relu_bench.errors import DataError
from relu_bench.machine import hardware
from relu_bench.wording import first_of

_REMEDY = "Replace the file with a good copy."


def load(name: str, data_dir: Path | None) -> Dataset:
    """The data set in the folder or file `name`. Raises `DataError`."""
    path = _resolved(name, data_dir)
    if _is_text(path):
        return texts.load(name, path)
    # From the headers first: a small file may unpack to more than the memory holds.
    about = _images_info(name, path)
    with with_remedy(_REMEDY):
        return as_dataset(read_idx(_files(path), _half_of_memory()), about, str(path))


def info(name: str, data_dir: Path | None) -> DatasetInfo:
    """What the headers and the training labels in the folder `name` say, or its texts.

    Raises `DataError`.
    """
    path = _resolved(name, data_dir)
    return texts.load(name, path).info if _is_text(path) else _images_info(name, path)


def _images_info(name: str, folder: Path) -> DatasetInfo:
    files = _files(folder)
    places = {role: str(path) for role, path in files.items()}
    with with_remedy(_REMEDY):
        headers = {role: idx.read_header(path) for role, path in files.items()}
        shape = check_shapes(headers, places)
        labels = idx.read(files["train_labels"], _half_of_memory())
        classes = count_classes(labels, places["train_labels"])
    counts = (headers["train_images"].shape[0], headers["test_images"].shape[0])
    return DatasetInfo(name, CLASSIFICATION, image(shape), classes, *counts)


def fingerprint(name: str, data_dir: Path | None) -> str:
    """SHA-256, in hex, of the content of the folder or file `name`.

    Of images, over shapes and values only: packing, spelling of the file names, byte order of wide
    labels and the path do not change it. Raises `DataError`.
    """
    path = _resolved(name, data_dir)
    if _is_text(path):
        return texts.fingerprint(path)
    sha = hashlib.sha256()
    for array in load(name, data_dir).arrays:
        sha.update(f"{array.dtype.name} {array.shape}\n".encode())
        sha.update(array.astype(array.dtype.newbyteorder("<"), copy=False).data)
    return sha.hexdigest()


def notice(name: str, data_dir: Path | None) -> str:
    """What lies in the folder `name` and is not read, as a sentence; empty if there is nothing.

    Raises `DataError`.
    """
    path = _resolved(name, data_dir)
    if _is_text(path):
        others: Sequence[Path] = texts.left_out(path)
    else:
        others = sorted({*path.iterdir()} - {*_files(path).values()})
    if not others:
        return ""
    shown = first_of([str(other.relative_to(path)) for other in others])
    return f"{name}: left out, being neither texts nor images of it: {shown}"


def _resolved(name: str, data_dir: Path | None) -> Path:
    """The folder or CSV file that `name` means: as a path, else inside the user's data folders.

    Raises `DataError` when there is none.
    """
    path = expanded(Path(name))
    # Joining an absolute path gives that path itself.
    candidates = [path, *(place.folder / path for place in own_places(data_dir))]
    for candidate in candidates:
        if candidate.is_dir() or texts.is_table(candidate):
            return candidate
    looked = "\n".join(f"  {candidate}" for candidate in dict.fromkeys(candidates))
    there = [candidate for candidate in candidates if os.path.lexists(candidate)]
    what = _what_is_there(there[0]) if there else "does not exist"
    raise DataError(f"{name} {what}; {_expected()}\n{texts.EXPECTED}\nLooked for it at\n{looked}")


def _what_is_there(path: Path) -> str:
    """What `path` is that is neither a folder nor a CSV file. Raises `OtherFormError`."""
    check_form(path)
    if path.is_file():
        return "is a file"
    return "is a link that leads nowhere" if path.is_symlink() else "is a pipe or a device"


def _files(folder: Path) -> dict[Role, Path]:
    files = find_idx(folder)
    missing = missing_files(files)
    if missing:
        # An empty folder may be meant for either.
        also = "" if files else f"\n{texts.EXPECTED}"
        raise DataError(f"{folder} lacks {missing};\n{_expected()}{also}")
    return files


def _half_of_memory() -> int | None:
    """In bytes: the data are there twice while they are handed to the workers."""
    memory = hardware.memory_gib()
    return None if memory is None else int(memory * 2**29)


def _is_text(path: Path) -> bool:
    """Whether there is something, and nothing that is called like an IDX file."""
    return texts.holds_texts(path) and not (
        path.is_dir()
        and any("ubyte" in entry.name and not entry.is_dir() for entry in path.iterdir())
    )


def _expected() -> str:
    files = "\n".join(f"  {name}" for name in missing_files({}).split(", "))
    return f"expected is a folder with these files, each gzipped (.gz) or not:\n{files}"
