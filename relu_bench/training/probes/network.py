"""A Keras model, walked layer by layer as the probes need it.

Batch norm takes given statistics instead of its moving ones and updates nothing; dropout is left
out; random slopes have their mean. So a walk draws no random number and changes no variable.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from math import prod
from typing import Any

Moments = dict[str, tuple[Any, Any]]
"""For each batch norm layer by name: mean and variance of each unit."""


@dataclass(frozen=True)
class Hidden:
    """A hidden layer: its name, its kernel, and the Keras layer of its activation.

    `values_per_image` is how many pre-activations one image has in it. `steps` is how many steps a
    recurrent layer has, whose activation is a part of it; 0 for other layers.
    """

    name: str
    kernel: Any
    activation: Any
    values_per_image: int
    steps: int = 0


@dataclass
class Walk:
    """What a walk saw: logits, and by hidden layer the inputs and outputs of its activation.

    Those of a recurrent layer are (steps, images, units). A gradient by what stands in `of_pre` is
    that by the pre-activations, one by `of_states` that by the states of a recurrent layer: the
    pre-activations themselves are not what its later steps are computed from.
    """

    logits: Any = None
    pre: dict[str, Any] = field(default_factory=dict)
    out: dict[str, Any] = field(default_factory=dict)
    of_pre: dict[str, Any] = field(default_factory=dict)
    of_states: dict[str, Any] = field(default_factory=dict)


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
        found = (_hidden(by_name, name) for name in self.kernels)
        self.hidden = tuple(each for each in found if each is not None)
        self.dropout = (keras.layers.Dropout, keras.layers.AlphaDropout)
        self.batch_norm = keras.layers.BatchNormalization
        self._hidden_of = {
            each.name if each.steps else each.activation.name: each for each in self.hidden
        }
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
        return sum(each.values_per_image for each in self.hidden)

    def moments(self, inputs: Any) -> Moments:
        """The statistics of `inputs` (n, ...) in every batch norm layer."""
        found: Moments = {}
        for step in self._steps(inputs, found):
            if isinstance(step.layer, self.batch_norm):
                found[step.layer.name] = _moments(step.given)
        return found

    def walk(
        self,
        inputs: Any,
        moments: Mapping[str, tuple[Any, Any]],
        watch: Callable[[Any], object] | None = None,
    ) -> Walk:
        """Run scaled `inputs` (n, ...) through the network; batch norm takes `moments`.

        `watch` is that of the gradient tape which is to give gradients by `Walk.of_states`.
        """
        seen = Walk()
        for step in self._steps(inputs, moments):
            hidden = self._hidden_of.get(step.layer.name)
            if hidden is not None and hidden.steps:
                step.output = _walk_steps(seen, step.layer, step.given, watch)
            elif hidden is not None:
                seen.pre[hidden.name], seen.out[hidden.name] = step.given, step.output
                seen.of_pre[hidden.name] = step.given
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


def _hidden(by_name: Mapping[str, Any], name: str) -> Hidden | None:
    """The hidden layer of this name: an activation stands behind it, or is a part of it."""
    layer = by_name[name]
    if hasattr(layer, "recurrent_kernel"):
        values = layer.steps * layer.units
        return Hidden(name, layer.kernel, layer.activation, values, layer.steps)
    activation = by_name.get(f"{name}_activation")
    if activation is None:
        return None
    return Hidden(name, layer.kernel, activation, prod(activation.output.shape[1:]))


def _walk_steps(seen: Walk, layer: Any, given: Any, watch: Callable[[Any], object] | None) -> Any:
    """Note what a recurrent layer does with its inputs (images, steps, ...); its output."""
    import tensorflow as tf

    name = layer.name
    projected = layer.project(given)
    nudges = tf.zeros_like(projected)
    if watch is not None:
        watch(nudges)
    last, seen.pre[name] = layer.recur(projected, nudges)
    seen.out[name] = layer.activation.call(seen.pre[name])
    seen.of_pre[name], seen.of_states[name] = projected, nudges
    return last


def _moments(values: Any) -> tuple[Any, Any]:
    import tensorflow as tf

    mean, variance = tf.nn.moments(values, axes=list(range(len(values.shape) - 1)))
    return mean, variance


def _normalized(layer: Any, values: Any, mean: Any, variance: Any) -> Any:
    import tensorflow as tf

    scale = tf.convert_to_tensor(layer.gamma) * tf.math.rsqrt(variance + layer.epsilon)
    return (values - mean) * scale + tf.convert_to_tensor(layer.beta)
