"""`relu-bench init`: write a shipped config to start from."""

from pathlib import Path
from typing import Annotated

import typer


def init(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="A shipped config; none: list them.")
    ] = None,
    to: Annotated[
        Path | None, typer.Option("--to", metavar="FILE", help="Where to. Default: NAME.yaml here.")
    ] = None,
) -> None:
    """Write a shipped config to start from."""
    from relu_bench import shipped

    if name is None:
        for config in shipped.all_configs():
            typer.echo(f"{config.name:<12} {config.summary}")
        return
    written = shipped.write(name, to or Path(f"{Path(name).stem}.yaml"))
    typer.echo(f"{written}")
    typer.echo(
        f"Now: relu-bench run {written}\n"
        "For an editor that knows JSON Schema: "
        f"relu-bench schema > {written.parent / 'config.schema.json'}",
        err=True,
    )
