"""Where data sets known by name are looked for, fetched into and copied to."""

import contextlib
import os
import socket
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from relu_bench import output_files
from relu_bench.data.dataset import DamagedError
from relu_bench.errors import DataError

VARIABLE = "RELU_BENCH_DATA"
# A network that swallows packets would otherwise hold a download for many minutes.
_SECONDS_TO_ANSWER = 30.0
NOT_ASKED = "Fetching it was not asked for."


@dataclass(frozen=True)
class Place:
    """A folder to look in; `called` is how a message names it."""

    folder: Path
    called: str
    is_cache: bool = False


def all_places(data_dir: Path | None) -> tuple[Place, ...]:
    """The user's folders and Keras's cache, in the order they are looked in."""
    return (*own_places(data_dir), keras_cache())


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


def expanded(path: Path) -> Path:
    """`path` with a leading ~ replaced, or as it is where the home folder is not known."""
    try:
        return path.expanduser()
    except RuntimeError:
        return path


def not_here(name: str, data_dir: Path | None, reason: object, *ways_out: str) -> DataError:
    """What to say of a data set that is nowhere: where it was looked for, why, and the ways out."""
    looked_in = [
        f"  {place.called}: {place.folder}" + ("" if place.folder.is_dir() else " (no folder)")
        for place in all_places(data_dir)
    ]
    first = f"The data set {name} is not here. Looked in"
    return DataError("\n".join([first, *looked_in, str(reason), "Ways out:", *ways_out]))


def fetched(
    name: str,
    download: Callable[[], object],
    missing: Callable[[DataError], DataError],
    *,
    asked: bool,
) -> Path:
    """The file `name` in Keras's cache, where `download` writes it.

    Unless another process has done so meanwhile. What a failed download leaves is removed.

    Args:
        name: of the file.
        download: writes it.
        missing: makes the error that says where the data are looked for, of the reason.
        asked: whether fetching was asked for.

    Raises:
        DataError: that of `missing`, when it was not, or fails.
    """
    path = keras_cache().folder / name
    try:
        if not asked:
            raise DataError(NOT_ASKED)
        with locked(path.parent / f".relu-bench-{path.stem}.lock"):
            if not path.is_file():
                _download(path, download)
    except DataError as error:
        raise missing(error) from error
    return path


def _download(path: Path, download: Callable[[], object]) -> None:
    try:
        with downloading():
            download()
    except Exception as error:
        path.unlink(missing_ok=True)
        raise DataError(f"Fetching it through Keras failed: {error}") from error
    if not path.is_file():
        raise DataError(f"Keras has not written {path}.")


@contextlib.contextmanager
def locked(lock: Path) -> Iterator[None]:
    """Hold the lock file, whose folder is made if need be. Raises `DataError` if that fails."""
    from filelock import FileLock

    holder = FileLock(lock)
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        holder.acquire()
    except OSError as error:
        raise DataError(
            f"It cannot be fetched into {lock.parent} ({error.strerror or error}); set KERAS_HOME"
            " to a folder that can be written."
        ) from error
    try:
        yield
    finally:
        holder.release()


@contextlib.contextmanager
def downloading() -> Iterator[None]:
    """A download by Keras: with limited patience, and what it prints on stderr.

    Keras prints its progress on stdout, where only results belong.
    """
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(_SECONDS_TO_ANSWER)
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    finally:
        socket.setdefaulttimeout(before)


@dataclass(frozen=True)
class Copied:
    """Where a copy lies; `written` are the files that were not there, or not the same.

    `files` is how many the data set has.
    """

    folder: Path
    written: tuple[str, ...]
    files: int = 4


def copy_files(folder: Path, contents: Mapping[str, bytes]) -> Copied:
    """Write files by name into `folder`, and read them back; raises as `writing_into`.

    Files that hold the same already are left alone. No file is ever seen half written.
    """
    written = []
    with writing_into(folder):
        for name, content in contents.items():
            target = folder / name
            if target.is_file() and target.read_bytes() == content:
                continue
            output_files.make_folder(folder)
            with output_files.replacing(target) as new:
                new.write_bytes(content)
                if new.read_bytes() != content:
                    raise DataError(f"{target} was altered while it was written. Copy again.")
            written.append(name)
    return Copied(folder, tuple(written), files=len(contents))


@contextlib.contextmanager
def writing_into(folder: Path) -> Iterator[None]:
    """What the system refuses becomes a `DataError` that names the folder of a copy."""
    try:
        yield
    except OSError as error:
        raise DataError(
            f"{folder} cannot be written ({error.strerror or error})."
            " Give --to a folder that can, with room for the copy."
        ) from error


def read_bytes(path: Path, most_bytes: int) -> bytes:
    """The content of a file that is to be no longer. Raises `DamagedError`."""
    try:
        with path.open("rb") as stream:
            content = stream.read(most_bytes + 1)
    except OSError as error:
        raise DamagedError(path, f"cannot be read ({error.strerror or error})") from error
    if len(content) > most_bytes:
        raise DamagedError(path, f"it has more than {most_bytes:,} bytes")
    return content
