"""Tables of named components: which parameters each takes, their defaults and their ranges.

The registries of activations, initializers, optimizers and models are literal tables of
`Component`; `resolve` turns what a user wrote into the canonical label, or says what is wrong.
"""

import difflib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from relu_bench.labels import Label, LabelError, Scalar, Value, make_label, parse

Kind = Literal["float", "integer", "boolean", "word", "integers"]

REQUIRED: Final = "(required)"

_KIND_IN_WORDS: Mapping[Kind, str] = {
    "float": "a number",
    "integer": "an integer",
    "boolean": "true or false",
    "word": "a word",
    "integers": "a list of integers",
}
# What people call the fields of a config elsewhere; some are too short to be similar to theirs.
_SHORT_FIELDS: Mapping[str, str] = {
    "lr": "learning_rate",
    "bs": "batch_size",
    "act": "activation",
    "init": "initializer",
    "opt": "optimizer",
    "optim": "optimizer",
    "bn": "batch_norm",
    "seed": "seeds",
    "epoch": "epochs",
    "data": "dataset",
}


@dataclass(frozen=True)
class Parameter:
    """One parameter: its type, default (`REQUIRED` for none) and the values it may take.

    The bounds are those of a number, or of each number of a list; `longest` is a list's length.
    `added_later` marks a parameter that came after the first release: it stays out of the canonical
    label and of a run's identity while it has its default, so that old stores stay valid and their
    variants are those of today.
    """

    kind: Kind
    default: Value = REQUIRED
    minimum: float | None = None
    above: float | None = None
    maximum: float | None = None
    below: float | None = None
    longest: int | None = None
    choices: tuple[str, ...] = ()
    added_later: bool = False

    def allowed(self) -> str:
        """The values that are allowed, in words."""
        if self.choices:
            return " or ".join(self.choices)
        limits = {
            "at least": self.minimum,
            "above": self.above,
            "at most": self.maximum,
            "below": self.below,
        }
        bounds = [f"{word} {limit:g}" for word, limit in limits.items() if limit is not None]
        words = _KIND_IN_WORDS[self.kind]
        if self.longest is not None:
            words = words.replace("a list of", f"a list of 1 to {self.longest}")
        each = ", each" if self.kind == "integers" else ","
        return f"{words}{each} {' and '.join(bounds)}" if bounds else words

    def accept(self, value: Value) -> Value:
        """The value in its proper type.

        Raises:
            ValueError: when the value is not allowed.
        """
        if self.kind == "integers":
            if not isinstance(value, tuple) or not value:
                raise ValueError
            if self.longest is not None and len(value) > self.longest:
                raise ValueError
            return tuple(self._accept_number(item, "integer") for item in value)
        if isinstance(value, tuple):
            raise ValueError
        if self.kind in ("float", "integer"):
            return self._accept_number(value, self.kind)
        if self.kind == "boolean" and isinstance(value, bool):
            return value
        if self.kind == "word" and isinstance(value, str) and value in self.choices:
            return value
        raise ValueError

    def _accept_number(self, value: Scalar, kind: Kind) -> int | float:
        types = (int,) if kind == "integer" else (int, float)
        if isinstance(value, bool) or not isinstance(value, types):
            raise ValueError
        inside = (
            (self.minimum is None or value >= self.minimum)
            and (self.above is None or value > self.above)
            and (self.maximum is None or value <= self.maximum)
            and (self.below is None or value < self.below)
        )
        if not inside:
            raise ValueError
        # Adding 0.0 turns -0.0 into 0.0: equal values must have one label.
        return value if kind == "integer" else float(value) + 0.0


@dataclass(frozen=True, kw_only=True)
class Component:
    """A row of a registry.

    `parameters` are those of the usual form; `other_forms` holds further sets of parameters that
    may be given instead (a perceptron by its list of widths, or by one width and a depth).
    """

    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    other_forms: tuple[Mapping[str, Parameter], ...] = ()
    aliases: tuple[str, ...] = ()

    @property
    def forms(self) -> tuple[Mapping[str, Parameter], ...]:
        """Every set of parameters that this component can be given."""
        return (self.parameters, *self.other_forms)


def nearest(word: str, names: Iterable[str]) -> str:
    """` Did you mean 'x'?` for the most similar of `names`, or nothing."""
    close = most_similar(word, names)
    return "" if close is None else f" Did you mean {close!r}?"


def nearest_field(word: str, fields: Collection[str]) -> str:
    """As `nearest`, for fields of a config, whose common short names (`lr`) are known as well."""
    meant = _SHORT_FIELDS.get(word.lower())
    return f" Did you mean {meant!r}?" if meant in fields else nearest(word, fields)


def most_similar(word: str, names: Iterable[str]) -> str | None:
    """The one of `names` that `word` may be a misspelling of, in any case of the letters."""
    by_lower = {name.lower(): name for name in names}
    close = difflib.get_close_matches(word.lower(), list(by_lower), n=1, cutoff=0.6)
    return by_lower[close[0]] if close else None


def resolve(text: str, table: Mapping[str, Component], what: str) -> Label:
    """The canonical label of `text`: alias replaced, every parameter written.

    A later parameter is written only where it has not its default: what was stored before it came
    has the same label.

    `what` names the table in errors, as in "activation".

    Raises:
        LabelError: for an unknown name or parameter, or a value that is not allowed.
    """
    given = parse(text)
    names = {alias: name for name, row in table.items() for alias in (name, *row.aliases)}
    if given.name not in names:
        known = ", ".join(table)
        raise LabelError(f"{given.name!r} is no {what}.{nearest(given.name, names)} Known: {known}")
    name = names[given.name]
    form = _form_of(given, name, table[name], what)
    values = {}
    for parameter, rule in form.items():
        value = dict(given.parameters).get(parameter, rule.default)
        if value == REQUIRED:
            raise LabelError(f"{text!r} lacks {parameter}, which is {rule.allowed()}")
        try:
            values[parameter] = rule.accept(value)
        except ValueError:
            shown = str(Label("", ((parameter, value),)))[1:-1]
            hint = nearest(value, rule.choices) if isinstance(value, str) else ""
            raise LabelError(
                f"{shown} in {text!r}: {parameter} is {rule.allowed()}.{hint}"
            ) from None
    return _without_later_defaults(make_label(name, values), table[name])


def without_later_defaults(text: str, table: Mapping[str, Component]) -> str:
    """The canonical label as it goes into a run's identity: later parameters only when changed."""
    label = parse(text)
    return str(_without_later_defaults(label, table[label.name]))


def _without_later_defaults(label: Label, row: Component) -> Label:
    rules = {name: rule for form in row.forms for name, rule in form.items()}
    kept = {
        name: value
        for name, value in label.parameters
        if not (rules[name].added_later and value == rules[name].default)
    }
    return make_label(label.name, kept)


def _form_of(given: Label, name: str, row: Component, what: str) -> Mapping[str, Parameter]:
    wanted = {parameter for parameter, _ in given.parameters}
    for form in row.forms:
        if wanted <= set(form):
            return form
    known = {parameter for form in row.forms for parameter in form}
    unknown = sorted(wanted - known)
    if unknown:
        takes = ", ".join(sorted(known)) if known else "no parameters"
        raise LabelError(
            f"{what} {name!r} has no parameter {unknown[0]!r}."
            f"{nearest(unknown[0], known)} It takes: {takes}"
        )
    either = " or ".join("(" + ", ".join(form) + ")" for form in row.forms)
    raise LabelError(f"{str(given)!r} mixes two ways to describe {name!r}: give {either}")
