"""Which names a config may give as its data set."""

import difflib
import os
from pathlib import Path

from relu_bench.data.known import KNOWN
from relu_bench.errors import DataError

DIGITS = "digits"


def known_names() -> tuple[str, ...]:
    """The data sets known by name, the embedded one last."""
    return (*KNOWN, DIGITS)


def is_folder_name(name: str) -> bool:
    """Whether `name` means a folder of IDX files: it has a separator, or is an existing folder.

    A known name means the known data set, even beside a folder called the same (`./mnist`
    means the folder).
    """
    if name in known_names() or not name:
        return False
    return "/" in name or os.sep in name or Path(name).is_dir()


def check_name(name: str) -> None:
    """Raise `DataError`, with the nearest known name, unless `name` can be a data set."""
    if name in known_names() or is_folder_name(name):
        return
    near = difflib.get_close_matches(name.lower().replace("-", "_"), known_names(), n=1)
    hint = f" Did you mean {near[0]}?" if near else ""
    raise DataError(
        f"Unknown data set {name!r}.{hint} Known are {', '.join(known_names())};\n"
        f"a folder of IDX files is given as a path, such as ./{name or 'folder'}."
    )
