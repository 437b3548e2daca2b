"""Arguments and options that several commands share."""

from pathlib import Path
from typing import Annotated, Literal

import typer

Configs = Annotated[
    list[Path], typer.Argument(metavar="CONFIG", help="YAML files, one experiment each.")
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


TableFormat = Literal["table", "markdown", "csv", "json"]
"""How a table is written."""

Stores = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="RESULTS",
        help="Results folders, of 'relu-bench run'.",
        show_default="results",
    ),
]
By = Annotated[
    list[str] | None,
    typer.Option(
        "--by",
        metavar="AXIS",
        help="The axis whose values are compared: activation, learning_rate, initializer. "
        "Repeatable: then their combinations.",
        show_default="activation, or each axis by itself",
    ),
]
Baseline = Annotated[
    str | None,
    typer.Option(
        metavar="VALUE",
        help='The value that others are compared with: relu; "relu, he_normal" of two axes.',
        show_default="the first of the config",
    ),
]
Metric = Annotated[
    str | None,
    typer.Option(
        metavar="COLUMN",
        help="Column of runs.csv: val_accuracy, test_mae, test_loss.",
        show_default="the task's test score",
    ),
]
Margin = Annotated[
    float | None,
    typer.Option(
        min=0.0,
        metavar="POINTS",
        help="Differences within ± this are practically none: points of an accuracy, else the "
        "metric's own unit.",
        show_default="0.1 points; 0.005 of a rating",
    ),
]
Mode = Annotated[
    Literal["matched", "tuned"] | None,
    typer.Option(
        help="When other axes vary too. matched: at the same settings of them; tuned: each "
        "value at its own best setting, chosen by validation on the other seeds.",
        show_default="tuned, then matched, where hyperparameters vary; else matched",
    ),
]
Where = Annotated[
    list[str] | None,
    typer.Option(
        "--where",
        metavar="KEY=VALUE",
        help="Only runs with this value in this column of runs.csv: learning_rate=0.001, "
        "activation=relu,gelu (either). Repeatable: of one key any, of several keys all.",
    ),
]
