"""How values and counts are written for people; values as in YAML."""


def word(value: object) -> str:
    """`true`, `false`, `null`, or the value as it prints itself."""
    return {"True": "true", "False": "false", "None": "null"}.get(str(value), str(value))


def counted(number: int, noun: str) -> str:
    """`1 run`, `1,200 runs`."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
