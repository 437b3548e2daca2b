"""What differs between runs unasked: named, so that nothing is averaged silently."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from relu_bench.compare.variants import REVISION, axes
from relu_bench.store import columns

if TYPE_CHECKING:
    from pandas import DataFrame

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
_EMPTY = {"environment": "none"}
_KEY = ["experiment", "run_id"]
_NOT_SCORES = ("train_samples", "train_seconds")


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
    several = rows[rows.duplicated(_KEY, keep=False) & (rows["status"] != "failed")]
    if not len(several):
        return
    scores = [
        name
        for name in several.columns
        if name.startswith(("train_", "val_", "test_")) and name not in _NOT_SCORES
    ]
    distinct = several.groupby(_KEY)[scores].nunique(dropna=False)
    differing = int((distinct > 1).any(axis=1).sum())
    if differing:
        runs = "1 run stands" if differing == 1 else f"{differing} runs stand"
        yield f"{runs} in several stores with different numbers; the first store counts"


def _failed(runs: DataFrame) -> Iterator[str]:
    failed = int((runs["status"] == "failed").sum())
    if failed:
        are = "is" if failed == 1 else "are"
        yield f"{failed} of {len(runs)} runs failed and {are} missing from every mean"


def _circumstances(runs: DataFrame) -> Iterator[str]:
    """One line that names every field of `CIRCUMSTANCES` with several values."""
    differing, examples = [], []
    for name in CIRCUMSTANCES:
        if name == REVISION and name not in axes(runs):
            continue
        values = sorted(str(value) for value in runs[name].dropna().unique())
        if runs[name].isna().any() and values:
            values.append(_EMPTY.get(name, "unknown"))
        if len(values) > 1:
            more = ", …" if len(values) > 4 else ""
            differing.append(f"{name} ({', '.join(values[:4])}{more})")
            condition = f"{name}={values[0]}"
            if name not in _EMPTY and shlex.quote(condition) == condition:
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
        runs_repeat = "1 run repeats" if repeated == 1 else f"{repeated} runs repeat"
        yield (
            f"{runs_repeat} the settings and seed of another, with other data or other source "
            "under the same name; their means mix both"
        )
