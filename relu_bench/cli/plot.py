"""`relu-bench plot`: the figures of stored results."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from relu_bench.cli.options import Stores, Where


class ImageFormat(StrEnum):
    """What a figure can be saved as."""

    PNG = "png"
    SVG = "svg"
    PDF = "pdf"


def plot(
    results: Stores = None,
    *,
    where: Where = None,
    formats: Annotated[
        list[ImageFormat] | None,
        typer.Option("--format", help="Image format. Repeatable.", show_default="png"),
    ] = None,
    kinds: Annotated[
        list[str] | None,
        typer.Option(
            "--kind",
            metavar="KIND",
            help="comparison, dead-units, gradient, slopes, output-mean, sparsity, steadiness, "
            "or all. Repeatable.",
            show_default="what tells something of the experiment",
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
    width: Annotated[
        float,
        typer.Option(
            min=3.0, max=40.0, metavar="INCHES", help="Width of a figure; the height follows."
        ),
    ] = 10.0,
) -> None:
    """Draw each experiment: learning curves and test scores by variant, and what layers tell."""
    from relu_bench import compare, plots

    loaded = compare.load(results or [Path("results")], where or [])
    folder = plots.folder_for(loaded.stores, out)
    figures = plots.draw(loaded, kinds or (), width=width, with_title=not no_title)
    for notice in (*loaded.notices, *figures.notices):
        typer.echo(notice, err=True)
    wanted = formats or [ImageFormat.PNG]
    chosen = [known for known in plots.FORMATS if known in wanted]
    for path in plots.save(figures, folder, chosen):
        typer.echo(path)
