"""YAML and `--set` -> Experiment: strict, typed, frozen, every error with its place and remedy.

A list where one value is expected is an axis. `cases` hold values that belong together.
"""

import re
import reprlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from relu_bench import spacing, yaml_source
from relu_bench.components import nearest
from relu_bench.errors import ConfigError
from relu_bench.settings import FIELDS, NUMERIC_FIELDS, Setting, allowed, default_of
from relu_bench.yaml_source import Document, Key

Axes = Mapping[str, tuple[Any, ...]]

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
DEFAULT_SEEDS = 10
_OTHER_KEYS = ("experiment", "cases", "seeds")
_MOST_ERRORS = 5
_MOST_SEEDS = 100_000
_ALLOWED = {
    "experiment": "a name of up to 64 letters, digits, '.', '_' or '-'",
    "cases": "a list of groups of fields, such as [{activation: selu, initializer: lecun_normal}]",
    "seeds": "a number of seeds (10 means 0 to 9), or a list of seeds such as [0, 1, 2]",
}
_SHORT = reprlib.Repr()
_SHORT.maxlevel, _SHORT.maxlist, _SHORT.maxstring, _SHORT.maxother = 3, 12, 80, 80
# Words that `pandas.read_csv` reads as a missing value: no name may be one.
_MISSING_VALUES = frozenset(
    {"1.#IND", "1.#QNAN", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null"}
)


@dataclass(frozen=True)
class Experiment:
    """What a config asks for: for each field its values, as given; nothing multiplied out yet.

    `axes` holds every field that is given at the top (one value or several), `cases` the groups.
    All values are validated and labels canonical.
    """

    name: str
    axes: Axes
    cases: tuple[Axes, ...] = ()
    seeds: tuple[int, ...] = tuple(range(DEFAULT_SEEDS))

    def resolved(self) -> dict[str, Any]:
        """Plain data that says the same: what the store keeps of a call."""
        described: dict[str, Any] = {"experiment": self.name}
        described |= {field: list(values) for field, values in self.axes.items()}
        if self.cases:
            described["cases"] = [
                {field: list(values) for field, values in case.items()} for case in self.cases
            ]
        return described | {"seeds": list(self.seeds)}


def load(path: Path, overrides: Sequence[str] = ()) -> Experiment:
    """Read a config file; `overrides` are the `KEY=VALUE` of `--set`.

    Raises:
        ConfigError: with file, line, key, what was given and what is allowed.
    """
    return from_document(yaml_source.read(path), overrides, default_name=path.stem)


def from_document(
    document: Document, overrides: Sequence[str] = (), default_name: str = "experiment"
) -> Experiment:
    """The experiment that a document and the overrides describe. Raises ConfigError as `load`."""
    reader = _Reader(document, overrides)
    axes = {field: reader.axis((field,)) for field in FIELDS if field in reader.values}
    cases = reader.cases()
    name = reader.name(default_name)
    seeds = reader.seeds()
    reader.check_keys()
    reader.raise_errors()
    return Experiment(name, axes, cases, seeds)


class _Reader:
    """Collects values and errors, so that one call tells all that is wrong."""

    def __init__(self, document: Document, overrides: Sequence[str]) -> None:
        self.document = document
        self.overrides = _parse_overrides(overrides)
        self.values = {**document.values, **self.overrides}
        self.errors: list[tuple[int, str]] = []
        self.clashing: set[str] = set()

    def axis(self, path: Key) -> tuple[Any, ...]:
        field = str(path[-1])
        given = self._at(path)
        several = isinstance(given, list)
        if given == []:
            self._error(path, "an empty list has no value to run", field)
        values: list[Any] = []
        for index, item in enumerate(given if several else [given]):
            where = (*path, index) if several else path
            values += self._spaced(where, field, item)
        return tuple(values)

    def cases(self) -> tuple[Axes, ...]:
        given = self.values.get("cases", [])
        if "cases" not in self.values:
            return ()
        if not isinstance(given, list) or not given:
            self._error(("cases",), f"{_show(given)} is no list of cases", "cases")
            return ()
        return tuple(self._case(index, case) for index, case in enumerate(given))

    def _case(self, index: int, case: Any) -> Axes:
        path: Key = ("cases", index)
        if not isinstance(case, dict) or not case:
            self._error(path, f"{_show(case)} is no group of fields", "cases")
            return {}
        for key in case:
            if key not in FIELDS:
                self._unknown((*path, key), FIELDS)
            elif key in self.overrides or isinstance(self.values.get(key), list):
                self._clash((*path, key))
        return {field: self.axis((*path, field)) for field in FIELDS if field in case}

    def _clash(self, path: Key) -> None:
        field = str(path[-1])
        if field in self.clashing:
            return
        self.clashing.add(field)
        how = "by --set" if field in self.overrides else f"as a list ({self._place((field,))})"
        self._error(
            path,
            f"{field!r} is given in a case and also {how}. Keep it in one of the two: in the "
            f"cases, or for all of them.\n{self._excerpt((field,))}",
        )

    def name(self, default: str) -> str:
        if "experiment" not in self.values and NAME.fullmatch(default):
            name = default
        elif "experiment" not in self.values:
            self._add(
                (),
                f"{self.document.name}: the file's name {default!r} cannot be the experiment's "
                f"name. Add a line `experiment: NAME`, {_ALLOWED['experiment']}.",
            )
            return ""
        else:
            name = self.values["experiment"]
            name = str(name) if isinstance(name, int) and not isinstance(name, bool) else name
        if not isinstance(name, str) or not NAME.fullmatch(name) or name in _MISSING_VALUES:
            self._error(("experiment",), f"{_show(name)} cannot name an experiment", "experiment")
        return str(name)

    def seeds(self) -> tuple[int, ...]:
        given = self.values.get("seeds", DEFAULT_SEEDS)
        count = given if _is_integer(given) and 1 <= given <= _MOST_SEEDS else 0
        seeds = tuple(given) if isinstance(given, list) else tuple(range(count))
        proper = all(_is_integer(seed) and 0 <= seed < 2**32 for seed in seeds)
        if not seeds or not proper or len(set(seeds)) != len(seeds):
            self._error(("seeds",), f"{_show(given)} are no seeds", "seeds")
        return seeds

    def check_keys(self) -> None:
        for key in self.values:
            if key not in FIELDS and key not in _OTHER_KEYS:
                self._unknown((key,), (*FIELDS, *_OTHER_KEYS))

    def raise_errors(self) -> None:
        if not self.errors:
            return
        shown = [message for _, message in sorted(self.errors)[:_MOST_ERRORS]]
        if len(self.errors) > len(shown):
            shown.append(f"... and {len(self.errors) - len(shown)} more.")
        raise ConfigError("\n".join(shown))

    def _spaced(self, path: Key, field: str, item: Any) -> list[Any]:
        try:
            items = spacing.expand(item) if field in NUMERIC_FIELDS else [item]
        except ValueError as error:
            self._error(path, str(error), field)
            return []
        return [value for part in items for value in self._validated(path, field, part)]

    def _validated(self, path: Key, field: str, value: Any) -> list[Any]:
        try:
            return [getattr(Setting.model_validate({field: value}), field)]
        except ValidationError as error:
            cause = error.errors()[0].get("ctx", {}).get("error")
            reason = str(cause) if cause else f"{_show(value)} is not allowed"
            self._error(path, reason, None if cause else field)
            return []

    def _unknown(self, path: Key, known: Iterable[str]) -> None:
        hint = nearest(str(path[-1]), known)
        place = (*path, yaml_source.KEY) if path[0] not in self.overrides else path
        self._error(place, f"there is no field {path[-1]!r}.{hint} Known: {', '.join(known)}")

    def _error(self, path: Key, message: str, field: str | None = None) -> None:
        parts = [part for part in path if part != yaml_source.KEY]
        key = ".".join(str(part) for part in parts if isinstance(part, str))
        shown = f"{self._place(path)}, {key}: {message}"
        if field is not None:
            remedy = _ALLOWED.get(field) or f"{allowed(field)}; or a list of these"
            if field in NUMERIC_FIELDS:
                remedy += ", log(low, high, count) or lin(low, high, count)"
            shown += f"\n  Allowed: {remedy}"
        excerpt = self._excerpt(path)
        self._add(path, f"{shown}\n{excerpt}" if excerpt else shown)

    def _add(self, path: Key, message: str) -> None:
        from_file = bool(path) and path[0] not in self.overrides
        self.errors.append(((self.document.line_of(path) or 0) if from_file else 0, message))

    def _at(self, path: Key) -> Any:
        value: Any = self.values
        for part in path:
            value = value[part]
        return value

    def _place(self, path: Key) -> str:
        return "--set" if path[0] in self.overrides else self.document.place(path)

    def _excerpt(self, path: Key) -> str:
        if path[0] in self.overrides:
            return f"    --set {path[0]}={_show(self.overrides[str(path[0])])}"
        return self.document.excerpt(path)


def _parse_overrides(overrides: Sequence[str]) -> dict[str, Any]:
    parsed: dict[str, Any] = {}
    for text in overrides:
        key, equals, value = text.partition("=")
        key = key.strip()
        if not equals or not key or not value.strip():
            raise ConfigError(f"--set {text!r}: write KEY=VALUE, as in --set learning_rate=0.01")
        if key in parsed:
            raise ConfigError(
                f"--set gives {key!r} twice. For an axis write all values in one: "
                f"--set {key}=A,B"
            )
        parsed[key] = _override_value(key, value.strip())
    return parsed


def _override_value(key: str, text: str) -> Any:
    if text.startswith(("[", "{")):
        return yaml_source.parse(f"{key}: {text}", f"--set {key}").values[key]
    items = [_unquoted(piece.strip()) for piece in spacing.split_at_commas(text)]
    return items if len(items) > 1 else items[0]


def _unquoted(text: str) -> Any:
    if len(text) > 1 and text[0] in "'\"" and text[-1] == text[0]:
        return text[1:-1]
    return yaml_source.scalar(text)


def _show(value: Any) -> str:
    shown = _SHORT.repr(value)
    return {"None": "null", "True": "true", "False": "false"}.get(shown, shown)


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def with_defaults(axes: Axes) -> dict[str, tuple[Any, ...]]:
    """Every field with its values, the defaults filled in, in the fields' own order."""
    return {field: axes.get(field, (default_of(field),)) for field in FIELDS}
