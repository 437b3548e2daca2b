"""`relu-bench check`: validate configs, show the plan, the layers and the estimated time."""

import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from relu_bench.cli.options import Configs, DataDir, Jobs, Overrides
from relu_bench.tables import Head, table, terminal
from relu_bench.wording import as_yaml, counted, duration, plural

if TYPE_CHECKING:
    from relu_bench.config.plan import Spec
    from relu_bench.config.planning import Planned
    from relu_bench.training.estimate import Network


def check(
    configs: Configs,
    overrides: Overrides = None,
    jobs: Jobs = None,
    data_dir: DataDir = None,
) -> None:
    """Validate configs; show the plan, the models' layers and the estimated time."""
    from relu_bench.config import planning

    show_plans(planning.plan_configs(configs, overrides or [], data_dir), jobs, data_dir)


def show_plans(planned: "Sequence[Planned]", jobs: int | None, data_dir: Path | None) -> None:
    """Print each plan; what `check` and `run --dry-run` say."""
    from relu_bench.config import planning
    from relu_bench.machine import hardware
    from relu_bench.training import estimate

    for note in planning.notes(planned, data_dir):
        typer.echo(f"relu-bench: warning: {note}", err=True)
    cores = jobs or hardware.available_cores()
    _try_own_activations(planned, data_dir)
    for each in planned:
        _show_runs(each)
        _show_programs(each, data_dir)
        workers = min(cores, len(each.specs))
        time = duration(estimate.seconds(each.specs, workers, data_dir))
        typer.echo(f"  time      about {time} with {counted(workers, 'worker')}")


def _try_own_activations(planned: "Sequence[Planned]", data_dir: Path | None) -> None:
    """Try functions of the user's own first: a plan with a wrong one is not valid."""
    own = {spec.program_key: spec for each in planned for spec in each.specs if spec.source}
    if own:
        from relu_bench.networks import activations
        from relu_bench.training import estimate

        sources = {spec.activation: spec.source for spec in own.values() if spec.source}
        warnings = [
            warning
            for label, source in sources.items()
            for warning in activations.trial_warnings(label, source)
        ]
        for spec in own.values():
            estimate.network_of(spec, data_dir)
        for warning in warnings:
            typer.echo(f"relu-bench: warning: {warning}", err=True)


def _show_runs(planned: "Planned") -> None:
    from relu_bench.config.plan import varying
    from relu_bench.config.settings import FIELDS

    axes = varying(planned.experiment)
    specs, seeds = planned.specs, planned.experiment.seeds
    typer.echo(f"{planned.experiment.name}: valid")
    settings = len({tuple(getattr(spec, field) for field in FIELDS) for spec in specs})
    # A shard, or what a resumed store was asked for, may be a part of it.
    equals = "=" if len(specs) == settings * len(seeds) else "of"
    product = f"{counted(settings, 'setting')} × {counted(len(seeds), 'seed')}"
    typer.echo(f"  runs      {len(specs)} {equals} {product}")
    if (rule := planned.until_resolved) is not None:
        typer.echo(
            f"  then      more seeds until all is resolved, at most {rule.max_seeds} seeds: at "
            f"most {settings * rule.max_seeds} runs"
        )
    first = specs[0]
    typer.echo(f"  dataset   {first.dataset}" if "dataset" not in axes else "  dataset   varies")
    for field, values in axes.items():
        shown = [as_yaml(value) for value in values]
        more = f", ... ({len(shown)} values)" if len(shown) > 8 else ""
        typer.echo(f"  axis      {field}: {', '.join(shown[:8])}{more}")


def _show_programs(planned: "Planned", data_dir: Path | None) -> None:
    from relu_bench.training import estimate

    programs: dict[tuple[Any, ...], list[Spec]] = {}
    for spec in planned.specs:
        programs.setdefault(spec.program_key, []).append(spec)
    typer.echo(f"  programs  {len(programs)} to compile")
    distinguishing = _distinguishing([runs[0] for runs in programs.values()])
    networks: dict[Network, list[int]] = {}
    for number, runs in enumerate(programs.values(), start=1):
        values = [f"{field}={as_yaml(getattr(runs[0], field))}" for field in distinguishing]
        described = f"{', '.join(values)}: " if values else ""
        typer.echo(f"{number:>5}  {described}{counted(len(runs), 'run')}")
        networks.setdefault(estimate.network_of(runs[0], data_dir), []).append(number)
    models = [runs[0].model for runs in programs.values()]
    for network, numbers in networks.items():
        those = f"{plural(len(numbers), 'program', 'programs')} {', '.join(map(str, numbers))}"
        listed = "" if len(networks) == 1 else f" ({those})"
        parameters = f"{network.parameter_count:,} parameters"
        typer.echo(f"  model     {models[numbers[0] - 1]}{listed}, {parameters}")
        _show_layers(network)


def _show_layers(network: "Network") -> None:
    rows = [
        (layer.name, layer.kind, "×".join(map(str, layer.output_shape)), layer.parameters)
        for layer in network.layers
    ]
    heads = (*map(Head, ("layer", "type", "output")), Head("parameters", "right"))
    typer.echo(textwrap.indent(terminal(table("", heads, rows)), "    "))


def _distinguishing(specs: "Sequence[Spec]") -> list[str]:
    from relu_bench.config.plan import NOT_IN_PROGRAM
    from relu_bench.config.settings import FIELDS

    return [
        field
        for field in FIELDS
        if field not in NOT_IN_PROGRAM and len({getattr(spec, field) for spec in specs}) > 1
    ]
