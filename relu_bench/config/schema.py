"""The JSON Schema of a config, made from the same fields that validate it."""

from typing import Any

from relu_bench.config import display_names
from relu_bench.config.experiment import DEFAULT_SEEDS, MOST_SEEDS, NAME
from relu_bench.config.settings import NUMERIC_FIELDS, TABLES, Setting, allowed
from relu_bench.data import known_names

_EXAMPLES = {"dataset": known_names(), **TABLES}
_SPACED = {"type": "string", "pattern": r"^\s*(log|lin)\s*\(.*\)\s*$"}
_SWITCH_WORDS = {
    "type": "string",
    "pattern": "^([Oo][Nn]|[Oo][Ff][Ff]|[Yy][Ee][Ss]|[Nn][Oo])$",
}


def config_schema() -> dict[str, Any]:
    """The schema as plain data (JSON Schema 2020-12)."""
    properties: dict[str, dict[str, Any]] = Setting.model_json_schema()["properties"]
    fields = {name: _axis(name, rule) for name, rule in properties.items()}
    case = {"type": "object", "properties": fields, "additionalProperties": False}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "relu-bench experiment",
        "type": "object",
        "additionalProperties": False,
        "minProperties": 1,
        "properties": {
            "experiment": {
                "description": "name of the experiment; default: the file's name",
                "anyOf": [{"type": "string", "pattern": f"^{NAME.pattern}$"}, {"type": "integer"}],
            },
            **fields,
            "cases": {
                "description": "values that belong together",
                "type": "array",
                "minItems": 1,
                "items": {**case, "minProperties": 1},
            },
            "seeds": {
                "description": "a number of seeds (10 means 0 to 9), or a list of seeds",
                "default": DEFAULT_SEEDS,
                "anyOf": [
                    {"type": "integer", "minimum": 1, "maximum": MOST_SEEDS},
                    {
                        "type": "array",
                        "items": {"type": "integer", "minimum": 0, "maximum": 2**32 - 1},
                        "minItems": 1,
                        "uniqueItems": True,
                    },
                ],
            },
            display_names.KEY: {
                "description": "display names of values, for figures and tables: "
                + display_names.ALLOWED,
                "type": "object",
                "additionalProperties": {
                    "type": "string",
                    "pattern": rf"^\s*\S(.{{0,{display_names.LONGEST - 2}}}\S)?\s*$",
                },
            },
            "probes": {
                "description": "measure what happens inside the network at every epoch",
                "default": True,
                "anyOf": [{"type": "boolean"}, _SWITCH_WORDS],
            },
        },
    }


def _axis(name: str, rule: dict[str, Any]) -> dict[str, Any]:
    kept = ("description", "default", "title", "allowed")
    one: dict[str, Any] = {key: value for key, value in rule.items() if key not in kept}
    options = one.pop("anyOf", None) or [one]
    if name in NUMERIC_FIELDS:
        options = [*options, _SPACED]
    if one.get("type") == "boolean":
        options = [*options, _SWITCH_WORDS]
    schema: dict[str, Any] = {
        "description": f"{rule['description']}: {allowed(name)}; a list makes an axis",
        "default": rule["default"],
        "anyOf": [*options, {"type": "array", "minItems": 1, "items": {"anyOf": options}}],
    }
    if name in _EXAMPLES:
        schema["examples"] = list(_EXAMPLES[name])
    return schema
