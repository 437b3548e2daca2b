"""A data set by its name: a literal table of those that are known, or a path of the user's own."""

import errno
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from relu_bench.components.labels import Label, LabelError, parse
from relu_bench.components.registry import Component, Parameter, most_similar, resolve
from relu_bench.data import own
from relu_bench.data.dataset import Dataset, DatasetInfo
from relu_bench.data.images import digits, known
from relu_bench.data.places import Copied, check_data_dir
from relu_bench.data.ratings import movielens, synthetic
from relu_bench.data.texts import imdb
from relu_bench.errors import DataError, shorten, show


@dataclass(frozen=True, kw_only=True)
class Row(Component):
    """A data set known by name. Labels are canonical.

    Attributes:
        info: shapes and counts from a table, without a look at the disk.
        load: `(label, data_dir, fetch)`: found or, if `fetch`, fetched, and verified; raises
            `DataError`.
        find: `(label, data_dir)`: where it lies, None where it is not here, words for what is
            embedded; raises `DataError` for a copy that is incomplete.
        copy: `(dataset, folder)` writes it into `folder`/<its name> and reads it back; None for
            what is embedded and needs no copy.
        fetched: whether `load` can fetch it; else the user has to.
    """

    info: Callable[[Label], DatasetInfo]
    load: Callable[[Label, Path | None, bool], Dataset]
    find: Callable[[Label, Path | None], Path | str | None]
    copy: Callable[[Dataset, Path], Copied] | None = None
    fetched: bool = True


_images = partial(Row, info=known.info, load=known.load, find=known.find, copy=known.copy)

DATASETS: Mapping[str, Row] = {
    "mnist": _images(),
    "fashion_mnist": _images(),
    "kmnist": _images(fetched=False),
    "emnist": _images(
        parameters={"split": Parameter("word", "balanced", choices=tuple(known.EMNIST_SPLITS))},
        fetched=False,
    ),
    "cifar10": _images(),
    digits.INFO.name: Row(
        info=lambda label: digits.INFO,
        load=lambda label, data_dir, fetch: digits.load(),
        find=lambda label, data_dir: "embedded, needs no network",
    ),
    imdb.NAME: Row(
        parameters=imdb.PARAMETERS,
        info=imdb.info,
        load=imdb.load,
        find=imdb.find,
        copy=imdb.copy,
    ),
    movielens.NAME: Row(
        aliases=("movielens-100k",),
        info=movielens.info,
        load=movielens.load,
        find=movielens.find,
        copy=movielens.copy,
    ),
    synthetic.NAME: Row(
        parameters=synthetic.PARAMETERS,
        info=synthetic.info,
        load=synthetic.load,
        find=synthetic.find,
    ),
}
_ALIASES = {alias: name for name, row in DATASETS.items() for alias in row.aliases}


@dataclass(frozen=True)
class Entry:
    """A known data set and where it lies; `here` is whether it can be read without a network."""

    info: DatasetInfo
    here: bool
    where: str


def known_names() -> tuple[str, ...]:
    """The data sets known by name, without their parameters."""
    return tuple(DATASETS)


def is_path(name: str) -> bool:
    """Whether `name` means the user's own data: it has a separator, or exists as a folder or file.

    A known name means the known data set, even beside a folder called the same (`./mnist`
    means the folder).
    """
    if _head(name) in DATASETS or not name:
        return False
    # Not pathlib's, which raises for a name that no file can have.
    return "/" in name or os.sep in name or os.path.lexists(name)


def canonical(name: str) -> str:
    """The canonical label of a known data set, with every parameter; a path as it is.

    Raises:
        LabelError: with the nearest known name, for what is neither; for a wrong parameter of a
            known data set.
    """
    if is_path(name):
        _check_path(name)
        return name
    head = _head(name)
    if head in DATASETS:
        _, bracket, parameters = name.partition("(")
        return str(resolve(head + bracket + parameters, DATASETS, "data set"))
    near = most_similar(head.replace("-", "_"), known_names())
    hint = f" Did you mean {near}?" if near else ""
    raise LabelError(
        f"Unknown data set {show(name)}.{hint}",
        known=f" Known are {', '.join(known_names())};\n"
        f"data of your own are given as a path, such as ./{shorten(name) or 'folder'}.",
    )


def _check_path(name: str) -> None:
    """Whether it can be one at all: what lies there is looked at when it is read."""
    try:
        Path(name).stat()
    except ValueError as error:
        raise LabelError(f"{show(name)} is no path: {error}") from None
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise LabelError(f"{shorten(name)} cannot be read: {error.strerror}") from None


def check_name(name: str) -> None:
    """Raise `DataError`, with the nearest known name, unless `name` can be a data set."""
    _label_of(name)


def _label_of(name: str) -> Label | None:
    """The label of a known data set, None for a path. Raises as `check_name`."""
    try:
        found = canonical(name)
    except LabelError as error:
        raise DataError(f"{error}") from None
    return None if is_path(name) else parse(found)


def _head(name: str) -> str:
    """The name without its parameters, an alias replaced."""
    head = name.partition("(")[0].strip()
    return _ALIASES.get(head, head)


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
    label = _label_of(name)
    return own.info(name, data_dir) if label is None else DATASETS[label.name].info(label)


@_system_errors()
def load(name: str, data_dir: Path | None = None, *, fetch: bool = True) -> Dataset:
    """The verified data set `name`: a known one, or data of the user's own by their path.

    What is known is looked for in `data_dir`, in RELU_BENCH_DATA, in Keras's cache, and, if
    `fetch`, fetched. A path that does not exist is looked for inside the first two. Raises
    `DataError` with every way out when the data set is missing, and with the file's name when one
    is damaged; another data set is never taken instead.
    """
    check_data_dir(data_dir)
    label = _label_of(name)
    if label is None:
        return own.load(name, data_dir)
    return DATASETS[label.name].load(label, data_dir, fetch)


@_system_errors()
def fingerprint(name: str, data_dir: Path | None = None) -> str | None:
    """SHA-256, in hex, of a folder's content; `None` for a known name, whose content is fixed.

    Independent of the path and of how the files are packed. Raises `DataError`.
    """
    return own.fingerprint(name, data_dir) if _label_of(name) is None else None


@_system_errors()
def notice(name: str, data_dir: Path | None = None) -> str:
    """What the user should know of data of their own: what lies there and is not read.

    Empty where there is nothing to say. Raises `DataError`.
    """
    return own.notice(name, data_dir) if _label_of(name) is None else ""


@_system_errors()
def overview(data_dir: Path | None = None) -> tuple[Entry, ...]:
    """The data sets known by name and where each lies; nothing is read or fetched.

    Raises `DataError` when `data_dir` is no folder.
    """
    check_data_dir(data_dir)
    return tuple(_entry(name, row, data_dir) for name, row in DATASETS.items())


def _entry(name: str, row: Row, data_dir: Path | None) -> Entry:
    label = parse(canonical(name))
    info = row.info(label)
    try:
        place = row.find(label, data_dir)
    except DataError as error:
        return Entry(info, False, str(error).splitlines()[0])
    if place is None:
        what = "fetches it" if row.fetched else "says where to get it"
        return Entry(info, False, f"not here, `relu-bench data {name}` {what}")
    return Entry(info, True, str(place))


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
    copy = DATASETS[_head(dataset.name)].copy
    return None if copy is None else copy(dataset, to)
