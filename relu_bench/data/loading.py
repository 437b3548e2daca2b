"""The way in: a data set by its name, whatever kind it is."""

from dataclasses import dataclass
from pathlib import Path

from relu_bench.data import digits, folder
from relu_bench.data.dataset import Dataset, DatasetInfo
from relu_bench.data.known import KNOWN
from relu_bench.data.naming import DIGITS, check_name, is_folder_name, known_names
from relu_bench.data.places import check_data_dir, find, keras_cache, own_places
from relu_bench.data.sources import load_known
from relu_bench.errors import DataError


@dataclass(frozen=True)
class Entry:
    """A known data set and where it lies; `here` is whether it can be read without a network."""

    info: DatasetInfo
    here: bool
    where: str


def info(name: str, data_dir: Path | None = None) -> DatasetInfo:
    """Shapes, counts and classes of the data set `name`, without reading its images.

    For a known name from a table, without a look at the disk; for a folder from the headers and
    the training labels. Raises `DataError`, also when `data_dir` is no folder.
    """
    check_data_dir(data_dir)
    check_name(name)
    if name == DIGITS:
        return digits.INFO
    if name in KNOWN:
        return KNOWN[name].info
    return folder.folder_info(name, data_dir)


def load(name: str, data_dir: Path | None = None, *, fetch: bool = True) -> Dataset:
    """The verified data set `name`: mnist, fashion_mnist, digits, or a folder of IDX files.

    mnist and fashion_mnist are looked for in `data_dir`, in RELU_BENCH_DATA, in Keras's cache,
    and, if `fetch`, fetched by Keras. A folder that does not exist as a path is looked for
    inside the first two. Raises `DataError` with every way out when the data set is missing, and
    with the file's name when one is damaged; another data set is never taken instead.
    """
    check_data_dir(data_dir)
    check_name(name)
    if name == DIGITS:
        return digits.load_digits()
    if name in KNOWN:
        return load_known(KNOWN[name], data_dir, fetch=fetch)
    return folder.load_folder(name, data_dir)


def fingerprint(name: str, data_dir: Path | None = None) -> str | None:
    """SHA-256, in hex, of a folder's content; `None` for a known name, whose content is fixed.

    Independent of the path and of how the files are packed. Raises `DataError`.
    """
    check_name(name)
    return folder.folder_fingerprint(name, data_dir) if is_folder_name(name) else None


def overview(data_dir: Path | None = None) -> tuple[Entry, ...]:
    """The data sets known by name and where each lies; nothing is read or fetched.

    Raises `DataError` when `data_dir` is no folder.
    """
    check_data_dir(data_dir)
    return tuple(_entry(name, data_dir) for name in known_names())


def _entry(name: str, data_dir: Path | None) -> Entry:
    if name == DIGITS:
        return Entry(digits.INFO, True, "embedded, needs no network")
    known = KNOWN[name]
    try:
        for place in (*own_places(data_dir), keras_cache()):
            location = find(known, place)
            if location is not None:
                return Entry(known.info, True, str(location.path))
    except DataError as error:
        return Entry(known.info, False, str(error).splitlines()[0])
    return Entry(known.info, False, f"not here, `relu-bench data {name}` fetches it")
