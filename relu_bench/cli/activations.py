"""`relu-bench activations`: the family, as a table, as data, and as a figure."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from relu_bench.cli.display import import_matplotlib, show_table
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
        show_table(listing.short_table(labels), width=80, most=110)
        typer.echo('relu-bench activations NAME tells all about one, as "elu(alpha=0.1)".')
