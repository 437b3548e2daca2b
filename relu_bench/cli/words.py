"""How values are written for people: as in YAML."""


def word(value: object) -> str:
    """`true`, `false`, `null`, or the value as it prints itself."""
    return {"True": "true", "False": "false", "None": "null"}.get(str(value), str(value))
