"""`--where KEY=VALUE`: the runs that a reader wants to look at."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from relu_bench.compare.naming import Names, meant
from relu_bench.compare.variants import texts
from relu_bench.components import labels
from relu_bench.components.registry import nearest_field
from relu_bench.components.spacing import split_at_commas
from relu_bench.errors import ReluBenchError, shorten, show
from relu_bench.store import columns

if TYPE_CHECKING:
    from pandas import DataFrame, Series

_SWITCHES = {"true": True, "false": False}
_EMPTY = ("", "null")
# The columns that say what a config asked for.
_ASKED = ("experiment", *columns.names(columns.SPEC), "probes")


def select(
    runs: DataFrame, where: Sequence[str], names: Callable[[], Names] = lambda: {}
) -> DataFrame:
    """The rows of `runs` that meet every condition `KEY=VALUE`; of one key, any of its values.

    KEY is a column. VALUE is compared as the column's type: numbers by value (`1e-3` is `0.001`),
    `true` and `false`, text without the spaces around it, a label in any order of its parameters,
    or a label's name alone, whatever its parameters; else as `naming.meant` understands it. An
    empty VALUE or `null` finds empty cells. Several values with commas between mean any of them.

    Args:
        runs: rows of runs.csv.
        where: the conditions.
        names: gives the display names by label, where they are needed.

    Raises:
        ReluBenchError: for a condition without `=`, an unknown column, a value of the wrong type or
            one that no row has, or when no row is left.
    """
    import pandas as pd

    wanted: dict[str, list[str]] = {}
    for condition in where:
        key, value = _parts(condition)
        wanted.setdefault(key, []).append(value)
    chosen = runs
    for key, values in wanted.items():
        column = _column(runs, key)
        masks = [mask for value in values for mask in _masks(column, value, names)]
        chosen = chosen[pd.concat(masks, axis=1).any(axis=1).loc[chosen.index]]
    if not len(chosen):
        raise ReluBenchError(_nothing_left(runs, wanted))
    return chosen


def _parts(condition: str) -> tuple[str, str]:
    key, equals, value = condition.partition("=")
    if not equals or not key.strip():
        raise ReluBenchError(
            f"--where {show(condition)} is no condition; expected KEY=VALUE, "
            "such as --where activation=relu or --where learning_rate=0.001."
        )
    return key.strip(), value.strip()


def _column(runs: DataFrame, key: str) -> Series:
    if key in runs and key != "store":
        return runs[key]
    known = [str(name) for name in runs.columns if name != "store"]
    asked = [name for name in _ASKED if name in known]
    raise ReluBenchError(
        f"--where {show(key)}: runs.csv has no such column.{nearest_field(key, known)} It has: "
        f"{', '.join(asked)}, and {len(known) - len(asked)} measured columns: see docs/results.md."
    )


def _masks(column: Series, value: str, names: Callable[[], Names]) -> list[Series]:
    """The rows of each value that is meant."""
    parts = [part.strip() for part in split_at_commas(value)]
    if len(parts) > 1 and _is_text(column):  # which may have a comma itself
        whole = _matches(column, value, names)
        if whole.any():
            return [whole]
    masks = [_matches(column, part, names) for part in parts]
    for part, mask in zip(parts, masks, strict=True):
        if not mask.any():
            raise ReluBenchError(_nothing_left(column.to_frame(), {str(column.name): [part]}))
    return masks


def _matches(column: Series, value: str, names: Callable[[], Names]) -> Series:
    from pandas.api.types import is_bool_dtype

    if value.lower() in _EMPTY and (value == "" or column.isna().any()):
        return column.isna()
    if is_bool_dtype(column.dtype):
        return (column == _switch(column, value)).fillna(False).astype(bool)
    if not _is_text(column):
        return _near(column, value)
    distinct = column.dropna().unique()
    wanted = _canonical(value)
    exact = column.isin([text for text in distinct if _canonical(text) == wanted])
    if exact.any():
        return exact
    by_name = [text for text in distinct if _name(text) == value]
    return column.isin(by_name or meant(str(column.name), value, distinct, names()))


def _is_text(column: Series) -> bool:
    from pandas.api.types import is_numeric_dtype

    return not is_numeric_dtype(column.dtype)


def _switch(column: Series, value: str) -> bool:
    if value.lower() not in _SWITCHES:
        raise ReluBenchError(f"--where {column.name}={shorten(value)}: expected true or false.")
    return _SWITCHES[value.lower()]


def _near(column: Series, value: str) -> Series:
    try:
        number = float(value)
    except ValueError:
        raise ReluBenchError(
            f"--where {column.name}={shorten(value)}: expected a number; "
            f"there is {_values(column)}."
        ) from None
    # Spaced values (log, lin) carry 12 digits; nobody should have to type all of them.
    tolerance = 1e-9 * abs(number) if math.isfinite(number) else 0.0
    return ((column.astype("float64") - number).abs() <= tolerance).astype(bool)


def _canonical(text: object) -> str:
    try:
        return str(labels.parse(str(text)))
    except labels.LabelError:
        return str(text).strip()


def _name(text: object) -> str:
    """The name of a label; other text as it is."""
    try:
        return labels.parse(str(text)).name
    except labels.LabelError:
        return str(text)


def _nothing_left(runs: DataFrame, wanted: dict[str, list[str]]) -> str:
    asked = ", ".join(
        f"{key}={shorten(value)}" for key, values in wanted.items() for value in values
    )
    lines = [f"No run has {asked}." if asked else "There is no run."]
    lines += [f"{key} is one of: {_values(runs[key])}" for key in wanted]
    return "\n".join(lines)


def _values(column: Series) -> str:
    """The values of a column, at most 25, the empty cell as `null`."""
    listed = [shorten(text) for text in texts(column).values()]
    more = f", … ({len(listed)} in all)" if len(listed) > 25 else ""
    return ", ".join(listed[:25]) + more
