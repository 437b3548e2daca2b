"""How far a computation of this process is: a bar on a terminal, one line when it takes long."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from relu_bench.cli.terminal import stderr_is_live

_LONG_SECONDS = 30.0
_JUDGED_FROM = 2.0


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
    started = clock()
    said = False

    def warned(share: float) -> None:
        nonlocal said
        passed = clock() - started
        if said or share <= 0 or passed < _JUDGED_FROM:
            return
        if passed / share > _LONG_SECONDS:
            said = True
            about = _duration(passed / share)
            print(f"relu-bench: this takes about {about}; {remedy}", file=sys.stderr, flush=True)

    if not stderr_is_live():
        yield warned
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=1.0)

        def shown(share: float) -> None:
            bar.update(task, completed=share)
            warned(share)

        yield shown


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
