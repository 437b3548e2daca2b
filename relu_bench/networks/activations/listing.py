"""The table of activations as text, Markdown, CSV and JSON."""

import math
import textwrap
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from relu_bench import tables
from relu_bench.components.labels import make_label, parse
from relu_bench.networks.activations import ACTIVATIONS, Source, entry, facts, source_of
from relu_bench.networks.activations.entry import Activation, Facts, Kink, written
from relu_bench.tables import Head, Table, of_records, table

_WIDTH = 80
_INDENT = 15
_UNKNOWN = "not known"
_FACTS = (
    "kinks",
    "range",
    "infimum",
    "supremum",
    "limit_at_minus_infinity",
    "limit_at_infinity",
    "monotonic",
    "smoothness",
)


def all_labels() -> list[str]:
    """The canonical label of every activation with its default parameters, in table order."""
    return [
        str(make_label(name, {key: rule.default for key, rule in row.parameters.items()}))
        for name, row in ACTIVATIONS.items()
    ]


def record(label: str) -> dict[str, Any]:
    """All that is known of a canonical label, as plain data: numbers, text, lists and null.

    Of a function of the user's own, `source` is the SHA-256 of its file.
    """
    row, source = entry(label), source_of(label)
    return {
        "label": label,
        "aliases": list(row.aliases),
        "kind": row.kind,
        "formula": row.formula,
        "latex": row.latex,
        "derivative": row.derivative,
        **_facts_record(facts(label)),
        "parameters": {
            name: {"default": rule.default, "allowed": rule.allowed()}
            for name, rule in row.parameters.items()
        },
        "learned": row.learned or None,
        "random": row.random or None,
        "initializer": row.initializer or None,
        "initializer_note": row.initializer_note or None,
        "reference": row.reference or None,
        "use": row.use or None,
        "avoid": row.avoid or None,
        "source": source and source.sha256,
    }


def _facts_record(known: Facts | None) -> dict[str, Any]:
    if known is None:
        return dict.fromkeys(_FACTS)
    facts_known = (
        [asdict(kink) for kink in known.kinks],
        known.range,
        _finite(known.infimum),
        _finite(known.supremum),
        *known.limits,
        known.monotonic,
        known.smoothness,
    )
    return dict(zip(_FACTS, facts_known, strict=True))


def as_json(labels: Sequence[str]) -> str:
    """One array with an object a label; a limit of ±∞ is the text `inf` or `-inf`."""
    return tables.to_json(of_records([record(label) for label in labels]))


def as_csv(labels: Sequence[str]) -> str:
    """One row a label; what is a list or an object in JSON is JSON in its cell."""
    return tables.to_csv(of_records([record(label) for label in labels]))


def as_markdown(labels: Sequence[str]) -> str:
    """A table with a row a label; formulas as LaTeX."""
    heads = (
        Head("activation", form="code"),
        Head("f(x)", form="math"),
        *map(Head, ("f′(x)", "range", "monotonic", "smoothness", "reference")),
    )
    rows = []
    for label in labels:
        row = entry(label)
        rows.append((label, row.latex, row.derivative, *_in_short(label), row.reference))
    return tables.markdown(table("", heads, rows))


def short_table(labels: Sequence[str]) -> Table:
    """Name, formula with default parameters, range, and whether it is monotonic."""
    rows = []
    for label in labels:
        row, parsed = entry(label), parse(label)
        aliases = f" ({', '.join(row.aliases)})" if row.aliases else ""
        given = str(parsed).removeprefix(parsed.name).strip("()")
        formula = f"{row.formula}\n{given}" if given else row.formula
        range_, rises, _ = _in_short(label)
        rows.append((f"{parsed.name}{aliases}", formula, range_, rises))
    heads = (Head("activation"), Head("f(x)", wraps=True), Head("range"), Head("monotonic"))
    return table("", heads, rows)


def _in_short(label: str) -> tuple[str, str, str]:
    """Range, whether it is monotonic, and smoothness."""
    known = facts(label)
    if known is None:
        return _UNKNOWN, _UNKNOWN, _UNKNOWN
    return known.range, "yes" if known.monotonic else "no", known.smoothness


def as_text(label: str) -> str:
    """All about one label, for a reader; lines of at most 80 characters."""
    row = entry(label)
    parts = [
        ("f(x)", row.formula),
        ("LaTeX", row.latex),
        ("f′(x)", row.derivative),
        *_facts_parts(facts(label)),
        *_source_parts(source_of(label)),
        *(
            (name, f"{rule.allowed()}; default {rule.default}".replace("False", "false"))
            for name, rule in row.parameters.items()
        ),
        ("learned", row.learned),
        ("random", row.random),
        ("alias", ", ".join(row.aliases)),
        ("initializer", _initializer(row)),
        ("use it for", row.use),
        ("not for", row.avoid),
        ("reference", row.reference),
    ]
    return "\n".join([label, *(_line(name, text) for name, text in parts if text)])


def _facts_parts(known: Facts | None) -> list[tuple[str, str]]:
    if known is None:
        unknown = f"{_UNKNOWN}: the file was read, but not run; --plot FILE runs and draws it"
        return [("range", unknown)]
    return [
        *((f"at {written(kink.x)}", _at(kink)) for kink in known.kinks),
        ("range", known.range),
        ("limits", _limits(known)),
        ("monotonic", "yes" if known.monotonic else "no"),
        ("smoothness", known.smoothness),
    ]


def _source_parts(source: Source | None) -> list[tuple[str, str]]:
    if source is None:
        return []
    return [("file", str(source.path)), ("SHA-256", source.sha256)]


def _at(kink: Kink) -> str:
    text = f"f = {written(kink.value)}, f′ = {written(kink.slope)} (as TensorFlow has it"
    xla = "" if kink.xla_slope is None else f"; compiled by XLA, f′ = {written(kink.xla_slope)}"
    return f"{text}{xla})"


def _limits(known: Facts) -> str:
    left, right = (written(limit) for limit in known.limits)
    return f"{left} at −∞, {right} at ∞"


def _initializer(row: Activation) -> str:
    return f"{row.initializer}; {row.initializer_note}" if row.initializer_note else row.initializer


def _line(name: str, text: str) -> str:
    # LaTeX stays on one line, so that it can be copied.
    width = _WIDTH if name != "LaTeX" else 10_000
    return textwrap.fill(
        text,
        width,
        initial_indent=f"  {name:<{_INDENT - 2}}",
        subsequent_indent=" " * _INDENT,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None
