"""Whether a folder is a store, and if not, what it is instead."""

import shlex
from collections.abc import Sequence
from pathlib import Path

from relu_bench.errors import StoreError
from relu_bench.store.failures import unreadable
from relu_bench.store.tables import TABLES

_RUNS = TABLES["runs"].file_name
_DEFAULT = Path("results")
_MOST_NAMED = 5


def check_is_store(folder: Path, *, lone: bool = False) -> None:
    """Look whether `folder` is a store, before anything is read from it.

    Args:
        folder: that was given.
        lone: whether it is taken alone, so that of several stores only one can have been meant.

    Raises:
        StoreError: it is none; the message says what it is, and which store may have been meant.
    """
    try:
        if not is_store(folder):
            raise StoreError(_what_it_is(folder, lone=lone))
    except OSError as error:
        raise unreadable(folder, error) from error


def is_store(folder: Path) -> bool:
    """Whether the folder has the file that every store has."""
    return (folder / _RUNS).exists()


def _what_it_is(folder: Path, *, lone: bool) -> str:
    if not folder.exists():
        out = "" if folder == _DEFAULT else f" --out {shlex.quote(str(folder))}"
        return (
            f"There is no folder {folder} yet: `relu-bench run CONFIG{out}` makes it, "
            "or name another."
        )
    # Two levels are as deep as the files of a store lie.
    around = next((each for each in folder.parents[:2] if is_store(each)), None)
    what = "folder" if folder.is_dir() else "file"
    if around is not None:
        return f"{folder} is a {what} of the store {around}; name the folder {around}."
    remedy = "Name the folder that `relu-bench run` wrote to (--out, by default `results`)."
    if what == "file" and folder.suffix in (".yaml", ".yml"):
        return (
            f"{folder} is a config, not a results folder. {remedy[:-1]}; "
            f"`relu-bench run {folder}` makes it."
        )
    if what == "file":
        return f"{folder} is a file, not a folder. {remedy}"
    inside = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    stores = [path for path in inside if is_store(path)]
    if stores:
        one_of = "one of " if lone and len(stores) > 1 else ""
        remedy = f"Did you mean {one_of}{_named(folder, inside, stores)}?"
    return f"{folder} is not a relu-bench store: it has no {_RUNS}. {remedy}"


def _named(folder: Path, inside: Sequence[Path], stores: Sequence[Path]) -> str:
    """The stores inside `folder`, as a command line takes them."""
    if len(stores) == len(inside) > 1:
        return str(folder / "*")
    more = f" ... ({len(stores)} in all)" if len(stores) > _MOST_NAMED else ""
    return " ".join(map(str, stores[:_MOST_NAMED])) + more
