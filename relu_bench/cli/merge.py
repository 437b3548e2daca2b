"""`relu-bench merge`: several stores into one."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from relu_bench.cli.words import counted

if TYPE_CHECKING:
    from relu_bench.store import Merged


def merge(
    results: Annotated[
        list[Path],
        typer.Argument(metavar="RESULTS", help="Results folders, of 'relu-bench run'."),
    ],
    *,
    out: Annotated[
        Path,
        typer.Option(help="Results folder to write; one that holds a store already is added to."),
    ],
) -> None:
    """Put the runs and plans of several results folders into one, every run once.

    Of a run that several have, a completed one goes before a failed one, then
    the first before the others. The folders given are only read.
    """
    from relu_bench import store

    merged = store.merge(results, out)
    for notice in [*merged.notices, *_differences(merged)]:
        typer.echo(f"relu-bench: {notice}", err=True)
    for folder, count in merged.taken.items():
        typer.echo(f"{counted(count, 'run')} taken from {folder}")
    were = "was" if merged.known == 1 else "were"
    typer.echo(f"{merged.known:,} {were} there already. Results: {out / 'runs.csv'}")


def _differences(merged: "Merged") -> list[str]:
    return [
        f"{counted(count, 'completed run')} of {folder} {'has' if count == 1 else 'have'} other "
        "numbers than those that were kept "
        f"({', '.join(columns)}): were they trained with other versions, or on another kind of "
        "processor?"
        for (folder, columns), count in merged.differing.items()
    ]
