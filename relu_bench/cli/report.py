"""`relu-bench report`: stored results as one HTML file."""

from pathlib import Path
from typing import Annotated

import typer

from relu_bench.cli.compare import CompareMode


def report(
    results: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="RESULTS",
            help="Results folders, of 'relu-bench run'.",
            show_default="results",
        ),
    ] = None,
    *,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="The file to write; needed for several results folders.",
            show_default="RESULTS/report.html",
        ),
    ] = None,
    by: Annotated[
        list[str] | None,
        typer.Option(
            "--by",
            metavar="AXIS",
            help="The axis whose values are compared: activation, learning_rate, initializer. "
            "Repeatable: then their combinations.",
            show_default="activation, or each axis by itself",
        ),
    ] = None,
    baseline: Annotated[
        str | None,
        typer.Option(
            metavar="VALUE",
            help="The value that others are compared with: relu.",
            show_default="the first of the config",
        ),
    ] = None,
    metric: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN",
            help="Column of runs.csv: val_accuracy, test_loss.",
            show_default="test_accuracy",
        ),
    ] = None,
    margin: Annotated[
        float,
        typer.Option(
            min=0.0,
            metavar="POINTS",
            help="Differences within ± this are practically none: points of an accuracy, else the "
            "metric's own unit.",
        ),
    ] = 0.1,
    mode: Annotated[
        CompareMode,
        typer.Option(
            help="When other axes vary too. matched: at the same settings of them; tuned: each "
            "value at its own best setting, chosen by validation on the other seeds."
        ),
    ] = CompareMode.MATCHED,
    where: Annotated[
        list[str] | None,
        typer.Option(
            "--where",
            metavar="KEY=VALUE",
            help="Only runs with this value in this column of runs.csv: learning_rate=0.001, "
            "batch_norm=true. Repeatable: of one key any, of several keys all.",
        ),
    ] = None,
) -> None:
    """Write one HTML file: the answer, tables, figures, failures, and how to reproduce them."""
    from relu_bench import compare
    from relu_bench import report as reporting

    loaded = compare.load(results or [Path("results")], where or [])
    path = reporting.path_for(loaded.stores, out)
    asked = reporting.Asked(tuple(by or ()), baseline, metric, margin, mode.value)
    document = reporting.compose(loaded, asked)
    for notice in (*document.notices, *document.not_drawn):
        typer.echo(notice, err=True)
    reporting.write(reporting.render(document), path)
    typer.echo(path)
