"""The models: name -> Keras model, and how it is best compiled.

A model knows neither data set nor task: it is given the shape of one input and the number of
outputs, and returns logits. Every layer is named by its role (`dense_1`, `dense_1_activation`,
`output`), because the weights of a run are drawn by role: PReLU or batch norm in between must not
shift the draws of the layers behind them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from relu_bench import activations
from relu_bench.components import REQUIRED, Component, Parameter, resolve
from relu_bench.errors import ConfigError
from relu_bench.labels import Label, parse


@dataclass(frozen=True)
class Architecture:
    """All that decides a network's structure. Labels are canonical.

    `source` is where an activation of the user's own stands.
    """

    model: str
    activation: str
    batch_norm: bool
    batch_norm_momentum: float
    dropout: float
    dropout_kind: str
    input_shape: tuple[int, ...]
    outputs: int
    source: activations.Source | None = None
    output_activation: str = "identity"


@dataclass(frozen=True, kw_only=True)
class Model(Component):
    """A model: its builder, and whether XLA makes it faster on a processor.

    `xla` was chosen by measurement (`benchmarks/compilation.py`): XLA wins for perceptrons and is
    disastrous for convolutions. `efficiency` is how fast training was there, in units of NumPy's
    matrix products (TensorFlow's are faster, and the first layer's inputs need no gradient, so it
    may exceed 1); the estimate of `relu-bench check` uses it.
    `depth` counts the hidden layers. `smallest_image` is the least height and width that the layers
    can take, 1 when any will do.
    """

    build: Callable[[Label, Architecture, Any], Any]
    xla: bool
    efficiency: float
    depth: Callable[[Label], int]
    smallest_image: int = 1


def _hidden(layer: Any, inputs: Any, architecture: Architecture) -> Any:
    """`layer`, then batch norm if asked, then the activation, then dropout."""
    import keras

    outputs = layer(inputs)
    if architecture.batch_norm:
        outputs = keras.layers.BatchNormalization(
            momentum=architecture.batch_norm_momentum, name=f"{layer.name}_batch_norm"
        )(outputs)
    outputs = activations.build_layer(
        architecture.activation,
        f"{layer.name}_activation",
        len(outputs.shape),
        architecture.source,
    )(outputs)
    if architecture.dropout:
        from relu_bench.dropout import KINDS

        dropout = KINDS[architecture.dropout_kind]
        # The seed given here is replaced before every run (see `weights.py`).
        outputs = dropout(architecture.dropout, seed=0, name=f"{layer.name}_dropout")(outputs)
    return outputs


def widths(label: Label) -> tuple[int, ...]:
    """Units of each hidden layer of a perceptron."""
    given: dict[str, Any] = dict(label.parameters)
    return tuple(given["hidden"]) if "hidden" in given else (given["width"],) * given["depth"]


def _mlp(label: Label, architecture: Architecture, inputs: Any) -> Any:
    import keras

    outputs = keras.layers.Flatten(name="flatten")(inputs)
    for number, width in enumerate(widths(label), start=1):
        layer = keras.layers.Dense(width, kernel_initializer="zeros", name=f"dense_{number}")
        outputs = _hidden(layer, outputs, architecture)
    return outputs


def _cnn(_label: Label, architecture: Architecture, inputs: Any) -> Any:
    import keras

    outputs = inputs
    for number, filters in enumerate((32, 64, 64), start=1):
        layer = keras.layers.Conv2D(filters, 3, kernel_initializer="zeros", name=f"conv_{number}")
        outputs = _hidden(layer, outputs, architecture)
        if number < 3:
            outputs = keras.layers.MaxPooling2D(2, name=f"pool_{number}")(outputs)
    outputs = keras.layers.Flatten(name="flatten")(outputs)
    layer = keras.layers.Dense(64, kernel_initializer="zeros", name="dense_1")
    return _hidden(layer, outputs, architecture)


_WIDEST = 65536
# Keras builds a network by recursion, one Python frame a layer, of which a hidden layer has four.
_DEEPEST = 200

MODELS: Mapping[str, Model] = {
    "mlp": Model(
        parameters={
            "hidden": Parameter("integers", (128, 64), minimum=1, maximum=_WIDEST, longest=_DEEPEST)
        },
        other_forms=(
            {
                "width": Parameter("integer", REQUIRED, minimum=1, maximum=_WIDEST),
                "depth": Parameter("integer", REQUIRED, minimum=1, maximum=_DEEPEST),
            },
        ),
        build=_mlp,
        xla=True,
        efficiency=1.5,
        depth=lambda label: len(widths(label)),
    ),
    "cnn": Model(
        build=_cnn,
        xla=False,
        efficiency=1.0,
        depth=lambda label: 4,
        smallest_image=18,
    ),
}


def canonical(text: str) -> str:
    """The canonical label of a model.

    Raises:
        LabelError: when there is no such model or parameter.
    """
    return str(resolve(text, MODELS, "model"))


def entry(label: str) -> Model:
    """The registry's row of a canonical label."""
    return MODELS[parse(label).name]


def depth(label: str) -> int:
    """How many hidden layers the model of a canonical label has."""
    parsed = parse(label)
    return MODELS[parsed.name].depth(parsed)


def check_fits(label: str, input_shape: tuple[int, ...], dataset: str) -> None:
    """Say so before any training when a model cannot take the data.

    Raises:
        ConfigError: when images are smaller than the model's layers need.
    """
    least = entry(label).smallest_image
    if least > 1 and (len(input_shape) != 3 or min(input_shape[:2]) < least):
        shape = "×".join(map(str, input_shape))
        raise ConfigError(
            f"model {label!r} needs images of at least {least}×{least} pixels, "
            f"but those of {dataset!r} are {shape}. Take model: mlp."
        )


def build(architecture: Architecture) -> Any:
    """The Keras model: float inputs of `input_shape` scaled to [0, 1], outputs are logits.

    Raises:
        ActivationError: when an activation of the user's own cannot be run.
    """
    import keras

    label = parse(architecture.model)
    inputs = keras.Input(architecture.input_shape, name="inputs")
    hidden = MODELS[label.name].build(label, architecture, inputs)
    logits = keras.layers.Dense(architecture.outputs, kernel_initializer="zeros", name="output")(
        hidden
    )
    if architecture.output_activation != "identity":
        # Not `output_activation`: that would be the activation of a hidden layer called `output`.
        logits = activations.build_layer(
            architecture.output_activation, "logits", len(logits.shape)
        )(logits)
    return keras.Model(inputs, logits, name=label.name)
