"""Get a known data set: from the user's folders, from Keras's cache, or fetched by Keras."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from relu_bench.data.damage import DamagedError
from relu_bench.data.dataset import Dataset
from relu_bench.data.digits import INFO as DIGITS
from relu_bench.data.fetching import downloading, locked
from relu_bench.data.four import ROLES, Four
from relu_bench.data.known import Known, verified
from relu_bench.data.places import (
    VARIABLE,
    Place,
    copy_anew,
    find,
    keras_cache,
    not_here,
    own_places,
)
from relu_bench.errors import DataError


def load_known(known: Known, data_dir: Path | None, *, fetch: bool) -> Dataset:
    """Find `known` in the documented order, or let Keras fetch it if `fetch`, and verify it.

    A damaged file is an error wherever it is met, never passed over. Raises `DataError`.
    """
    for place in own_places(data_dir):
        location = find(known, place)
        if location is not None:
            try:
                return location.read(known)
            except DamagedError as error:
                raise DataError(f"{error}.\n{copy_anew(known)}") from error
    cache = keras_cache()
    try:
        dataset = _from_cache(known, cache, data_dir)
        if dataset is None and fetch and not known.homepage:
            dataset = _from_keras(known, cache, data_dir)
    except DamagedError as error:
        raise DataError(
            f"{error}.\nDelete the file, then `relu-bench data {known.command}` fetches it anew."
            if not known.homepage
            else f"{error}.\n{copy_anew(known)}"
        ) from error
    if dataset is None:
        reason = (
            "Keras has no loader for it." if known.homepage else "Fetching it was not asked for."
        )
        raise DataError(_missing(known, data_dir, reason))
    return dataset


def _from_cache(known: Known, cache: Place, data_dir: Path | None) -> Dataset | None:
    location = find(known, cache)
    if location is None:
        return None
    try:
        return location.read(known)
    except DamagedError:
        if not os.access(cache.folder, os.W_OK):
            raise
    # Keras writes in place: what looks truncated may be what another process is fetching.
    with _lock(known, cache, data_dir):
        return location.read(known)


def _from_keras(known: Known, cache: Place, data_dir: Path | None) -> Dataset:
    with _lock(known, cache, data_dir):
        location = find(known, cache)
        if location is not None:  # another process had the lock and has fetched it
            return location.read(known)
        before = _cached_files(known, cache)
        try:
            source = f"{cache.folder} (fetched by Keras)"
            return verified(_load_with_keras(known), known, source)
        except Exception as error:
            # Else the next call would meet what is wrong here as a damaged file.
            for path in _cached_files(known, cache) - before:
                if path.is_dir():
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    path.unlink(missing_ok=True)
            reason = f"Fetching it through Keras failed: {error}"
            raise DataError(_missing(known, data_dir, reason)) from error


def _load_with_keras(known: Known) -> Four:
    from relu_bench.machine.quiet_tensorflow import keras

    loader = getattr(keras.datasets, known.info.name)
    with downloading():
        (train_images, train_labels), (test_images, test_labels) = loader.load_data()
    # Some of Keras's loaders give labels as a column.
    arrays = (train_images, train_labels.reshape(-1), test_images, test_labels.reshape(-1))
    return Four(
        dict(zip(ROLES, arrays, strict=True)),
        {role: f"{known.info.name} as fetched ({role})" for role in ROLES},
    )


def _cached_files(known: Known, cache: Place) -> set[Path]:
    """What Keras may have put there: files, and folders that it unpacks."""
    paths = [cache.folder / known.npz] if known.npz else []
    paths += [cache.folder / folder / name for folder in known.folders for name in known.file_names]
    paths += [cache.folder / name.partition("/")[0] for name in known.batches]
    return {path for path in paths if path.exists()}


@contextlib.contextmanager
def _lock(known: Known, cache: Place, data_dir: Path | None) -> Iterator[None]:
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(locked(cache.folder / f".relu-bench-{known.info.name}.lock"))
        except DataError as error:
            raise DataError(_missing(known, data_dir, str(error))) from error
        yield


def _missing(known: Known, data_dir: Path | None, reason: str) -> str:
    """What to say when `known` is nowhere: where it was looked for, and every way out."""
    files = "\n".join(f"      {name}" for name in known.file_names)
    folder = f"FOLDER/{known.folders[0]}"
    others = [f"FOLDER/{known.npz}"] if known.npz else []
    others += [f"the batches in FOLDER/{known.batches[0]}"] if known.batches else []
    if known.homepage:
        command = f"    they are to be had at {known.homepage};"
    else:
        copying = f"`relu-bench data {known.command} --to FOLDER`"
        command = f"    {copying} writes them where there is a network;"
    return not_here(
        known.info.name,
        data_dir,
        reason,
        f"  - copy the four files into {folder}:",
        files,
        *([f"    (or {' or '.join(others)})"] if known.batches else []),
        f"    and give --data-dir FOLDER, or set {VARIABLE}=FOLDER;",
        command,
        f"  - `dataset: {DIGITS.name}` is embedded and needs no network.",
    )
