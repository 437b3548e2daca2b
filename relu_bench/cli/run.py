"""`relu-bench run`: train what is missing, store each run as it ends, say who leads."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from relu_bench.cli.options import Configs, DataDir, Jobs, Overrides

if TYPE_CHECKING:
    from collections.abc import Sequence

    from relu_bench.planning import Planned


def run(
    configs: Configs,
    overrides: Overrides = None,
    *,
    out: Annotated[Path, typer.Option(help="Results folder.")] = Path("results"),
    jobs: Jobs = None,
    data_dir: DataDir = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the plan and the estimate; train nothing.")
    ] = False,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Do failed runs again.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object a run on stdout.")
    ] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="No progress and no summary.")
    ] = False,
) -> None:
    """Train every run that the results folder does not have yet."""
    from relu_bench import planning
    from relu_bench.cli.check import show_plans

    planned = planning.plan_configs(configs, overrides or [], data_dir)
    if dry_run:
        show_plans(planned, jobs, data_dir)
        return
    code = _train(
        planned,
        out,
        jobs=jobs,
        data_dir=data_dir,
        retry_failed=retry_failed,
        as_json=as_json,
        quiet=quiet,
    )
    raise typer.Exit(code)


def _train(
    planned: "Sequence[Planned]",
    out: Path,
    *,
    jobs: int | None,
    data_dir: Path | None,
    retry_failed: bool,
    as_json: bool,
    quiet: bool,
) -> int:
    from relu_bench import executors, machine, planning, runner
    from relu_bench.cli.progress import make_display
    from relu_bench.store import Store
    from relu_bench.worker import WorkerSettings
    from relu_bench.worker_process import warm_up

    store = Store(out)
    display = make_display(planned, out, as_json=as_json, quiet=quiet)
    for note in planning.notes(planned, data_dir):
        display.notice(f"warning: {note}")
    workers = jobs or machine.available_cores()

    def make_executor(count: int) -> executors.LocalExecutor:
        warm_up()
        # TensorFlow is being imported in the background meanwhile.
        shared = planning.ready_data(planned, data_dir)
        settings = WorkerSettings(data_dir, shared)
        return executors.LocalExecutor(min(workers, count), settings, display.progress)

    try:
        with display:
            tally = runner.run(planned, store, make_executor, display, retry_failed=retry_failed)
    except KeyboardInterrupt:
        typer.echo(
            f"Interrupted. What had finished is kept in {out}; "
            "the same command goes on from there.",
            err=True,
        )
        return 130
    display.end(tally)
    return 1 if tally.failed else 0
