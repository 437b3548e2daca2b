"""Tables of named components: which parameters each takes, their defaults and their ranges.

The registries of activations, initializers, optimizers and models are literal tables of
`Component`; `resolve` turns what a user wrote into the canonical label, or says what is wrong.
"""

import difflib
import itertools
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from relu_bench.components.labels import Label, LabelError, Scalar, Value, make_label, parse
from relu_bench.components.spacing import split_at_commas
from relu_bench.errors import shorten, show

Kind = Literal["float", "integer", "boolean", "word", "integers"]

REQUIRED: Final = "(required)"

_KIND_IN_WORDS: Mapping[Kind, str] = {
    "float": "a number",
    "integer": "an integer",
    "boolean": "true or false",
    "word": "a word",
    "integers": "a list of integers",
}
# What people call the fields of a config elsewhere.
_FIELDS_ELSEWHERE: Mapping[str, tuple[str, ...]] = {
    "experiment": ("name", "title"),
    "dataset": ("data", "task"),
    "model": ("architecture", "network", "net"),
    "activation": ("act", "nonlinearity", "hidden_activation"),
    "initializer": ("init", "kernel_initializer", "weight_init"),
    "bias_initializer": ("bias_init",),
    "learning_rate": ("lr",),
    "batch_norm": ("bn", "batch_normalization", "use_batch_norm"),
    "optimizer": ("opt", "optim"),
    "gradient_clip_norm": ("clipnorm", "global_clipnorm", "clip_norm", "max_grad_norm"),
    "batch_size": ("bs", "batch"),
    "epochs": ("epoch", "max_epochs"),
    "dropout": ("dropout_rate", "drop"),
    "validation_split": ("val_split", "validation", "val_size"),
    "seeds": ("seed", "random_state", "repeats", "repetitions", "trials", "runs"),
}
_LONGEST_COMPARED = 100
_MOST_COMPARED = 500
# `Leaky ReLU 0.2`, as figures show it: a name, and the value of its first parameter.
_NAME_AND_NUMBER = re.compile(r"(\S.*)[\s=:]([0-9.]+(?:[eE][-+]?[0-9]+)?)")


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
    `aliases` are taken for the name; `called_elsewhere` are not, but an error names what is meant.
    """

    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    other_forms: tuple[Mapping[str, Parameter], ...] = ()
    aliases: tuple[str, ...] = ()
    called_elsewhere: tuple[str, ...] = ()

    @property
    def forms(self) -> tuple[Mapping[str, Parameter], ...]:
        """Every set of parameters that this component can be given."""
        return (self.parameters, *self.other_forms)


def nearest(word: str, names: Iterable[str]) -> str:
    """` Did you mean 'x'?` for the most similar of `names`, or nothing."""
    close = most_similar(word, names)
    return "" if close is None else _did_you_mean([close])


def nearest_field(word: str, fields: Collection[str]) -> str:
    """As `nearest`, for fields of a config, which are known by other names (`lr`) as well."""
    meant = field_called(word)
    return _did_you_mean([meant]) if meant and meant in fields else nearest(word, fields)


def most_similar(word: str, names: Iterable[str]) -> str | None:
    """The one of `names` that `word` may be a misspelling of, in any case of the letters.

    Only the first 500 names are looked at, and no word that is longer than any name.
    """
    if len(word) > _LONGEST_COMPARED:
        return None
    by_lower = {name.lower(): name for name in itertools.islice(names, _MOST_COMPARED)}
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
    try:
        given = parse(text)
    except LabelError as error:
        hint = _hint(text, table)
        raise LabelError(f"{error}.{hint}" if hint else str(error)) from None
    name = _names(table).get(given.name)
    if name is None:
        raise _unknown(given.name, text, table, what)
    form = _form_of(given, name, table[name], what)
    values = {}
    for parameter, rule in form.items():
        value = dict(given.parameters).get(parameter, rule.default)
        if value == REQUIRED:
            raise LabelError(f"{show(text)} lacks {parameter}, which is {rule.allowed()}")
        try:
            values[parameter] = rule.accept(value)
        except ValueError:
            shown = str(Label("", ((parameter, value),)))[1:-1]
            hint = nearest(value, rule.choices) if isinstance(value, str) else ""
            raise LabelError(
                f"{shorten(shown)} in {show(text)}: {parameter} is {rule.allowed()}.{hint}"
            ) from None
    return _without_later_defaults(make_label(name, values), table[name])


def recognize(text: str, table: Mapping[str, Component], what: str) -> Label:
    """The label that `text` means, as people write it: `swish`, `ReLU`, `Leaky ReLU 0.2`.

    For what is looked up, not for what is stored: a config takes one spelling (`resolve`). The
    name is that of the table, and the parameters are those that were given, if any. A function of
    the user's own comes back as it is.

    Raises:
        LabelError: when nothing in the table can be meant, or more than one.
    """
    try:
        given = parse(text)
    except LabelError:
        given = None
    if given is not None and given.is_own:
        return given
    if given is not None and given.name in (names := _names(table)):
        return make_label(names[given.name], dict(given.parameters))
    meant = _meant(text, table)
    if len(meant) == 1:
        return parse(meant[0])
    raise _unknown(text, text, table, what)


def _names(table: Mapping[str, Component]) -> dict[str, str]:
    """The names in the table, by each name that a label may have."""
    return {alias: name for name, row in table.items() for alias in (name, *row.aliases)}


def _unknown(name: str, text: str, table: Mapping[str, Component], what: str) -> LabelError:
    reason = f"{show(name)} is no {what}.{_hint(text, table)}"
    return LabelError(reason, f" Known: {', '.join(table)}")


def _hint(text: str, table: Mapping[str, Component]) -> str:
    """What may be meant by `text`, which is no label of the table."""
    if meant := _meant(text, table):
        fields = map(field_called, _given_in(text.partition("(")[2]))
        own = [f" {name} is a field of its own." for name in dict.fromkeys(fields) if name]
        return _did_you_mean(meant) + "".join(own)
    return nearest(text.partition("(")[0].strip(), _names(table))


def _meant(text: str, table: Mapping[str, Component]) -> list[str]:
    """The labels that may be meant by `text`: a name in another spelling or of another library."""
    if len(text) > _LONGEST_COMPARED:
        return []
    by_spelling: dict[str, list[str]] = {}
    for name, row in table.items():
        for each in {*map(_spelling, (name, *row.aliases, *row.called_elsewhere))}:
            by_spelling.setdefault(each, []).append(name)
    head, _, inside = text.partition("(")
    asked = [(head, inside), (head.rpartition(".")[2], inside)]
    if number := _NAME_AND_NUMBER.fullmatch(text.strip()):
        asked.append((number[1], number[2]))
    for spelled, values in asked:
        if names := by_spelling.get(_spelling(spelled)):
            return [_with_parameters(name, values, table[name]) for name in names]
    return []


def _spelling(name: str) -> str:
    """The letters and digits alone: `Leaky ReLU`, `LeakyReLU` and `leaky_relu` are one name."""
    return "".join(filter(str.isalnum, name)).lower()


def _given_in(inside: str, parameters: Sequence[str] = ()) -> dict[str, str]:
    """What stands in parentheses, by parameter; values without a name in their order."""
    found = {}
    order = iter(parameters)
    for piece in split_at_commas(inside.strip().removesuffix(")")):
        parameter, equals, value = (part.strip() for part in piece.partition("="))
        if not equals:
            parameter, value = next(order, ""), parameter
        found[parameter] = value
    return found


def _with_parameters(name: str, inside: str, row: Component) -> str:
    """The label with what stands in the parentheses, as far as it makes sense."""
    known = {parameter for form in row.forms for parameter in form}
    given = _given_in(inside, list(row.parameters))
    kept = [f"{parameter}={value}" for parameter, value in given.items() if parameter in known]
    try:
        label = parse(f"{name}({', '.join(kept)})")
        resolve(str(label), {name: row}, "")
    except LabelError:
        return name
    return str(label)


def _did_you_mean(names: Iterable[str]) -> str:
    return f" Did you mean {' or '.join(map(repr, names))}?"


def field_called(word: str) -> str | None:
    """The field of a config that people call so."""
    word = word.lower().removeprefix("num_").removeprefix("n_")
    names = ((name, (name, *others)) for name, others in _FIELDS_ELSEWHERE.items())
    return next((name for name, called in names if word in called), None)


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
        near = nearest(unknown[0], known)
        elsewhere = None if near else field_called(unknown[0])
        own = f"; that is {elsewhere}, a field of its own" if elsewhere else ""
        raise LabelError(
            f"{what} {name!r} has no parameter {show(unknown[0])}{own}.{near} It takes: {takes}"
        )
    either = " or ".join("(" + ", ".join(form) + ")" for form in row.forms)
    raise LabelError(f"{show(str(given))} mixes two ways to describe {name!r}: give {either}")
