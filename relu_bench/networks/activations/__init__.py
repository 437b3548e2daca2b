"""The activations by their labels.

Beside the table stand functions of the user's own, `my_module.py:my_function` (see `own.py`).
"""

from typing import Any

from relu_bench.components.labels import LabelError, parse
from relu_bench.components.registry import resolve
from relu_bench.networks.activations import own
from relu_bench.networks.activations.entry import Activation, Array, Facts, Kink
from relu_bench.networks.activations.own import (
    ActivationError,
    Source,
    identity,
    know,
    source_of,
    trial_warnings,
    with_path,
)
from relu_bench.networks.activations.table import ACTIVATIONS

__all__ = [
    "ACTIVATIONS",
    "Activation",
    "ActivationError",
    "Facts",
    "Kink",
    "Source",
    "build_layer",
    "canonical",
    "canonical_in_table",
    "entry",
    "facts",
    "identity",
    "know",
    "slopes",
    "source_of",
    "trial_warnings",
    "values",
    "with_path",
]


def canonical(text: str) -> str:
    """The canonical label of an activation.

    The file of a function of the user's own is read for it, but not run.

    Raises:
        LabelError: when there is no such activation, parameter, file or function.
    """
    if own.looks_own(text):
        return own.canonical(text)
    label = resolve(text, ACTIVATIONS, "activation")
    if label.name == "rrelu" and label["lower"] > label["upper"]:  # type: ignore[operator]
        raise LabelError(f"{str(label)!r}: lower must not be above upper")
    return str(label)


def canonical_in_table(text: str) -> str:
    """The canonical label of an activation of the table: no function of the user's own.

    Raises:
        LabelError: when there is none, or no such parameter.
    """
    if own.looks_own(text):
        raise LabelError(f"{text!r}: only `activation` takes a function of your own")
    return canonical(text)


def entry(text: str) -> Activation:
    """The entry of a canonical label; that of a user's function needs neither code nor file."""
    label = parse(text)
    return own.entry(label) if label.is_own else ACTIVATIONS[label.name]


def facts(text: str) -> Facts | None:
    """What holds of the activation with the parameters of a canonical label; None: not known."""
    return entry(text).facts(**dict(parse(text).parameters))


def values(text: str, x: Array) -> Array:
    """f(x) by the NumPy formula of a canonical label, without TensorFlow.

    A function of the user's own is run by TensorFlow, in float32.

    Raises:
        ActivationError: when that function cannot be run.
    """
    return entry(text).value(x, **dict(parse(text).parameters))


def slopes(text: str, x: Array) -> Array:
    """f'(x) likewise; at kinks as TensorFlow has it."""
    return entry(text).slope(x, **dict(parse(text).parameters))


def build_layer(text: str, name: str, rank: int, source: Source | None = None) -> Any:
    """The Keras layer of a canonical label, for an input of `rank` axes (batch included).

    Args:
        text: canonical label.
        name: of the layer.
        rank: of the input.
        source: where the file of a user's function lies; None: where `canonical` has read it.

    Raises:
        ActivationError: when a user's function cannot be run, or is no activation.
    """
    label = parse(text)
    if label.is_own:
        return own.build_layer(text, name, source)
    return ACTIVATIONS[label.name].build(label, name, rank)
