"""Data of the user's own: a folder with the four well-known IDX files, or texts (`texts.py`).

What lies there decides which. Images may have any size, channels and number of classes.
"""

import hashlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from relu_bench.data import idx
from relu_bench.data.damage import DamagedError
from relu_bench.data.dataset import Dataset, DatasetInfo, image
from relu_bench.data.forms import check_form
from relu_bench.data.four import (
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
from relu_bench.data.text_layouts import EXPECTED as TEXTS_EXPECTED
from relu_bench.data.text_layouts import is_table
from relu_bench.data.texts import (
    holds_texts,
    load_texts,
    texts_fingerprint,
    texts_info,
    texts_left_out,
)
from relu_bench.errors import DataError
from relu_bench.machine import hardware

_REMEDY = "Replace the file with a good copy."
_MOST_NAMES = 5


def load_folder(name: str, data_dir: Path | None) -> Dataset:
    """The data set in the folder or file `name`. Raises `DataError`."""
    folder = resolve(name, data_dir)
    if _is_text(folder):
        return load_texts(name, folder)
    try:
        files = _files(folder)
        # From the headers first: a small file may unpack to more than the memory holds.
        check_shapes(*_headers(files))
        four = read_idx(files, _half_of_memory())
        classes = count_classes(four.arrays["train_labels"], four.places["train_labels"])
        return as_dataset(four, name=name, task=CLASSIFICATION, classes=classes, source=str(folder))
    except DamagedError as error:
        raise DataError(f"{error}.\n{_REMEDY}") from error


def folder_info(name: str, data_dir: Path | None) -> DatasetInfo:
    """What the headers and the training labels in the folder `name` say, or its texts.

    Raises `DataError`.
    """
    folder = resolve(name, data_dir)
    if _is_text(folder):
        return texts_info(name, folder)
    files = _files(folder)
    try:
        headers, places = _headers(files)
        shape = check_shapes(headers, places)
        labels = idx.read(files["train_labels"], _half_of_memory())
        classes = count_classes(labels, places["train_labels"])
    except DamagedError as error:
        raise DataError(f"{error}.\n{_REMEDY}") from error
    counts = (headers["train_images"].shape[0], headers["test_images"].shape[0])
    return DatasetInfo(name, CLASSIFICATION, image(shape), classes, *counts)


def folder_fingerprint(name: str, data_dir: Path | None) -> str:
    """SHA-256, in hex, of the content of the folder or file `name`.

    Of images, over shapes and values only: packing, spelling of the file names, byte order of wide
    labels and the path do not change it. Raises `DataError`.
    """
    path = resolve(name, data_dir)
    if _is_text(path):
        return texts_fingerprint(path)
    dataset = load_folder(name, data_dir)
    sha = hashlib.sha256()
    for array in (
        dataset.train_inputs,
        dataset.train_targets,
        dataset.test_inputs,
        dataset.test_targets,
    ):
        sha.update(f"{array.dtype.name} {array.shape}\n".encode())
        sha.update(array.astype(array.dtype.newbyteorder("<"), copy=False).data)
    return sha.hexdigest()


def folder_notice(name: str, data_dir: Path | None) -> str:
    """What lies in the folder `name` and is not read, as a sentence; empty if there is nothing.

    Raises `DataError`.
    """
    path = resolve(name, data_dir)
    if _is_text(path):
        others: Sequence[Path] = texts_left_out(path)
    else:
        others = sorted({*path.iterdir()} - {*_files(path).values()})
    if not others:
        return ""
    shown = [str(other.relative_to(path)) for other in others[:_MOST_NAMES]]
    if len(others) > _MOST_NAMES:
        shown.append(f"and {len(others) - _MOST_NAMES:,} more")
    return f"{name}: left out, being neither texts nor images of it: {', '.join(shown)}"


def resolve(name: str, data_dir: Path | None) -> Path:
    """The folder or CSV file that `name` means: as a path, else inside the user's data folders.

    Raises `DataError` when there is none.
    """
    path = expanded(Path(name))
    # Joining an absolute path gives that path itself.
    candidates = [path, *(place.folder / path for place in own_places(data_dir))]
    for candidate in candidates:
        if candidate.is_dir() or is_table(candidate):
            return candidate
    looked = "\n".join(f"  {candidate}" for candidate in dict.fromkeys(candidates))
    there = [candidate for candidate in candidates if os.path.lexists(candidate)]
    what = _what_is_there(there[0]) if there else "does not exist"
    raise DataError(f"{name} {what}; {_expected()}\n{TEXTS_EXPECTED}\nLooked for it at\n{looked}")


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
        also = "" if files else f"\n{TEXTS_EXPECTED}"
        raise DataError(f"{folder} lacks {missing};\n{_expected()}{also}")
    return files


def _headers(files: Mapping[Role, Path]) -> tuple[dict[Role, idx.Header], dict[Role, str]]:
    """The headers of `files`, and what an error calls these. Raises `DamagedError`."""
    headers = {role: idx.read_header(path) for role, path in files.items()}
    return headers, {role: str(path) for role, path in files.items()}


def _half_of_memory() -> int | None:
    """In bytes: the data are there twice while they are handed to the workers."""
    memory = hardware.memory_gib()
    return None if memory is None else int(memory * 2**29)


def _is_text(path: Path) -> bool:
    """Whether there is something, and nothing that is called like an IDX file."""
    return holds_texts(path) and not (
        path.is_dir()
        and any("ubyte" in entry.name and not entry.is_dir() for entry in path.iterdir())
    )


def _expected() -> str:
    files = "\n".join(f"  {name}" for name in missing_files({}).split(", "))
    return f"expected is a folder with these files, each gzipped (.gz) or not:\n{files}"
