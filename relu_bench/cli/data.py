"""`relu-bench data`: list, fetch, verify and copy the data sets that are known by name."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from relu_bench.cli.display import show_table
from relu_bench.errors import ReluBenchError
from relu_bench.tables import Head, table

if TYPE_CHECKING:
    from relu_bench.data import Copied, DatasetInfo, Entry


def data(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NAME",
            help="Names from the list, or a folder of your own; none: show the list.",
        ),
    ] = None,
    to: Annotated[
        Path | None,
        typer.Option(
            "--to",
            metavar="FOLDER",
            help="Copy to FOLDER/NAME, for --data-dir FOLDER on a machine without network.",
        ),
    ] = None,
    data_dir: Annotated[
        Path | None,
        typer.Option(
            "--data-dir",
            metavar="D",
            help="Look here first, then in RELU_BENCH_DATA, then in Keras's cache.",
        ),
    ] = None,
) -> None:
    """Fetch and verify data sets, say where they lie, copy them for machines without network."""
    from relu_bench.data import overview

    if names:
        _fetch(names, to, data_dir)
    elif to is not None:
        raise ReluBenchError(
            "--to needs the name of what is to be copied: relu-bench data mnist --to FOLDER"
        )
    else:
        _print_overview(overview(data_dir))


def _fetch(names: list[str], to: Path | None, data_dir: Path | None) -> None:
    from relu_bench.data import check_copyable, check_name, copy_to, load, notice

    for name in names:  # before the first download
        check_name(name)
        if to is not None:
            check_copyable(name)
    for name in names:
        dataset = load(name, data_dir)
        typer.echo(f"{name}: checked, {_size(dataset.info)}")
        typer.echo(f"  source: {dataset.source}")
        if left_out := notice(name, data_dir):
            typer.echo(f"relu-bench: warning: {left_out}", err=True)
        if to is not None:
            _print_copied(copy_to(dataset, to), to)


def _print_copied(copied: "Copied | None", to: Path) -> None:
    if copied is None:
        typer.echo("  copy: none needed, it is embedded")
        return
    count = len(copied.written)
    written = f"{count} of {copied.files} files written" if count else "was there already"
    typer.echo(f"  copy: {copied.folder} ({written}, read back and checked)")
    typer.echo(f"  use it with --data-dir {to}, or with RELU_BENCH_DATA={to}")


def _size(info: "DatasetInfo") -> str:
    counts = f"{info.train_count:,} + {info.test_count:,}"
    classes = f", {info.classes} classes" if info.classes else ""
    if not info.task.has_classes:
        return f"{counts} {info.task.name} by {info.inputs.size} {info.inputs.words}"
    return f"{counts} {info.inputs.words} of {info.inputs.size}{classes}"


def _print_overview(entries: "tuple[Entry, ...]") -> None:
    from rich.console import Console

    if not Console().is_terminal:
        for entry in entries:
            typer.echo(f"{entry.info.name}: {_size(entry.info)}")
            typer.echo(f"  {entry.where}")
        return
    rows = []
    for entry in entries:
        info = entry.info
        name = info.name.partition("(")[0]  # piped, the list has the parameters, too
        counts = (info.train_count, info.test_count, info.inputs.size)
        rows.append((name, *counts, info.classes or "", entry.where))
    numbers = (Head(text, "right") for text in ("training", "test", "size", "classes"))
    heads = (Head("data set"), *numbers, Head("where", wraps=True))
    show_table(table("", heads, rows))
