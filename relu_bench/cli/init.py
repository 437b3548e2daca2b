"""`relu-bench init`: write a shipped config to start from."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from relu_bench.errors import ReluBenchError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from relu_bench.config.shipped import ShippedConfig


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
        _list(shipped.all_configs())
        return
    written = shipped.write(name, to or Path(f"{Path(name).stem}.yaml"))
    typer.echo(f"{written}")
    typer.echo(
        f"Now: relu-bench run {written}\n"
        "For an editor that knows JSON Schema: "
        f"relu-bench schema > {written.parent / 'config.schema.json'}",
        err=True,
    )


def _list(configs: "Sequence[ShippedConfig]") -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    if console.is_terminal:
        table = Table(box=None, pad_edge=False, show_header=False)
        for config in configs:
            table.add_row(config.name, config.summary)
        console.print(table)
        return
    width = max(len(config.name) for config in configs)
    for config in configs:
        typer.echo(f"{config.name:<{width}} {config.summary}")
