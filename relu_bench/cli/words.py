"""How values and counts are written for people; values as in YAML."""

from collections.abc import Sequence

_MOST_NAMED = 5


def word(value: object) -> str:
    """`true`, `false`, `null`, or the value as it prints itself."""
    return {"True": "true", "False": "false", "None": "null"}.get(str(value), str(value))


def counted(number: int, noun: str) -> str:
    """`1 run`, `1,200 runs`."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def run_names(run_ids: Sequence[str]) -> str:
    """The first of these runs, and how many more there are."""
    more = f" and {len(run_ids) - _MOST_NAMED:,} more" if len(run_ids) > _MOST_NAMED else ""
    return ", ".join(run_ids[:_MOST_NAMED]) + more
