"""Reads `labels:` of a config: which of its values have which display name."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from pydantic import ValidationError

from relu_bench.components.registry import nearest
from relu_bench.config.display_names import fault_of
from relu_bench.config.settings import Setting
from relu_bench.config.yaml_source import KEY as KEY_ITSELF
from relu_bench.config.yaml_source import Key
from relu_bench.errors import shorten, show

FIELDS = tuple(name for name, rule in Setting.model_fields.items() if rule.annotation is str)
"""The fields whose values can be named: those that hold a label."""

_MOST_SHOWN = 40

Used = Mapping[str, Sequence[str]]


class Complain(Protocol):
    """Takes an error about what stands under `labels`."""

    def __call__(
        self, path: Key, message: str, *, known: str = "", with_allowed: bool = False
    ) -> None:
        """Keep the error; `path` are the keys below `labels`, `known` ends the message."""


def read(
    given: Any,
    settings: Iterable[Mapping[str, Sequence[Any]]],
    overridden: Mapping[str, Any],
    complain: Complain,
    enough: Callable[[], bool],
) -> dict[str, str]:
    """The display name of each value that is run, by its canonical label.

    Args:
        given: what stands under `labels`; values in any form that the config takes.
        settings: the values of every field that are run, canonical; one mapping for each case.
        overridden: what the file has where `--set` has something else: to name it is no mistake.
        complain: is told all that is wrong,
        enough: until there are so many errors that no further one would be shown.
    """
    if not isinstance(given, dict):
        complain((), f"{show(given)} is no list of names by value", with_allowed=True)
        return {}
    if not given:
        return {}
    run: dict[str, dict[str, None]] = {field: {} for field in FIELDS}
    for setting in settings:
        for field in FIELDS:
            run[field].update(dict.fromkeys(setting[field]))
    known = {field: tuple({**run[field], **_of_file(field, overridden)}) for field in FIELDS}
    found, by_key = _named(given, known, complain, enough)
    used = {field: tuple(run[field]) for field in FIELDS}
    for field, label, other in _alike(found, used):
        if enough():
            break
        complain(
            (by_key[label],),
            f"{shorten(label)} and {shorten(other)} would both be called {found[label]!r}, and "
            f"nobody could tell which {field.replace('_', ' ')} is meant. Give one of them "
            "another name",
        )
    asked = {label for labels in used.values() for label in labels}
    return {label: name for label, name in found.items() if label in asked}


def _of_file(field: str, overridden: Mapping[str, Any]) -> dict[str, None]:
    given = overridden.get(field)
    labels = (_canonical(field, each) for each in (given if isinstance(given, list) else [given]))
    return {label: None for label in labels if label is not None}


def _named(
    given: Mapping[str, Any], known: Used, complain: Complain, enough: Callable[[], bool]
) -> tuple[dict[str, str], dict[str, str]]:
    """The name of each label, and the key that gives it."""
    found: dict[str, str] = {}
    by_key: dict[str, str] = {}
    exact = {label for labels in known.values() for label in labels if label in given}
    for key, name in given.items():
        if enough():
            break
        labels = _meant(key, known)
        if not labels:
            values = list(dict.fromkeys(label for labels in known.values() for label in labels))
            told = f"{show(key)} is no value that this config runs.{nearest(key, values)}"
            complain((key, KEY_ITSELF), told, known=f" It has: {_listed(values)}")
            continue
        if fault := fault_of(name):
            complain((key,), fault, with_allowed=True)
            continue
        # A label that is written out stands for itself, though another key may mean it too.
        own = [label for label in labels if label == key or label not in exact]
        taken = [label for label in own if found.get(label, name.strip()) != name.strip()]
        for label in taken if own else labels:
            first = by_key.get(label, label)
            told = f"{shorten(label)} has a name already, given by the key {show(first)}"
            complain((key, KEY_ITSELF), told)
        for label in own:
            if label not in taken:
                found[label], by_key[label] = name.strip(), key
    return found, by_key


def _meant(key: str, known: Used) -> list[str]:
    """The canonical labels that a key stands for; one of them, written out, for itself alone."""
    if any(key in labels for labels in known.values()):
        return [key]
    labels = ((field, _canonical(field, key)) for field in known)
    return list(dict.fromkeys(label for field, label in labels if label in known[field] and label))


def _canonical(field: str, text: Any) -> str | None:
    try:
        return str(getattr(Setting.model_validate({field: text}), field))
    except ValidationError:
        return None


def _listed(labels: Sequence[str]) -> str:
    shown = [shorten(label) for label in labels[:_MOST_SHOWN]]
    return ", ".join(shown) + (", ..." if len(labels) > len(shown) else "")


def _alike(found: Mapping[str, str], used: Used) -> Iterator[tuple[str, str, str]]:
    """Field and labels of two values that would be shown alike, the first of them a named one."""
    said = set()
    for field, labels in used.items():
        shown: dict[str, str] = {}
        for label in labels:
            other = shown.setdefault(found.get(label, label), label)
            named, beside = (label, other) if label in found else (other, label)
            if other != label and (named, beside) not in said:
                said.add((named, beside))
                yield field, named, beside
