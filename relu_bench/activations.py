"""The activations: one entry each, and everything else picks it up from here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from relu_bench.components import Component, Parameter, resolve
from relu_bench.labels import Label, parse

Builder = Callable[[Label, str, int], Any]


@dataclass(frozen=True, kw_only=True)
class Activation(Component):
    """An activation f.

    `formula` is f(x) in plain text, `reference` the paper that introduced it. `build` makes the
    Keras layer from the label, the layer's name and the rank of its input (batch axis included):
    learned slopes are one a unit, and for images a channel is a unit.
    """

    formula: str
    reference: str
    build: Builder


def _function(name: str, **renamed: str) -> Builder:
    """A Keras activation function by name; `renamed` maps its arguments to our parameters."""

    def build(label: Label, layer_name: str, _rank: int) -> Any:
        import keras

        function = getattr(keras.activations, name)
        arguments = {argument: label[ours] for argument, ours in renamed.items()}
        return keras.layers.Activation(lambda x: function(x, **arguments), name=layer_name)

    return build


def _prelu(label: Label, layer_name: str, rank: int) -> Any:
    import keras

    return keras.layers.PReLU(
        alpha_initializer=keras.initializers.Constant(label["initial"]),
        shared_axes=list(range(1, rank - 1)) or None,
        name=layer_name,
    )


ACTIVATIONS: Mapping[str, Activation] = {
    "relu": Activation(
        formula="max(x, 0); derivative 0 at 0",
        reference="Nair, Hinton 2010, Rectified Linear Units Improve Restricted Boltzmann Machines",
        build=_function("relu"),
    ),
    "leaky_relu": Activation(
        formula="x for x >= 0, negative_slope * x below",
        reference="Maas, Hannun, Ng 2013, "
        "Rectifier Nonlinearities Improve Neural Network Acoustic Models",
        parameters={"negative_slope": Parameter("float", 0.01, minimum=0, maximum=1)},
        build=_function("leaky_relu", negative_slope="negative_slope"),
    ),
    "prelu": Activation(
        formula="x for x >= 0, a * x below; a is learned, one a unit, and starts at initial",
        reference="He, Zhang, Ren, Sun 2015, Delving Deep into Rectifiers",
        parameters={"initial": Parameter("float", 0.25, minimum=-10, maximum=10)},
        build=_prelu,
    ),
    "elu": Activation(
        formula="x for x > 0, alpha * (exp(x) - 1) below",
        reference="Clevert, Unterthiner, Hochreiter 2016, "
        "Fast and Accurate Deep Network Learning by Exponential Linear Units (ELUs)",
        parameters={"alpha": Parameter("float", 1.0, minimum=0, maximum=100)},
        build=_function("elu", alpha="alpha"),
    ),
    "selu": Activation(
        formula="1.0507 * x for x > 0, 1.0507 * 1.6733 * (exp(x) - 1) below",
        reference="Klambauer, Unterthiner, Mayr, Hochreiter 2017, Self-Normalizing Neural Networks",
        build=_function("selu"),
    ),
    "silu": Activation(
        formula="x * sigmoid(x)",
        reference="Elfwing, Uchibe, Doya 2018, Sigmoid-Weighted Linear Units",
        aliases=("swish",),
        build=_function("silu"),
    ),
    "gelu": Activation(
        formula="x * Phi(x), Phi the normal distribution function; approximate: by tanh",
        reference="Hendrycks and Gimpel 2016, Gaussian Error Linear Units",
        parameters={"approximate": Parameter("boolean", False)},
        build=_function("gelu", approximate="approximate"),
    ),
    "tanh": Activation(
        formula="tanh(x)",
        reference="LeCun, Bottou, Orr, Müller 1998, Efficient BackProp",
        build=_function("tanh"),
    ),
    "sigmoid": Activation(
        formula="1 / (1 + exp(-x))",
        reference="Rumelhart, Hinton, Williams 1986, "
        "Learning Representations by Back-Propagating Errors",
        build=_function("sigmoid"),
    ),
}


def canonical(text: str) -> str:
    """The canonical label of an activation.

    Raises:
        LabelError: when there is no such activation or parameter.
    """
    return str(resolve(text, ACTIVATIONS, "activation"))


def build_layer(text: str, name: str, rank: int) -> Any:
    """The Keras layer of a canonical label, for an input of `rank` axes (batch included)."""
    label = parse(text)
    return ACTIVATIONS[label.name].build(label, name, rank)
