"""The way in: a data set by its name, whatever kind it is."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from relu_bench.components.labels import Label, parse
from relu_bench.data import folder
from relu_bench.data.dataset import Dataset, DatasetInfo
from relu_bench.data.entry import Copied, Row
from relu_bench.data.naming import canonical, check_name, is_path, known_names
from relu_bench.data.places import check_data_dir
from relu_bench.data.registry import DATASETS
from relu_bench.errors import DataError, shorten


@dataclass(frozen=True)
class Entry:
    """A known data set and where it lies; `here` is whether it can be read without a network."""

    info: DatasetInfo
    here: bool
    where: str


@contextmanager
def _system_errors() -> Iterator[None]:
    """What the system refuses (a name too long, no permission) becomes a `DataError`."""
    try:
        yield
    except OSError as error:
        place = repr(shorten(str(error.filename), 300)) if error.filename else "The data"
        raise DataError(
            f"{place} cannot be read: {error.strerror or error}. Give a path that can be."
        ) from error


@_system_errors()
def info(name: str, data_dir: Path | None = None) -> DatasetInfo:
    """Shapes, counts and classes of the data set `name`, without reading its samples.

    For a known name from a table, without a look at the disk; for a folder from the headers and
    the training labels. Raises `DataError`, also when `data_dir` is no folder.
    """
    check_data_dir(data_dir)
    check_name(name)
    if is_path(name):
        return folder.folder_info(name, data_dir)
    row, label = _known(name)
    return row.info(label)


@_system_errors()
def load(name: str, data_dir: Path | None = None, *, fetch: bool = True) -> Dataset:
    """The verified data set `name`: a known one, or data of the user's own by their path.

    What is known is looked for in `data_dir`, in RELU_BENCH_DATA, in Keras's cache, and, if
    `fetch`, fetched. A path that does not exist is looked for inside the first two. Raises
    `DataError` with every way out when the data set is missing, and with the file's name when one
    is damaged; another data set is never taken instead.
    """
    check_data_dir(data_dir)
    check_name(name)
    if is_path(name):
        return folder.load_folder(name, data_dir)
    row, label = _known(name)
    return row.load(label, data_dir, fetch)


@_system_errors()
def fingerprint(name: str, data_dir: Path | None = None) -> str | None:
    """SHA-256, in hex, of a folder's content; `None` for a known name, whose content is fixed.

    Independent of the path and of how the files are packed. Raises `DataError`.
    """
    check_name(name)
    return folder.folder_fingerprint(name, data_dir) if is_path(name) else None


@_system_errors()
def notice(name: str, data_dir: Path | None = None) -> str:
    """What the user should know of data of their own: what lies there and is not read.

    Empty where there is nothing to say. Raises `DataError`.
    """
    check_name(name)
    return folder.folder_notice(name, data_dir) if is_path(name) else ""


@_system_errors()
def overview(data_dir: Path | None = None) -> tuple[Entry, ...]:
    """The data sets known by name and where each lies; nothing is read or fetched.

    Raises `DataError` when `data_dir` is no folder.
    """
    check_data_dir(data_dir)
    return tuple(_entry(name, data_dir) for name in known_names())


def _known(name: str) -> tuple[Row, Label]:
    label = parse(canonical(name))
    return DATASETS[label.name], label


def _entry(name: str, data_dir: Path | None) -> Entry:
    row, label = _known(name)
    info = row.info(label)
    try:
        place = row.place(label, data_dir)
    except DataError as error:
        return Entry(info, False, str(error).splitlines()[0])
    if place is None:
        what = "fetches it" if row.fetched else "says where to get it"
        return Entry(info, False, f"not here, `relu-bench data {name}` {what}")
    return Entry(info, True, place)


def check_copyable(name: str) -> None:
    """Raise `DataError` for data of the user's own: they are a copy already."""
    if is_path(name):
        copied = [known for known, row in DATASETS.items() if row.copy is not None]
        raise DataError(
            f"{name} is a folder of your own: copy the folder itself. Known by name, and copied"
            f" by relu-bench, are {', '.join(copied)}."
        )


@_system_errors()
def copy_to(dataset: Dataset, to: Path) -> Copied | None:
    """Write `dataset` into the folder `to`/<its name>, and verify it.

    Files that hold the same already are left alone. None for what is embedded and needs no copy.
    Raises `DataError` when the folder cannot be written, and for data of the user's own.
    """
    check_copyable(dataset.name)
    row, _ = _known(dataset.name)
    return None if row.copy is None else row.copy(dataset, to)
