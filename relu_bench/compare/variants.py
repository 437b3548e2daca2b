"""What varies in an experiment: its axes, and a short name for each combination of their values."""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING

from relu_bench.components.variant_label import label
from relu_bench.store import columns

if TYPE_CHECKING:
    from pandas import DataFrame, Series

# The seed repeats a variant; the numerics revision is no setting, but runs of two revisions are
# different computations and must not be averaged.
REVISION = "numerics"
AXIS_COLUMNS = (*(name for name in columns.names(columns.SPEC) if name != "seed"), REVISION)
# A hyphen behind a letter, a digit or a closing bracket is no sign: `movielens-100k`.
_NUMBER = re.compile(r"((?:(?<![\w)\]])-)?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)")


def axes(runs: DataFrame) -> tuple[str, ...]:
    """The axes of these runs: settings with more than one value, activation first.

    An empty cell (no cap on the training samples) is a value of its own. The numerics revision is
    an axis only where the others do not determine it: runs that draw at random have their own.
    """
    varying = [
        name for name in AXIS_COLUMNS if name in runs and runs[name].nunique(dropna=False) > 1
    ]
    if REVISION in varying and _determines_revision(runs, varying):
        varying.remove(REVISION)
    return tuple(sorted(varying, key=lambda name: name != "activation"))


def texts(column: Series) -> dict[Hashable, str]:
    """Each distinct value of a column in its natural order, with the text that shows it.

    Numbers in numerical order, with four digits where these tell them apart; text in alphabetical
    order, the numbers in it by value; an empty cell last, as `null`.
    """
    from pandas.api.types import is_bool_dtype, is_float_dtype, is_numeric_dtype

    present = column.dropna().unique().tolist()
    present.sort(key=None if is_numeric_dtype(column.dtype) else _natural)
    if is_bool_dtype(column.dtype):
        shown = [str(value).lower() for value in present]
    elif is_float_dtype(column.dtype):
        shown = [f"{value:.4g}" for value in present]
        if len(set(shown)) < len(present):
            shown = [f"{value:.12g}" for value in present]
    else:
        shown = [str(value) for value in present]
    found: dict[Hashable, str] = dict(zip(present, shown, strict=True))
    if column.isna().any():
        found[None] = "null"
    return found


def as_texts(column: Series) -> Series:
    """The column with each value replaced by its text."""
    known = texts(column)
    return column.map(known, na_action="ignore").astype(object).where(column.notna(), "null")


def with_variant(
    runs: DataFrame, names: Sequence[str], column: str = "variant", lone: str = "activation"
) -> DataFrame:
    """`runs` with a text column that names the combination of the axes `names`.

    Without an axis, every run has the same name: its value of `lone`.
    """
    if not names:
        return runs.assign(**{column: as_texts(runs[lone])})
    shown = runs[list(names)].apply(as_texts)
    rows = shown.drop_duplicates().itertuples(index=False)
    labels = [label(dict(zip(names, row, strict=True))) for row in rows]
    numbers = shown.groupby(list(names), sort=False).ngroup()
    return runs.assign(**{column: numbers.map(dict(enumerate(labels)))})


def broken(label: str, width: int = 24) -> str:
    """A long label over several lines, broken at spaces, before brackets, at worst after `=`."""
    pieces = [
        part
        for piece in re.findall(r" ?[^ (]+| ?\([^ (]*| ", label)
        for part in (re.split(r"(?<==)", piece) if len(piece) > width else [piece])
    ]
    lines = [""]
    for piece in pieces:
        if len(lines[-1]) + len(piece) <= width or not lines[-1]:
            lines[-1] += piece
        else:
            lines.append(piece.removeprefix(" "))
    return "\n".join(line.rstrip() for line in lines if line.strip()) or label


def _determines_revision(runs: DataFrame, varying: Sequence[str]) -> bool:
    """Whether each combination of the other axes' values has one numerics revision."""
    combinations = runs[list(varying)].drop_duplicates()
    others = [name for name in varying if name != REVISION]
    return bool(others) and not combinations.duplicated(others).any()


def _natural(text: object) -> list[tuple[int, float, str]]:
    """A sort key that puts `mlp(depth=2)` before `mlp(depth=10)`."""
    parts = [part for part in _NUMBER.split(str(text)) if part]
    return [
        (0, float(part), "") if _NUMBER.fullmatch(part) else (1, 0.0, part.casefold())
        for part in parts
    ]
