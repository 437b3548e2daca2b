"""The table by variant at the end of a run."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from relu_bench.cli.display import show_table
from relu_bench.tables import Table, table
from relu_bench.wording import decimals, first_of, with_spread

if TYPE_CHECKING:
    from pandas import DataFrame

    from relu_bench.config.planning import Planned
    from relu_bench.execution.runner import Tally

_MOST_NAMED = 8


def print_summary(planned: "Sequence[Planned]", tally: "Tally", out: Path) -> None:
    """Print the table of each planned experiment to stdout, the counts, and where the files lie."""
    from relu_bench import store
    from relu_bench.compare import summarize
    from relu_bench.store.tables import TABLES

    runs = store.read(out, "runs")
    asked: dict[str, set[str]] = {}
    for each in planned:
        asked.setdefault(each.experiment.name, set()).update(spec.run_id for spec in each.specs)
    for name, run_ids in asked.items():
        its_runs = runs[(runs["experiment"] == name) & runs["run_id"].isin(run_ids)]
        if len(its_runs):
            typer.echo(f"\n{name}")
            show_summary(summarize(its_runs))
    there = tally.skipped + tally.copied
    typer.echo(
        f"\n{tally.completed} trained, {there} stored before, {tally.failed} failed.\n"
        f"Results in {out}: {', '.join(each.file_name for each in TABLES.values())}"
    )


def show_summary(summary: "DataFrame") -> None:
    """Print the table of `compare.summarize` and its notes."""
    shown = summary_table(summary)
    show_table(shown)
    for note in shown.notes:
        typer.echo(note)


def summary_table(summary: "DataFrame") -> Table:
    """The table of `compare.summarize`, for a reader.

    Its notes say what the numbers are, how the rows are sorted, and the variants whose runs did
    not learn.
    """
    several = summary["metric"].nunique() > 1
    rows = [
        (
            f"{row['variant']}, {row['metric']}" if several else str(row["variant"]),
            f"{row['learned']}/{row['n']}",
            _spread(row["metric"], row["val_mean"], row["val_sd"]),
            _spread(row["metric"], row["test_mean"], row["test_sd"]),
            "" if math.isnan(row["train_seconds"]) else f"{row['train_seconds']:.1f}",
        )
        for row in summary.to_dict(orient="records")
    ]
    notes = [
        f"{_quantity(summary)}: mean ± sd over the seeds. Sorted by {_sorted_by(summary)}.",
        *_named(summary, "diverged", "Diverged, counted as the constant guess"),
        *_named(summary, "at_chance", "Not better than the constant guess"),
        *_named(summary, "failed", "Failed, missing from the means"),
    ]
    return table("", ("variant", "learned/n", "validation", "test", "seconds"), rows, notes=notes)


def _spread(metric: str, mean: float, sd: float) -> str:
    from relu_bench.compare import scale_of

    if math.isnan(mean):
        return ""
    scale = scale_of(metric)
    return with_spread(scale.factor * mean, scale.factor * sd, decimals(scale.unit))


def _quantity(summary: "DataFrame") -> str:
    from relu_bench.compare import scale_of

    scales = [scale_of(metric) for metric in summary["metric"].dropna().unique()]
    named = " and ".join(f"{scale.title}{scale.suffix}" for scale in scales) or "No result"
    return named[0].upper() + named[1:]


def _sorted_by(summary: "DataFrame") -> str:
    splits = {name.partition("_")[0] for name in summary["ranked_by"] if name}
    if splits == {"val"}:
        return "validation"
    if splits == {"test"}:
        return "test: nothing was held out"
    return "validation, then test where nothing was held out" if splits else "name"


def _named(summary: "DataFrame", outcome: str, what: str) -> list[str]:
    rows = summary[summary[outcome] > 0]
    if not len(rows):
        return []
    runs = rows["n"] + rows["failed"] if outcome == "failed" else rows["n"]
    named = [
        f"{variant} ({count} of {of})"
        for variant, count, of in zip(rows["variant"], rows[outcome], runs, strict=True)
    ]
    listed = first_of(named, _MOST_NAMED, between="; ", what="more variants")
    return [f"{what}: {listed}."]
