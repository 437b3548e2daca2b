"""Whether progress may be animated: on a terminal that somebody watches."""

import os
import sys


def stderr_is_live() -> bool:
    """Standard error is a terminal, and neither NO_COLOR nor a dumb one asks for plain text."""
    return (
        sys.stderr.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    )
