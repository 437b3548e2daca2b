"""`relu-bench compare`: who wins, by how much, and how sure that is."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from relu_bench.compare import Answers


class TableFormat(StrEnum):
    """How the comparison is written."""

    TABLE = "table"
    CSV = "csv"
    MARKDOWN = "markdown"
    LATEX = "latex"
    JSON = "json"


class CompareMode(StrEnum):
    """What is done with further axes."""

    MATCHED = "matched"
    TUNED = "tuned"


def compare(
    results: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="RESULTS",
            help="Results folders, of 'relu-bench run'.",
            show_default="results",
        ),
    ] = None,
    *,
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
            show_default="99 % of the baseline's final one",
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
    from relu_bench import compare as comparing

    loaded = comparing.load(results or [Path("results")], where or [])
    answers = comparing.answer(
        loaded,
        by or [],
        baseline=baseline,
        metric=metric,
        margin=margin,
        mode=mode.value,
        with_times=time_to_accuracy or target is not None,
        target=target,
        with_effects=effects,
    )
    for notice in answers.notices:
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
    styles = {"best": "bold", "undecided": "italic", "": None}
    for line, mark in comparing.text_lines(answers, width, in_columns=wide, methods=methods):
        if console.is_terminal:
            console.print(line, style=styles[mark], markup=False, highlight=False, soft_wrap=True)
        else:
            typer.echo(line)
