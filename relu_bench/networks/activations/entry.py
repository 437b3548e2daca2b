"""What is known of an activation: one entry is all that a new one needs."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from relu_bench.components.labels import Label
from relu_bench.components.registry import Component

Array = NDArray[np.float64]
Builder = Callable[[Label, str, int], Any]
"""(label, layer name, rank of the input with its batch axis) -> Keras layer."""

Kind = Literal["rectifier", "exponential", "smooth", "bounded", "shrinking", "own"]
Smoothness = Literal["discontinuous", "continuous", "once differentiable", "smooth"]


@dataclass(frozen=True)
class Kink:
    """A point where f or f' jumps: what TensorFlow takes for both right there.

    `xla_slope` is what a program compiled by XLA takes, where that differs.
    """

    x: float
    value: float
    slope: float
    xla_slope: float | None = None


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What holds of f for given parameters.

    Attributes:
        infimum: greatest lower bound of f; -inf without.
        supremum: least upper bound of f; inf without.
        reached: whether f takes the infimum and the supremum as values.
        limits: of f at -inf and at inf.
        monotonic: f never decreases.
        smoothness: how often f can be differentiated everywhere.
        kinks: where it cannot be, or where TensorFlow's choice should be known.
    """

    infimum: float
    supremum: float
    reached: tuple[bool, bool] = (False, False)
    limits: tuple[float, float]
    monotonic: bool
    smoothness: Smoothness
    kinks: tuple[Kink, ...] = ()

    @property
    def saturates(self) -> bool:
        """Whether f has a finite limit on at least one side."""
        return any(math.isfinite(limit) for limit in self.limits)

    @property
    def range(self) -> str:
        """The range as an interval, such as `[0, ∞)`."""
        opening = "[" if self.reached[0] else "("
        closing = "]" if self.reached[1] else ")"
        return f"{opening}{written(self.infimum)}, {written(self.supremum)}{closing}"


@dataclass(frozen=True, kw_only=True)
class Activation(Component):
    """An activation f, elementwise on the pre-activation x.

    Attributes:
        kind: the part of the table that it stands in.
        formula: f(x) in plain text.
        latex: the same for a paper.
        derivative: f'(x) in plain text.
        value: f(x) as NumPy, float64; called with x and the parameters by name.
        slope: f'(x) likewise, at kinks as TensorFlow has it.
        facts: what holds of f, from the parameters by name. With learned slopes: as it starts.
            None is returned when nothing is known, as of a function of the user's own.
        reference: where it comes from.
        initializer: the initializer that its theory asks for; `initializer_note` says more.
        use: when to take it.
        avoid: when not, output layers and recurrent networks included.
        learned: what is learned, empty for nothing.
        slope_attribute: of the Keras layer, the attribute that holds the learned negative slopes.
        random: what is drawn anew in each training step, empty for nothing.
        nan_at: the infinite inputs for which float arithmetic gives NaN, with the default
            parameters. At the others the output is the limit.
        nan_becomes: the output for NaN, with the default parameters.
        build: makes the Keras layer.
    """

    kind: Kind
    formula: str
    latex: str
    derivative: str
    value: Callable[..., Array]
    slope: Callable[..., Array]
    facts: Callable[..., Facts | None]
    reference: str
    initializer: str
    use: str
    avoid: str
    build: Builder
    initializer_note: str = ""
    learned: str = ""
    slope_attribute: str = ""
    random: str = ""
    nan_at: tuple[float, ...] = ()
    nan_becomes: float = math.nan


Table = Mapping[str, Activation]


def written(number: float) -> str:
    """A number as the table shows it: four significant digits, ∞ and a true minus sign."""
    if math.isinf(number):
        return "∞" if number > 0 else "−∞"
    return f"{number + 0.0:.4g}".replace("-", "−")


def keras_function(name: str, **renamed: str) -> Builder:
    """A Keras activation function by name; `renamed` maps its arguments to our parameters."""

    def build(label: Label, layer_name: str, _rank: int) -> Any:
        import keras

        function = getattr(keras.activations, name)
        arguments = {argument: label[ours] for argument, ours in renamed.items()}
        return keras.layers.Activation(lambda x: function(x, **arguments), name=layer_name)

    return build


def own_layer(name: str, *parameters: str) -> Builder:
    """A layer of `networks/layers.py` by its name, given these parameters of the label."""

    def build(label: Label, layer_name: str, _rank: int) -> Any:
        from relu_bench.networks import layers

        arguments = {parameter: label[parameter] for parameter in parameters}
        return getattr(layers, name)(**arguments, name=layer_name)

    return build
