"""`relu-bench merge`: several stores into one."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from relu_bench.wording import counted, first_of, plural

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
    for notice in [*merged.notices, *_partial(merged), *_differences(merged)]:
        typer.echo(f"relu-bench: {notice}", err=True)
    for folder, count in merged.taken.items():
        typer.echo(f"{counted(count, 'run')} taken from {folder}")
    typer.echo(
        f"{merged.known:,} {plural(merged.known, 'was', 'were')} there already. "
        f"Results: {out / 'runs.csv'}"
    )


def _partial(merged: "Merged") -> list[str]:
    return [
        f"{counted(len(run_ids), 'completed run')} of {folder} "
        f"{plural(len(run_ids), 'lacks', 'lack')} rows in {name} and "
        f"{plural(len(run_ids), 'was', 'were')} not taken: {first_of(run_ids)}. Merge a store that "
        "has them whole, or one that trains them again."
        for (folder, name), run_ids in merged.partial.items()
    ]


def _differences(merged: "Merged") -> list[str]:
    return [
        f"{counted(count, 'completed run')} of {folder} {plural(count, 'has', 'have')} other "
        "numbers than those that were kept "
        f"({', '.join(columns)}): were they trained with other versions, or on another kind of "
        "processor?"
        for (folder, columns), count in merged.differing.items()
    ]
