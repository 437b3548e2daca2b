"""Which display `relu-bench run` has: that of the options, of a terminal, or of a pipe."""

from collections.abc import Sequence
from pathlib import Path

from relu_bench.cli.progress import Display, LineDisplay
from relu_bench.cli.terminal import stderr_is_live
from relu_bench.config.planning import Planned


def make_display(planned: Sequence[Planned], out: Path, *, as_json: bool, quiet: bool) -> Display:
    """The display that fits the options and the terminal."""
    if quiet:
        return Display(planned, out, summary=False, as_json=as_json)
    kind = LineDisplay
    if stderr_is_live():
        from relu_bench.cli.live import LiveDisplay

        kind = LiveDisplay
    return kind(planned, out, summary=not as_json, as_json=as_json)
