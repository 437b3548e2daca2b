"""How the runs ended: what is missing, what failed and why, what did not learn."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from relu_bench import compare
from relu_bench.compare import Selection
from relu_bench.store import status
from relu_bench.tables import Table, table

if TYPE_CHECKING:
    from pandas import DataFrame

MOST_ROWS = 100
_OUTCOMES = ("learned", "at_chance", "diverged")


def outcomes(results: Selection) -> tuple[tuple[str, ...], tuple[Table, ...]]:
    """Sentences and tables: the stores' progress, the runs that did not learn, the failed ones.

    Raises:
        StoreError: when a store cannot be read.
    """
    runs = results.runs
    tables = [_progress(results)]
    tables += [each for each in (_not_learned(results), _failed(runs)) if each.rows]
    return tuple(_words(runs)), tuple(tables)


def _words(runs: DataFrame) -> Iterator[str]:
    done = compare.completed(runs)
    failed = len(runs) - len(done)
    counts = {name: int((done["outcome"] == name).sum()) for name in _OUTCOMES}
    if not failed and counts["learned"] == len(runs):
        yield f"Every run completed and learned ({len(runs):,} of {len(runs):,})."
        return
    yield (
        f"Of {len(runs):,} runs {counts['learned']:,} learned, {counts['at_chance']:,} ended at "
        f"chance, {counts['diverged']:,} diverged, and {failed:,} failed."
    )
    if counts["diverged"]:
        yield (
            "A diverged run has a loss, or weights, that were not finite. It counts as the "
            "constant guess in every mean, test and figure of scores."
        )
    if counts["at_chance"]:
        yield (
            "A run at chance is not better than the constant guess (always the commonest class, or "
            "the mean rating), by a one-sided test at 1\u00a0%. It counts with its own score."
        )
    if failed:
        yield "A failed run has no numbers and is missing from every mean."


def _progress(results: Selection) -> Table:
    note = "All runs of the results folders, also those that a condition leaves out here."
    return replace(
        status.table_of(status.progress(results.stores, _known(results))),
        caption="What was asked for and what is there",
        notes=(note,),
    )


def _known(results: Selection) -> dict[Path, Iterable[Sequence[str]]]:
    """What has been read of the stores, so that a large one need not be read again."""
    if results.every is None:
        return {}
    found: dict[Path, Iterable[Sequence[str]]] = {}
    for position, folder in enumerate(results.stores):
        rows = results.every[results.every["store"] == position]
        cells = (rows[name].astype(object).where(rows[name].notna(), "") for name in status.CELLS)
        found[folder] = list(zip(*cells, strict=True))
    return found


def _not_learned(results: Selection) -> Table:
    """How many runs of each setting did not learn, the worst first."""
    runs = results.runs
    names = ("experiment", *compare.axes(runs))
    done = compare.completed(runs).assign(
        setting=lambda table: compare.with_variant(table, names[1:])["variant"]
    )
    key = ["experiment", "setting"]
    counts = done.groupby([*key, "outcome"], sort=False).size().unstack(fill_value=0)
    counts = counts.reindex(columns=list(_OUTCOMES), fill_value=0)
    counts = counts.assign(runs=counts.sum(axis=1), lost=counts["at_chance"] + counts["diverged"])
    some = counts[counts["lost"] > 0].sort_values(
        ["lost", "diverged"], ascending=False, kind="stable"
    )
    seeds = _diverged_seeds(done)
    rows = [
        (
            str(row["setting"]),
            str(row["experiment"]),
            *(int(row[name]) for name in ("diverged", "at_chance", "runs")),
            _listed(seeds.get((row["experiment"], row["setting"]), [])),
        )
        for row in some.head(MOST_ROWS).reset_index().to_dict("records")
    ]
    heads = ("setting", "experiment", "diverged", "at chance", "of runs", "seeds that diverged")
    left = len(some) > MOST_ROWS
    notes = [f"Shown are {MOST_ROWS:,} of {len(some):,} settings."] if left else []
    return table("Settings with runs that did not learn", heads, rows, notes=notes)


def _diverged_seeds(done: DataFrame) -> Mapping[Hashable, Iterable[int]]:
    """By experiment and setting, the seeds of the runs that diverged."""
    diverged = done[done["outcome"] == "diverged"]
    found: dict[Hashable, set[int]] = {}
    for experiment, setting, seed in zip(
        *(diverged[name] for name in ("experiment", "setting", "seed")), strict=True
    ):
        found.setdefault((experiment, setting), set()).add(int(seed))
    return found


def _listed(numbers: Iterable[int]) -> str:
    seeds = sorted(numbers)
    shown = ", ".join(str(seed) for seed in seeds[:10])
    return f"{shown}, …" if len(seeds) > 10 else shown


def _failed(runs: DataFrame) -> Table:
    """Each failed run with its reason."""
    failed = runs[runs["status"] == "failed"]
    named = compare.with_variant(failed, compare.axes(runs))
    reasons = named["error"].astype(object).where(named["error"].notna(), "")
    rows = [
        (str(run_id), str(experiment), str(variant), str(seed), str(reason))
        for run_id, experiment, variant, seed, reason in zip(
            named["run_id"],
            named["experiment"],
            named["variant"],
            named["seed"],
            reasons,
            strict=True,
        )
    ]
    heads = ("run", "experiment", "setting", "seed", "reason")
    return table("Failed runs", heads, rows).first(MOST_ROWS, "runs.csv has all")
