"""Where a data set is looked for: the folders, their order, and the layouts in them."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from relu_bench.data import cifar
from relu_bench.data.dataset import Dataset
from relu_bench.data.four import Role, find_idx, missing_files, read_idx, read_keras_npz
from relu_bench.data.known import Known, upright, verified
from relu_bench.errors import DataError

VARIABLE = "RELU_BENCH_DATA"


@dataclass(frozen=True)
class Place:
    """A folder to look in; `called` is how a message names it."""

    folder: Path
    called: str
    is_cache: bool = False


@dataclass(frozen=True)
class Location:
    """Where a data set lies: a folder with its four IDX files; else an `.npz`, or batches.

    The last two have no `files`; the batches of CIFAR-10 are a folder.
    """

    path: Path
    files: Mapping[Role, Path]

    def read(self, known: Known) -> Dataset:
        """Read and verify. Raises `DamagedError`."""
        if self.files:
            four = upright(read_idx(self.files, known.most_bytes), known)
        elif self.path.is_dir():
            four = cifar.read(self.path, known.most_bytes)
        else:
            four = read_keras_npz(self.path, known.most_bytes)
        return verified(four, known, str(self.path))


def own_places(data_dir: Path | None) -> tuple[Place, ...]:
    """The user's folders, in the order they are looked in. Raises as `check_data_dir`."""
    check_data_dir(data_dir)
    places = []
    if data_dir is not None:
        places.append(Place(expanded(data_dir), "--data-dir"))
    variable = os.environ.get(VARIABLE)
    if variable:
        places.append(Place(expanded(Path(variable)), VARIABLE))
    return tuple(places)


def check_data_dir(data_dir: Path | None) -> None:
    """Raise `DataError` when `data_dir` is given and is no folder: then it is a slip.

    RELU_BENCH_DATA may name a folder that does not exist: it is set once for many calls, and on
    machines that share their settings.
    """
    if data_dir is None or expanded(data_dir).is_dir():
        return
    is_file = expanded(data_dir).is_file()
    fault = "this is a file, not a folder" if is_file else "this folder does not exist"
    raise DataError(
        f"--data-dir {data_dir}: {fault}. Name one that holds data sets, or leave --data-dir out: "
        f"then {VARIABLE} and Keras's cache are looked in."
    )


def keras_cache() -> Place:
    """Where Keras keeps the data sets it has fetched.

    Keras is not asked, since importing it takes seconds: this is the rule in its backend's config.
    """
    home = os.environ.get("KERAS_HOME")
    if home is not None:
        return Place(expanded(Path(home)) / "datasets", "Keras's cache", is_cache=True)
    base = expanded(Path("~"))
    if not os.access(base, os.W_OK):
        base = Path("/tmp")
    return Place(base / ".keras" / "datasets", "Keras's cache", is_cache=True)


def not_here(name: str, data_dir: Path | None, reason: str, *ways_out: str) -> str:
    """What to say of a data set that is nowhere: where it was looked for, why, and the ways out."""
    looked_in = [
        f"  {place.called}: {place.folder}" + ("" if place.folder.is_dir() else " (no folder)")
        for place in (*own_places(data_dir), keras_cache())
    ]
    first = f"The data set {name} is not here. Looked in"
    return "\n".join([first, *looked_in, reason, "Ways out:", *ways_out])


def find(known: Known, place: Place) -> Location | None:
    """Where `known` lies in `place`, `None` if it does not. Nothing is read.

    Raises `DataError` when some of the four files lie there, and no other layout: a copy that was
    cut short. In Keras's cache that is as good as none, since Keras fetches the rest.
    """
    incomplete = None
    for name in known.folders:
        folder = place.folder / name
        files = find_idx(folder, known.stems)
        missing = missing_files(files, known.stems)
        if not missing:
            return Location(folder, files)
        for npz in (folder / known.npz, place.folder / known.npz):
            if known.npz and npz.is_file():
                return Location(npz, {})
        if files and incomplete is None:
            incomplete = f"{folder} ({place.called}) is incomplete, missing: {missing}."
    for name in known.batches:
        folder = place.folder / name
        missing = cifar.missing_files(folder)
        if not missing:
            return Location(folder, {})
        if folder.is_dir() and incomplete is None:
            incomplete = f"{folder} ({place.called}) is incomplete, missing: {missing}."
    if incomplete and not place.is_cache:
        raise DataError(f"{incomplete}\n{copy_anew(known)}")
    return None


def copy_anew(known: Known) -> str:
    """How to mend a copy."""
    if known.homepage:
        return f"Copy it there anew, from {known.homepage}."
    return (
        "Copy it there anew; on a machine with network"
        f" `relu-bench data {known.command} --to FOLDER` writes a good copy to"
        f" FOLDER/{known.folders[0]}."
    )


def expanded(path: Path) -> Path:
    """`path` with a leading ~ replaced, or as it is where the home folder is not known."""
    try:
        return path.expanduser()
    except RuntimeError:
        return path
