"""What commands show: tables on stdout, how far they are on stderr, and matplotlib for figures."""

import contextlib
import logging
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from relu_bench.tables import Table, terminal
from relu_bench.wording import duration

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.progress import Progress, ProgressColumn

_LONG_SECONDS = 30.0
_JUDGED_FROM = 2.0


def show_table(table: Table, *, gap: int = 2, width: int | None = None, most: int = 200) -> None:
    """Print a table: on a terminal as wide as that is, in a pipe as wide as its cells.

    Args:
        table: whose caption and notes are not printed.
        gap: blanks between columns.
        width: in a pipe, where cells may go on in further lines; None for as wide as they are.
        most: characters, even where the terminal is wider.
    """
    wide, styled = terminal_look(width)
    text = terminal(table, wide and min(wide, most), gap=gap, styled=styled)
    if text:
        typer.echo(text, color=styled)


def terminal_look(width: int | None) -> tuple[int | None, bool]:
    """How wide stdout is, or `width` where it is no terminal; whether it has bold and italics."""
    from rich.console import Console

    console = Console()
    return console.width if console.is_terminal else width, console.color_system is not None


def stderr_is_live() -> bool:
    """Standard error is a terminal, and neither NO_COLOR nor a dumb one asks for plain text."""
    return (
        sys.stderr.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    )


@contextmanager
def showing_work(
    what: str, remedy: str, clock: Callable[[], float] = time.monotonic
) -> Iterator[Callable[[float], None]]:
    """Show on stderr how far it is; give the function that is told the share done, 0 to 1.

    Args:
        what: is being worked on.
        remedy: how it would take less, said once when it will take more than half a minute.
        clock: in seconds.
    """
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn

    started = clock()
    said = False
    with bar(TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn()) as shown:
        task = shown.add_task(what, total=1.0)

        def told(share: float) -> None:
            nonlocal said
            shown.update(task, completed=share)
            passed = clock() - started
            if said or share <= 0 or passed < _JUDGED_FROM:
                return
            if passed / share > _LONG_SECONDS:
                said = True
                about = duration(passed / share)
                line = f"relu-bench: this takes about {about}; {remedy}"
                print(line, file=sys.stderr, flush=True)  # which the bar makes room for

        yield told


def bar(*columns: "ProgressColumn", **options: Any) -> "Progress":
    """A progress bar on stderr that is gone in the end; where stderr is not live, it is silent.

    Args:
        columns: what it is made of.
        options: further ones of `rich.progress.Progress`.
    """
    from rich.console import Console
    from rich.progress import Progress

    return Progress(
        *columns,
        console=Console(stderr=True),
        transient=True,
        disable=not stderr_is_live(),
        **options,
    )


def save_figure(make: "Callable[[], Figure]", path: Path, *, on_stderr: bool) -> None:
    """Draw a figure, save it, and print where it is."""
    from relu_bench.figures import saving

    import_matplotlib()
    saving.save_file(make(), path)
    typer.echo(path, err=on_stderr)


def import_matplotlib() -> None:
    """Import matplotlib without the user's back end and settings, of which it refuses wrong ones.

    What it has to say of a cache that it cannot write, or of fonts, is nothing that a user of
    relu-bench could do something about.
    """
    if "matplotlib" in sys.modules:
        return
    os.environ.pop("MPLBACKEND", None)
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    os.environ["MATPLOTLIBRC"] = os.devnull  # goes before the user's own file
    # But a file of that name in the working folder goes before everything.
    elsewhere = Path("matplotlibrc").exists()
    with contextlib.chdir(Path(__file__).parent) if elsewhere else contextlib.nullcontext():
        import matplotlib  # noqa: F401
