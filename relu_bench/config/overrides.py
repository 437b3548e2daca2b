"""`--set KEY=VALUE`: one value, several, or a spaced axis, in the words that the YAML takes."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from relu_bench.components import spacing
from relu_bench.config import yaml_source
from relu_bench.errors import ConfigError, shorten, show


@dataclass(frozen=True)
class Override:
    """What one `--set` says: its text, as it was typed behind the `=`, and its value."""

    text: str
    value: Any


def parse(overrides: Sequence[str], known: Collection[str]) -> dict[str, Override]:
    """The overrides by key. The value of a key that is not `known` stays text.

    Raises:
        ConfigError: when one is not `KEY=VALUE`, a key comes twice or a value is no YAML.
    """
    parsed: dict[str, Override] = {}
    for given in overrides:
        key, equals, text = (part.strip() for part in given.partition("="))
        if not given.isprintable() and any("\ud800" <= each <= "\udfff" for each in given):
            raise ConfigError(f"--set {show(given)} is no UTF-8 text.")
        if not equals or not key or not text:
            raise ConfigError(
                f"--set {show(given)}: write KEY=VALUE, as in --set learning_rate=0.01"
            )
        if key in parsed:
            raise ConfigError(
                f"--set gives {show(key)} twice. For an axis write all values in one: "
                f"--set {shorten(key)}=A,B"
            )
        parsed[key] = Override(text, _value(key, text) if key in known else text)
    return parsed


def _value(key: str, text: str) -> Any:
    if text.startswith(("[", "{")):
        return yaml_source.parse(f"{key}: {text}", f"--set {key}").values[key]
    pieces = [piece.strip() for piece in spacing.split_at_commas(text)]
    if "" in pieces:
        raise ConfigError(f"--set {key}={shorten(text)}: there is a comma, but no value beside it")
    values = [_unquoted(piece) for piece in pieces]
    return values if len(values) > 1 else values[0]


def _unquoted(text: str) -> Any:
    if len(text) > 1 and text[0] in "'\"" and text[-1] == text[0]:
        return text[1:-1]
    return yaml_source.scalar(text)
