"""Before a command draws: matplotlib as it is shipped, whatever its user has set for others."""

import contextlib
import logging
import os
import sys
from pathlib import Path


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
