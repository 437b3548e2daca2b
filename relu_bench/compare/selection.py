"""One selection of runs: what is compared, drawn and reported.

It is made of tables. `load` reads them from stores, each run once, narrowed by `--where`, and says
what must not be averaged silently.
"""

from __future__ import annotations

import math
import os
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from relu_bench import store
from relu_bench.compare.layers import MEASURES, STEP_MEASURE, variant_layers
from relu_bench.compare.measures import KEY, SEEDS_ADDED, completed
from relu_bench.compare.variants import (
    REVISION,
    Names,
    axes,
    meant,
    names_of,
    parsed,
    shown_with,
    texts,
)
from relu_bench.components.registry import nearest_field
from relu_bench.components.spacing import split_at_commas
from relu_bench.errors import ReluBenchError, shorten, show
from relu_bench.store import columns
from relu_bench.store.plans import KeptPlan, kept
from relu_bench.wording import counted, plural

if TYPE_CHECKING:
    from pandas import DataFrame, Series

# The column of `epochs_in_plan_order`.
PLACE = "place"
# How a run ended.
ENDED = (*KEY, "status", "outcome", "error")
# Of layers.csv only what something is made of.
_COLUMNS = {
    "epochs": None,
    "layers": ("epoch", "layer", "time_step", *MEASURES, STEP_MEASURE),
    "test_samples": None,
}
# What a condition calls a switch and an empty cell.
_SWITCHES = {"true": True, "false": False}
_EMPTY = ("", "null")
# The columns that say what a config asked for.
_ASKED = ("experiment", *columns.names(columns.SPEC), "probes")
# `numerics` is an axis where the settings do not determine it (see `variants`), so it needs no
# warning of its own here to be kept apart; it is named all the same, since nobody asked for it.
CIRCUMSTANCES = (
    "relu_bench_version",
    "tensorflow_version",
    "keras_version",
    "git_commit",
    REVISION,
    "processor",
    "environment",
    "host",
)
_UNNAMED = {"environment": "none"}
_NOT_SCORES = ("train_samples", "train_seconds")

Table = Literal["epochs", "layers", "test_samples"]


@dataclass(frozen=True, eq=False)
class Selection:
    """Some runs, and what is known of them; what is derived is computed when first asked for.

    Nobody writes into its tables.

    Attributes:
        runs: one row for each (experiment, run_id), with the columns of runs.csv and `store`, the
            position in `stores` of the folder that the row came from; and where a plan grew until
            all was resolved, `SEEDS_ADDED`.
        rows: gives the rows of epochs.csv, layers.csv or test_samples.csv that belong to `runs`,
            those of layers.csv in the order of the network.
        stores: the folders, each once.
        plans: the calls that asked for runs, those of one store after those of the one before.
        where: the `KEY=VALUE` conditions that the runs meet.
        notices: what a reader must know beside any mean of these runs, one line each.
        names: the display names of their values, by canonical label.
        names_everywhere: the same, and names that only calls for other experiments give.
        stored: with display names in `runs`, the canonical label of each, by column; else empty.
        every: of all rows that were read, whatever condition they meet, the columns of `ENDED` and
            `store`; None where that is not known.
    """

    runs: DataFrame
    rows: Callable[[Table], DataFrame]
    stores: tuple[Path, ...] = ()
    plans: tuple[KeptPlan, ...] = ()
    where: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    names: Names = field(default_factory=dict)
    names_everywhere: Names = field(default_factory=dict)
    stored: Mapping[str, Names] = field(default_factory=dict)
    every: DataFrame | None = None

    def displayed(self, *, everywhere: bool = False) -> Selection:
        """The same with display names in place of labels, for people; files keep the labels.

        Args:
            everywhere: whether a value that no call for one of these experiments names is called
                as a call for another one names it, so that it looks the same whatever part of the
                results is shown.
        """
        names = (everywhere and self.names_everywhere) or self.names
        if self.stored or not names:
            return self
        runs, stored = shown_with(self.runs, names)
        return replace(self, runs=runs, stored=stored, names=names, rows=partial(getattr, self))

    @cached_property
    def experiments(self) -> Mapping[str, Selection]:
        """The runs of each experiment by itself, in alphabetical order."""
        return {str(name): self._of(name) for name in sorted(self.runs["experiment"].unique())}

    def _of(self, experiment: str) -> Selection:
        return replace(
            self,
            runs=_of_experiment(self.runs, experiment),
            rows=lambda table: _of_experiment(getattr(self, table), experiment),
        )

    @cached_property
    def epochs(self) -> DataFrame:
        """The rows of epochs.csv that belong to `runs`."""
        return self.rows("epochs")

    @cached_property
    def layers(self) -> DataFrame:
        """The rows of layers.csv that belong to `runs`.

        Only the columns that something is made of: `epoch`, `layer`, `time_step`,
        `layers.MEASURES` and `layers.STEP_MEASURE`.
        """
        return self.rows("layers")

    @cached_property
    def test_samples(self) -> DataFrame:
        """The rows of test_samples.csv that belong to `runs`; few or none in older stores."""
        return self.rows("test_samples")

    @cached_property
    def variant_layers(self) -> DataFrame:
        """Of the runs of one experiment, the means of what the probes saw, by variant."""
        return variant_layers(self.runs, self.layers)

    @cached_property
    def places(self) -> Series:
        """The place of each run in the plans that asked for it; unplanned ones come after them.

        Several plans of a store come in the order in which they were first trained.
        """
        run_ids = self.runs["run_id"].to_numpy(object)
        rows = {run_id: row for row, run_id in reversed(list(enumerate(run_ids)))}
        last = len(rows) + len(run_ids)
        planned: dict[str, int] = {}
        for plan in sorted(
            self.plans,
            key=lambda plan: min((rows.get(each, last) for each in plan.run_ids), default=last),
        ):
            for run_id in plan.run_ids:
                planned.setdefault(run_id, len(planned))
        count = len(planned)
        return self.runs["run_id"].map(lambda run_id: planned.get(run_id, count + rows[run_id]))

    @cached_property
    def epochs_in_plan_order(self) -> DataFrame:
        """The rows of epochs.csv with a column `place`: by which the first variant is found.

        As in a comparison: unplanned runs come after planned ones.
        """
        order = self.runs[["run_id"]].assign(**{PLACE: self.places})
        by_id = order.drop_duplicates("run_id").set_index("run_id")[PLACE]
        return self.epochs.assign(**{PLACE: self.epochs["run_id"].map(by_id)})


def load(stores: Sequence[Path], where: Sequence[str] = ()) -> Selection:
    """Read the runs of `stores`, each (experiment, run_id) once, narrowed by `where`.

    Of a run that several stores hold, a completed row goes before a failed one, then the first
    store before the others.

    Args:
        stores: results folders; the same one twice counts once.
        where: `KEY=VALUE` conditions, as in `select`.

    Raises:
        StoreError: when a folder is no store, or a plan is damaged.
        ReluBenchError: when there is no run, a condition is wrong, or nothing meets it.
    """
    distinct: dict[str, Path] = {}
    for folder in stores:
        distinct.setdefault(os.path.realpath(folder), folder)
    folders = tuple(distinct.values())
    tables = [store.read(folder, "runs") for folder in folders]
    for folder, table in zip(folders, tables, strict=True):
        if completed(table)[list(columns.REQUIRED)].isna().any(axis=None):
            store.check(folder)  # says in which line, and what to do
    if not any(len(table) for table in tables):
        listed = ", ".join(str(folder) for folder in folders)
        raise ReluBenchError(
            f"There is no run in {listed} yet. 'relu-bench run CONFIG' makes some; "
            "'--out' of that command and this folder must be the same."
        )
    numbered = [table.assign(store=position) for position, table in enumerate(tables)]
    rows = _stacked(numbered)
    plans = tuple(plan for folder in folders for plan in kept(folder))
    experiments = set(rows["experiment"])
    chosen = select(rows, where, lambda: names_of(plans, rows)[0])
    runs = _marked(_first_of_each(chosen, KEY), plans)
    names, said = names_of(plans, runs)
    return Selection(
        runs,
        partial(_rows, folders, runs),
        stores=folders,
        plans=plans,
        where=tuple(condition.strip() for condition in where),
        notices=(*notices_of(chosen, runs), *said),
        names=names,
        names_everywhere=names_of(plans, runs, experiments)[0],
        every=rows[[*ENDED, "store"]],
    )


def _marked(runs: DataFrame, plans: Sequence[KeptPlan]) -> DataFrame:
    """With the column of `measures.seeds_added` where a plan grew until all was resolved."""
    grown = {
        (plan.experiment, run_id)
        for plan in plans
        if plan.until_resolved is not None
        for run_id in plan.run_ids
    }
    if not grown:
        return runs
    keys = zip(*(runs[name] for name in KEY), strict=True)
    return runs.assign(**{SEEDS_ADDED: [key in grown for key in keys]})


def _rows(folders: Sequence[Path], runs: DataFrame, table: Table) -> DataFrame:
    """The rows of the completed runs, from the folder that each came from."""
    parts = []
    done = completed(runs)
    for position, folder in enumerate(folders):
        its = done[done["store"] == position]
        # As plain objects: pandas hands out the texts of a column one by one, and slowly.
        keys = set(zip(*(its[name].to_numpy(object) for name in KEY), strict=True))
        parts.append(store.read(folder, table, _COLUMNS[table], keys))
    return _stacked(parts) if len(parts) > 1 else parts[0]


def _of_experiment(table: DataFrame, experiment: str) -> DataFrame:
    """The rows of one experiment; the table itself, which may be large, where it has no others."""
    its = table["experiment"] == experiment
    return table if its.all() else table[its]


def once_each(runs: DataFrame) -> DataFrame:
    """Each run_id once, a completed row before a failed one: for views over several experiments.

    A spec that two experiments ask for is trained once and stored under both names.
    """
    return _first_of_each(runs, ["run_id"])


def _stacked(tables: Sequence[DataFrame]) -> DataFrame:
    import pandas as pd

    # An empty table has nothing to say about the types of the whole.
    return pd.concat([table for table in tables if len(table)] or tables[:1], ignore_index=True)


def _first_of_each(rows: DataFrame, key: list[str]) -> DataFrame:
    completed_first = rows.sort_values(
        "status", key=lambda status: status == "failed", kind="stable"
    )
    # Copied, columns of numbers lie side by side, and are taken from as one.
    return completed_first.drop_duplicates(key).sort_index().copy()


def select(
    runs: DataFrame, where: Sequence[str], names: Callable[[], Names] = lambda: {}
) -> DataFrame:
    """The rows of `runs` that meet every condition `KEY=VALUE`; of one key, any of its values.

    KEY is a column. VALUE is compared as the column's type: numbers by value (`1e-3` is `0.001`),
    `true` and `false`, text without the spaces around it, a label in any order of its parameters,
    or a label's name alone, whatever its parameters; else as `variants.meant` understands it. The
    first of these rules that finds a run is taken, so that no later one can hide what an earlier
    one finds. An empty VALUE or `null` finds empty cells. Several values with commas between mean
    any of them.

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
    label = parsed(str(text))
    return str(text).strip() if label is None else str(label)


def _name(text: object) -> str:
    """The name of a label; other text as it is."""
    label = parsed(str(text))
    return str(text) if label is None else label.name


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


def notices_of(rows: DataFrame, runs: DataFrame) -> tuple[str, ...]:
    """One line for each thing that a mean of these runs would hide.

    Args:
        rows: as read, the same run from several stores included.
        runs: each (experiment, run_id) once.
    """
    found = [*_stored_differently(rows)]
    for experiment, its_runs in runs.groupby("experiment", sort=True):
        for notice in (*_failed(its_runs), *_circumstances(its_runs), *_repeated(its_runs)):
            found.append(f"{experiment}: {notice}")
    return tuple(found)


def _stored_differently(rows: DataFrame) -> Iterator[str]:
    several = rows[rows.duplicated(KEY, keep=False) & (rows["status"] != "failed")]
    if not len(several):
        return
    scores = [
        name
        for name in several.columns
        if name.startswith(("train_", "val_", "test_")) and name not in _NOT_SCORES
    ]
    distinct = several.groupby(KEY)[scores].nunique(dropna=False)
    differing = int((distinct > 1).any(axis=1).sum())
    if differing:
        runs = counted(differing, "run", "stands", "stand")
        yield f"{runs} in several stores with different numbers; the first store counts"


def _failed(runs: DataFrame) -> Iterator[str]:
    failed = int((runs["status"] == "failed").sum())
    if failed:
        are = plural(failed, "is", "are")
        yield f"{failed:,} of {len(runs):,} runs failed and {are} missing from every mean"


def _circumstances(runs: DataFrame) -> Iterator[str]:
    """One line that names every field of `CIRCUMSTANCES` with several values."""
    differing, examples = [], []
    for name in CIRCUMSTANCES:
        if name == REVISION and name not in axes(runs):
            continue
        values = sorted(str(value) for value in runs[name].dropna().unique())
        if runs[name].isna().any() and values:
            values.append(_UNNAMED.get(name, "unknown"))
        if len(values) > 1:
            more = ", …" if len(values) > 4 else ""
            differing.append(f"{name} ({', '.join(values[:4])}{more})")
            condition = f"{name}={values[0]}"
            if name not in _UNNAMED and shlex.quote(condition) == condition:
                examples.append(condition)
    if differing:
        yield f"runs differ in {'; '.join(differing)}; {_narrowing(len(differing), examples)}"


def _narrowing(differing: int, examples: Sequence[str]) -> str:
    """How to keep one of the values: the condition itself where one does it and needs no quotes."""
    if not examples:
        return "--where KEY=VALUE keeps one"
    if differing == 1:
        return f"--where {examples[0]} keeps one"
    return f"--where KEY=VALUE keeps one, such as --where {examples[0]}"


def _repeated(runs: DataFrame) -> Iterator[str]:
    spec = [name for name in (*columns.names(columns.SPEC), REVISION) if name in runs]
    repeated = int(runs.duplicated(spec).sum())
    if repeated:
        yield (
            f"{counted(repeated, 'run', 'repeats', 'repeat')} the settings and seed of another, "
            "with other data or other source under the same name; their means mix both"
        )
