"""YAML and `--set` -> Experiment: strict, typed, frozen, every error with its place and remedy.

A list where one value is expected is an axis. `cases` hold values that belong together. What is
wrong is collected, so that one call tells all of it.
"""

import itertools
import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from relu_bench.components import spacing
from relu_bench.components.labels import LabelError
from relu_bench.components.registry import nearest, nearest_field
from relu_bench.config import display_names, overrides, yaml_source
from relu_bench.config.overrides import Override
from relu_bench.config.settings import (
    FIELDS,
    LABEL_FIELDS,
    NUMERIC_FIELDS,
    Setting,
    allowed,
    default_of,
    switch,
    taken,
)
from relu_bench.config.yaml_source import KEY, Document, Key, odd_character
from relu_bench.errors import ConfigError, shorten, show
from relu_bench.networks import activations
from relu_bench.wording import leading

Axes = Mapping[str, tuple[Any, ...]]
Used = Mapping[str, Collection[str]]
"""The canonical labels of each field that holds one."""

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
DEFAULT_SEEDS = 10
SETTABLE = (*FIELDS, "experiment", "cases", "seeds", "probes")
"""What `--set` can set."""
_KEYS = (*SETTABLE, display_names.KEY)
MOST_SEEDS = 100_000
MOST_RUNS = 100_000
_ALLOWED = {
    "experiment": "a name of up to 64 letters, digits, '.', '_' or '-'",
    "cases": "a list of groups of fields, such as [{activation: selu, initializer: lecun_normal}]",
    "seeds": f"a number of seeds from 1 to {MOST_SEEDS} (10 means 0 to 9), or a list of "
    "different seeds such as [0, 1, 2]",
    "probes": "true (measure what happens inside the network) or false",
    display_names.KEY: display_names.ALLOWED,
}
_LONGEST_LIST = 500
_DECIMAL_COMMA = re.compile(r"[+-]?[0-9]+,[0-9]+(?:[eE][+-]?[0-9]+)?")
_MOST_LABELS = 40
_SCREEN = (22, 80)  # lines and columns that the errors of one call may fill
_MOST_ERRORS = _SCREEN[0]
"""Errors about what stands under one key that are worth looking for: no screen shows more."""
# Names that `pandas.read_csv` would read as a missing value.
_MISSING_VALUES = frozenset({"NA", "NULL", "NaN", "None", "nan", "null"})


@dataclass(frozen=True)
class Experiment:
    """What a config asks for: for each field its values, as given; nothing multiplied out yet.

    `axes` holds every field that is given at the top (one value or several), `cases` the groups.
    All values are validated and labels canonical. `sources` says where the activations of the
    user's own stand, by label. `labels` are the display names that the config gives, by label.
    """

    name: str
    axes: Axes
    cases: tuple[Axes, ...] = ()
    seeds: tuple[int, ...] = tuple(range(DEFAULT_SEEDS))
    probes: bool = True
    sources: Mapping[str, activations.Source] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    listed_seeds: bool = field(default=False, compare=False)

    @property
    def combinations(self) -> int:
        """How many runs this makes before duplicates are removed."""
        settings = (
            math.prod(len(values) for values in with_defaults({**self.axes, **case}).values())
            for case in self.cases or ({},)
        )
        return sum(settings) * len(self.seeds)

    def resolved(self) -> dict[str, Any]:
        """Plain data that says the same: what the store keeps of a call."""
        described: dict[str, Any] = {"experiment": self.name}
        described |= self._with_paths(self.axes)
        if self.cases:
            described["cases"] = [self._with_paths(case) for case in self.cases]
        described["seeds"] = list(self.seeds)
        if self.labels:
            described[display_names.KEY] = dict(self.labels)
        return described if self.probes else described | {"probes": False}

    def _with_paths(self, axes: Axes) -> dict[str, list[Any]]:
        """Labels do not say where a user's file lies; what can be read again must."""
        found = {name: list(values) for name, values in axes.items()}
        if "activation" in found:
            found["activation"] = [
                activations.with_path(label, self.sources.get(label))
                for label in found["activation"]
            ]
        return found


def load(path: Path, sets: Sequence[str] = ()) -> Experiment:
    """Read a config file; `sets` are the `KEY=VALUE` of `--set`.

    Raises:
        ConfigError: with file, line, key, what was given and what is allowed.
    """
    return from_document(yaml_source.read(path), sets, default_name=path.stem)


def from_document(
    document: Document, sets: Sequence[str] = (), default_name: str = "experiment"
) -> Experiment:
    """The experiment that a document and `--set` describe. Raises ConfigError as `load`."""
    reader = _Reader(document, sets)
    axes = {field: reader.axis((field,)) for field in FIELDS if field in reader.values}
    cases = reader.cases()
    name = reader.name(default_name)
    seeds = reader.seeds()
    probes = reader.probes()
    reader.check_keys()
    names = reader.display_names(axes, cases)
    reader.complaints.raise_them()
    listed = isinstance(reader.values.get("seeds"), list)
    sources = _sources((axes, *cases))
    experiment = Experiment(name, axes, cases, seeds, probes, sources, names, listed)
    if experiment.combinations > MOST_RUNS:
        raise ConfigError(
            f"{document.name} asks for {experiment.combinations:,} runs, more than the "
            f"{MOST_RUNS:,} of one experiment. Take fewer values or fewer seeds: there are "
            f"{_listed_counts(experiment)}."
        )
    return experiment


def _listed_counts(experiment: Experiment) -> str:
    """How many values there are of what is multiplied: `1,000 of learning_rate and 10 seeds`."""
    counts: Counter[str] = Counter()
    for axes in (experiment.axes, *experiment.cases):
        counts |= Counter({f"of {field}": len(values) for field, values in axes.items()})
    counts |= Counter({"cases": len(experiment.cases), "seeds": len(experiment.seeds)})
    *words, last = [f"{count:,} {what}" for what, count in counts.items() if count > 1]
    return " and ".join(filter(None, (", ".join(words), last)))


def _sources(groups: Iterable[Axes]) -> dict[str, activations.Source]:
    """Where the user's own activations stand, as validation has just found them."""
    labels = [label for axes in groups for label in axes.get("activation", ())]
    found = {label: activations.source_of(label) for label in labels}
    return {label: source for label, source in found.items() if source is not None}


@dataclass(frozen=True)
class _Complaint:
    path: Key
    message: str
    known: str = ""
    allowed: str = ""


class _Complaints:
    """Collects errors about values of a document and of `--set`."""

    def __init__(self, document: Document, overrides: Mapping[str, Override]) -> None:
        self._document = document
        self._overrides = overrides
        self._found: list[_Complaint] = []
        self._under: Counter[str | int] = Counter()
        self._left_out = 0

    def about(self, path: Key, message: str, *, known: str = "", allowed: str = "") -> None:
        """Add an error about the value at `path`.

        Args:
            path: keys down to the value; `KEY` behind them for the key itself.
            message: what was given, and what is wrong with it.
            known: the end of the message that lists what there is; a list is shown once.
            allowed: what would be right; empty where the message says so.
        """
        self._found.append(_Complaint(path, message, known, allowed))
        self._under[path[0]] += 1

    def about_all(self, message: str) -> None:
        """Add an error that stands at no place in the document."""
        self._found.append(_Complaint((), message))

    def leave_out(self, count: int) -> None:
        """Only count so many further errors, which could not be shown anyway."""
        self._left_out += count

    def enough(self, key: str | int) -> bool:
        """Whether a further error under this key of the config could not be shown anyway."""
        return self._under[key] >= _MOST_ERRORS

    def place(self, path: Key) -> str:
        """`file.yaml, line 4`, or `--set`."""
        return "--set" if path[0] in self._overrides else self._document.place(path)

    def excerpt(self, path: Key) -> str:
        """The line with the value, as it was given."""
        if path[0] in self._overrides:
            given = f"--set {path[0]}={self._overrides[str(path[0])].text}"
            return f"    {shorten(given)}{odd_character(given)}"
        return self._document.excerpt(path)

    def raise_them(self) -> None:
        """Raise one ConfigError with as many as fit a screen, in the order of the file, if any."""
        if not self._found:
            return
        shown: list[str] = []
        listed: set[str] = set()
        for each in sorted(self._found, key=self._order):
            message = self._written(each, with_known=each.known not in listed)
            if shown and _screen_lines([*shown, message]) > _SCREEN[0]:
                break
            shown.append(message)
            listed.add(each.known)
        if rest := len(self._found) - len(shown) + self._left_out:
            least = "at least " if max(self._under.values()) >= _MOST_ERRORS else ""
            shown.append(f"... and {least}{rest} more.")
        raise ConfigError("\n".join(shown))

    def _order(self, complaint: _Complaint) -> tuple[int, int]:
        path = complaint.path
        from_file = bool(path) and path[0] not in self._overrides
        return self._document.mark_of(path) or (-1, 0) if from_file else (-1, 0)

    def _written(self, complaint: _Complaint, *, with_known: bool) -> str:
        path, message = complaint.path, complaint.message
        if not path:
            return message
        parts = [part for part in path if part != KEY]
        key = ".".join(shorten(part) for part in parts if isinstance(part, str))
        known = complaint.known if with_known else ""
        allowed = f"\n  Allowed: {complaint.allowed}" if complaint.allowed else ""
        excerpt = self.excerpt(path)
        return "\n".join(
            filter(None, (f"{self.place(path)}, {key}: {message}{known}{allowed}", excerpt))
        )


def _screen_lines(messages: Sequence[str]) -> int:
    """Lines of a terminal that `messages` fill, long ones broken at its edge."""
    lines = "\n".join(messages).split("\n")
    return sum(max(1, math.ceil(len(line) / _SCREEN[1])) for line in lines)


class _Reader:
    """Collects values and errors, so that one call tells all that is wrong."""

    def __init__(self, document: Document, sets: Sequence[str]) -> None:
        self.document = document
        self.overrides = overrides.parse(sets, SETTABLE)
        set_values = {key: override.value for key, override in self.overrides.items()}
        self.values = {**document.values, **set_values}
        self.complaints = _Complaints(document, self.overrides)
        self.clashing: set[str] = set()
        self.spaced = 0

    def axis(self, path: Key) -> tuple[Any, ...]:
        field = str(path[-1])
        given = self._at(path)
        several = isinstance(given, list)
        if given == []:
            self._error(path, "an empty list has no value to run", field)
        values: list[Any] = []
        for index, item in enumerate(given if several else [given]):
            if self.complaints.enough(path[0]):
                break
            where = (*path, index) if several else path
            values += self._spaced(where, field, item)
        return tuple(values)

    def cases(self) -> tuple[Axes, ...]:
        if "cases" not in self.values:
            return ()
        given = self.values["cases"]
        if not isinstance(given, list) or not given:
            self._error(("cases",), f"{show(given)} is no list of cases", "cases")
            return ()
        # Lazily: after so many errors no further case is looked at.
        wanted = itertools.takewhile(lambda _: not self.complaints.enough("cases"), given)
        return tuple(self._case(index, case) for index, case in enumerate(wanted))

    def _case(self, index: int, case: Any) -> Axes:
        path: Key = ("cases", index)
        if not isinstance(case, dict) or not case:
            self._error(path, f"{show(case)} is no group of fields", "cases")
            return {}
        for key in case:
            if key not in FIELDS:
                self._unknown((*path, key), FIELDS)
            elif key in self.overrides or self._is_axis(key):
                self._clash((*path, key))
        return {field: self.axis((*path, field)) for field in FIELDS if field in case}

    def _is_axis(self, field: str) -> bool:
        given = self.values.get(field)
        return isinstance(given, list) or (field in NUMERIC_FIELDS and spacing.is_spaced(given))

    def _clash(self, path: Key) -> None:
        field = str(path[-1])
        if field in self.clashing:
            return
        self.clashing.add(field)
        place = self.complaints.place((field,))
        how = "by --set" if field in self.overrides else f"as an axis ({place})"
        self._error(
            path,
            f"{field!r} is given in a case and also {how}. Keep it in one of the two: in the "
            f"cases, or for all of them.\n{self.complaints.excerpt((field,))}",
        )

    def name(self, default: str) -> str:
        name = self.values.get("experiment", default)
        name = str(name) if _is_integer(name) else name
        if isinstance(name, str) and NAME.fullmatch(name) and name not in _MISSING_VALUES:
            return name
        if "experiment" in self.values:
            remedy = "" if isinstance(name, str) else "; put it in quotes"
            reason = f"{show(name)} cannot name an experiment{remedy}"
            self._error(("experiment",), reason, "experiment")
        else:
            self.complaints.about_all(
                f"{self.document.name}: the file's name {default!r} cannot be the experiment's "
                f"name. Add a line `experiment: NAME`, {_ALLOWED['experiment']}.",
            )
        return ""

    def seeds(self) -> tuple[int, ...]:
        given = self.values.get("seeds", DEFAULT_SEEDS)
        count = given if _is_integer(given) and 1 <= given <= MOST_SEEDS else 0
        seeds = tuple(given) if isinstance(given, list) else tuple(range(count))
        wrong = [seed for seed in seeds if not (_is_integer(seed) and 0 <= seed < 2**32)]
        if not seeds:
            self._error(("seeds",), f"{show(given)} is no number of seeds", "seeds")
        elif wrong:
            self._error(("seeds",), f"{show(wrong[0])} is no seed, from 0 to 2**32 - 1", "seeds")
        elif len(set(seeds)) < len(seeds):
            twice = Counter(seeds).most_common(1)[0][0]
            self._error(("seeds",), f"the seed {twice} is given twice", "seeds")
        return seeds

    def probes(self) -> bool:
        given = switch(self.values.get("probes", True))
        if not isinstance(given, bool):
            self._error(("probes",), f"{show(given)} is not allowed", "probes")
        return given is not False

    def check_keys(self) -> None:
        for names, known in ((self.overrides, SETTABLE), (self.document.values, _KEYS)):
            unknown = [key for key in names if key not in _KEYS]
            for key in unknown[:_MOST_ERRORS]:
                self._unknown((key,), known)
            self.complaints.leave_out(len(unknown[_MOST_ERRORS:]))

    def display_names(self, axes: Axes, cases: Sequence[Axes]) -> dict[str, str]:
        """The display name of each value that is run, by its canonical label."""
        key = display_names.KEY
        given = self.values.get(key, {})
        if key in self.overrides:
            where = f"as a line `{key}: {{relu: ReLU}}`"
            self._error((key,), f"display names belong into the config file, {where}")
            return {}
        if not isinstance(given, dict):
            self._error((key,), f"{show(given)} is no list of names by value", key)
            return {}
        settings = [with_defaults({**axes, **case}) for case in cases or ({},)] if given else []
        run = {
            field: dict.fromkeys(itertools.chain(*(setting[field] for setting in settings)))
            for field in LABEL_FIELDS
        }
        found, by_key = self._named(given, run)
        for setting, label, other in _alike(found, run):
            if self.complaints.enough(key):
                break
            self._error(
                (key, by_key[label]),
                f"{shorten(label)} and {shorten(other)} would both be called {found[label]!r}, so "
                f"it would not be clear which {setting.replace('_', ' ')} is meant. Give one of "
                "them another name",
            )
        asked = {label for labels in run.values() for label in labels}
        return {label: name for label, name in found.items() if label in asked}

    def _named(self, given: Mapping[str, Any], run: Used) -> tuple[dict[str, str], dict[str, str]]:
        """The name of each label, and the key that gives it."""
        # What the file has where `--set` has something else may keep its name: that is no mistake.
        known = {field: {**dict.fromkeys(run[field]), **self._replaced(field)} for field in run}
        found: dict[str, str] = {}
        by_key: dict[str, str] = {}
        exact = {label for labels in known.values() for label in labels if label in given}
        for key, name in given.items():
            if self.complaints.enough(display_names.KEY):
                break
            path: Key = (display_names.KEY, key)
            labels = _meant(key, known)
            if not labels:
                values = list(dict.fromkeys(itertools.chain(*known.values())))
                listed = leading([shorten(value) for value in values], _MOST_LABELS)
                told = f"{show(key)} is no value that this config runs.{nearest(key, values)}"
                self._error((*path, KEY), told, known=f" It has: {listed}")
                continue
            if fault := display_names.fault_of(name):
                self._error(path, fault, display_names.KEY)
                continue
            # A label that is written out stands for itself, though another key may mean it too.
            own = [label for label in labels if label == key or label not in exact]
            twice = [label for label in own if found.get(label, name.strip()) != name.strip()]
            for label in twice if own else labels:
                first = by_key.get(label, label)
                told = f"{shorten(label)} has a name already, given by the key {show(first)}"
                self._error((*path, KEY), told)
            for label in own:
                if label not in twice:
                    found[label], by_key[label] = name.strip(), key
        return found, by_key

    def _replaced(self, field: str) -> dict[str, None]:
        """The labels that the file has for a field which `--set` gives."""
        given = self.document.values.get(field) if field in self.overrides else []
        each = given if isinstance(given, list) else [given]
        return dict.fromkeys(itertools.chain(*(taken(field, value) for value in each)))

    def _spaced(self, path: Key, field: str, item: Any) -> list[Any]:
        try:
            items = spacing.expand(item) if field in NUMERIC_FIELDS else [item]
        except ValueError as error:
            self._error(path, str(error), field)
            return []
        if len(items) > 1:
            self.spaced += len(items)
        if self.spaced > MOST_RUNS:
            self._error(path, f"with {show(item)} there are more than {MOST_RUNS:,} spaced values")
            return []
        return [value for part in items for value in self._validated(path, field, part)]

    def _validated(self, path: Key, field: str, value: Any) -> list[Any]:
        try:
            return [getattr(Setting.model_validate({field: value}), field)]
        except ValidationError as error:
            cause = error.errors()[0].get("ctx", {}).get("error")
            if remedy := self._with_points(path, field, value):
                self._error(path, remedy)
            elif listed := _as_list(field, value):
                self._error(path, f"{show(value)} is one value; a list is meant: {listed}")
            elif isinstance(cause, LabelError):
                self._error(path, cause.reason, known=cause.known)
            elif cause:
                self._error(path, str(cause))
            else:
                self._error(path, f"{show(value)} is not allowed", field)
            return []

    def _with_points(self, path: Key, field: str, value: Any) -> str:
        """What to write in place of numbers with decimal commas; empty where there are none.

        Behind `--set`, a comma has made two values of such a number before it comes here.
        """
        by_set = path[0] == field and field in self.overrides  # and not in a case
        given = self.overrides[field].text if by_set else value
        if field not in NUMERIC_FIELDS or not isinstance(given, str) or len(given) > _LONGEST_LIST:
            return ""
        numbers = given.strip().split(", ")
        meant = [number.replace(",", ".") for number in numbers]
        if not all(map(_DECIMAL_COMMA.fullmatch, numbers)) or not all(
            taken(field, yaml_source.scalar(number)) for number in meant
        ):
            return ""
        remedy = meant[0] if len(meant) == 1 else f"[{', '.join(meant)}]"
        return f"{show(given)} has a decimal comma; write {remedy}"

    def _unknown(self, path: Key, known: Collection[str]) -> None:
        hint = nearest_field(str(path[-1]), known)
        place = (*path, KEY) if path[0] not in self.overrides else path
        reason = f"there is no field {show(path[-1])}.{hint}"
        self._error(place, reason, known=f" Known: {', '.join(known)}")

    def _error(self, path: Key, message: str, field: str | None = None, known: str = "") -> None:
        remedy = ""
        if field is not None:
            remedy = _ALLOWED.get(field) or f"{allowed(field)}; or a list of these"
            if field in NUMERIC_FIELDS:
                remedy += ", log(low, high, count) or lin(low, high, count)"
        self.complaints.about(path, message, known=known, allowed=remedy)

    def _at(self, path: Key) -> Any:
        value: Any = self.values
        for part in path:
            value = value[part]
        return value


def _as_list(field: str, value: Any) -> str:
    """The list that is meant by text such as `relu, elu`; empty where none is."""
    if not isinstance(value, str) or len(value) > _LONGEST_LIST:
        return ""
    pieces = [piece.strip() for piece in spacing.split_at_commas(value)]
    right = [bool(taken(field, yaml_source.scalar(piece))) for piece in pieces]
    if len(pieces) == 1:
        # Between blanks, all must be right: a name may have a blank itself.
        pieces = value.split()
        right = [all(taken(field, yaml_source.scalar(piece)) for piece in pieces)]
    if len(pieces) < 2 or not any(right) or "" in pieces:
        return ""
    return yaml_source.quote_labels(f"[{', '.join(pieces)}]")


def _meant(key: str, known: Used) -> list[str]:
    """The canonical labels that a key stands for; one of them, written out, for itself alone."""
    if any(key in labels for labels in known.values()):
        return [key]
    labels = ((field, label) for field in known for label in taken(field, key))
    return list(dict.fromkeys(label for field, label in labels if label in known[field]))


def _alike(found: Mapping[str, str], used: Used) -> Iterator[tuple[str, str, str]]:
    """Field and labels of two values that would be shown alike, the first of them a named one."""
    said = set()
    for setting, labels in used.items():
        shown: dict[str, str] = {}
        for label in labels:
            other = shown.setdefault(found.get(label, label), label)
            named, beside = (label, other) if label in found else (other, label)
            if other != label and (named, beside) not in said:
                said.add((named, beside))
                yield setting, named, beside


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def with_defaults(axes: Axes) -> dict[str, tuple[Any, ...]]:
    """Every field with its values, the defaults filled in, in the fields' own order."""
    return {field: axes.get(field, (default_of(field),)) for field in FIELDS}
