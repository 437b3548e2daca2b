"""Arguments and options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

Configs = Annotated[
    list[Path], typer.Argument(metavar="CONFIG...", help="YAML files, one experiment each.")
]
Overrides = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Override a field; several values make an axis: learning_rate=0.1,0.01 or "
        '"learning_rate=log(1e-4,1e-1,4)". Repeatable.',
    ),
]
DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir",
        metavar="D",
        help="Look for data here first, then in RELU_BENCH_DATA, then in Keras's cache.",
    ),
]
Jobs = Annotated[
    int | None,
    typer.Option(
        "--jobs",
        min=1,
        metavar="N",
        help="Runs at once, one core each. Default: the cores that this process may use.",
    ),
]
