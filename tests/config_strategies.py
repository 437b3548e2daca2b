"""Hypothesis strategies for what a config may hold, made from the registries and the limits."""

from collections.abc import Callable, Mapping
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from relu_bench.components.labels import Value, make_label
from relu_bench.components.registry import REQUIRED, Component, Parameter
from relu_bench.networks.activations import ACTIVATIONS
from relu_bench.networks.initializers import INITIALIZERS
from relu_bench.networks.models import MODELS
from relu_bench.networks.optimizers import OPTIMIZERS

FOR_KERNEL = {name: row for name, row in INITIALIZERS.items() if row.for_kernel}
FOR_BIAS = {name: row for name, row in INITIALIZERS.items() if row.for_bias}


def values_of(rule: Parameter) -> SearchStrategy[Any]:
    """Values that a parameter accepts."""
    if rule.kind == "boolean":
        return st.booleans()
    if rule.kind == "word":
        return st.sampled_from(rule.choices)
    low, high = (rule.minimum, rule.above), (rule.maximum, rule.below)
    least = next((bound for bound in low if bound is not None), -1000)
    most = next((bound for bound in high if bound is not None), 1000)
    if rule.kind in ("integer", "integers"):
        numbers = st.integers(int(least), min(int(most), 10**6))
        return numbers if rule.kind == "integer" else st.lists(numbers, min_size=1).map(tuple)
    return st.floats(
        least, most, exclude_min=rule.above is not None, exclude_max=rule.below is not None
    )


@st.composite
def labels(draw: st.DrawFn, table: Mapping[str, Component]) -> str:
    """A label of the table, with any of the parameters of one of its forms."""
    name = draw(st.sampled_from(list(table)))
    row = table[name]
    form = draw(st.sampled_from(row.forms))
    given: dict[str, Value] = {}
    for parameter, rule in form.items():
        if rule.default == REQUIRED or draw(st.booleans()):
            given[parameter] = draw(values_of(rule))
    if name == "random_uniform":
        given = {"minval": -0.5, "maxval": draw(st.floats(-0.25, 1))}
    if name == "rrelu":
        given = {"lower": draw(st.floats(0, 0.25)), "upper": draw(st.floats(0.25, 1))}
    if given.get("residual"):
        # Without two layers of one width in a row there is nothing to connect.
        sizes = draw(st.sampled_from(({"hidden": (5, 7, 7)}, {"width": 6, "depth": 3})))
        given = {"residual": True, **sizes}
    return str(make_label(draw(st.sampled_from((name, *row.aliases))), given))


def _spaced(kind: str, low: float, high: float) -> SearchStrategy[str]:
    return st.integers(2, 4).map(lambda count: f"{kind}({low}, {high}, {count})")


_UNIT = st.floats(0, 1, exclude_max=True)
_WORDS_FOR_BOOLEANS = ("on", "off", "yes", "no", "On", "OFF")

ONE_VALUE: Mapping[str, SearchStrategy[Any]] = {
    "dataset": st.sampled_from(("mnist", "fashion_mnist", "digits", "./some/folder")),
    "model": labels(MODELS),
    "activation": labels(ACTIVATIONS),
    "output_activation": labels(ACTIVATIONS),
    "initializer": labels(FOR_KERNEL),
    "bias_initializer": labels(FOR_BIAS),
    "recurrent_initializer": labels(INITIALIZERS),
    "learning_rate": st.floats(0, 1000, exclude_min=True)
    | st.integers(1, 1000)
    | _spaced("log", 1e-4, 0.1),
    "batch_norm": st.booleans() | st.sampled_from(_WORDS_FOR_BOOLEANS),
    "batch_norm_momentum": _UNIT | st.just(0) | _spaced("lin", 0, 0.9),
    "optimizer": labels(OPTIMIZERS),
    "gradient_clip_norm": st.floats(0, 1e6, exclude_min=True) | st.integers(1, 100) | st.none(),
    "batch_size": st.integers(1, 10_000_000)
    | _spaced("lin", 32, 128).filter(lambda spaced: "3)" not in spaced or "128, 3" in spaced),
    "epochs": st.integers(1, 100_000),
    "dropout": _UNIT,
    "dropout_kind": st.sampled_from(("standard", "alpha")),
    "validation_split": _UNIT,
    "split_seed": st.integers(0, 2**32 - 1) | st.just("seed"),
    "train_samples": st.integers(1, 10_000_000) | st.none(),
}
"""For each field, one value as a config may give it."""

_SEEDS = st.integers(1, 20) | st.lists(
    st.integers(0, 2**32 - 1), min_size=1, max_size=4, unique=True
)
# Behind a letter that begins no number and no word that means a missing value.
_NAMES = st.from_regex(r"[A-MO-Za-mo-z][A-Za-z0-9._-]{0,20}", fullmatch=True)


def _some_fields(
    draw: st.DrawFn, fields: list[str], axis: Callable[[SearchStrategy[Any]], Any]
) -> dict[str, Any]:
    return {field: draw(axis(ONE_VALUE[field])) for field in fields}


def _axis(one: SearchStrategy[Any]) -> SearchStrategy[Any]:
    return one | st.lists(one, min_size=1, max_size=2)


@st.composite
def configs(draw: st.DrawFn) -> dict[str, Any]:
    """A valid config, as plain data; no more than three fields, so that plans stay small."""
    fields = draw(st.lists(st.sampled_from(list(ONE_VALUE)), unique=True, max_size=5))
    cut = draw(st.integers(0, len(fields)))
    top, inside = fields[:cut][:3], fields[cut:][:2]
    config = _some_fields(draw, top, _axis)
    if inside:
        count = draw(st.integers(1, 2))
        config["cases"] = [_some_fields(draw, inside, _axis) for _ in range(count)]
    if draw(st.booleans()) or not config:
        config["seeds"] = draw(_SEEDS)
    if draw(st.booleans()):
        config["experiment"] = draw(_NAMES | st.integers(0, 10**6))
    return config
