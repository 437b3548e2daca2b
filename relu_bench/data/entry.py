"""What a data set known by name is: a row of the registry."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from relu_bench.components.labels import Label
from relu_bench.components.registry import Component
from relu_bench.data.dataset import Dataset, DatasetInfo

Info = Callable[[Label], DatasetInfo]
Load = Callable[[Label, Path | None, bool], Dataset]


@dataclass(frozen=True)
class Copied:
    """Where a copy lies; `written` are the files that were not there, or not the same.

    `files` is how many the data set has.
    """

    folder: Path
    written: tuple[str, ...]
    files: int = 4


@dataclass(frozen=True, kw_only=True)
class Row(Component):
    """A data set known by name. Labels are canonical.

    Attributes:
        info: shapes and counts from a table, without a look at the disk.
        load: `(label, data_dir, fetch)`: found or, if `fetch`, fetched, and verified; raises
            `DataError`.
        place: `(label, data_dir)`: where it lies, None where it is not here; raises `DataError`
            for a copy that is incomplete.
        copy: `(dataset, folder)` writes it into `folder`/<its name> and reads it back; None for
            what is embedded and needs no copy.
        fetched: whether `load` can fetch it; else the user has to.
    """

    info: Info
    load: Load
    place: Callable[[Label, Path | None], str | None]
    copy: Callable[[Dataset, Path], Copied] | None = None
    fetched: bool = True
