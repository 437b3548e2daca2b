"""Reading a store: without a lock, without writing, and never a row that is not committed.

The row in runs.csv is written last, so it commits its run: rows of epochs.csv and layers.csv count
when their run stands in runs.csv as completed, and a failed run has no others.
"""

import io
from collections.abc import Collection, Hashable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from relu_bench import columns
from relu_bench.columns import Column, Kind
from relu_bench.errors import StoreError
from relu_bench.store import journal as store_journal
from relu_bench.store.cells import line, text_of
from relu_bench.store.folders import check_is_store
from relu_bench.store.scanning import statuses, unreadable
from relu_bench.store.tables import TABLES, Table, TableName, header

if TYPE_CHECKING:
    import pandas as pd

# As relu-bench, Python and spreadsheets write them.
_BOOLEANS = {
    text: value
    for word, value in (("true", True), ("false", False))
    for text in (word, word.capitalize(), word.upper())
}
_READ_AS: dict[Kind, str] = {
    "text": "str",
    "time": "str",
    "integer": "Int64",
    "number": "float64",
    "boolean": "str",
}


def read(folder: Path, table: TableName, names: Collection[str] | None = None) -> "pd.DataFrame":
    """One CSV of the store as a table, typed by `relu_bench.columns`.

    With `names`, only these columns beside experiment and run_id: a fraction of the time and memory
    where there are many rows.

    Text and times are text as it was given to the store, integers `Int64`, numbers `float64` to the
    last bit, booleans `bool` (pandas' `boolean` where a cell is empty). Columns that the file lacks
    hold what the runs of then had, or else missing values; columns that relu-bench does not know
    are kept, as pandas reads them.

    Raises:
        StoreError: the folder is no store, or a cell cannot be read as its column's kind.
    """
    check_is_store(folder)
    if table == "runs":
        return _frame(folder, TABLES["runs"], names)
    # In this order: a run that is added in between is left out whole.
    completed = {key for key, status in statuses(folder).items() if status == "completed"}
    frame = _frame(folder, TABLES[table], names)
    counts = [key in completed for key in zip(frame["experiment"], frame["run_id"], strict=True)]
    return frame if all(counts) else frame[counts].reset_index(drop=True)


def _frame(folder: Path, table: Table, wanted: Collection[str] | None) -> "pd.DataFrame":
    import numpy as np
    import pandas as pd

    path = folder / table.file_name
    data, names = _committed(path, table)
    known = {
        column.name: column
        for column in table.columns
        if wanted is None or column.name in {"experiment", "run_id", *wanted}
    }
    types: dict[Hashable, Any] = {
        name: _READ_AS[known[name].kind] for name in names if name in known
    }
    try:
        # NumPy warns of an integer too large for 64 bits; pandas then refuses it, which is enough.
        with np.errstate(invalid="ignore"):
            frame = pd.read_csv(
                io.BytesIO(data),
                dtype=types,
                float_precision=None if _parses_floats_exactly(pd.__version__) else "round_trip",
                keep_default_na=False,
                na_values=[""],
                low_memory=False,
                usecols=None if wanted is None else [name for name in names if name in known],
            )
    except (ValueError, TypeError, OverflowError) as error:
        raise _fault(path, data, table, error) from error
    if not isinstance(frame.index, pd.RangeIndex):
        raise StoreError(f"{path} has rows with more cells than its header has names.")
    for name, column in known.items():
        if name not in names:
            frame[name] = _nothing(frame, column)
        elif column.kind == "text":
            texts = frame[name]
            frame[name] = texts.map(text_of, na_action="ignore").astype(texts.dtype)
        elif column.kind == "boolean":
            frame[name] = _booleans(path, frame[name])
        if column.before is not None:
            frame[name] = frame[name].fillna(column.before)
    return frame[[*known, *(name for name in frame.columns if name not in known)]]


def _committed(path: Path, table: Table) -> tuple[bytes, list[str]]:
    """The bytes of the CSV that count, and its header; an empty table when there is no file."""
    try:
        stop = store_journal.committed_size(path.parent, table.file_name)
        with path.open("rb") as file:
            data = file.read(-1 if stop is None else stop)
        if data:
            return data[: data.rfind(b"\n") + 1], header(path, table)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise unreadable(path, error) from error
    names = columns.names(table.columns)
    return line(names), list(names)


def _parses_floats_exactly(pandas_version: str) -> bool:
    """Whether pandas reads the shortest text of a float as that float without being asked to."""
    major, minor = pandas_version.split(".")[:2]
    return (int(major), int(minor)) >= (3, 1)


def _nothing(frame: "pd.DataFrame", column: Column) -> "pd.Series[Any]":
    import pandas as pd

    kinds: dict[Kind, Any] = {"integer": "Int64", "number": "float64", "boolean": "boolean"}
    # What "str" means has changed between the versions of pandas; this column is text in each.
    kind = kinds.get(column.kind, frame["experiment"].dtype)
    return pd.Series([None] * len(frame), index=frame.index, dtype=kind)


def _booleans(path: Path, texts: "pd.Series[Any]") -> "pd.Series[Any]":
    empty = texts.isna()
    unread = texts[~empty & ~texts.isin(list(_BOOLEANS))]
    if len(unread):
        raise _wrong_cell(path, int(unread.index[0]) + 2, str(texts.name), unread.iloc[0])
    values = texts.map(_BOOLEANS, na_action="ignore")
    return values.astype("boolean" if empty.any() else "bool")


def _fault(path: Path, data: bytes, table: Table, error: Exception) -> StoreError:
    """Which cell it was that pandas could not read; pandas' own words when it was not a cell."""
    import pandas as pd

    try:
        frame = pd.read_csv(io.BytesIO(data), dtype="str", keep_default_na=False)
    except ValueError:
        reason = str(error).strip().splitlines()[-1]
        return StoreError(f"{path} is not a CSV that can be read: {reason}. Mend that line.")
    for column in table.columns:
        if column.kind in ("integer", "number") and column.name in frame:
            for number, text in enumerate(frame[column.name], start=2):
                if text and not _is_number(text, whole=column.kind == "integer"):
                    return _wrong_cell(path, number, column.name, text)
    return StoreError(f"{path} cannot be read: {error}")


def _is_number(text: str, *, whole: bool) -> bool:
    try:
        number = float(text)
    except ValueError:
        return False
    return not whole or (number.is_integer() and -(2.0**63) <= number < 2.0**63)


def _wrong_cell(path: Path, number: int, name: str, text: str) -> StoreError:
    kind = next(c.kind for t in TABLES.values() for c in t.columns if c.name == name)
    return StoreError(
        f"{path}, line {number}: {text!r} is no value for the column {name}, which holds {kind} "
        "values. Mend or delete that line."
    )
