"""`relu-bench plot`: the figures of stored results."""

from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

import typer

from relu_bench.cli.display import import_matplotlib
from relu_bench.cli.options import Stores, Where
from relu_bench.machine.environment_variables import one_blas_thread


class ImageFormat(StrEnum):
    """What a figure can be saved as; typer has no lists of literals."""

    PNG = "png"
    SVG = "svg"
    PDF = "pdf"


def plot(
    results: Stores = None,
    *,
    where: Where = None,
    formats: Annotated[
        list[ImageFormat] | None,
        typer.Option(
            "--format", help="Image format. Repeatable.", show_default="png; pdf for paper"
        ),
    ] = None,
    kinds: Annotated[
        list[str] | None,
        typer.Option(
            "--kind",
            metavar="KIND",
            help="comparison, learning-rate, heatmap, interaction, effects, pareto, profile, time, "
            "time-gradient, dead-units, gradient, slopes, output-mean, sparsity, steadiness, "
            "or all. Repeatable.",
            show_default="one each for scores, settings, layers",
        ),
    ] = None,
    axes: Annotated[
        str | None,
        typer.Option(
            metavar="ACROSS,DOWN",
            help="The two axes of a heatmap or an interaction, such as learning_rate,initializer.",
            show_default="the widest grid; the largest interaction",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder for the figures; needed for several results folders.",
            show_default="RESULTS/plots",
        ),
    ] = None,
    no_title: Annotated[
        bool, typer.Option("--no-title", help="Leave the title to the caption of a paper.")
    ] = False,
    style: Annotated[
        Literal["screen", "paper"],
        typer.Option(help="For a screen, or for a column of a paper: narrow, vectors, no title."),
    ] = "screen",
    width: Annotated[
        float | None,
        typer.Option(
            min=3.0,
            max=40.0,
            metavar="INCHES",
            help="Width of a figure; the height follows.",
            show_default="10; 3.4 for paper",
        ),
    ] = None,
) -> None:
    """Draw each experiment: learning curves and test scores by variant, and what layers tell."""
    one_blas_thread()
    import_matplotlib()
    from relu_bench import compare, figures
    from relu_bench.figures import missing_letters

    loaded = compare.load(results or [Path("results")], where or [])
    folder = figures.folder_for(loaded.stores, out)
    over = [name.strip() for name in axes.split(",")] if axes is not None else ()
    sheet = figures.SHEETS[style]
    sheet = replace(
        sheet,
        width=sheet.width if width is None else width,
        with_title=sheet.with_title and not no_title,
        over=tuple(over),
    )
    drawn = figures.draw(loaded, kinds or (), sheet)
    wanted = formats or [ImageFormat(sheet.form)]
    chosen = [known for known in figures.FORMATS if known in wanted]
    boxes = missing_letters.notices(drawn.results.runs, chosen)
    for notice in (*loaded.notices, *drawn.notices, *boxes):
        typer.echo(notice, err=True)
    for path in figures.save(drawn, folder, chosen):
        typer.echo(path)
    if drawn.further:
        kinds_beside = ", ".join(drawn.further_kinds)
        typer.echo(
            f"These would show something too: {kinds_beside} (--kind NAME, or --kind all).",
            err=True,
        )
