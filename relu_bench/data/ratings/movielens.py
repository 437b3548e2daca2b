"""`movielens_100k`: 100,000 ratings of films, 1 to 5 stars, by 943 users of 1,682 films.

Harper, Konstan 2015, The MovieLens Datasets: History and Context. GroupLens's terms allow research,
not handing the files on, so they come to the user's machine from GroupLens itself. Of the archive
three files are read, without unpacking it: nothing in it is ever written to a path of its choice.
"""

import hashlib
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

import numpy as np

from relu_bench.components.labels import Label
from relu_bench.data.dataset import DamagedError, Dataset, DatasetInfo, Inputs, with_remedy
from relu_bench.data.parts import stratified_sample
from relu_bench.data.places import (
    VARIABLE,
    Copied,
    all_places,
    copy_files,
    expanded,
    fetched,
    keras_cache,
    not_here,
    read_bytes,
)
from relu_bench.data.ratings import synthetic
from relu_bench.data.ratings.features import ITEM_COLUMNS, USER_COLUMNS, RatingFeatures
from relu_bench.data.ratings.films import FILES, Counts, parse
from relu_bench.data.tasks import RATINGS
from relu_bench.errors import DataError

NAME, FOLDER, ARCHIVE = "movielens_100k", "ml-100k", "ml-100k.zip"
ADDRESS = f"https://files.grouplens.org/datasets/movielens/{ARCHIVE}"
COUNTS = Counts(users=943, items=1_682, ratings=100_000)
TEST_SHARE = 0.2
# Which ratings are the test part is fixed by this; it is no setting.
_TEST_SEED = 100_000
# GroupLens publishes the MD5 0e33842e24a9c977be4e0107933c0723 of the same archive.
ARCHIVE_SHA256 = "50d2a982c66986937beb9ffb3aa76efe955bf3d5c6b761f4e3a7cd717c6a3229"
SHA256: Mapping[str, str] = {
    "u.data": "06416e597f82b7342361e41163890c81036900f418ad91315590814211dca490",
    "u.user": "f120e114da2e8cf314fd28f99417c94ae9ddf1cb6db8ce0e4b5995d40e90e62c",
    "u.item": "553841ebc7de3a0fd0d6b62a204ea30c1e651aacfb2814c7a6584ac52f2c5701",
}
# The largest file has 2 MB: a damaged archive must not fill the memory.
_LARGEST = 20_000_000


def info(_label: Label | None = None) -> DatasetInfo:
    """Shapes and counts, without a look at the disk."""
    test = round(TEST_SHARE * COUNTS.ratings)
    groups = (USER_COLUMNS, ITEM_COLUMNS)
    inputs = Inputs("features", (sum(groups),), groups=groups)
    return DatasetInfo(NAME, RATINGS, inputs, 0, COUNTS.ratings - test, test)


def find(_label: Label, data_dir: Path | None) -> Path | None:
    """The folder with the three files, or the archive; None where there is neither.

    Raises `DataError` for a folder that lacks some of the files, unless the archive lies beside it.
    """
    for each in all_places(data_dir):
        folder, archive = each.folder / FOLDER, each.folder / ARCHIVE
        missing = [name for name in FILES if not (folder / name).is_file()]
        if not missing:
            return folder
        if archive.is_file():
            return archive
        if len(missing) < len(FILES) and not each.is_cache:
            raise DataError(
                f"{folder} ({each.called}) is incomplete, missing: {', '.join(missing)}.\nUnpack"
                f" {ARCHIVE} there again, or put the archive itself into {each.folder}."
            )
    return None


def load(label: Label, data_dir: Path | None, fetch_it: bool) -> Dataset:
    """The ratings with their features; raises `DataError`."""
    path = find(label, data_dir)
    if path is None:
        path = fetched(ARCHIVE, _download, partial(_missing, data_dir), asked=fetch_it)
    with with_remedy(_remedy(path)):
        return _dataset(path)


def copy(dataset: Dataset, to: Path) -> Copied:
    """Write the three files into their folder in `to`; raises `DataError`."""
    contents = {name: content for name, content, _ in _contents(Path(dataset.source))}
    return copy_files(expanded(to) / FOLDER, contents)


def _download() -> None:
    from relu_bench.machine.quiet_tensorflow import keras

    keras.utils.get_file(ARCHIVE, ADDRESS, file_hash=ARCHIVE_SHA256, hash_algorithm="sha256")


def _dataset(path: Path) -> Dataset:
    contents, places = {}, {}
    for name, content, place in _contents(path):
        contents[name], places[name] = content, place
    films = parse(contents, places, COUNTS)
    for name, expected in SHA256.items():
        if hashlib.sha256(contents[name]).hexdigest() != expected:
            raise DamagedError(
                places[name], "altered: its checksum is not that of GroupLens's file"
            )
    about = info()
    one_stratum = np.zeros(len(films.rating), np.uint8)
    is_test = stratified_sample(one_stratum, about.test_count, _TEST_SEED)
    train, test = (np.flatnonzero(part).astype(np.int32) for part in (~is_test, is_test))
    return Dataset.of(
        about,
        train,
        films.rating[train],
        test,
        films.rating[test],
        source=str(path),
        encode=RatingFeatures(films, train, test),
    )


def _contents(path: Path) -> Iterator[tuple[str, bytes, str]]:
    """Name, content and place of each of the three files. Raises `DamagedError`."""
    if path.name != ARCHIVE:
        for name in FILES:
            yield name, read_bytes(path / name, _LARGEST), str(path / name)
        return
    try:
        with zipfile.ZipFile(path) as archive:
            for name in FILES:
                member = archive.getinfo(f"{FOLDER}/{name}")
                if member.file_size > _LARGEST:
                    raise DamagedError(path, f"{member.filename} has {member.file_size:,} bytes")
                yield name, archive.read(member), f"{path} ({member.filename})"
    except KeyError as error:
        raise DamagedError(path, f"{FOLDER}/{name} is not in it") from error
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise DamagedError(path, f"the archive cannot be read ({error!s:.200})") from error
    except OSError as error:
        raise DamagedError(path, f"it cannot be read ({error.strerror or error})") from error


def _remedy(path: Path) -> str:
    if path.parent == keras_cache().folder:
        return f"Delete {path}, then `relu-bench data {NAME}` fetches {ARCHIVE} again."
    return (
        f"Replace it by GroupLens's own ({ADDRESS}); on a machine with network"
        f" `relu-bench data {NAME} --to FOLDER` writes good copies to FOLDER/{FOLDER}."
    )


def _missing(data_dir: Path | None, reason: object) -> DataError:
    return not_here(
        NAME,
        data_dir,
        reason,
        f"  - put {ARCHIVE}, or its folder {FOLDER} with {', '.join(FILES)}, into FOLDER and"
        f" give --data-dir FOLDER, or set {VARIABLE}=FOLDER;",
        f"    the archive is at {ADDRESS};",
        f"  - `dataset: {synthetic.NAME}` is embedded, made up, and needs no network.",
    )
