"""A Keras model, walked layer by layer as the probes need it.

Batch norm takes given statistics instead of its moving ones and updates nothing; dropout is left
out; random slopes have their mean. So a walk draws no random number and changes no variable.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from math import prod
from typing import Any

Moments = dict[str, tuple[Any, Any]]
"""For each batch norm layer by name: mean and variance of each unit."""


@dataclass(frozen=True)
class Hidden:
    """A hidden layer: its name, its kernel, and the Keras layer of its activation."""

    name: str
    kernel: Any
    activation: Any


@dataclass
class Walk:
    """What a walk saw: logits, and by hidden layer the inputs and outputs of its activation."""

    logits: Any = None
    pre: dict[str, Any] = field(default_factory=dict)
    out: dict[str, Any] = field(default_factory=dict)


@dataclass
class _Step:
    """One layer and what it is given; its output is computed when somebody asks for it."""

    network: "Network"
    layer: Any
    given: Any
    moments: Mapping[str, tuple[Any, Any]]

    @cached_property
    def output(self) -> Any:
        layer = self.layer
        if isinstance(layer, self.network.dropout):
            return self.given
        if isinstance(layer, self.network.batch_norm):
            return _normalized(layer, self.given, *self.moments[layer.name])
        # Without the checks of `layer(given)`, which cost more than the arithmetic.
        return layer.call(self.given)


class Network:
    """The layers of a model in their order, and which of them are what.

    `kernels` holds every kernel by the name of its layer, the output's last; `hidden` the layers
    that an activation follows (see `models.py` for the names).
    """

    def __init__(self, model: Any) -> None:
        import keras

        self.model = model
        self.layers = [
            layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)
        ]
        by_name = {layer.name: layer for layer in self.layers}
        self.kernels = {
            name: layer.kernel for name, layer in by_name.items() if hasattr(layer, "kernel")
        }
        self.hidden = tuple(
            Hidden(name, kernel, by_name[f"{name}_activation"])
            for name, kernel in self.kernels.items()
            if f"{name}_activation" in by_name
        )
        self.dropout = (keras.layers.Dropout, keras.layers.AlphaDropout)
        self.batch_norm = keras.layers.BatchNormalization
        self._hidden_of = {each.activation.name: each for each in self.hidden}
        self._tree = keras.tree
        self._uses = Counter(
            id(tensor) for layer in self.layers for tensor in keras.tree.flatten(layer.input)
        )

    @property
    def normalizes(self) -> bool:
        """Whether there is any batch norm."""
        return any(isinstance(layer, self.batch_norm) for layer in self.layers)

    @property
    def values_per_image(self) -> int:
        """How many pre-activations one image has in all hidden layers together."""
        return sum(prod(each.activation.output.shape[1:]) for each in self.hidden)

    def moments(self, inputs: Any) -> Moments:
        """The statistics of `inputs` (n, ...) in every batch norm layer."""
        found: Moments = {}
        for step in self._steps(inputs, found):
            if isinstance(step.layer, self.batch_norm):
                found[step.layer.name] = _moments(step.given)
        return found

    def walk(self, inputs: Any, moments: Mapping[str, tuple[Any, Any]]) -> Walk:
        """Run scaled `inputs` (n, ...) through the network; batch norm takes `moments`."""
        seen = Walk()
        for step in self._steps(inputs, moments):
            hidden = self._hidden_of.get(step.layer.name)
            if hidden is not None:
                seen.pre[hidden.name], seen.out[hidden.name] = step.given, step.output
            seen.logits = step.output
        return seen

    def _steps(self, inputs: Any, moments: Mapping[str, tuple[Any, Any]]) -> Iterator[_Step]:
        left = self._uses.copy()
        values = {id(self.model.inputs[0]): inputs}
        for layer in self.layers:
            given = self._tree.map_structure(lambda tensor: values[id(tensor)], layer.input)
            # A tensor of a convolution is large: it is let go once nothing needs it.
            for tensor in self._tree.flatten(layer.input):
                left[id(tensor)] -= 1
                if not left[id(tensor)]:
                    del values[id(tensor)]
            step = _Step(self, layer, given, moments)
            yield step
            values[id(layer.output)] = step.output


def _moments(values: Any) -> tuple[Any, Any]:
    import tensorflow as tf

    mean, variance = tf.nn.moments(values, axes=list(range(len(values.shape) - 1)))
    return mean, variance


def _normalized(layer: Any, values: Any, mean: Any, variance: Any) -> Any:
    import tensorflow as tf

    scale = tf.convert_to_tensor(layer.gamma) * tf.math.rsqrt(variance + layer.epsilon)
    return (values - mean) * scale + tf.convert_to_tensor(layer.beta)
