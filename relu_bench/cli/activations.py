"""`relu-bench activations`: the family, as a table, as data, and as a figure."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from relu_bench.cli.options import TableFormat

if TYPE_CHECKING:
    from collections.abc import Sequence


def activations(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NAME",
            help='Activations, as relu, "elu(alpha=0.1)" or my_module.py:my_function.',
            show_default="all",
        ),
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Draw functions and derivatives into a .png, .svg or .pdf; several labels of one "
            "activation together.",
        ),
    ] = None,
    table_format: Annotated[
        TableFormat | None,
        typer.Option("--format", help="How to list them.", show_default="table, or only the plot"),
    ] = None,
) -> None:
    """Show the family: formula, derivative, range, when to use which."""
    from relu_bench.components.labels import LabelError
    from relu_bench.errors import ReluBenchError
    from relu_bench.networks.activations import canonical, listing

    try:
        labels = list(dict.fromkeys(canonical(name) for name in names or listing.all_labels()))
    except LabelError as error:
        raise ReluBenchError(str(error)) from None
    if plot is not None:
        from relu_bench.cli.drawing import import_matplotlib
        from relu_bench.plots import saving
        from relu_bench.plots.activation_functions import activation_functions

        saving.check_figure_path(plot)
        import_matplotlib()
        saving.save_file(activation_functions(labels), plot)
        typer.echo(plot, err=table_format is not None)
    if plot is None or table_format is not None:
        _show(labels, table_format or TableFormat.TABLE, one_by_one=bool(names))


def _show(labels: "Sequence[str]", table_format: TableFormat, *, one_by_one: bool) -> None:
    from relu_bench.networks.activations import listing

    if table_format is TableFormat.MARKDOWN:
        typer.echo(listing.as_markdown(labels))
    elif table_format is TableFormat.CSV:
        typer.echo(listing.as_csv(labels))
    elif table_format is TableFormat.JSON:
        typer.echo(listing.as_json(labels))
    elif one_by_one:
        typer.echo("\n\n".join(listing.as_text(label) for label in labels))
    else:
        _show_table(labels)


def _show_table(labels: "Sequence[str]") -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from relu_bench.networks.activations import listing

    console = Console()
    drawn = console.is_terminal
    table = Table(
        box=box.SIMPLE_HEAD if drawn else None,
        pad_edge=drawn,
        padding=(0, 2, 0, 0),
        width=min(console.width, 110),
    )
    for head in ("activation", "f(x)", "range", "monotonic"):
        table.add_column(head, no_wrap=head != "f(x)", ratio=1 if head == "f(x)" else None)
    for row in listing.short_rows(labels):
        table.add_row(*(Text(cell) for cell in row))
    if drawn:
        console.print(table)
    else:
        # Without the blanks that fill the last column.
        with console.capture() as captured:
            console.print(table)
        for line in captured.get().splitlines():
            typer.echo(line.rstrip())
    typer.echo('relu-bench activations NAME tells all about one, as "elu(alpha=0.1)".')
