"""`relu-bench report`: stored results as one HTML file."""

from pathlib import Path
from typing import Annotated

import typer

from relu_bench.cli.display import import_matplotlib
from relu_bench.cli.options import Baseline, By, Margin, Metric, Mode, Stores, Where
from relu_bench.machine.environment_variables import one_blas_thread


def report(
    results: Stores = None,
    *,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="The file to write; needed for several results folders.",
            show_default="RESULTS/report.html",
        ),
    ] = None,
    by: By = None,
    baseline: Baseline = None,
    metric: Metric = None,
    margin: Margin = None,
    mode: Mode = None,
    where: Where = None,
) -> None:
    """Write one HTML file: the answer, tables, figures, failures, and how to reproduce them."""
    one_blas_thread()
    import_matplotlib()
    from relu_bench import compare
    from relu_bench import report as reporting

    loaded = compare.load(results or [Path("results")], where or [])
    path = reporting.path_for(loaded.stores, out)
    asked = reporting.Asked(tuple(by or ()), baseline, metric, margin, mode)
    document = reporting.compose(loaded, asked)
    for notice in (*document.notices, *document.not_drawn):
        typer.echo(notice, err=True)
    reporting.write(reporting.render(document), path)
    typer.echo(path)
