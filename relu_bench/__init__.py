"""relu-bench: which activation should I use, and why?"""

__version__ = "0.1.0"
