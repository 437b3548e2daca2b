"""`--where KEY=VALUE`: the runs that a reader wants to look at."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from relu_bench import columns, labels
from relu_bench.compare.variants import texts
from relu_bench.components import nearest_field
from relu_bench.errors import ReluBenchError

if TYPE_CHECKING:
    from pandas import DataFrame, Series

_SWITCHES = {"true": True, "false": False}
_EMPTY = ("", "null")
# The columns that say what a config asked for.
_ASKED = ("experiment", *columns.names(columns.SPEC), "probes")


def select(runs: DataFrame, where: Sequence[str]) -> DataFrame:
    """The rows of `runs` that meet every condition `KEY=VALUE`; of one key, any of its values.

    KEY is a column. VALUE is compared as the column's type: numbers by value (`1e-3` is `0.001`),
    `true` and `false`, text without the spaces around it, a label in any order of its parameters,
    or a label's name alone, whatever its parameters. An empty VALUE or `null` finds empty cells.

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
        masks = [_matches(column, value) for value in values]
        absent = [value for value, mask in zip(values, masks, strict=True) if not mask.any()]
        if absent:
            raise ReluBenchError(_nothing_left(runs, {key: absent[:1]}))
        chosen = chosen[pd.concat(masks, axis=1).any(axis=1).loc[chosen.index]]
    if not len(chosen):
        raise ReluBenchError(_nothing_left(runs, wanted))
    return chosen


def _parts(condition: str) -> tuple[str, str]:
    key, equals, value = condition.partition("=")
    if not equals or not key.strip():
        raise ReluBenchError(
            f"--where {condition!r} is no condition; expected KEY=VALUE, "
            "such as --where activation=relu or --where learning_rate=0.001."
        )
    return key.strip(), value.strip()


def _column(runs: DataFrame, key: str) -> Series:
    if key in runs and key != "store":
        return runs[key]
    known = [str(name) for name in runs.columns if name != "store"]
    asked = [name for name in _ASKED if name in known]
    raise ReluBenchError(
        f"--where {key!r}: runs.csv has no such column.{nearest_field(key, known)} It has: "
        f"{', '.join(asked)}, and {len(known) - len(asked)} measured columns: see docs/results.md."
    )


def _matches(column: Series, value: str) -> Series:
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    if value.lower() in _EMPTY and (value == "" or column.isna().any()):
        return column.isna()
    if is_bool_dtype(column.dtype):
        return (column == _switch(column, value)).fillna(False).astype(bool)
    if is_numeric_dtype(column.dtype):
        return _near(column, value)
    distinct = column.dropna().unique()
    wanted = _canonical(value)
    exact = column.isin([text for text in distinct if _canonical(text) == wanted])
    if exact.any():
        return exact
    return column.isin([text for text in distinct if _name(text) == value])


def _switch(column: Series, value: str) -> bool:
    if value.lower() not in _SWITCHES:
        raise ReluBenchError(f"--where {column.name}={value}: expected true or false.")
    return _SWITCHES[value.lower()]


def _near(column: Series, value: str) -> Series:
    try:
        number = float(value)
    except ValueError:
        raise ReluBenchError(
            f"--where {column.name}={value}: expected a number; there is {_values(column)}."
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
    asked = ", ".join(f"{key}={value}" for key, values in wanted.items() for value in values)
    lines = [f"No run has {asked}." if asked else "There is no run."]
    lines += [f"{key} is one of: {_values(runs[key])}" for key in wanted]
    return "\n".join(lines)


def _values(column: Series) -> str:
    """The values of a column, at most 25, the empty cell as `null`."""
    listed = list(texts(column).values())
    more = f", … ({len(listed)} in all)" if len(listed) > 25 else ""
    return ", ".join(listed[:25]) + more
