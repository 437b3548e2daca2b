"""Reading a store: without a lock, without writing, and never a row that is not committed.

The row in runs.csv is written last, so it commits its run: rows of the other CSVs count when their
run stands in runs.csv as completed, and a failed run has no others.

`read` gives tables of pandas. `scan` and `stored` need runs.csv alone and no table library: what a
resumed sweep and `relu-bench status` need of a store of 100,000 runs, in a second or two.
"""

import io
import os
import shlex
from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, NamedTuple, Self, cast

from relu_bench.errors import StoreError
from relu_bench.store import columns
from relu_bench.store import files as store_files
from relu_bench.store import journal as store_journal
from relu_bench.store.cells import BOOLEANS, holds_bits, is_of_kind, line, text_of
from relu_bench.store.columns import RUNS, Column, Kind
from relu_bench.store.files import unreadable
from relu_bench.store.tables import TABLES, Key, Span, Table, TableName, check, header_of, rows

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

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


class Committed:
    """That part, to be read from its start, piece by piece; `names` are those of its header.

    A file that is missing or empty has the header that a new one would have. It is no file object
    of Python's own: `pandas.read_csv` would decode one and encode it again.
    """

    def __init__(self, path: Path, table: Table) -> None:
        """Open the CSV at `path`; what is written to it from now on is not part of it.

        Raises:
            StoreError: the header is not ours, or the file cannot be read.
        """
        self._table = table
        self._file: BinaryIO = io.BytesIO()
        try:
            self._file = self._settled(path)
            if self._left:
                self.names = header_of(self._file, table)
                self._file.seek(0)
            else:
                self._file.close()
                self._become_new()
        except (FileNotFoundError, NotADirectoryError):
            # A file where the folder should be is for the writer to tell.
            self._become_new()
        except OSError as error:
            raise unreadable(path, error) from error
        except BaseException:
            self._file.close()
            raise

    def _settled(self, path: Path) -> BinaryIO:
        """The file, once its end is that of a line, or remains what it is.

        Whoever looks for the journal a moment before a write begins finds half a line a moment
        later. The second look tells it from a file that was cut.
        """
        before: tuple[int, int] | None = None
        while True:
            stop = store_journal.committed_size(path.parent, path.name)
            file = store_files.opened(path)
            status = os.fstat(file.fileno())
            self._stop = status.st_size if stop is None else min(stop, status.st_size)
            self._left = self._stop
            file.seek(max(0, self._stop - 1))
            look = status.st_ino, self._stop
            if not self._stop or file.read(1) == b"\n" or look == before:
                file.seek(0)
                return file
            file.close()
            before = look

    def rows(self, wanted: Sequence[str]) -> Iterator[tuple[Span, bytes, list[str]]]:
        """As `tables.rows`."""
        return rows(self._file, self.names, wanted, stop=self._stop)

    def check(self, *, cells: bool = False) -> None:
        """Look whether all of it is whole rows, of cells that can be read; then it is at its start.

        Raises:
            StoreError: as `tables.check`.
        """
        check(self._file, self._table, self.names, self._stop, cells=cells)
        self._file.seek(0)

    def read(self, size: int = -1) -> bytes:
        """The next bytes, at most `size`; all that are left when it is negative."""
        data = self._file.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(data)
        return data

    def __iter__(self) -> Iterator[bytes]:
        """The lines; pandas takes nothing for a file that has none."""
        while self._left:
            data = self._file.readline(self._left)
            self._left -= len(data)
            yield data

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def _become_new(self) -> None:
        self.names = list(columns.names(self._table.columns))
        start = line(self.names)
        self._file, self._stop, self._left = io.BytesIO(start), len(start), len(start)


_TEXTS = frozenset(column.name for column in RUNS if column.kind == "text")


class Stored(NamedTuple):
    """What a store knows of a run: its status, and whether the network's inside was measured."""

    status: str
    probes: bool


def scan(folder: Path, names: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """The cells `names` of every committed row of runs.csv, as text; empty for absent columns.

    A store that does not exist yet has no runs.

    Raises:
        StoreError: runs.csv is not ours, cannot be read, or a line of it is no row.
    """
    table = TABLES["runs"]
    with Committed(folder / table.file_name, table) as committed:
        wanted = list(dict.fromkeys([*table.identity, *(n for n in names if n in committed.names)]))
        place = {name: number for number, name in enumerate(wanted)}
        for _, _, cells in committed.rows(wanted):
            yield tuple(_text(name, cells[place[name]]) if name in place else "" for name in names)


def stored(folder: Path) -> dict[Key, Stored]:
    """Each stored run by (experiment, run_id); of several rows of one run a completed one counts.

    Raises:
        StoreError: as `scan`.
    """
    found: dict[Key, Stored] = {}
    for experiment, run_id, status, probes in scan(
        folder, ("experiment", "run_id", "status", "probes")
    ):
        key = (experiment, run_id)
        if key not in found or found[key].status != "completed":
            found[key] = Stored(status, probes.lower() == "true")
    return found


def statuses(folder: Path) -> dict[Key, str]:
    """The status of every stored run by (experiment, run_id).

    Raises:
        StoreError: as `scan`.
    """
    return {key: run.status for key, run in stored(folder).items()}


def _text(name: str, cell: str) -> str:
    return text_of(cell) if name in _TEXTS else cell


_KEY = ("experiment", "run_id")
# pandas needs several times the memory of the rows that it reads at once.
_ROWS_AT_ONCE = 200_000
_ALL = 2**31 - 1

_READ_AS: dict[Kind, str] = {
    "text": "str",
    "time": "str",
    "integer": "Int64",
    "number": "float64",
    "boolean": "str",
    "bits": "str",
}


def read(
    folder: Path,
    table: TableName,
    names: Collection[str] | None = None,
    completed: Collection[Key] | None = None,
) -> "pd.DataFrame":
    """One CSV of the store as a table, typed by `relu_bench.store.columns`.

    With `names`, only these columns beside experiment and run_id, and with `completed` only the
    rows of these (experiment, run_id): a fraction of the time and memory where there are many rows.
    Those of the other CSVs must be runs that runs.csv, read before, has as completed; when they are
    left out, runs.csv is looked through for all that there are.

    Text, times and bits are text as it was given to the store, integers `Int64`, numbers `float64`
    to the last bit, booleans `bool` (pandas' `boolean` where a cell is empty). Columns that the
    file lacks hold what the runs of then had, or else missing values; columns that relu-bench does
    not know are kept, as pandas reads them.

    Raises:
        StoreError: the folder is no store, or a cell cannot be read as its column's kind.
    """
    check_is_store(folder)
    if table != "runs" and completed is None:
        # In this order: a run that is added in between is left out whole.
        completed = {key for key, status in statuses(folder).items() if status == "completed"}
    return _frame(folder, TABLES[table], names, completed)


def _frame(
    folder: Path, table: Table, wanted: Collection[str] | None, keys: Collection[Key] | None
) -> "pd.DataFrame":
    import numpy as np
    import pandas as pd

    path = folder / table.file_name
    known = {
        column.name: column
        for column in table.columns
        if wanted is None or column.name in {*_KEY, *wanted}
    }
    parts = []
    with Committed(path, table) as committed:
        committed.check()
        names = committed.names
        strange = [] if wanted is not None else [name for name in names if name not in known]
        types: dict[Hashable, Any] = {
            name: _READ_AS[known[name].kind] for name in names if name in known
        }
        try:
            # NumPy warns of an integer too large for 64 bits; pandas then refuses it: enough.
            with (
                np.errstate(invalid="ignore"),
                pd.read_csv(
                    cast(Any, committed),
                    # As they stand: of a name that is empty, pandas would make another one.
                    header=0,
                    names=names,
                    index_col=False,
                    dtype=types,
                    float_precision=_float_precision(pd.__version__),
                    keep_default_na=False,
                    na_values=[""],
                    usecols=None if wanted is None else list(types),
                    # Cells are converted by pieces that the processor's cache holds, which takes
                    # half the time; but what a column is that we do not know, only all of its
                    # cells say.
                    low_memory=not strange,
                    chunksize=_ALL if strange else _ROWS_AT_ONCE,
                ) as chunks,
            ):
                for chunk in chunks:
                    part = _as_given(chunk, table, known)
                    parts.append(part if keys is None else part[_belongs(part, keys)])
        except (ValueError, TypeError, OverflowError) as error:
            committed.check(cells=True)
            raise StoreError(f"{path} cannot be read: {error}") from error
    frame = pd.concat(parts, ignore_index=True) if len(parts) > 1 else parts[0]
    del parts
    for name, column in known.items():
        if name not in names:
            frame[name] = _nothing(frame, column)
        if column.before is not None:
            frame[name] = frame[name].fillna(column.before)
    ordered = [*known, *strange]
    frame = frame if list(frame.columns) == ordered else frame[ordered]
    return frame.reset_index(drop=True)


def _as_given(frame: "pd.DataFrame", table: Table, known: Mapping[str, Column]) -> "pd.DataFrame":
    """Rows as pandas has read them, with texts and booleans as they were given to the store.

    Raises:
        ValueError: a cell is none of its column's, or one of a row's identity is empty.
    """
    for name, column in known.items():
        if name not in frame:
            continue
        if name in table.identity and frame[name].isna().any():
            raise ValueError(f"{name} is empty")
        if column.choices and not (frame[name].isna() | frame[name].isin(column.choices)).all():
            raise ValueError(f"{name} is none of its choices")
        if column.kind == "text":
            frame[name] = _texts(frame[name])
        elif column.kind == "boolean":
            frame[name] = _booleans(frame[name])
        elif column.kind == "number":
            values, (lowest, highest) = frame[name].to_numpy(), column.limits
            if ((values < lowest) | (values > highest)).any():
                raise ValueError(f"{name} is out of its limits")
        elif column.kind == "bits":
            if not all(is_of_kind(column, text) for text in frame[name]):
                raise ValueError(f"{name} is not what it should be")
            if "samples" in frame and not all(
                map(holds_bits, frame[name], frame["samples"].astype(str))
            ):
                raise ValueError(f"{name} does not hold the bits of so many samples")
            frame[name] = _texts(frame[name])
    return frame


def _texts(texts: "pd.Series[Any]") -> "pd.Series[Any]":
    """The cells without their guards, which few columns have at all."""
    import pandas as pd

    distinct = pd.unique(texts.to_numpy(object))
    if any(text_of(text) != text for text in distinct if isinstance(text, str)):
        return texts.map(text_of, na_action="ignore").astype(texts.dtype)
    return texts


def _belongs(frame: "pd.DataFrame", keys: Collection[Key]) -> "NDArray[np.bool_]":
    """Which rows are of one of these runs: each run is looked up once, not each of its rows."""
    import numpy as np
    import pandas as pd

    (experiments, its_name), (runs, its_id) = (
        pd.factorize(frame[name].to_numpy(object)) for name in _KEY
    )
    # Code -1 is an empty cell, which is no key.
    pairs = np.where((experiments < 0) | (runs < 0), -1, runs * len(its_name) + experiments)
    kept = [
        pair
        for pair in pd.unique(pairs)
        if pair >= 0 and (its_name[pair % len(its_name)], its_id[pair // len(its_name)]) in keys
    ]
    return np.asarray(pd.Series(pairs).isin(kept), dtype=np.bool_)


def _float_precision(pandas_version: str) -> Literal["round_trip"] | None:
    """How pandas is asked to read floats so that each is that of its shortest text.

    From 3.1 on it does so without being asked.
    """
    major, minor = pandas_version.split(".")[:2]
    return None if (int(major), int(minor)) >= (3, 1) else "round_trip"


def _nothing(frame: "pd.DataFrame", column: Column) -> "pd.Series[Any]":
    import pandas as pd

    kinds: dict[Kind, Any] = {"integer": "Int64", "number": "float64", "boolean": "boolean"}
    # What "str" means has changed between the versions of pandas; this column is text in each.
    kind = kinds.get(column.kind, frame["experiment"].dtype)
    found: pd.Series[Any] = pd.Series(None, index=frame.index, dtype=kind)
    return found


def _booleans(texts: "pd.Series[Any]") -> "pd.Series[Any]":
    empty = texts.isna()
    values = texts.map(BOOLEANS, na_action="ignore")
    if not values.isna().equals(empty):
        raise ValueError(f"{texts.name} is neither true nor false")
    return values.astype("boolean" if empty.any() else "bool")
