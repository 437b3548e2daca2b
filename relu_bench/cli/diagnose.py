"""`relu-bench diagnose`: what initialization does to signals and gradients, before any training."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from relu_bench.cli.display import save_figure, showing_work, terminal_look
from relu_bench.cli.options import Configs, DataDir, Overrides, TableFormat

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

    from relu_bench.config.plan import Spec
    from relu_bench.diagnose import Combination, Diagnosis


def diagnose(
    configs: Configs,
    overrides: Overrides = None,
    *,
    trials: Annotated[
        int,
        typer.Option(
            min=1, max=100_000, metavar="N", help="Random initializations of each combination."
        ),
    ] = 300,
    images: Annotated[
        int,
        typer.Option(
            min=1, max=10_000, metavar="N", help="Training images sent through each, stratified."
        ),
    ] = 100,
    seed: Annotated[int, typer.Option(min=0, metavar="N", help="Of the initial weights.")] = 0,
    by_layer: Annotated[
        bool, typer.Option("--by-layer", help="Layer by layer, in whatever format.")
    ] = False,
    table_format: Annotated[
        TableFormat | None,
        typer.Option("--format", help="How to list them.", show_default="table, or only the plot"),
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Draw signal, gradient and dead units by layer into a .png, .svg or .pdf.",
        ),
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Simulate random initializations: see signals and gradients vanish, explode or die."""
    from relu_bench.config.planning import notes, plan_configs
    from relu_bench.diagnose import collapsed, listing, records
    from relu_bench.diagnose import diagnose as simulate_all

    planned = plan_configs(configs, overrides or [], data_dir)
    if plot is not None:
        from relu_bench.figures import saving

        saving.check_figure_path(plot)
    specs = [spec for each in planned for spec in each.specs]
    simulated = _combinations(specs)
    for note in notes(planned, data_dir):
        typer.echo(f"relu-bench: warning: {note}", err=True)
    with showing_work("initializations", "fewer --trials or --images take less") as report:
        found = simulate_all(
            simulated,
            trials=trials,
            images=images,
            seed=seed,
            data_dir=data_dir,
            report=report,
        )
    if plot is not None:
        save_figure(lambda: _figure(found), plot, on_stderr=table_format is not None)
        if table_format is None:
            return
    if table_format == "json":
        typer.echo(records.as_json(found, by_layer=by_layer))
    elif table_format == "csv":
        typer.echo(records.as_csv(found, by_layer=by_layer))
    elif table_format == "markdown":
        typer.echo(listing.as_markdown(found, by_layer=by_layer))
    else:
        width = min(terminal_look(80)[0] or 80, 110)
        typer.echo(listing.as_text(found, collapsed(specs), by_layer=by_layer, width=width))


def _combinations(specs: "Sequence[Spec]") -> "tuple[Combination, ...]":
    from relu_bench.diagnose import combinations, not_simulated
    from relu_bench.errors import ConfigError

    found, left_out = combinations(specs), not_simulated(specs)
    only = f"diagnose simulates perceptrons only, not model {', '.join(left_out)}"
    if not found:
        raise ConfigError(f"{only}. Take model: mlp, with a data set of images such as digits.")
    if left_out:
        typer.echo(f"relu-bench: {only}: left out", err=True)
    return found


def _figure(found: "Sequence[Diagnosis]") -> "Figure":
    from relu_bench.diagnose.records import layer_records
    from relu_bench.figures.initialization import initialization

    records = [row for each in found for row in layer_records(each)]
    return initialization(records, trials=found[0].trials)
