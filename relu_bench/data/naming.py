"""Which names a config may give as its data set."""

import difflib
import errno
import os
from pathlib import Path

from relu_bench.components.labels import LabelError
from relu_bench.components.registry import resolve
from relu_bench.data.registry import DATASETS
from relu_bench.errors import DataError, shorten, show

_ALIASES = {alias: name for name, row in DATASETS.items() for alias in row.aliases}


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
    near = difflib.get_close_matches(head.lower().replace("-", "_"), known_names(), n=1)
    hint = f" Did you mean {near[0]}?" if near else ""
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
    try:
        canonical(name)
    except LabelError as error:
        raise DataError(f"{error}") from None


def _head(name: str) -> str:
    """The name without its parameters, an alias replaced."""
    head = name.partition("(")[0].strip()
    return _ALIASES.get(head, head)
