"""relu-bench: which activation to use, and why."""

import os
import sys

__version__ = "0.1.0"

try:
    _working_folder = os.getcwd()  # noqa: PTH109 - pathlib would cost a third of `--help`
except FileNotFoundError:  # it was deleted: nothing can be imported from there
    _working_folder = ""

SEARCH_PATH = tuple(os.path.join(_working_folder, place) for place in sys.path)  # noqa: PTH118
"""Where modules were looked for when relu_bench was imported, as absolute paths.

Worker processes look there, and nowhere else; see `fork_server.importing_as_here`.
"""
