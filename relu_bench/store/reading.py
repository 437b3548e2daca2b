"""Reading a store: without a lock, without writing, and never a row that is not committed.

The row in runs.csv is written last, so it commits its run: rows of epochs.csv and layers.csv count
when their run stands in runs.csv as completed, and a failed run has no others.
"""

from collections.abc import Collection, Hashable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from relu_bench.errors import StoreError
from relu_bench.store.cells import BOOLEANS, text_of
from relu_bench.store.columns import Column, Kind
from relu_bench.store.committed import Committed
from relu_bench.store.folders import check_is_store
from relu_bench.store.index import Key
from relu_bench.store.scanning import statuses
from relu_bench.store.tables import TABLES, Table, TableName

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

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
    Those of epochs.csv and layers.csv must be runs that runs.csv, read before, has as completed;
    when they are left out, runs.csv is looked through for all that there are.

    Text and times are text as it was given to the store, integers `Int64`, numbers `float64` to the
    last bit, booleans `bool` (pandas' `boolean` where a cell is empty). Columns that the file lacks
    hold what the runs of then had, or else missing values; columns that relu-bench does not know
    are kept, as pandas reads them.

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
    """How pandas is asked to read floats so that each is that of its shortest text."""
    return None if _parses_floats_exactly(pandas_version) else "round_trip"


def _parses_floats_exactly(pandas_version: str) -> bool:
    """Whether pandas reads the shortest text of a float as that float without being asked to."""
    major, minor = pandas_version.split(".")[:2]
    return (int(major), int(minor)) >= (3, 1)


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
