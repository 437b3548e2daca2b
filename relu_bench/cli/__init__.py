"""The command line: one command a file; each parses, calls one function and prints."""

import os
import sys
from typing import Annotated

import typer
import typer.core
import typer.main

from relu_bench import __version__
from relu_bench.cli import (
    activations,
    check,
    compare,
    data,
    diagnose,
    info,
    init,
    merge,
    plot,
    report,
    run,
    schema,
    slips,
    speed,
    status,
)
from relu_bench.errors import ReluBenchError, shorten

# What was given may be of any length, a path as well; an error shows enough of it to be known by.
_LONGEST_LINE = 1000

app = typer.Typer(
    name="relu-bench",
    help="Which activation should I use, with which initializer, learning rate and batch norm, "
    "and why?",
    epilog="Start with: relu-bench init quickstart",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"relu-bench {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="The version.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    if debug:
        os.environ["RELU_BENCH_DEBUG"] = "1"


app.command(no_args_is_help=True)(run.run)
app.command(no_args_is_help=True)(check.check)
app.command()(status.status)
app.command()(compare.compare)
app.command()(plot.plot)
app.command()(report.report)
app.command(no_args_is_help=True)(merge.merge)
app.command()(activations.activations)
app.command()(speed.speed)
app.command(no_args_is_help=True)(diagnose.diagnose)
app.command()(init.init)
app.command()(data.data)
app.command()(schema.schema)
app.command()(info.info)


def main() -> None:
    """Run the command; an error of ours becomes one message and its exit code."""
    # Output in a pipe or a file may hold ± and ×, whatever the locale says.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        try:
            command = typer.main.get_command(app)
            assert isinstance(command, typer.core.TyperGroup)
            slips.check(
                sys.argv[1:],
                {
                    name: {option for parameter in each.params for option in parameter.opts}
                    for name, each in command.commands.items()
                },
            )
            command()
        finally:
            sys.stdout.flush()
    except ReluBenchError as error:
        if os.environ.get("RELU_BENCH_DEBUG"):
            raise
        _say(f"relu-bench: {error}", error)
        sys.exit(error.exit_code)
    except Exception as error:
        if os.environ.get("RELU_BENCH_DEBUG"):
            raise
        _say(
            f"relu-bench: unexpected {type(error).__name__}: {error}\n"
            "This is a defect of relu-bench. `relu-bench --debug ...` shows where.",
            error,
        )
        sys.exit(1)


def _say(text: str, error: Exception) -> None:
    """Print an error, and what those who passed it on have to add."""
    lines = "\n".join([text, *getattr(error, "__notes__", ())]).split("\n")
    typer.echo("\n".join(shorten(line, _LONGEST_LINE) for line in lines), err=True)
