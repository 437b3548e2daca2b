"""The activations: one entry each, and everything else picks it up from here."""

from typing import Any

from relu_bench.activations.bounded import BOUNDED
from relu_bench.activations.entry import Activation, Array, Facts, Kink, Table
from relu_bench.activations.exponential import EXPONENTIAL
from relu_bench.activations.rectifiers import RECTIFIERS
from relu_bench.activations.shrinking import SHRINKING
from relu_bench.activations.smooth import SMOOTH
from relu_bench.components import resolve
from relu_bench.labels import LabelError, parse

__all__ = [
    "ACTIVATIONS",
    "Activation",
    "Facts",
    "Kink",
    "build_layer",
    "canonical",
    "entry",
    "facts",
    "slopes",
    "values",
]

ACTIVATIONS: Table = {**RECTIFIERS, **EXPONENTIAL, **SMOOTH, **BOUNDED, **SHRINKING}


def canonical(text: str) -> str:
    """The canonical label of an activation.

    Raises:
        LabelError: when there is no such activation or parameter.
    """
    label = resolve(text, ACTIVATIONS, "activation")
    if label.name == "rrelu" and label["lower"] > label["upper"]:  # type: ignore[operator]
        raise LabelError(f"{str(label)!r}: lower must not be above upper")
    return str(label)


def entry(text: str) -> Activation:
    """The table's entry of a canonical label."""
    return ACTIVATIONS[parse(text).name]


def facts(text: str) -> Facts:
    """What holds of the activation with the parameters of a canonical label."""
    label = parse(text)
    return ACTIVATIONS[label.name].facts(**dict(label.parameters))


def values(text: str, x: Array) -> Array:
    """f(x) by the NumPy formula of a canonical label, without TensorFlow."""
    label = parse(text)
    return ACTIVATIONS[label.name].value(x, **dict(label.parameters))


def slopes(text: str, x: Array) -> Array:
    """f'(x) likewise; at kinks as TensorFlow has it."""
    label = parse(text)
    return ACTIVATIONS[label.name].slope(x, **dict(label.parameters))


def build_layer(text: str, name: str, rank: int) -> Any:
    """The Keras layer of a canonical label, for an input of `rank` axes (batch included)."""
    label = parse(text)
    return ACTIVATIONS[label.name].build(label, name, rank)
