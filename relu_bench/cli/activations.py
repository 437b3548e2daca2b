"""`relu-bench activations`: the family, as a table, as data, and as a figure."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from relu_bench.cli.display import save_figure, show_table
from relu_bench.cli.options import TableFormat

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure


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
    from relu_bench.networks.activations import listing

    labels = canonical_labels(names)
    if plot is not None:
        from relu_bench.figures import saving

        saving.check_figure_path(plot)
        save_figure(lambda: _figure(labels), plot, on_stderr=table_format is not None)
        if table_format is None:
            return
    if table_format == "markdown":
        typer.echo(listing.as_markdown(labels))
    elif table_format == "csv":
        typer.echo(listing.as_csv(labels))
    elif table_format == "json":
        typer.echo(listing.as_json(labels))
    elif names:
        typer.echo("\n\n".join(map(listing.as_text, labels)))
    else:
        show_table(listing.short_table(labels), width=80, most=110)
        typer.echo('relu-bench activations NAME tells all about one, as "elu(alpha=0.1)".')


def canonical_labels(names: "Sequence[str] | None") -> list[str]:
    """The activations that are meant, each once; all where none is named."""
    from relu_bench.components.labels import LabelError
    from relu_bench.errors import ReluBenchError
    from relu_bench.networks.activations import canonical, listing

    try:
        return list(dict.fromkeys(canonical(name) for name in names or listing.all_labels()))
    except LabelError as error:
        raise ReluBenchError(str(error)) from None


def _figure(labels: "Sequence[str]") -> "Figure":
    from relu_bench.figures.activation_functions import activation_functions

    return activation_functions(labels)
