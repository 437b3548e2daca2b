"""relu-bench: which activation to use, and why."""

__version__ = "0.1.0"
