"""`relu-bench compare`: who wins, by how much, and how sure that is."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from relu_bench.cli.display import terminal_look
from relu_bench.cli.options import Baseline, By, Margin, Metric, Mode, Stores, Where
from relu_bench.machine.environment_variables import one_blas_thread


def compare(
    results: Stores = None,
    *,
    by: By = None,
    baseline: Baseline = None,
    metric: Metric = None,
    margin: Margin = None,
    mode: Mode = None,
    where: Where = None,
    anytime: Annotated[
        bool,
        typer.Option(
            "--anytime",
            help="Intervals and verdicts that hold however often one looks while seeds are added; "
            "wider. Results of 'run --until-resolved' are always shown so.",
        ),
    ] = False,
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
    details: Annotated[
        bool,
        typer.Option(
            "--details",
            help="Everything that is known of each comparison, and what every column is.",
        ),
    ] = False,
    table_format: Annotated[
        Literal["table", "csv", "markdown", "latex", "json"],
        typer.Option("--format", help="How to write the comparison."),
    ] = "table",
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
    for_people = table_format not in ("csv", "json")
    answers = comparing.answer(
        loaded.displayed() if for_people else loaded,
        by or [],
        baseline=baseline,
        metric=metric,
        margin=margin,
        mode=mode,
        with_times=time_to_accuracy or target is not None,
        target=target,
        with_effects=effects,
        anytime=anytime,
    )
    unsaid = not_shown(answers, table_format, in_columns=wide)
    for notice in (*answers.notices, *unsaid):
        typer.echo(notice, err=True)
    if table_format == "csv":
        typer.echo(comparing.to_csv(answers.comparisons, wide=wide))
        if methods:
            for each in answers.comparisons:
                typer.echo(comparing.methods_paragraph(each), err=True)
    elif table_format == "json":
        typer.echo(comparing.to_json(answers, wide=wide, methods=methods))
    elif table_format == "markdown":
        typer.echo(comparing.to_markdown(answers, in_columns=wide, methods=methods))
    elif table_format == "latex":
        typer.echo(comparing.to_latex(answers, in_columns=wide, methods=methods))
    else:
        width, styled = terminal_look(comparing.WIDTH)
        width = max(width or 0, comparing.WIDTH)
        text = comparing.to_text(
            answers, width, details=details, in_columns=wide, methods=methods, styled=styled
        )
        typer.echo(text, color=styled)
