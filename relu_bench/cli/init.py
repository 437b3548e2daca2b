"""`relu-bench init`: write a shipped config to start from."""

from pathlib import Path
from typing import Annotated

import typer

from relu_bench.cli.display import show_table
from relu_bench.errors import ReluBenchError
from relu_bench.tables import Head, table


def init(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="A shipped config; none: list them.")
    ] = None,
    to: Annotated[
        Path | None, typer.Option("--to", metavar="FILE", help="Where to. Default: NAME.yaml here.")
    ] = None,
) -> None:
    """Write a shipped config to start from."""
    from relu_bench.config import shipped

    if name is None and to is not None:
        raise ReluBenchError(
            f"--to needs the name of a config: relu-bench init quickstart --to {to}. "
            "`relu-bench init` lists them."
        )
    if name is None:
        configs = [(each.name, each.summary) for each in shipped.all_configs()]
        show_table(table("", (Head(""), Head("", wraps=True)), configs), gap=1)
        return
    written = shipped.write(name, to or Path(f"{Path(name).stem}.yaml"))
    typer.echo(f"{written}")
    typer.echo(
        f"Now: relu-bench run {written}\n"
        "For an editor that knows JSON Schema: "
        f"relu-bench schema > {written.parent / 'config.schema.json'}",
        err=True,
    )
