"""YAML and `--set` -> Experiment: strict, typed, frozen, every error with its place and remedy.

A list where one value is expected is an axis. `cases` hold values that belong together.
"""

import itertools
import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from relu_bench.components import spacing
from relu_bench.components.labels import LabelError
from relu_bench.components.registry import nearest_field
from relu_bench.config import display_names, given_names, overrides, yaml_source
from relu_bench.config.complaints import MOST, Complaints
from relu_bench.config.settings import FIELDS, NUMERIC_FIELDS, Setting, allowed, default_of, switch
from relu_bench.config.yaml_source import Document, Key
from relu_bench.errors import ConfigError, show
from relu_bench.networks import activations

Axes = Mapping[str, tuple[Any, ...]]

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
    experiment = Experiment(name, axes, cases, seeds, probes, _sources((axes, *cases)), names)
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


class _Reader:
    """Collects values and errors, so that one call tells all that is wrong."""

    def __init__(self, document: Document, sets: Sequence[str]) -> None:
        self.document = document
        self.overrides = overrides.parse(sets, SETTABLE)
        set_values = {key: override.value for key, override in self.overrides.items()}
        self.values = {**document.values, **set_values}
        self.complaints = Complaints(document, self.overrides)
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
            for key in unknown[:MOST]:
                self._unknown((key,), known)
            self.complaints.leave_out(len(unknown[MOST:]))

    def display_names(self, axes: Axes, cases: Sequence[Axes]) -> dict[str, str]:
        key = display_names.KEY
        if key in self.overrides:
            where = f"as a line `{key}: {{relu: ReLU}}`"
            self._error((key,), f"display names belong into the config file, {where}")
            return {}

        def complain(
            path: Key, message: str, *, known: str = "", with_allowed: bool = False
        ) -> None:
            self._error((key, *path), message, key if with_allowed else None, known)

        return given_names.read(
            self.values.get(key, {}),
            [with_defaults({**axes, **case}) for case in cases or ({},)],
            {field: self.document.values.get(field) for field in self.overrides},
            complain,
            lambda: self.complaints.enough(key),
        )

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
            if listed := _as_list(field, value):
                self._error(path, f"{show(value)} is one value; a list is meant: {listed}")
            elif isinstance(cause, LabelError):
                self._error(path, cause.reason, known=cause.known)
            elif cause:
                self._error(path, str(cause))
            else:
                self._error(path, f"{show(value)} is not allowed", field)
            return []

    def _unknown(self, path: Key, known: Collection[str]) -> None:
        hint = nearest_field(str(path[-1]), known)
        place = (*path, yaml_source.KEY) if path[0] not in self.overrides else path
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
    right = [_is_allowed(field, yaml_source.scalar(piece)) for piece in pieces]
    if len(pieces) == 1:
        # Between blanks, all must be right: a name may have a blank itself.
        pieces = value.split()
        right = [all(_is_allowed(field, yaml_source.scalar(piece)) for piece in pieces)]
    if len(pieces) < 2 or not any(right) or "" in pieces:
        return ""
    return yaml_source.quote_labels(f"[{', '.join(pieces)}]")


def _is_allowed(field: str, value: Any) -> bool:
    try:
        Setting.model_validate({field: value})
    except ValidationError:
        return False
    return True


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def with_defaults(axes: Axes) -> dict[str, tuple[Any, ...]]:
    """Every field with its values, the defaults filled in, in the fields' own order."""
    return {field: axes.get(field, (default_of(field),)) for field in FIELDS}
