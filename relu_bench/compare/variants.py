"""What varies in an experiment: its axes, the texts of their values, and what these are called."""

from __future__ import annotations

import re
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from relu_bench.components import labels
from relu_bench.components.variant_label import label
from relu_bench.config import display_names
from relu_bench.errors import shorten
from relu_bench.store import columns
from relu_bench.store.plans import KeptPlan
from relu_bench.wording import first_of

if TYPE_CHECKING:
    from pandas import DataFrame, Series


# The seed repeats a variant; the numerics revision is no setting, but runs of two revisions are
# different computations and must not be averaged.
REVISION = "numerics"
AXIS_COLUMNS = (*(name for name in columns.names(columns.SPEC) if name != "seed"), REVISION)
# A hyphen behind a letter, a digit or a closing bracket is no sign: `movielens-100k`.
_NUMBER = re.compile(r"((?:(?<![\w)\]])-)?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)")
# The columns whose values may have display names.
_FIELDS = tuple(
    column.name
    for column in columns.SPEC
    if column.kind == "text" and column.name not in ("dropout_kind", "split_seed")
)
# A label of more letters is called by its two ends.
_LONGEST = 200
_MOST_NAMED = 3

Names = Mapping[str, str]
"""Display names by canonical label."""


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


def names_of(
    plans: Sequence[KeptPlan], runs: DataFrame, experiments: Collection[str] = ()
) -> tuple[Names, tuple[str, ...]]:
    """The display name of each named value of these runs, by its canonical label, and notices.

    A label of hundreds of letters that has no other name is called by its two ends.

    The newest call that names a value wins; a call that does not name it says nothing. Of several
    stores, the last one's calls count as the newest. A call for one of the further
    `experiments` names what no call for one of these runs' does. Where two values of one field
    would be shown alike, the name that is given first in the newest call stays, and the other value
    is shown by its label.

    Args:
        plans: the calls, the newest last.
        runs: rows of runs.csv.
        experiments: further ones, of which no run need be among `runs`.
    """
    at_hand = set(runs["experiment"])
    calls, others = (
        [
            display_names.given_by(plan.config)
            for plan in reversed(plans)
            if plan.experiment in chosen
        ]
        for chosen in (at_hand, set(experiments) - at_hand)
    )
    values = {name: {str(each) for each in runs[name].dropna().unique()} for name in _FIELDS}
    there = set().union(*values.values())
    # No table holds a label of any length, and a file may.
    long = {value: shorten(value) for value in there if len(value) > _LONGEST}
    if not any(calls) and not any(others) and not long:
        return {}, ()
    found: dict[str, str] = {}
    unlike: dict[str, str] = {}
    for names in calls:
        for value, name in names.items():
            if value in there and found.setdefault(value, name) != name:
                unlike[value] = found[value]
    for names in others:
        for value, name in names.items():
            if value in there:
                found.setdefault(value, name)
    clear = _told_apart({**long, **found}, values.values())
    notices = []
    if unlike:
        shown = first_of(
            [f"{value} is shown as {name!r}" for value, name in unlike.items()], _MOST_NAMED
        )
        notices.append(f"display names differ between calls, and the newest counts: {shown}")
    if lost := [value for value in found if value not in clear]:
        shown = first_of([f"{found[value]!r} for {value}" for value in lost], _MOST_NAMED)
        notices.append(f"display names that another value has too are not shown: {shown}")
    return clear, tuple(notices)


def shown_with(runs: DataFrame, names: Names) -> tuple[DataFrame, Mapping[str, Names]]:
    """The runs with display names in place of labels, and by column the label of each of these.

    The labels themselves stand in a further column, `stored_column`.
    """
    stored: dict[str, Names] = {}
    columns_shown = {}
    for column in _FIELDS:
        named = {value: names[value] for value in runs[column].dropna().unique() if value in names}
        if named:
            texts = runs[column]
            shown = texts.map(lambda value, its=named: its.get(value, value), na_action="ignore")
            columns_shown[column] = shown.astype(texts.dtype)
            columns_shown[stored_column(column)] = texts
            stored[column] = {name: value for value, name in named.items()}
    return runs.assign(**columns_shown), stored


def stored_column(name: str) -> str:
    """The column of runs with display names that keeps the canonical labels of column `name`."""
    return f"stored {name}"


def label_column(runs: DataFrame, name: str) -> str:
    """The column of these runs that holds the canonical labels of `name`, whatever is shown."""
    stored = stored_column(name)
    return stored if stored in runs else name


def meant(field: str, text: str, there: Iterable[str], names: Names) -> list[str]:
    """The labels that `text` means where nothing is written just so, none or several.

    By their display name, or in another spelling: `swish`, `ReLU`, `Leaky ReLU 0.01`. Without
    parameters it means a label with any.

    Args:
        field: a column of runs.csv.
        text: as somebody wrote it.
        there: the labels to choose from.
        names: display names by label.
    """
    from relu_bench.config.settings import recognize

    known = {each: found for each in there if (found := parsed(each)) is not None}
    shown = [each for each in known if names.get(each, "").casefold() == text.casefold()]
    if shown:
        return shown
    try:
        wanted = labels.parse(recognize(field, text))
    except labels.LabelError:
        return []
    given = dict(wanted.parameters).items()
    return [
        each
        for each, found in known.items()
        if found.name == wanted.name and given <= dict(found.parameters).items()
    ]


def parsed(text: str) -> labels.Label | None:
    """The label that is written so; None where it is none."""
    try:
        return labels.parse(text)
    except labels.LabelError:
        return None


def stored_labels(
    runs: DataFrame, by: Sequence[str], stored: Mapping[str, Names], column: str
) -> dict[str, str]:
    """What each text in `column` would be with canonical labels in place of display names.

    Args:
        runs: with display names, and `column`: the value of the one axis `by`, or the label of the
            values of several.
        by: axes.
        stored: of `shown_with`.
        column: the name of the column.
    """
    if not any(name in stored for name in by):
        return {}
    shown = runs[list(by)].apply(as_texts).assign(**{column: runs[column]}).drop_duplicates()
    found = {}
    for row in shown.to_dict("records"):
        values = {name: stored.get(name, {}).get(row[name], row[name]) for name in by}
        found[str(row[column])] = next(iter(values.values())) if len(by) == 1 else label(values)
    return found


def _told_apart(found: Names, values: Iterable[set[str]]) -> Names:
    """The names without those that would make two values of one field look alike."""
    clear = dict(found)
    while True:
        lost: set[str] = set()
        for there in values:
            taken = {value for value in there if value not in clear}
            for value in [value for value in clear if value in there]:
                if clear[value] in taken:
                    lost.add(value)
                taken.add(clear[value])
        if not lost:
            return clear
        clear = {value: name for value, name in clear.items() if value not in lost}
