"""`relu-bench speed`: what each activation costs, as a table, as data, and as a figure."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from relu_bench.cli.activations import canonical_labels
from relu_bench.cli.display import bar, save_figure, show_table
from relu_bench.cli.options import TableFormat

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

    from relu_bench.speed import Cost, Size


def speed(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NAME",
            help='Activations, as relu or "elu(alpha=0.1)"; relu is measured with them.',
            show_default="all",
        ),
    ] = None,
    *,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="Write speed.csv and the figure speed.png into this folder."
        ),
    ] = None,
    table_format: Annotated[
        TableFormat, typer.Option("--format", help="How to write the costs.")
    ] = "table",
    seconds: Annotated[
        float,
        typer.Option(
            min=0.1,
            help="Begin no more rounds after this time; six are done in any case. Starting and "
            "compiling come before, about half a minute for all.",
        ),
    ] = 30.0,
    repeats: Annotated[
        int, typer.Option(min=1, max=10_000, help="Rounds at most; intervals take six.")
    ] = 31,
    elements: Annotated[
        list[int] | None,
        typer.Option(
            metavar="N",
            help="Elements of the tensor, a multiple of 128. Repeatable.",
            show_default="one size that fits the cache, one that does not",
        ),
    ] = None,
) -> None:
    """Measure what activations cost, forward and backward: compiled, eager, and in NumPy."""
    from relu_bench import speed as measurement
    from relu_bench.machine import environment_variables

    labels = canonical_labels(names)
    sizes = measurement.given(elements) if elements else measurement.chosen()
    if out is not None:
        measurement.make_folder(out)
    left_out = environment_variables.changing_variables()
    if left_out:
        typer.echo(f"relu-bench: {', '.join(sorted(left_out))}: set here, and left out", err=True)
    settings = measurement.Settings(seconds=seconds, repeats=repeats)
    try:
        with _progress() as on_progress:
            costs = measurement.measure(labels, sizes, settings, on_progress)
    except KeyboardInterrupt:
        typer.echo("Interrupted; nothing was written.", err=True)
        raise typer.Exit(130) from None
    if out is not None:
        typer.echo(measurement.write(costs, out), err=True)
        save_figure(lambda: _figure(costs), out / "speed.png", on_stderr=True)
    if table_format == "markdown":
        typer.echo(measurement.to_markdown(costs))
    elif table_format == "csv":
        typer.echo(measurement.to_csv(costs))
    elif table_format == "json":
        typer.echo(measurement.to_json(costs))
    else:
        _show_tables(costs, sizes)


def _figure(costs: "Sequence[Cost]") -> "Figure":
    from relu_bench import speed as measurement
    from relu_bench.figures.activation_cost import cost_figure

    return cost_figure(measurement.frame(costs), measurement.conditions())


def _show_tables(costs: "Sequence[Cost]", sizes: "Sequence[Size]") -> None:
    from relu_bench import speed as measurement

    typer.echo(measurement.conditions())
    width = max(len(size.name) for size in sizes)
    for size in sizes:
        typer.echo(f"{size.name:<{width}}  {size.described}")
    for table in measurement.tables_of(costs):
        typer.echo(f"\n{table.caption}")
        show_table(table, gap=1)
    typer.echo()
    for line in measurement.explanations(costs):
        typer.echo(line)


@contextmanager
def _progress() -> Iterator[Callable[[str, float], None]]:
    """A bar on stderr while it is a terminal."""
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn

    columns = TextColumn("{task.description}"), BarColumn(), TaskProgressColumn()
    # Drawn between the samples only: a thread that draws would disturb them.
    with bar(*columns, auto_refresh=False) as shown:
        task = shown.add_task("starting", total=1.0)
        yield lambda what, share: shown.update(
            task, description=what, completed=share, refresh=True
        )
