"""`relu-bench status`: planned, completed, diverged, failed and missing runs of stores."""

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from relu_bench.cli.display import show_table
from relu_bench.cli.options import Stores
from relu_bench.wording import counted, first_of, plural

if TYPE_CHECKING:
    from collections.abc import Sequence

    from relu_bench.store.status import Progress

_MOST_REASONS = 10


def status(
    results: Stores = None,
    *,
    form: Annotated[
        Literal["table", "json"],
        typer.Option("--format", help="A table, or one JSON object an experiment."),
    ] = "table",
) -> None:
    """Show how far each experiment is: the union of all that was asked for, and what became of it.

    Completed runs include those that diverged. Several folders are read as one:
    a run that two of them have counts once.
    """
    from relu_bench import store
    from relu_bench.store.status import partial, progress, table_of

    stores = results or [Path("results")]
    found = progress(stores)
    for folder in stores:
        store.check(folder)
    lacking = partial(stores)
    if form == "json":
        for each in found:
            run_ids = lacking.get(each.experiment, ())
            typer.echo(json.dumps({**_as_json(each), "partial_run_ids": list(run_ids)}))
        return
    if not found:
        typer.echo("No run was asked for here yet.")
    show_table(table_of(found))
    for each in found:
        for line in _explained(each, lacking.get(each.experiment, ())):
            typer.echo(line)


def _as_json(progress: "Progress") -> dict[str, object]:
    return {
        "experiment": progress.experiment,
        **progress.counts,
        "unplanned": progress.unplanned,
        "failures": [
            {"run_id": each.run_id, "error": each.reason, "store": str(each.store)}
            for each in progress.failures
        ],
        "missing_run_ids": list(progress.missing),
    }


def _explained(progress: "Progress", lacking: "Sequence[str]") -> list[str]:
    """What the counts of one experiment do not say: the reasons, and what to do."""
    name = progress.experiment
    lines = [f"{name}, failed: {text}" for text in _reasons(progress)]
    if progress.unplanned:
        runs = counted(progress.unplanned, "stored run", "is", "are")
        lines.append(f"{name}: {runs} in no kept plan.")
    if lacking:
        lines.append(
            f"{name}: {counted(len(lacking), 'completed run')} ({first_of(lacking)}) "
            f"{plural(len(lacking), 'lacks', 'lack')} rows in "
            "epochs.csv or layers.csv; `relu-bench merge` takes them from a store that has them "
            "whole."
        )
    return lines


def _reasons(progress: "Progress") -> list[str]:
    """Each reason once, the commonest first, with how many runs it has and the first of them."""
    from relu_bench.store.status import names_of_failures

    if not progress.failures:
        return []
    names = names_of_failures(progress)
    counts = Counter(failure.reason for failure in progress.failures)
    first = {
        failure.reason: names[failure.run_id] or failure.run_id
        for failure in reversed(progress.failures)
    }
    shown = [
        f"{first[reason]}: {reason}"
        if count == 1
        else f"{count:,} runs ({first[reason]}; ...): {reason}"
        for reason, count in counts.most_common(_MOST_REASONS)
    ]
    rest = len(counts) - len(shown)
    return [*shown, f"... and {rest} more reasons (--format json has all)"] if rest > 0 else shown
