"""`relu-bench compare`: who wins, by how much, and how sure that is."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from relu_bench.cli.options import Baseline, By, CompareMode, Margin, Metric, Mode, Stores, Where
from relu_bench.machine.environment_variables import one_blas_thread

if TYPE_CHECKING:
    from relu_bench.compare import Answers


class TableFormat(StrEnum):
    """How the comparison is written."""

    TABLE = "table"
    CSV = "csv"
    MARKDOWN = "markdown"
    LATEX = "latex"
    JSON = "json"


def compare(
    results: Stores = None,
    *,
    by: By = None,
    baseline: Baseline = None,
    metric: Metric = None,
    margin: Margin = None,
    mode: Mode = CompareMode.MATCHED,
    where: Where = None,
    time_to_accuracy: Annotated[
        bool,
        typer.Option(
            "--time-to-accuracy",
            help="Also how many epochs and seconds each value takes to --target.",
        ),
    ] = False,
    target: Annotated[
        float | None,
        typer.Option(
            metavar="SCORE",
            help="Validation score for --time-to-accuracy, which it turns on: 97 for 97 %.",
            show_default="99 % of the baseline's final one; of an error, 1.01 times it",
        ),
    ] = None,
    effects: Annotated[
        bool,
        typer.Option("--effects", help="Also which axes matter most, and which pairs interact."),
    ] = False,
    table_format: Annotated[
        TableFormat, typer.Option("--format", help="How to write the comparison.")
    ] = TableFormat.TABLE,
    wide: Annotated[
        bool, typer.Option("--wide", help="One row a variant and one column a seed.")
    ] = False,
    methods: Annotated[
        bool,
        typer.Option(
            "--methods", help="Also the paragraph for a paper: tests, seeds, versions, hardware."
        ),
    ] = False,
) -> None:
    """Compare variants over the seeds: differences, intervals, tests, and a verdict in words."""
    one_blas_thread()
    from relu_bench import compare as comparing
    from relu_bench.compare.documents import not_shown

    loaded = comparing.load(results or [Path("results")], where or [])
    for_people = table_format not in (TableFormat.CSV, TableFormat.JSON)
    answers = comparing.answer(
        loaded.displayed() if for_people else loaded,
        by or [],
        baseline=baseline,
        metric=metric,
        margin=margin,
        mode=mode.value,
        with_times=time_to_accuracy or target is not None,
        target=target,
        with_effects=effects,
    )
    unsaid = not_shown(answers, table_format.value, in_columns=wide)
    for notice in (*answers.notices, *unsaid):
        typer.echo(notice, err=True)
    if table_format is TableFormat.CSV:
        typer.echo(comparing.to_csv(answers.comparisons, wide=wide))
        if methods:
            for each in answers.comparisons:
                typer.echo(comparing.methods_paragraph(each), err=True)
    elif table_format is TableFormat.JSON:
        typer.echo(comparing.to_json(answers, wide=wide, methods=methods))
    elif table_format is TableFormat.MARKDOWN:
        typer.echo(comparing.to_markdown(answers, in_columns=wide, methods=methods))
    elif table_format is TableFormat.LATEX:
        typer.echo(comparing.to_latex(answers, in_columns=wide, methods=methods))
    else:
        _show(answers, wide, methods)


def _show(answers: "Answers", wide: bool, methods: bool) -> None:
    """The tables as text; on a terminal as wide as it, the best bold, the undecided in italics."""
    from rich.console import Console

    from relu_bench import compare as comparing

    console = Console()
    width = max(console.width, comparing.WIDTH) if console.is_terminal else comparing.WIDTH
    styled = console.color_system is not None
    text = comparing.to_text(answers, width, in_columns=wide, methods=methods, styled=styled)
    typer.echo(text, color=styled)
