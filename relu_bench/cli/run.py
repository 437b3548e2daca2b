"""`relu-bench run`: train what is missing, store each run as it ends, say who leads."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from relu_bench.cli.options import Baseline, DataDir, Jobs, Margin, Overrides
from relu_bench.errors import ReluBenchError, StoreWriteError, WorkerStartError
from relu_bench.wording import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from relu_bench.cli.run_display import Display
    from relu_bench.config.planning import Planned
    from relu_bench.execution.executor import Executor

_OUT = Path("results")


def run(
    configs: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="CONFIG", help="YAML files, one experiment each.", show_default=False
        ),
    ] = None,
    overrides: Overrides = None,
    *,
    out: Annotated[
        Path | None, typer.Option(help="Results folder.", show_default="results")
    ] = None,
    resume: Annotated[
        Path | None,
        typer.Option(
            metavar="RESULTS",
            help="Instead of CONFIG: do what is missing of all that this results folder was ever "
            "asked for.",
        ),
    ] = None,
    shard: Annotated[
        str | None,
        typer.Option(
            metavar="I/N",
            help="Only part I of N of the runs, counted from 1, for machines that cannot share "
            "a results folder: give each part an --out of its own.",
        ),
    ] = None,
    jobs: Jobs = None,
    cluster: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="Train on the workers of a Dask cluster, by its scheduler's tcp://host:port.",
        ),
    ] = None,
    data_dir: DataDir = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the plan and the estimate; train nothing.")
    ] = False,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Do failed runs again.")
    ] = False,
    fail_fast: Annotated[
        bool, typer.Option("--fail-fast", help="Stop at the first run that fails.")
    ] = False,
    timeout: Annotated[
        float | None,
        typer.Option(
            min=0.1,
            metavar="S",
            help="End a run that takes longer than S seconds, and record it as failed. Counted "
            "from when its worker begins with it: reading data and compiling included, waiting "
            "for a free worker not.",
        ),
    ] = None,
    until_resolved: Annotated[
        bool,
        typer.Option(
            "--until-resolved",
            help="Add seeds, 10 at first and then 5 at a time, until every comparison with the "
            "baseline is better, worse or practically equal; what is decided stops.",
        ),
    ] = False,
    max_seeds: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="With --until-resolved: seeds at which it ends undecided.",
            show_default="200",
        ),
    ] = None,
    baseline: Baseline = None,
    margin: Margin = None,
    confirm: Annotated[
        int | None,
        typer.Option(
            min=2,
            metavar="N",
            help="Instead of CONFIG's own runs, which must be there: each value of --by at its "
            "best setting by validation, on N fresh seeds, as experiment NAME-confirm.",
        ),
    ] = None,
    by: Annotated[
        list[str] | None,
        typer.Option(
            "--by",
            metavar="AXIS",
            help="With --confirm: the axis whose values are compared. Repeatable: then their "
            "combinations.",
            show_default="activation",
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object a run on stdout.")
    ] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="No progress and no summary.")
    ] = False,
) -> None:
    """Train every run that the results folder does not have yet."""
    if cluster is None and not dry_run:
        _start_early()
    from relu_bench.cli.check import show_plans
    from relu_bench.cli.confirming import check_confirm, confirmed, training_commands
    from relu_bench.cli.rounds import check_options, rounds_of
    from relu_bench.cli.run_display import make_display
    from relu_bench.config import planning
    from relu_bench.config.until_resolved import Wishes
    from relu_bench.execution import runner
    from relu_bench.machine import compile_cache
    from relu_bench.store import Store

    _check_workers(cluster, jobs)
    check_confirm(
        confirm,
        by,
        {"--shard": shard, "--resume": resume, "--until-resolved": until_resolved or None},
    )
    wishes = Wishes(baseline, margin, max_seeds)
    check_options(
        wishes,
        shard,
        until_resolved=until_resolved,
        resuming=resume is not None,
        configs=len(configs or ()),
    )
    asked = _planned(configs, overrides, out=out, resume=resume, shard=shard, data_dir=data_dir)
    folder = resume or out or _OUT
    commands = training_commands(configs or [], overrides or [], out=out, data_dir=data_dir)
    asked, chosen = confirmed(
        asked, commands, folder, seeds=confirm, by=by or [], data_dir=data_dir
    )
    rounds = rounds_of(
        asked,
        folder,
        wishes,
        data_dir,
        until_resolved=until_resolved,
        resuming=resume is not None,
    )
    planned = rounds.planned
    if dry_run:
        for said in chosen:
            typer.echo(f"relu-bench: {said}", err=True)
        show_plans([each for each in planned if each.specs], jobs, data_dir)
        return
    display = make_display(planned, folder, as_json=as_json, quiet=quiet)
    for said in chosen:
        display.notice(said)
    for note in planning.notes(planned, data_dir):
        display.notice(f"warning: {note}")

    def make_executor(count: int) -> "Executor":
        if cluster is not None:
            return _on_cluster(cluster, planned, display, data_dir, timeout)
        return _local(
            planned,
            display,
            count=rounds.workers(count),
            jobs=jobs,
            data_dir=data_dir,
            timeout=timeout,
        )

    try:
        with display:
            tally = runner.run(
                planned,
                Store(folder),
                make_executor,
                display,
                retry_failed=retry_failed,
                fail_fast=fail_fast,
                further=lambda: rounds.further(display),
            )
        display.end(tally)
        display.resolved(rounds.verdicts())
    except KeyboardInterrupt:
        typer.echo(
            f"Interrupted. What had finished is kept in {folder}; "
            "the same command goes on from there.",
            err=True,
        )
        raise typer.Exit(130) from None
    except (StoreWriteError, WorkerStartError):  # which say so themselves
        raise
    except Exception as error:
        if display.stored:
            runs = counted(display.stored, "run", "was", "were")
            error.add_note(
                f"{runs} stored in {folder} by then; the same command goes on from there."
            )
        raise
    finally:
        compile_cache.trim()
    raise typer.Exit(1 if tally.failed else 0)


def _check_workers(cluster: str | None, jobs: int | None) -> None:
    if cluster is not None and jobs is not None:
        raise ReluBenchError(
            "--jobs counts workers on this machine; with --cluster, all Dask workers that are "
            "connected are used: leave out one of the two."
        )


def _start_early() -> None:
    """Import TensorFlow on another core while this one reads and plans: a start's longest part."""
    from relu_bench.machine import fork_server, hardware

    if hardware.available_cores() > 1:
        fork_server.start()


def _planned(
    configs: list[Path] | None,
    overrides: list[str] | None,
    *,
    out: Path | None,
    resume: Path | None,
    shard: str | None,
    data_dir: Path | None,
) -> "Sequence[Planned]":
    """The runs that the arguments ask for."""
    from relu_bench.config import planning, shards
    from relu_bench.execution import runner

    if resume is not None:
        given = {"CONFIG": configs, "--set": overrides, "--out": out, "--shard": shard}
        beside = [name for name, value in given.items() if value]
        if beside:
            raise ReluBenchError(
                f"--resume takes all from the results folder; leave out {', '.join(beside)}."
            )
        return runner.plan_kept(resume, data_dir)
    if not configs:
        raise ReluBenchError(
            "give a config, such as `relu-bench run configs/quickstart.yaml` (`relu-bench init` "
            "lists some), or --resume RESULTS."
        )
    part = shards.parse(shard) if shard is not None else None
    planned = planning.plan_configs(configs, overrides or [], data_dir)
    return planned if part is None else shards.cut(planned, part)


def _local(
    planned: "Sequence[Planned]",
    display: "Display",
    *,
    count: int,
    jobs: int | None,
    data_dir: Path | None,
    timeout: float | None,
) -> "Executor":
    """Worker processes here, for so many runs."""
    from relu_bench.config import planning
    from relu_bench.execution.local import LocalExecutor
    from relu_bench.execution.worker import WorkerSettings
    from relu_bench.machine import environment_variables, fork_server
    from relu_bench.machine.cores import VARIABLE, HostCores

    cores = HostCores()
    if jobs is not None and jobs > cores.limit:
        display.notice(
            f"--jobs {jobs}: no more than {cores.limit} workers run at once here, those of other "
            f"relu-bench processes included; the environment variable {VARIABLE} sets that number."
        )
    left_out = environment_variables.changing_variables()
    if left_out:
        display.notice(
            f"{', '.join(sorted(left_out))}: set here, and left out for the workers, since the "
            "numbers of runs would change."
        )
    fork_server.start()
    settings = WorkerSettings(data_dir, planning.ready_data(planned, data_dir))
    return LocalExecutor(
        min(jobs or cores.limit, count),
        settings,
        display.progress,
        timeout=timeout,
        cores=cores,
        on_waiting=display.waiting,
    )


def _on_cluster(
    address: str,
    planned: "Sequence[Planned]",
    display: "Display",
    data_dir: Path | None,
    timeout: float | None,
) -> "Executor":
    """The workers of a Dask cluster."""
    from relu_bench.execution.cluster import connect

    return connect(
        address,
        planned,
        data_dir,
        on_progress=display.progress,
        notice=display.notice,
        timeout=timeout,
    )
